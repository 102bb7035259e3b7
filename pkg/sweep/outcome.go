package sweep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"screentest/pkg/actor"
	"screentest/pkg/run"
	"screentest/pkg/store"
)

// Record puts an outcome on the record. Outcomes of one state are one: a second
// failure replaces the first and adds what it cost, and so do interruptions;
// anything else that comes twice is the same message delivered again.
func Record(ctx context.Context, s store.Store, m run.Mode, id string, o run.Outcome) error {
	o.SchemaVersion = run.SchemaVersion
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	key := outcomeKey(m, id, o.Actor, o.State)
	_, err = s.Put(ctx, key, text, store.IfAbsent)
	if !errors.Is(err, store.ErrConflict) || o.State != run.Failed && o.State != run.Interrupted {
		return ignore(err, store.ErrConflict)
	}
	return store.Update(ctx, s, key, func(old []byte) ([]byte, error) {
		var before run.Outcome
		if json.Unmarshal(old, &before) != nil {
			return text, nil
		}
		if before.At.Equal(o.At) {
			return old, nil // we wrote it, and were told that we had not
		}
		sum := o
		sum.Usage = sum.Usage.Add(before.Usage)
		return json.Marshal(sum)
	})
}

// ignore takes an error of that kind for none.
func ignore(err, kind error) error {
	if errors.Is(err, kind) {
		return nil
	}
	return err
}

// A Tally counts actors by how they came out.
type Tally struct {
	Completed int `json:"completed"`
	Failed    int `json:"failed"`
	Skipped   int `json:"skipped"`
}

// Settled is all of them.
func (t Tally) Settled() int { return t.Completed + t.Failed + t.Skipped }

// result is how an actor came out, given the states that are on record: it may
// have failed and then been completed, or been completed and then found unchanged
// because the message came again. "" if it is not settled.
func result(states []run.State) run.State {
	for _, best := range []run.State{run.Completed, run.Skipped, run.Failed} {
		if slices.Contains(states, best) {
			return best
		}
	}
	return ""
}

// Tally counts the outcomes so far from their names.
func (h Header) Tally(ctx context.Context, s store.Store) (Tally, error) {
	var t Tally
	err := h.each(ctx, s, func(_ actor.Name, states []run.State) {
		switch result(states) {
		case run.Completed:
			t.Completed++
		case run.Skipped:
			t.Skipped++
		case run.Failed:
			t.Failed++
		}
	})
	return t, err
}

// each visits the actors that have outcomes, by name, with the states on record.
// The objects of one actor follow on each other.
func (h Header) each(ctx context.Context, s store.Store, visit func(actor.Name, []run.State)) error {
	outcomes := prefix(h.Mode, h.ID) + "outcomes/"
	var last string
	var states []run.State
	for page, err := range store.All(ctx, s, store.ListOptions{Prefix: outcomes}) {
		if err != nil {
			return fmt.Errorf("count the outcomes of sweep %s: %w", h.ID, err)
		}
		for _, object := range page.Objects {
			name, file, _ := strings.Cut(strings.TrimPrefix(string(object.Key), outcomes), "/")
			if name != last && last != "" {
				visit(actor.Name(last), states)
				states = nil
			}
			last, states = name, append(states, run.State(strings.TrimSuffix(file, ".json")))
		}
	}
	if last != "" {
		visit(actor.Name(last), states)
	}
	return nil
}
