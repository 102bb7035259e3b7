package worker_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/event"
	"screentest/pkg/execution"
	"screentest/pkg/ledger"
	"screentest/pkg/metric"
	"screentest/pkg/mirror"
	"screentest/pkg/run"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/sweep"
	"screentest/pkg/worker"
)

// Those who were turned away together do not come back together.
func TestThoseWhoWereTurnedAwayDoNotComeBackTogether(t *testing.T) {
	for what, cause := range map[string]error{"busy": errors.New("429"), "down": errDown, "no quota": errHalt} {
		s := newStage(t)
		began, back := s.now, map[time.Time]bool{}
		for i := range 10 {
			name := actor.Name(fmt.Sprint("a", i))
			s.act[name] = func(context.Context) error {
				if s.now.Equal(began) {
					return cause
				}
				s.mu.Lock()
				defer s.mu.Unlock()
				back[s.now] = true
				return nil
			}
			s.send(t, name)
		}
		s.within(t, 6*time.Minute)
		if len(back) < 4 {
			t.Errorf("%s: ten messages came back at %d moments", what, len(back))
		}
	}
}

// Enough of an invocation is kept for what has been asked, or ordered, to be answered
// and written down.
func TestReserve(t *testing.T) {
	set := settings.Default()
	set.Judge.Timeout, set.Generation.Timeout = 100*time.Second, 200*time.Second
	evaluations := worker.NewEvaluations(tree(t, 0), &model{}, set, mirror.Remote{}, nil, nil, nil)
	balances := &worker.Balances{Executor: execution.New(execution.Config{Settings: set})}
	if e, b := evaluations.Reserve(), balances.Reserve(); e < 110*time.Second || b < 210*time.Second {
		t.Errorf("%s for answers of 100 s, %s for pictures of 200 s", e, b)
	}
}

// A plan that would orphan a remote object is not approved.
func TestAPlanThatWouldOrphanIsNotApproved(t *testing.T) {
	l := newLoop(t, tree(t, 5))
	l.remote = mirror.Remote{}
	images := ""
	for i := range 5 {
		images += fmt.Sprintf(`,"%d.png":{"s3_url":"https://elsewhere.s3.amazonaws.com/%d.png"}`, i, i)
	}
	write(t, l.store, actor.ManifestKey("ada"), []byte(`{"actor_id":"ada","revision":1,"total_images":5,"images":{`+images[1:]+`}}`))
	l.begin(t)
	out := l.settle(t)
	_, latest := l.plan(t)
	if !out.Done || out.Failed != 1 || latest.State != ledger.Proposed || l.images(t) != 5 || !strings.Contains(l.failure(t), "orphaned") {
		t.Errorf("%+v, the plan is %s, %d images, on record is %q", out, latest.State, l.images(t), l.failure(t))
	}
}

// What was spent is on the record of the sweep also when time is over.
func TestWhatWasSpentIsRecordedWhenTimeIsOver(t *testing.T) {
	s := tree(t, 3)
	m := &model{asked: map[string]int{}}
	st := evaluations(t, s, m)
	begin(t, s, st)
	ctx, cancel := context.WithCancel(t.Context())
	m.fail = func() error { cancel(); return ctx.Err() }
	clock := func() time.Time { return st.now }
	h := worker.NewEvaluations(s, m, settings.Default(), mirror.Remote{}, st.dead, metric.New(&st.log, "test", clock), clock)
	if err := h.Do(ctx, sweepJob("ada")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	checkSpent(t, s, run.DryRun, "r1", 1)
}

// So is what the balancer has spent.
func TestWhatWasOrderedIsRecordedWhenTimeIsOver(t *testing.T) {
	l := newLoop(t, tree(t, 2))
	write(t, l.store, actor.BaseKey("ada", "base.png"), picture(77))
	l.begin(t)
	l.stage.settle(t)
	l.now = l.now.Add(time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	l.generator = &losing{then: cancel}
	if err := l.performer().Do(ctx, event.Job{Kind: event.Balance, Actor: "ada", Mode: run.Execute, Run: "x", Cause: "p"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	checkSpent(t, l.store, run.Execute, "x", 2) // one of them the evaluator's
}

// checkSpent looks for requests of ada's on the record of a sweep.
func checkSpent(t *testing.T, s store.Store, mode run.Mode, id string, requests int) {
	t.Helper()
	header, err := sweep.Load(t.Context(), s, mode, id)
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := header.OutcomeOf(t.Context(), s, "ada")
	if err != nil || len(outcomes) != 1 || outcomes[0].State != run.Interrupted || outcomes[0].Usage.Requests != requests {
		t.Errorf("on record is %+v, %v", outcomes, err)
	}
}
