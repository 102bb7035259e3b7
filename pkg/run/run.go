// Package run keeps the progress of passes over many actors. A run is a header
// and one outcome per actor, each an object of its own, so that any number of
// workers can record without meeting, and the numbers that people see are always
// derived from them. They are not the truth about an actor: that is its
// evaluation, from which a lost outcome follows again.
//
//	screentest/runs/MODE/ID/run.json
//	screentest/runs/MODE/ID/outcomes/ACTOR.json
package run

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/judge"
	"screentest/pkg/store"
)

// SchemaVersion of the stored documents.
const SchemaVersion = 1

// A Mode keeps runs that change images apart from those that do not.
type Mode string

// The modes.
const (
	DryRun  Mode = "dry-run"
	Execute Mode = "execute"
)

const root = "screentest/runs/"

// A Run is the header: who was to be worked on, and how.
type Run struct {
	SchemaVersion int          `json:"schema_version"`
	ID            string       `json:"id"` // sorts by time
	Mode          Mode         `json:"mode"`
	StartedAt     time.Time    `json:"started_at"`
	ResumedAt     time.Time    `json:"resumed_at,omitzero"` // the last time it was taken up again
	EndedAt       time.Time    `json:"ended_at,omitzero"`   // zero while it is under way or interrupted
	StoppedAt     time.Time    `json:"stopped_at,omitzero"` // when it stopped before its end, until it is taken up again
	Judge         judge.ID     `json:"judge"`
	Actors        []actor.Name `json:"actors"` // all that the run is about, by name
}

func (r Run) prefix() string { return root + string(r.Mode) + "/" + r.ID + "/" }

func (r Run) key() store.Key { return store.Key(r.prefix() + "run.json") }

func (r Run) outcomeKey(n actor.Name) store.Key {
	return store.Key(r.prefix() + "outcomes/" + string(n) + ".json")
}

// A State says how an actor came out of a run.
type State string

// The states. An actor without an outcome, or with an interrupted one, remains
// to be done.
const (
	Completed   State = "completed"
	Skipped     State = "skipped"     // what was on record still held; Reason says so
	Failed      State = "failed"      // Reason says why; it is tried again by the next run
	Interrupted State = "interrupted" // the run stopped meanwhile; only Usage counts
)

// An Outcome is what a run did about one actor.
type Outcome struct {
	SchemaVersion int        `json:"schema_version"`
	Actor         actor.Name `json:"actor"`
	State         State      `json:"state"`
	Reason        string     `json:"reason,omitempty"`
	At            time.Time  `json:"at"`
	Usage         cost.Usage `json:"usage"`
}

// Start records a new run. Unless fresh, it takes up the latest one of the mode
// again if that has not ended, is about the same actors and has the same judge.
// Whether such a run was interrupted or is still under way elsewhere cannot be
// told; two that go over it together share its record, and the first to finish
// ends it.
func Start(ctx context.Context, s store.Store, r Run, fresh bool, now time.Time) (Run, error) {
	latest, err := Latest(ctx, s, r.Mode)
	if err != nil {
		return Run{}, err
	}
	if !fresh && latest != nil && latest.EndedAt.IsZero() && latest.Judge == r.Judge && slices.Equal(latest.Actors, r.Actors) {
		return latest.change(ctx, s, func(r *Run) { r.ResumedAt, r.StoppedAt = now, time.Time{} })
	}
	r.SchemaVersion, r.StartedAt = SchemaVersion, now
	r.ID = now.UTC().Format("20060102T150405.000000000Z")
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return Run{}, err
	}
	if _, err := s.Put(ctx, r.key(), text, store.IfAbsent); err != nil {
		return Run{}, fmt.Errorf("record run %s: %w", r.ID, err)
	}
	return r, nil
}

// End marks the run as finished, every actor of it having an outcome, or, where
// stopped says why it came to no end, as stopped; it is recorded also when the work
// is being stopped. A run that was forgotten meanwhile stays so. With an error the
// run comes back as it was.
func (r Run) End(ctx context.Context, s store.Store, now time.Time, stopped error) (Run, error) {
	end := func(r *Run) { r.EndedAt = now }
	if stopped != nil {
		end = func(r *Run) { r.StoppedAt = now }
	}
	ended, err := r.change(context.WithoutCancel(ctx), s, end)
	switch {
	case errors.Is(err, errForgotten):
		end(&r)
		return r, nil
	case err != nil:
		return r, err
	}
	return ended, nil
}

// errForgotten: the run was reset while it was under way.
var errForgotten = errors.New("the record of the run was reset meanwhile")

func (r Run) change(ctx context.Context, s store.Store, edit func(*Run)) (Run, error) {
	var changed Run
	err := store.Update(ctx, s, r.key(), func(old []byte) ([]byte, error) {
		if old == nil {
			return nil, errForgotten
		}
		changed = Run{}
		if err := json.Unmarshal(old, &changed); err != nil {
			return nil, err
		}
		edit(&changed)
		return json.MarshalIndent(changed, "", " ")
	})
	return changed, err
}

// Record puts an outcome on the record, in place of an earlier one of the same
// actor. What an actor cost earlier in the same run is added to it, and an actor
// that the run completed before it was interrupted stays completed.
func (r Run) Record(ctx context.Context, s store.Store, o Outcome) error {
	o.SchemaVersion = SchemaVersion
	return store.Update(ctx, s, r.outcomeKey(o.Actor), func(old []byte) ([]byte, error) {
		merged := o
		if before, ok := decodeOutcome(old); ok {
			if o.State == Skipped && before.State == Completed {
				return old, nil
			}
			merged.Usage = merged.Usage.Add(before.Usage)
		}
		return json.MarshalIndent(merged, "", " ")
	})
}

// decodeOutcome takes a damaged outcome, or one of another schema, for none: it
// follows again from the actor's evaluation.
func decodeOutcome(text []byte) (Outcome, bool) {
	var o Outcome
	err := json.Unmarshal(text, &o)
	return o, err == nil && o.SchemaVersion == SchemaVersion
}

// Latest returns the newest run of a mode, nil if there is none. Runs whose
// header is damaged, or was reset while workers still recorded, do not count.
func Latest(ctx context.Context, s store.Store, m Mode) (*Run, error) {
	var prefixes []string
	for page, err := range store.All(ctx, s, store.ListOptions{Prefix: root + string(m) + "/", Delimited: true}) {
		if err != nil {
			return nil, err
		}
		prefixes = append(prefixes, page.Prefixes...)
	}
	slices.Sort(prefixes)
	for _, prefix := range slices.Backward(prefixes) {
		text, _, err := store.ReadAll(ctx, s, store.Key(prefix+"run.json"), store.MaxDocument)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		var r Run
		if err == nil && json.Unmarshal(text, &r) == nil && r.SchemaVersion == SchemaVersion && r.prefix() == prefix {
			return &r, nil
		}
	}
	return nil, nil
}

// Outcomes returns the outcomes so far, by actor.
func (r Run) Outcomes(ctx context.Context, s store.Store) ([]Outcome, error) {
	var outcomes []Outcome
	for page, err := range store.All(ctx, s, store.ListOptions{Prefix: r.prefix() + "outcomes/"}) {
		if err != nil {
			return nil, err
		}
		for _, info := range page.Objects {
			text, _, err := store.ReadAll(ctx, s, info.Key, store.MaxDocument)
			if errors.Is(err, store.ErrNotFound) {
				continue // reset while we were reading
			}
			if err != nil {
				return nil, err
			}
			if o, ok := decodeOutcome(text); ok {
				outcomes = append(outcomes, o)
			}
		}
	}
	slices.SortFunc(outcomes, func(a, b Outcome) int { return cmp.Compare(a.Actor, b.Actor) })
	return outcomes, nil
}

// Reset forgets every run of every mode and returns how many there were.
// Evaluations and verdicts stay.
func Reset(ctx context.Context, s store.Store) (int, error) {
	forgotten := 0
	for page, err := range store.All(ctx, s, store.ListOptions{Prefix: root}) {
		if err != nil {
			return forgotten, err
		}
		for _, info := range page.Objects {
			err := s.Delete(ctx, info.Key, info.Version)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return forgotten, fmt.Errorf("forget %s: %w", info.Key, err)
			}
			if info.Key.Base() == "run.json" {
				forgotten++
			}
		}
	}
	return forgotten, nil
}
