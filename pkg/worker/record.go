package worker

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/event"
	"screentest/pkg/run"
	"screentest/pkg/store"
	"screentest/pkg/sweep"
)

// record puts an outcome on the record of the sweep that asked. What was
// interrupted and cost nothing leaves no trace.
func record(ctx context.Context, s store.Store, j event.Job, o run.Outcome) error {
	if j.Run == "" || o.State == run.Interrupted && o.Usage.Requests == 0 {
		return nil
	}
	return sweep.Record(ctx, s, j.Mode, j.Run, o)
}

// giveUp records a failure where LastFailure finds it, and with the sweep.
func giveUp(ctx context.Context, s store.Store, j event.Job, cause error, now time.Time) error {
	o := run.Outcome{SchemaVersion: run.SchemaVersion, Actor: j.Actor, State: run.Failed, Reason: cause.Error(), At: now}
	text, err := json.MarshalIndent(o, "", " ")
	if err != nil {
		return err
	}
	last := store.Update(ctx, s, failureKey(j.Actor), func([]byte) ([]byte, error) { return text, nil })
	return errors.Join(last, record(ctx, s, j, o))
}

func failureKey(n actor.Name) store.Key {
	return store.Key("screentest/runs/failures/" + string(n) + ".json")
}

// LastFailure returns what failed last when a worker was at an actor, nil if
// nothing ever did. It may have been made good since.
func LastFailure(ctx context.Context, s store.Store, n actor.Name) (*run.Outcome, error) {
	text, _, err := store.ReadAll(ctx, s, failureKey(n), store.MaxDocument)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	var o run.Outcome
	if err == nil {
		err = json.Unmarshal(text, &o)
	}
	if err != nil {
		return nil, err
	}
	return &o, nil
}
