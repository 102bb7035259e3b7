package worker_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/event"
	"screentest/pkg/generate"
	"screentest/pkg/ledger"
	"screentest/pkg/run"
	"screentest/pkg/worker"
)

// newLimited is a loop of an actor that has n images, of which one plan deletes one.
func newLimited(t *testing.T, n int) *loop {
	l := newLoop(t, tree(t, n))
	l.settings.Plan.Limits.Deletions = 1
	return l
}

// changed tells that images of ada have come or gone, n times.
func (l *loop) changed(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		j := event.Job{Kind: event.Evaluate, Actor: "ada", Mode: run.Execute, Cause: fmt.Sprint(l.now.UnixNano(), i)}
		if err := l.queue.Send(t.Context(), j.Message()); err != nil {
			t.Fatal(err)
		}
	}
	l.drain(t)
}

// plan returns the ledger of ada and her newest plan.
func (l *loop) plan(t *testing.T) (*ledger.Ledger, ledger.Proposal) {
	t.Helper()
	book, err := ledger.Load(t.Context(), l.store, "ada")
	if err != nil {
		t.Fatal(err)
	}
	latest, _ := book.Latest()
	return book, latest
}

// failure is what failed last for ada, in words.
func (l *loop) failure(t *testing.T) string {
	t.Helper()
	last, err := worker.LastFailure(t.Context(), l.store, "ada")
	if err != nil {
		t.Fatal(err)
	}
	if last == nil {
		return ""
	}
	return last.Reason
}

// An upload leads to one plan. The events of what that plan has done lead to none,
// however late they come and however often.
func TestAnUploadHasOnePlanPerformed(t *testing.T) {
	l := newLimited(t, 6)
	l.changed(t, 2)
	if l.images(t) != 5 {
		t.Fatalf("%d images after the upload, want one less than six: %s", l.images(t), &l.log)
	}
	for range 4 { // the event of the deletion, and again
		l.now = l.now.Add(time.Hour)
		l.changed(t, 2)
	}
	if l.images(t) != 5 {
		t.Errorf("%d images after the events of our own deletion, want five", l.images(t))
	}
	write(t, l.store, actor.TrainingKey("ada", "new.png"), picture(70))
	l.changed(t, 1)
	l.changed(t, 1) // what came of it
	if l.images(t) != 5 {
		t.Errorf("%d images, want five: one came, and its plan deletes one", l.images(t))
	}
}

// A sweep has one plan of an actor performed, also when a page of it is repeated,
// or an evaluator is killed after it has handed the plan on.
func TestASweepHasOnePlanPerformed(t *testing.T) {
	l := newLimited(t, 6)
	l.begin(t)
	if out := l.settle(t); !out.Done || out.Completed != 1 || l.images(t) != 5 {
		t.Fatalf("%+v, %d images", out, l.images(t))
	}
	for range 2 {
		l.now = l.now.Add(6 * time.Minute)
		l.begin(t)
		if out := l.settle(t); !out.Done || out.Completed != 1 || l.images(t) != 5 {
			t.Errorf("when it came again: %+v, %d images", out, l.images(t))
		}
	}
}

// A plan that somebody else has approved is the one of the sweep that performs it.
func TestAPlanThatWasApprovedBeforeIsTheSweeps(t *testing.T) {
	l := newLimited(t, 6)
	l.send(t, "ada") // a dry run
	l.stage.settle(t)
	book, latest := l.plan(t)
	if err := book.Approve(t.Context(), latest.ID, ledger.Signature{By: "a person", At: l.now, Why: "good"}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		l.begin(t)
		l.settle(t)
		l.now = l.now.Add(6 * time.Minute)
	}
	if l.images(t) != 5 {
		t.Errorf("%d images, want five", l.images(t))
	}
}

// A plan whose set a person has changed while it was performed ends there: what then
// remains is not for the same sweep.
func TestAPlanThatWasCutShortIsNotFollowedByAnother(t *testing.T) {
	l := newLoop(t, tree(t, 6))
	l.begin(t)
	l.stage.settle(t)
	book, latest := l.plan(t)
	if err := book.Record(t.Context(), latest.ID, ledger.Line{Act: ledger.Begun, At: l.now, By: "balancer", Proposal: latest.ID}); err != nil {
		t.Fatal(err)
	}
	write(t, l.store, actor.TrainingKey("ada", "late.png"), picture(99))
	for range 2 {
		if out := l.settle(t); !out.Done || out.Completed != 1 || l.images(t) != 7 {
			t.Errorf("%+v, %d images, want all seven", out, l.images(t))
		}
		l.now = l.now.Add(6 * time.Minute)
		l.begin(t)
	}
}

// What a person rejects after a sweep has asked for it is not asked for again.
func TestAPlanThatWasRejectedSinceIsNotAskedForAgain(t *testing.T) {
	l := newLoop(t, tree(t, 6))
	l.begin(t)
	l.stage.settle(t)
	book, latest := l.plan(t)
	if err := book.Reject(t.Context(), latest.ID, ledger.Signature{By: "a person", At: l.now, Why: "I like them"}); err != nil {
		t.Fatal(err)
	}
	l.settle(t)
	l.now = l.now.Add(6 * time.Minute)
	l.begin(t)
	l.stage.settle(t)
	if depth, err := l.balances.Depth(t.Context()); err != nil || depth.Total() != 0 || l.images(t) != 6 {
		t.Errorf("%+v, %v, %d images", depth, err, l.images(t))
	}
}

// A failed plan stays the sweep's end for the actor when its message comes again.
func TestAFailureIsNotForgottenWhenTheSweepComesAgain(t *testing.T) {
	l := newLimited(t, 6)
	l.begin(t)
	l.stage.settle(t)
	book, latest := l.plan(t)
	if err := book.End(t.Context(), latest.ID, ledger.Failed, ledger.Signature{By: "balancer", At: l.now, Why: "no luck"}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if out := l.settle(t); !out.Done || out.Failed != 1 || l.images(t) != 6 {
			t.Errorf("%+v, %d images", out, l.images(t))
		}
		l.now = l.now.Add(6 * time.Minute)
		l.begin(t)
	}
}

// losing is a generator of which nobody hears again.
type losing struct {
	orders int
	then   func() // called with each order; optional
}

func (*losing) ID() generate.ID { return generate.ID{Name: "losing"} }
func (*losing) Bound() float64  { return 0.25 }
func (g *losing) Generate(context.Context, generate.Order) (generate.Picture, cost.Usage, error) {
	if g.orders++; g.then != nil {
		g.then()
	}
	return generate.Picture{}, cost.Usage{Requests: 1, USD: 0.25}, fmt.Errorf("%w: nothing came within 3m", generate.ErrLost)
}

// A generator whose answers are lost is not paid for ever: the plan fails, on the
// record, and no message is left.
func TestOrdersThatAreLostComeToAnEnd(t *testing.T) {
	l := newLoop(t, tree(t, 2))
	write(t, l.store, actor.BaseKey("ada", "base.png"), picture(77))
	g := &losing{}
	l.generator = g
	l.begin(t)
	out := l.settle(t)
	if _, dead := l.left(t); !out.Done || out.Failed != 1 || dead != 0 || g.orders != 3 || out.Summary.Usage.USD < 0.75 {
		t.Errorf("%+v %+v, %d dead letters, %d orders; want three", out, out.Summary, dead, g.orders)
	}
}

// Where there is nothing to generate from, no plan is approved, and one that was is
// left for when there is; either way that is on the record, and nothing is dead.
func TestWithoutABaseImage(t *testing.T) {
	l := newLoop(t, tree(t, 2))
	l.begin(t)
	out := l.settle(t)
	book, latest := l.plan(t)
	if _, dead := l.left(t); !out.Done || out.Failed != 1 || dead != 0 || latest.State != ledger.Proposed {
		t.Errorf("%+v, %d dead letters, the plan is %s", out, dead, latest.State)
	}
	if err := book.Approve(t.Context(), latest.ID, ledger.Signature{By: "a person", At: l.now, Why: "good"}); err != nil {
		t.Fatal(err)
	}
	j := event.Job{Kind: event.Balance, Actor: "ada", Mode: run.Execute, Cause: latest.ID}
	if err := l.balances.Send(t.Context(), j.Message()); err != nil {
		t.Fatal(err)
	}
	l.drain(t)
	if _, dead := l.left(t); dead != 0 || !strings.Contains(l.failure(t), "no base image to generate from") {
		t.Errorf("%d dead letters, on record is %q", dead, l.failure(t))
	}
}
