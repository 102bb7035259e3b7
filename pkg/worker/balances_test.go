package worker_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/evaluator"
	"screentest/pkg/event"
	"screentest/pkg/execution"
	"screentest/pkg/generate"
	"screentest/pkg/lambdatest"
	"screentest/pkg/ledger"
	"screentest/pkg/metric"
	"screentest/pkg/mirror"
	"screentest/pkg/queue"
	"screentest/pkg/queue/mem"
	"screentest/pkg/run"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/sweep"
	"screentest/pkg/worker"
)

// nobody is a generator that must not be asked.
type nobody struct{ t *testing.T }

func (nobody) ID() generate.ID { return generate.ID{Name: "nobody"} }
func (nobody) Bound() float64  { return 1 }
func (n nobody) Generate(context.Context, generate.Order) (generate.Picture, cost.Usage, error) {
	n.t.Error("a picture was ordered")
	return generate.Picture{}, cost.Usage{}, generate.ErrRefused
}

// A loop is both workers on their queues. Unless a test says otherwise, the target
// is three photographs, which all sets have, and only surplus goes.
type loop struct {
	*stage    // of the evaluator
	balances  *mem.Queue
	balancer  lambdatest.Mapping
	store     store.Store
	sender    *flaky // by which the balancer asks for evaluations
	settings  settings.Settings
	model     *model
	generator generate.Generator
	remote    mirror.Remote
}

func newLoop(t *testing.T, s store.Store) *loop {
	m := &model{}
	st := evaluations(t, s, m)
	clock := func() time.Time { return st.now }
	l := &loop{
		stage: st, store: s, settings: settings.Default(), model: m, generator: nobody{t}, remote: mirror.Remote{Waived: true},
		balances: mem.New(mem.Options{Visibility: time.Hour, MaxReceives: 5, Dead: st.dead, Now: clock}), sender: &flaky{Sender: st.queue},
	}
	l.settings.Target.Photorealistic, l.settings.Target.BWStylized, l.settings.Target.ColorStylized = 3, 0, 0
	l.settings.Plan.Condemn = nil
	log := metric.New(&st.log, "test", clock)
	st.worker.Opening.Open = func(context.Context) (worker.Handler, error) {
		return worker.NewEvaluations(s, m, l.settings, l.remote, l.balances, log, clock), nil
	}
	balancer := &worker.Worker{
		Queue: l.balances, Kind: event.Balance, Now: clock, Log: st.worker.Log, Metrics: log,
		Opening: worker.Opening{Now: clock, Open: func(context.Context) (worker.Handler, error) { return l.performer(), nil }},
	}
	l.balancer = lambdatest.Mapping{Queue: l.balances, Batch: 1, Invoke: invoke(balancer)}
	return l
}

// performer is the handler of the balancer as it would be opened now.
func (l *loop) performer() *worker.Balances {
	clock := func() time.Time { return l.now }
	examiner := evaluator.New(evaluator.Config{Store: l.store, Judge: l.model, Settings: l.settings, Holder: "balancer", Now: clock})
	executor := execution.New(execution.Config{
		Store: l.store, Evaluator: examiner, Generator: l.generator, Remote: l.remote, Settings: l.settings, By: "balancer", Now: clock,
	})
	return &worker.Balances{
		Store: l.store, Executor: executor, Evaluations: l.sender, Metrics: metric.New(&l.log, "test", clock), Now: clock,
		Sweeps: worker.Sweeps{Store: l.store, Now: clock},
	}
}

// begin asks for the evaluation of ada, in a sweep that executes.
func (l *loop) begin(t *testing.T) {
	t.Helper()
	o := sweep.Orchestrator{Store: l.store, Queue: l.queue, Now: func() time.Time { return l.now }}
	in := sweep.PageInput{RunID: "x", Mode: run.Execute, Actors: []actor.Name{"ada"}}
	if _, err := o.Page(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// settle lets both work until nothing is left, and looks what became of the sweep.
func (l *loop) settle(t *testing.T) sweep.LookOutput {
	t.Helper()
	l.drain(t)
	out, err := sweep.Look(t.Context(), l.store, sweep.LookInput{RunID: "x", Mode: run.Execute}, l.now)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// drain lets both work until nothing is left, while days go by.
func (l *loop) drain(t *testing.T) {
	t.Helper()
	for range 10_000 {
		l.stage.settle(t)
		if depth, err := l.balances.Depth(t.Context()); err != nil || depth.Total() == 0 {
			return
		}
		if _, err := l.balancer.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
		l.now = l.now.Add(time.Minute)
	}
	t.Error("messages are left after a week")
}

// images returns how many images ada has.
func (l *loop) images(t *testing.T) int {
	t.Helper()
	set, err := actor.LoadSet(t.Context(), l.store, actor.Actor{Name: "ada"})
	if err != nil {
		t.Fatal(err)
	}
	return len(set.Images)
}

func TestAPlanIsApprovedAndPerformed(t *testing.T) {
	l := newLoop(t, tree(t, 5))
	l.begin(t)
	l.stage.settle(t)
	if l.images(t) != 5 {
		t.Error("the evaluator has changed the set")
	}
	if out := l.settle(t); !out.Done || out.Completed != 1 || l.images(t) != 3 {
		t.Errorf("%+v, %d images: %s", out, l.images(t), &l.log)
	}
	if !strings.Contains(l.log.String(), `"ImagesDeleted":2`) {
		t.Errorf("what was deleted is not counted: %s", &l.log)
	}
}

func TestAStalePlanIsMadeAnew(t *testing.T) {
	l := newLoop(t, tree(t, 5))
	l.begin(t)
	l.stage.settle(t)
	write(t, l.store, actor.TrainingKey("ada", "late.png"), picture(99))
	if out := l.settle(t); !out.Done || out.Completed != 1 || l.images(t) != 3 {
		t.Errorf("%+v, %d images: %s", out, l.images(t), &l.log)
	}
}

// Also where asking for that fails once: the next delivery reads it off the ledger.
func TestAStalePlanIsNotForgotten(t *testing.T) {
	l := newLoop(t, tree(t, 5))
	l.begin(t)
	l.stage.settle(t)
	write(t, l.store, actor.TrainingKey("ada", "late.png"), picture(99))
	l.sender.fails = true
	if out := l.settle(t); !out.Done || out.Completed != 1 || l.images(t) != 3 || l.sender.fails {
		t.Errorf("%+v, %d images: %s", out, l.images(t), &l.log)
	}
}

// A flaky sender fails once.
type flaky struct {
	sweep.Sender
	fails bool
}

func (f *flaky) Send(ctx context.Context, messages ...queue.Message) error {
	if f.fails {
		f.fails = false
		return errors.New("no answer")
	}
	return f.Sender.Send(ctx, messages...)
}

func TestWhatAPersonRejectedStays(t *testing.T) {
	l := newLoop(t, tree(t, 5))
	l.send(t, "ada") // a dry run
	l.stage.settle(t)
	book, err := ledger.Load(t.Context(), l.store, "ada")
	if err != nil {
		t.Fatal(err)
	}
	latest, ok := book.Latest()
	if !ok {
		t.Fatal("no plan was proposed")
	}
	if err := book.Reject(t.Context(), latest.ID, ledger.Signature{By: "a person", At: l.now, Why: "I like them"}); err != nil {
		t.Fatal(err)
	}
	l.begin(t)
	if out := l.settle(t); !out.Done || out.Settled() != 1 || out.Failed != 0 || l.images(t) != 5 {
		t.Errorf("%+v, %d images: %s", out, l.images(t), &l.log)
	}
}

func TestADryRunHandsNothingOn(t *testing.T) {
	l := newLoop(t, tree(t, 5))
	l.send(t, "ada")
	l.stage.settle(t)
	if depth, err := l.balances.Depth(t.Context()); err != nil || depth.Total() != 0 {
		t.Errorf("%+v, %v", depth, err)
	}
}

func TestAnOrderTwiceIsPerformedOnce(t *testing.T) {
	l := newLoop(t, tree(t, 5))
	l.begin(t)
	l.settle(t)
	for i := range 2 {
		j := event.Job{Kind: event.Balance, Actor: "ada", Mode: run.Execute, Run: "x", Cause: fmt.Sprint(i)}
		if err := l.balances.Send(t.Context(), j.Message()); err != nil {
			t.Fatal(err)
		}
	}
	if out := l.settle(t); out.Completed != 1 || out.Skipped != 0 || l.images(t) != 3 {
		t.Errorf("%+v, %d images", out, l.images(t))
	}
	stranger := event.Job{Kind: event.Balance, Actor: "stranger", Mode: run.Execute, Cause: "c"}
	if err := l.balances.Send(t.Context(), stranger.Message()); err != nil {
		t.Fatal(err)
	}
	if p, err := l.balancer.Poll(t.Context()); err != nil || p.Deleted != 1 {
		t.Errorf("a stranger: %+v, %v", p, err)
	}
}
