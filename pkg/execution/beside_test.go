package execution_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"screentest/pkg/evaluator"
	"screentest/pkg/execution"
	"screentest/pkg/ledger"
	"screentest/pkg/store"
)

// beside is an evaluator that takes no claim, as that of a queue.
func (st *studio) beside() *evaluator.Evaluator {
	return evaluator.New(evaluator.Config{Store: st.store, Judge: st.judge, Settings: st.settings, Holder: "queue", Now: st.now, Alone: true})
}

// An evaluator that takes no claim may be at an actor at every moment of its plan:
// before and after each change it evaluates the set as it is, and the plan ends as if
// nobody had, no picture is judged twice (of which the judge complains), and what was
// proposed meanwhile is not performed.
func TestAnEvaluatorMayBeThereAtEveryMoment(t *testing.T) {
	quiet := newScene(t, memory(), false)
	quiet.mustBalance()

	st := newScene(t, memory(), false)
	st.mustApprove()
	moments := 0
	evaluate := func(string, store.Key) error {
		moments++
		_, err := st.beside().Evaluate(context.Background(), st.actor)
		if errors.Is(err, evaluator.ErrUnjudged) {
			err = nil // an image was gone when it was looked at
		}
		if err != nil {
			t.Errorf("moment %d: %v", moments, err)
		}
		return nil
	}
	if _, err := st.executor(&hook{Store: st.store, before: evaluate, after: evaluate}).Perform(t.Context(), st.actor); err != nil {
		t.Fatal(err)
	}
	if _, err := st.beside().Evaluate(t.Context(), st.actor); err != nil {
		t.Fatal(err)
	}
	if acts := st.acts(); moments < 20 || st.state() != quiet.state() || acts[ledger.Approved] != 1 || acts[ledger.Done] != 1 {
		t.Errorf("after %d moments the ledger has %v and the state is\n%s\nwant\n%s", moments, acts, st.state(), quiet.state())
	}
	if e := st.evaluation(); !e.Balanced || !e.Plan.Empty() {
		t.Errorf("balanced %t, plan %+v", e.Balanced, e.Plan)
	}
	st.clean()
}

// A reader has something happen before the n-th object is opened.
type reader struct {
	store.Store
	n     int64
	then  func()
	reads atomic.Int64
}

func (r *reader) Get(ctx context.Context, k store.Key) (store.Object, error) {
	if r.reads.Add(1) == r.n {
		r.then()
	}
	return r.Store.Get(ctx, k)
}

// One that has seen the set before the plan was performed, and writes after it, does
// no harm either: what it proposes is for a set that is no more, and approved all the
// same it deletes and orders nothing.
func TestASlowEvaluatorDoesNoHarm(t *testing.T) {
	quiet := newScene(t, memory(), false)
	quiet.mustBalance()
	want, orders := quiet.state(), len(quiet.camera.orders)
	for n, performed := int64(1), true; performed; n++ {
		st := newScene(t, memory(), false)
		st.mustApprove()
		performed = false
		slow := evaluator.New(evaluator.Config{
			Store: &reader{Store: st.store, n: n, then: func() {
				performed = true
				if _, err := st.executor(st.store).Perform(context.Background(), st.actor); err != nil {
					t.Error(err)
				}
			}},
			Judge: st.judge, Settings: st.settings, Holder: "queue", Now: st.now, Alone: true, Fresh: true,
		})
		if _, err := slow.Evaluate(t.Context(), st.actor); err != nil && !errors.Is(err, evaluator.ErrUnjudged) {
			t.Fatal(err)
		}
		if err := st.approve(st.store); err != nil {
			t.Fatal(err)
		}
		if _, err := st.finish(st.store); err != nil && !errors.Is(err, execution.ErrStale) {
			t.Errorf("read %d: %v", n, err)
		}
		if got := len(st.camera.orders); st.state() != want || got != orders || st.acts()[ledger.Done] != 1 {
			t.Errorf("read %d: %d orders, the ledger has %v and the state is\n%s", n, got, st.acts(), st.state())
		}
		st.clean()
		if n > 100 {
			t.Fatal("it reads without an end")
		}
	}
}
