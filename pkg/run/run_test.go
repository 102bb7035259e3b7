package run_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/judge"
	"screentest/pkg/run"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func start(t *testing.T, s store.Store, now time.Time, actors ...actor.Name) run.Run {
	t.Helper()
	r, err := run.Start(t.Context(), s, run.Run{Mode: run.DryRun, Judge: judge.ID{Name: "offline"}, Actors: actors}, false, now)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func record(t *testing.T, s store.Store, r run.Run, o run.Outcome) {
	t.Helper()
	if err := r.Record(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
}

func progress(t *testing.T, s store.Store, r run.Run, now time.Time) run.Progress {
	t.Helper()
	p, err := r.Progress(t.Context(), s, now)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProgressIsDerivedFromOutcomes(t *testing.T) {
	s := mem.New()
	r := start(t, s, noon, "a", "b", "c", "d", "e", "f")
	record(t, s, r, run.Outcome{Actor: "a", State: run.Completed, At: noon.Add(10 * time.Second), Usage: cost.Usage{USD: 1}})
	record(t, s, r, run.Outcome{Actor: "b", State: run.Failed, Reason: "first", At: noon.Add(20 * time.Second)})
	record(t, s, r, run.Outcome{Actor: "b", State: run.Failed, Reason: "second", At: noon.Add(30 * time.Second), Usage: cost.Usage{USD: 2}})
	record(t, s, r, run.Outcome{Actor: "c", State: run.Skipped, At: noon.Add(30 * time.Second)})
	record(t, s, r, run.Outcome{Actor: "d", State: run.Interrupted, At: noon.Add(31 * time.Second), Usage: cost.Usage{USD: 4}})
	record(t, s, r, run.Outcome{Actor: "stranger", State: run.Failed, At: noon})

	p := progress(t, s, r, noon.Add(time.Minute))
	if p.Total != 6 || p.Completed != 1 || p.Failed != 1 || p.Skipped != 1 || p.Remaining != 3 {
		t.Errorf("counts %+v", p)
	}
	if len(p.Failures) != 1 || p.Failures[0].Reason != "second" {
		t.Errorf("failures %+v", p.Failures)
	}
	if p.Usage.USD != 7 {
		t.Errorf("$%g, want all that was spent, $7", p.Usage.USD)
	}
	if p.PerMinute != 2 || p.SecondsLeft != 90 {
		t.Errorf("%g a minute, %g s left; want 2 and 90", p.PerMinute, p.SecondsLeft)
	}
}

func TestAnInterruptedRunIsTakenUpAgain(t *testing.T) {
	s := mem.New()
	first := start(t, s, noon, "a", "b")
	record(t, s, first, run.Outcome{Actor: "a", State: run.Completed, At: noon})

	again := start(t, s, noon.Add(time.Hour), "a", "b")
	if again.ID != first.ID || !again.ResumedAt.Equal(noon.Add(time.Hour)) {
		t.Errorf("resumed %+v", again)
	}
	record(t, s, again, run.Outcome{Actor: "a", State: run.Skipped, At: noon.Add(time.Hour)})
	if p := progress(t, s, again, noon.Add(time.Hour)); p.Completed != 1 || p.Skipped != 0 {
		t.Errorf("a completed actor must stay completed: %+v", p)
	}

	if other := start(t, s, noon.Add(2*time.Hour), "a"); other.ID == first.ID {
		t.Error("a run over other actors must be a new one")
	}
}

func TestAnEndedRunIsFollowedByANewOne(t *testing.T) {
	s := mem.New()
	first := start(t, s, noon, "a")
	if _, err := first.End(t.Context(), s, noon.Add(time.Minute), nil); err != nil {
		t.Fatal(err)
	}
	second := start(t, s, noon.Add(time.Hour), "a")
	latest, err := run.Latest(t.Context(), s, run.DryRun)
	if err != nil || second.ID == first.ID || latest.ID != second.ID {
		t.Errorf("first %s, second %s, latest %v, %v", first.ID, second.ID, latest, err)
	}
	if none, err := run.Latest(t.Context(), s, run.Execute); none != nil || err != nil {
		t.Errorf("a run of the other mode: %v, %v", none, err)
	}
}

func TestResetForgetsRunsOnly(t *testing.T) {
	s := mem.New()
	r := start(t, s, noon, "a")
	record(t, s, r, run.Outcome{Actor: "a", State: run.Completed, At: noon})
	if _, err := s.Put(t.Context(), actor.EvaluationKey("a"), []byte("{}"), store.IfAbsent); err != nil {
		t.Fatal(err)
	}
	if n, err := run.Reset(t.Context(), s); n != 1 || err != nil {
		t.Errorf("forgot %d, %v", n, err)
	}
	page, err := s.List(t.Context(), store.ListOptions{})
	if err != nil || len(page.Objects) != 1 || page.Objects[0].Key != actor.EvaluationKey("a") {
		t.Errorf("left: %+v, %v", page.Objects, err)
	}
}

func TestAPassRecordsEveryActorOnce(t *testing.T) {
	s := mem.New()
	r := start(t, s, noon, "a", "bad", "c")
	var seen []actor.Name
	pass := run.Pass{
		Store: s, Run: r, Workers: 2,
		Work: func(_ context.Context, n actor.Name) (run.Outcome, error) {
			if n == "bad" {
				return run.Outcome{State: run.Completed, At: noon}, errors.New("its picture is broken")
			}
			return run.Outcome{State: run.Completed, At: noon}, nil
		},
		Seen: func(o run.Outcome) { seen = append(seen, o.Actor) },
	}
	if err := pass.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := progress(t, s, r, noon)
	if len(seen) != 3 || p.Completed != 2 || p.Failed != 1 || p.Failures[0].Reason != "its picture is broken" {
		t.Errorf("seen %v, %+v", seen, p)
	}
}

func TestAHaltLetsTheOthersFinishAndBeginsNoMore(t *testing.T) {
	s := mem.New()
	var names []actor.Name
	for i := range 50 {
		names = append(names, actor.Name(fmt.Sprintf("a%02d", i)))
	}
	r := start(t, s, noon, names...)
	halted := make(chan struct{})
	var finished atomic.Int32
	pass := run.Pass{
		Store: s, Run: r, Workers: 2,
		Work: func(ctx context.Context, n actor.Name) (run.Outcome, error) {
			if n == "a00" {
				defer close(halted)
				return run.Outcome{Usage: cost.Usage{USD: 3}}, fmt.Errorf("%w: key revoked", judge.ErrHalt)
			}
			<-halted
			finished.Add(1)
			return run.Outcome{State: run.Completed}, ctx.Err()
		},
		Seen: func(run.Outcome) {},
	}
	err := pass.Do(t.Context())
	if !errors.Is(err, judge.ErrHalt) || !strings.Contains(err.Error(), "key revoked") {
		t.Errorf("error: %v", err)
	}
	p := progress(t, s, r, noon)
	if p.Failed != 0 || p.Usage.USD != 3 || p.Completed != int(finished.Load()) || p.Remaining < 40 {
		t.Errorf("%+v after %d finished", p, finished.Load())
	}
}

func TestAnInterruptionLeavesActorsToBeDone(t *testing.T) {
	s := mem.New()
	r := start(t, s, noon, "a", "b")
	ctx, cancel := context.WithCancel(t.Context())
	pass := run.Pass{
		Store: s, Run: r, Workers: 1,
		Work: func(ctx context.Context, _ actor.Name) (run.Outcome, error) {
			cancel()
			return run.Outcome{}, ctx.Err()
		},
		Seen: func(run.Outcome) {},
	}
	if err := pass.Do(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error: %v", err)
	}
	if p := progress(t, s, r, noon); p.Remaining != 2 || p.Failed != 0 {
		t.Errorf("%+v", p)
	}
}

func TestAPassSurvivesEveryFault(t *testing.T) {
	names := []actor.Name{"a", "b", "c"}
	now := noon
	flow := func(s store.Store) error {
		now = now.Add(time.Minute)
		header := run.Run{Mode: run.DryRun, Actors: names}
		r, err := run.Start(t.Context(), s, header, false, now)
		if err != nil {
			return err
		}
		pass := run.Pass{
			Store: s, Run: r, Workers: 1, Seen: func(run.Outcome) {},
			Work: func(context.Context, actor.Name) (run.Outcome, error) { return run.Outcome{State: run.Completed}, nil },
		}
		if err := pass.Do(t.Context()); err != nil {
			return err
		}
		_, err = r.End(t.Context(), s, now, nil)
		return err
	}
	storetest.Sweep(t, func(*testing.T) store.Store { return mem.New() }, flow,
		func(t *testing.T, s store.Store, failed error) {
			if failed != nil {
				if err := flow(s); err != nil {
					t.Fatal(err)
				}
			}
			latest, err := run.Latest(t.Context(), s, run.DryRun)
			if err != nil {
				t.Fatal(err)
			}
			if p := progress(t, s, *latest, noon); p.Completed != 3 || p.EndedAt.IsZero() {
				t.Errorf("%+v", p)
			}
		})
}

// A run that stopped before its end says so, until it is taken up again.
func TestAStoppedRun(t *testing.T) {
	s := mem.New()
	r := start(t, s, noon, "a", "b")
	record(t, s, r, run.Outcome{Actor: "a", State: run.Completed, At: noon.Add(time.Minute)})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := r.End(ctx, s, noon.Add(2*time.Minute), context.Canceled)
	if err != nil {
		t.Fatal(err)
	}
	if p := progress(t, s, r, noon.Add(time.Hour)); !p.Over() || p.Remaining != 1 || p.PerMinute != 0.5 || p.SecondsLeft != 0 {
		t.Errorf("%+v", p)
	}
	again, err := run.Start(t.Context(), s, run.Run{Mode: run.DryRun, Judge: r.Judge, Actors: r.Actors}, false, noon.Add(time.Hour))
	if err != nil || again.ID != r.ID {
		t.Fatalf("%+v, %v", again, err)
	}
	if p := progress(t, s, again, noon.Add(time.Hour)); p.Over() {
		t.Errorf("%+v", p)
	}
}

// Where the end cannot be recorded the run can still be told of.
func TestAnEndThatCannotBeRecorded(t *testing.T) {
	s := mem.New()
	r := start(t, s, noon, "a")
	faulty := storetest.NewFaulty(s)
	faulty.FailAt(0, storetest.Refused)
	if same, err := r.End(t.Context(), faulty, noon, context.Canceled); err == nil || same.ID != r.ID || len(same.Actors) != 1 {
		t.Errorf("%+v, %v", same, err)
	}
}

func TestAFreshRunIsNotTheInterruptedOne(t *testing.T) {
	s := mem.New()
	first := start(t, s, noon, "a")
	header := run.Run{Mode: run.DryRun, Judge: first.Judge, Actors: first.Actors}
	if second, err := run.Start(t.Context(), s, header, true, noon.Add(time.Hour)); err != nil || second.ID == first.ID {
		t.Errorf("%+v, %v", second, err)
	}
}

func TestARunOfAnotherJudgeIsANewOne(t *testing.T) {
	s := mem.New()
	first := start(t, s, noon, "a")
	header := run.Run{Mode: run.DryRun, Judge: judge.ID{Name: "openai"}, Actors: first.Actors}
	if second, err := run.Start(t.Context(), s, header, false, noon.Add(time.Hour)); err != nil || second.ID == first.ID {
		t.Errorf("%+v, %v", second, err)
	}
}

func TestDamagedRecordsAreNone(t *testing.T) {
	s := mem.New()
	r := start(t, s, noon, "a", "b")
	record(t, s, r, run.Outcome{Actor: "a", State: run.Completed, At: noon})
	spoil(t, s, "screentest/runs/dry-run/"+store.Key(r.ID)+"/outcomes/a.json")
	if p := progress(t, s, r, noon); p.Completed != 0 || p.Remaining != 2 {
		t.Errorf("%+v", p)
	}
	record(t, s, r, run.Outcome{Actor: "a", State: run.Completed, At: noon})
	spoil(t, s, "screentest/runs/dry-run/"+store.Key(r.ID)+"/run.json")
	if latest, err := run.Latest(t.Context(), s, run.DryRun); latest != nil || err != nil {
		t.Errorf("%+v, %v", latest, err)
	}
}

func TestARunThatIsResetWhileUnderWayStaysForgotten(t *testing.T) {
	s := mem.New()
	r := start(t, s, noon, "a")
	if _, err := run.Reset(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	record(t, s, r, run.Outcome{Actor: "a", State: run.Completed, At: noon})
	if ended, err := r.End(t.Context(), s, noon, nil); err != nil || ended.EndedAt.IsZero() {
		t.Errorf("%+v, %v", ended, err)
	}
	if latest, err := run.Latest(t.Context(), s, run.DryRun); latest != nil || err != nil {
		t.Errorf("%+v, %v", latest, err)
	}
}

func spoil(t *testing.T, s store.Store, k store.Key) {
	t.Helper()
	if err := store.Update(t.Context(), s, k, func([]byte) ([]byte, error) { return []byte("{"), nil }); err != nil {
		t.Fatal(err)
	}
}
