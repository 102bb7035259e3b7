package sweep_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"screentest/pkg/event"
	"screentest/pkg/run"
	"screentest/pkg/store"
	"screentest/pkg/store/storetest"
	"screentest/pkg/sweep"
)

var evening = noon.Add(6 * time.Hour)

// underWay has the sweep r1 of four actors, of whom one is done.
func underWay(t *testing.T, s store.Store) {
	t.Helper()
	o := sweep.Orchestrator{Store: s, Queue: &sent{}, Now: func() time.Time { return noon }}
	pages(t, o, sweep.PageInput{RunID: "r1", Mode: run.DryRun})
	record(t, s, "a", run.Completed, 1, "", noon)
}

func header(t *testing.T, s store.Store) sweep.Header {
	t.Helper()
	h, err := sweep.Load(t.Context(), s, run.DryRun, "r1")
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// end closes the record for an event, which comes twice.
func end(t *testing.T, s store.Store, status, why string) {
	t.Helper()
	for range 2 {
		e := event.Ending{Run: "r1", Mode: run.DryRun, Status: status, Why: why, At: evening}
		if _, err := sweep.Close(t.Context(), s, e); err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever ends the state machine, the record says how the sweep ended, when and
// what it cost.
func TestEveryEndIsOnRecord(t *testing.T) {
	tests := map[string]struct {
		before func(t *testing.T, s store.Store)
		status string
		end    sweep.End
		at     time.Time
		drops  bool // messages that are still queued
	}{
		"aborted":   {nil, event.Aborted, sweep.Aborted, evening, true},
		"timed out": {nil, event.TimedOut, sweep.TimedOut, evening, false},
		"failed":    {nil, event.Failed, sweep.Broken, evening, false},
		"stopped by the command, which aborts": {func(t *testing.T, s store.Store) {
			if _, err := sweep.Stop(t.Context(), s, "r1", noon.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}, event.Aborted, sweep.Stopped, evening, true},
		"aborted when all was done": {func(t *testing.T, s store.Store) {
			for _, name := range everybody {
				record(t, s, name, run.Completed, 1, "", noon)
			}
		}, event.Aborted, sweep.Done, evening, true},
		"ended by itself before": {func(t *testing.T, s store.Store) {
			for _, name := range everybody {
				record(t, s, name, run.Completed, 1, "", noon)
			}
			look(t, s)
		}, event.Aborted, sweep.Done, noon, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := tree(t)
			underWay(t, s)
			if test.before != nil {
				test.before(t, s)
			}
			end(t, s, test.status, "somebody said so")
			h := header(t, s)
			if h.End != test.end || !h.EndedAt.Equal(test.at) || h.Summary == nil || h.Summary.Usage.USD < 1 {
				t.Errorf("%+v %+v", h, h.Summary)
			}
			if h.StoppedAt.IsZero() == test.drops {
				t.Errorf("stopped at %v; messages are dropped is wanted to be %t", h.StoppedAt, test.drops)
			}
			if said := h.Why != ""; said == (test.end == sweep.Done) {
				t.Errorf("why: %q", h.Why)
			}
		})
	}
}

// Somebody takes the state machine up again, and it comes to its end.
func TestASweepThatIsTakenUpAgainIsDone(t *testing.T) {
	s := tree(t)
	underWay(t, s)
	end(t, s, event.Failed, "Stalled")
	for _, name := range everybody {
		record(t, s, name, run.Completed, 1, "", noon)
	}
	if out := look(t, s); !out.Done || out.End != sweep.Done || out.Summary.Usage.USD != 4 || header(t, s).Why != "" {
		t.Errorf("%+v %+v", out, header(t, s))
	}
	end(t, s, event.Failed, "late")
	if h := header(t, s); h.End != sweep.Done {
		t.Errorf("%+v", h)
	}
}

// An execution that did nothing leaves nothing, unless it may still be about to:
// then its messages are dropped.
func TestEndsOfWhatNeverBegan(t *testing.T) {
	for status, records := range map[string]bool{event.Failed: false, event.TimedOut: false, "SUCCEEDED": false, event.Aborted: true} {
		s := tree(t)
		end(t, s, status, "")
		h, err := sweep.Load(t.Context(), s, run.DryRun, "r1")
		if (err == nil) != records {
			t.Errorf("%s: %+v, %v", status, h, err)
		}
		if records && (h.StoppedAt.IsZero() || h.End != sweep.Aborted) {
			t.Errorf("%s: %+v", status, h)
		}
	}
	for _, e := range []event.Ending{{Run: "no sweep's name", Mode: run.DryRun, Status: event.Aborted}, {Run: "r1", Status: event.Aborted}} {
		s := storetest.NewFaulty(tree(t))
		if _, err := sweep.Close(t.Context(), s, e); err != nil {
			t.Errorf("%+v: %v", e, err)
		}
		for _, op := range s.Ops() {
			if op.Name != "get" {
				t.Errorf("%+v is put on record: %+v", e, op)
			}
		}
	}
}

// Whatever request fails while the record is closed, the event comes again and
// makes the same of it.
func TestClosingIsRepaired(t *testing.T) {
	e := event.Ending{Run: "r1", Mode: run.DryRun, Status: event.Aborted, Why: "wrong day", At: evening}
	storetest.Sweep(t,
		func(t *testing.T) store.Store { s := tree(t); underWay(t, s); return s },
		func(s store.Store) error { _, err := sweep.Close(context.Background(), s, e); return err },
		func(t *testing.T, s store.Store, _ error) {
			end(t, s, event.Aborted, "wrong day")
			if h := header(t, s); h.End != sweep.Aborted || h.Why != "wrong day" || h.Summary == nil || h.Summary.Usage.USD != 1 || !h.StoppedAt.Equal(evening) {
				t.Errorf("%+v %+v", h, h.Summary)
			}
		})
}

func TestAnswerTellsCallsFromEvents(t *testing.T) {
	s := tree(t)
	underWay(t, s)
	out, err := sweep.Answer(t.Context(), s, []byte(`{"run_id":"r1","mode":"dry-run","waits":3}`), noon)
	if err != nil || out.Done || out.Completed != 1 || out.WaitSeconds <= 10 {
		t.Errorf("a call: %+v, %v", out, err)
	}
	payload, err := os.ReadFile("../../events/progress/aborted.json")
	if err != nil {
		t.Fatal(err)
	}
	if out, err = sweep.Answer(t.Context(), s, payload, noon); err != nil || !out.Done || out.RunID != "sweep-2" {
		t.Errorf("an event: %+v, %v", out, err)
	}
	for _, payload := range []string{`[]`, `{`, `{"detail-type":"another","source":"aws.states"}`} {
		if _, err := sweep.Answer(t.Context(), s, []byte(payload), noon); fmt.Sprintf("%T", err) != "sweep.Invalid" {
			t.Errorf("%s: %T %v", payload, err, err)
		}
	}
}
