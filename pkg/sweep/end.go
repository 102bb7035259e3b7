package sweep

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"screentest/pkg/event"
	"screentest/pkg/run"
	"screentest/pkg/store"
)

// An End is how a sweep ended.
type End string

// The ends. Whatever they are, what is done is done, and the next sweep does the
// rest.
const (
	Done     End = "done"      // every actor is settled
	Stopped  End = "stopped"   // by `screentest sweep stop`
	Aborted  End = "aborted"   // by a person, at the state machine
	TimedOut End = "timed_out" // the state machine has run for as long as it may
	Broken   End = "failed"    // the state machine gave up
)

// ends are those that a status of an execution stands for.
var ends = map[string]End{event.Failed: Broken, event.Aborted: Aborted, event.TimedOut: TimedOut}

// Answer looks, for the state machine that asks with a LookInput, and closes the
// record, for the event that tells of its end. It fails with Invalid where no
// repetition can help.
func Answer(ctx context.Context, s store.Store, payload []byte, now time.Time) (LookOutput, error) {
	if event.IsEnding(payload) {
		e, err := event.DecodeEnding(payload)
		if err != nil {
			return LookOutput{}, Invalid{err.Error()}
		}
		return Close(ctx, s, e)
	}
	var in LookInput
	if err := json.Unmarshal(payload, &in); err != nil {
		return LookOutput{}, Invalid{"a call that is no JSON object of ours: " + err.Error()}
	}
	return Look(ctx, s, in, now)
}

// Close puts on record how a sweep ended whose state machine did not come to its
// end, and sums up. What a sweep's own end, or an earlier call, has written stays.
// Messages of an aborted sweep are dropped, like those of one that was stopped;
// those of the others are still worked on. An execution that was refused before it
// did anything has no record, and gets none.
func Close(ctx context.Context, s store.Store, e event.Ending) (LookOutput, error) {
	how, over := ends[e.Status]
	if !over || !event.IsRunID(e.Run) {
		return LookOutput{RunID: e.Run}, nil
	}
	h, err := find(ctx, s, e.Run)
	switch {
	case errors.Is(err, store.ErrNotFound) && (how != Aborted || e.Mode == ""):
		return LookOutput{RunID: e.Run}, nil
	case errors.Is(err, store.ErrNotFound): // aborted while the first page was on its way
		h.Mode, h.ID = e.Mode, e.Run
	case err != nil:
		return LookOutput{}, err
	}
	if !h.StoppedAt.IsZero() && !h.StoppedAt.Equal(e.At) {
		how = Stopped // the command that stops aborts the state machine too
	}
	if how == Aborted && h.EndedAt.IsZero() {
		h, err = change(ctx, s, h.Mode, h.ID, func(h *Header) {
			if h.StoppedAt.IsZero() {
				h.StoppedAt = e.At
			}
		})
		if err != nil {
			return LookOutput{}, err
		}
	}
	out, err := h.look(ctx, s)
	if err != nil {
		return out, err
	}
	return h.close(ctx, s, out, how, e.Why, e.At)
}

// find loads the header of a sweep of either mode.
func find(ctx context.Context, s store.Store, id string) (h Header, err error) {
	for _, mode := range []run.Mode{run.DryRun, run.Execute} {
		if h, err = Load(ctx, s, mode, id); !errors.Is(err, store.ErrNotFound) {
			break
		}
	}
	return h, err
}

// look counts.
func (h Header) look(ctx context.Context, s store.Store) (LookOutput, error) {
	tally, err := h.Tally(ctx, s)
	return LookOutput{RunID: h.ID, Tally: tally, Total: h.Total, Remaining: max(0, h.Total-tally.Settled())}, err
}

// close sums up, unless that has been done, and answers how the sweep has ended.
// Only that every actor is settled replaces another end: somebody has taken the
// state machine up again.
func (h Header) close(ctx context.Context, s store.Store, out LookOutput, how End, why string, at time.Time) (LookOutput, error) {
	out.Done = true
	if h.Listed && out.Remaining == 0 {
		how, why = Done, ""
	}
	better := func(h Header) bool { return h.EndedAt.IsZero() || how == Done && h.End != Done && h.End != "" }
	if better(h) {
		summary, err := h.Summarize(ctx, s)
		if err != nil {
			return out, err
		}
		h, err = change(ctx, s, h.Mode, h.ID, func(h *Header) {
			if better(*h) {
				h.EndedAt, h.Summary, h.End, h.Why = at, &summary, how, why
			}
		})
		if err != nil {
			return out, err
		}
	}
	out.End, out.Summary = cmp.Or(h.End, Done), h.Summary
	return out, nil
}

// Outcome says in words how the sweep ended, "" while it is under way.
func (h Header) Outcome() string {
	switch {
	case h.EndedAt.IsZero():
		return ""
	case h.Why != "":
		return fmt.Sprintf("%s (%s)", h.End, h.Why)
	}
	return string(cmp.Or(h.End, Done))
}
