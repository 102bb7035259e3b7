// Package sweep is a run over the whole roster by workers that do not know of
// each other: it finds the actors page by page, asks for the evaluation of each
// through the queue, and counts the outcomes.
//
// Nothing in it grows with the roster but the number of objects. A sweep is a
// header and one outcome per actor and state, and its numbers follow from the
// names of those alone, so that a million outcomes are counted by a thousand
// listings:
//
//	screentest/runs/MODE/ID/sweep.json
//	screentest/runs/MODE/ID/outcomes/ACTOR/STATE.json
//	screentest/runs/latest-sweep.json
//
// Every call may come twice: the state machine that drives a sweep repeats what
// it has no answer to. That only one sweep runs at a time is its business too.
package sweep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/event"
	"screentest/pkg/run"
	"screentest/pkg/store"
)

// SchemaVersion of the stored documents. New optional fields keep it.
const SchemaVersion = 1

// Invalid is the error of a call that can never succeed. The state machine knows
// it by this name, and does not repeat the call.
type Invalid struct{ Reason string }

func (i Invalid) Error() string { return i.Reason }

// A Header says what a sweep is about and how it ended.
type Header struct {
	SchemaVersion int       `json:"schema_version"`
	ID            string    `json:"id"`
	Mode          run.Mode  `json:"mode"`
	StartedAt     time.Time `json:"started_at"`
	Total         int       `json:"total"`               // actors asked for so far
	Listed        bool      `json:"listed"`              // and these are all
	StoppedAt     time.Time `json:"stopped_at,omitzero"` // by a person: what is still queued is dropped
	EndedAt       time.Time `json:"ended_at,omitzero"`
	End           End       `json:"end,omitempty"`     // when ended; "" in older records, which were done or stopped
	Why           string    `json:"why,omitempty"`     // what the state machine said, where it did not come to its end
	Summary       *Summary  `json:"summary,omitempty"` // when ended
}

func prefix(m run.Mode, id string) string { return "screentest/runs/" + string(m) + "/" + id + "/" }

func headerKey(m run.Mode, id string) store.Key { return store.Key(prefix(m, id) + "sweep.json") }

// check refuses what cannot name a sweep.
func check(m run.Mode, id string) error {
	switch {
	case m != run.DryRun && m != run.Execute:
		return Invalid{fmt.Sprintf("mode %q: a sweep is %q or %q", m, run.DryRun, run.Execute)}
	case !event.IsRunID(id):
		return Invalid{fmt.Sprintf("run %q: letters, digits, dots, dashes and underscores name a run, 80 at most", id)}
	}
	return nil
}

// Load returns the header of a sweep, or fails with store.ErrNotFound.
func Load(ctx context.Context, s store.Store, m run.Mode, id string) (Header, error) {
	if err := check(m, id); err != nil {
		return Header{}, err
	}
	text, _, err := store.ReadAll(ctx, s, headerKey(m, id), store.MaxDocument)
	if err != nil {
		return Header{}, fmt.Errorf("sweep %s: %w", id, err)
	}
	return decode(text)
}

func decode(text []byte) (Header, error) {
	var h Header
	if err := json.Unmarshal(text, &h); err != nil {
		return Header{}, err
	}
	if h.SchemaVersion != SchemaVersion {
		return Header{}, fmt.Errorf("sweep of schema version %d, this program knows %d", h.SchemaVersion, SchemaVersion)
	}
	return h, nil
}

// change edits the header; where there is none, edit gets a new one.
func change(ctx context.Context, s store.Store, m run.Mode, id string, edit func(*Header)) (Header, error) {
	var changed Header
	err := store.Update(ctx, s, headerKey(m, id), func(old []byte) ([]byte, error) {
		changed = Header{SchemaVersion: SchemaVersion, ID: id, Mode: m}
		if old != nil {
			var err error
			if changed, err = decode(old); err != nil {
				return nil, err
			}
		}
		edit(&changed)
		return json.MarshalIndent(changed, "", " ")
	})
	return changed, err
}

// Stop ends a sweep for good: workers drop what is still queued of it, within a
// minute. A sweep that has ended stays as it is. It fails with store.ErrNotFound
// where there is no record of it.
func Stop(ctx context.Context, s store.Store, id string, now time.Time) (Header, error) {
	h, err := find(ctx, s, id)
	if err != nil {
		return Header{}, err
	}
	return change(ctx, s, h.Mode, h.ID, func(h *Header) {
		if h.EndedAt.IsZero() && h.StoppedAt.IsZero() {
			h.StoppedAt = now
		}
	})
}

// latestKey is where the sweep that began last is named.
const latestKey store.Key = "screentest/runs/latest-sweep.json"

type latest struct {
	SchemaVersion int      `json:"schema_version"`
	Mode          run.Mode `json:"mode"`
	ID            string   `json:"id"`
}

// Latest returns the sweep that began last, nil if there was none or its record
// was reset.
func Latest(ctx context.Context, s store.Store) (*Header, error) {
	text, _, err := store.ReadAll(ctx, s, latestKey, store.MaxDocument)
	var l latest
	if err == nil {
		err = json.Unmarshal(text, &l)
	}
	var h Header
	if err == nil {
		h, err = Load(ctx, s, l.Mode, l.ID)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for the latest sweep: %w", err)
	}
	return &h, nil
}

// Begin records a new sweep and names it as the latest. Again, it changes nothing.
func Begin(ctx context.Context, s store.Store, m run.Mode, id string, now time.Time) error {
	_, err := change(ctx, s, m, id, func(h *Header) {
		if h.StartedAt.IsZero() {
			h.StartedAt = now
		}
	})
	if err != nil {
		return err
	}
	return store.Update(ctx, s, latestKey, func([]byte) ([]byte, error) {
		return json.Marshal(latest{SchemaVersion, m, id})
	})
}

func outcomeKey(m run.Mode, id string, n actor.Name, state run.State) store.Key {
	return store.Key(prefix(m, id) + "outcomes/" + string(n) + "/" + string(state) + ".json")
}

// GaveUp returns what the state machine wrote down when it ended a sweep before it
// was done, nil if it did not.
func GaveUp(ctx context.Context, s store.Store, h Header) (json.RawMessage, error) {
	text, _, err := store.ReadAll(ctx, s, store.Key(prefix(h.Mode, h.ID)+"stopped.json"), store.MaxDocument)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err == nil && !json.Valid(text) {
		err = fmt.Errorf("sweep %s: what the state machine wrote is no JSON", h.ID)
	}
	return text, err
}

// OutcomeOf returns what is on record of one actor, in the states that it went
// through; none if it is not settled.
func (h Header) OutcomeOf(ctx context.Context, s store.Store, n actor.Name) ([]run.Outcome, error) {
	var outcomes []run.Outcome
	for _, state := range []run.State{run.Interrupted, run.Failed, run.Skipped, run.Completed} {
		text, _, err := store.ReadAll(ctx, s, outcomeKey(h.Mode, h.ID, n, state), store.MaxDocument)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		var o run.Outcome
		if err == nil {
			err = json.Unmarshal(text, &o)
		}
		if err != nil {
			return nil, err
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, nil
}
