package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/event"
	"screentest/pkg/execution"
	"screentest/pkg/judge"
	"screentest/pkg/ledger"
	"screentest/pkg/metric"
	"screentest/pkg/run"
	"screentest/pkg/store"
	"screentest/pkg/sweep"
)

// Balances performs approved plans.
type Balances struct {
	Store       store.Store
	Executor    *execution.Executor
	Evaluations sweep.Sender // takes actors whose plan was stale
	Metrics     *metric.Log
	Now         func() time.Time
	Sweeps      Sweeps
}

// maxStale is how often an actor is evaluated anew within one request, because
// its set had changed before its plan was performed.
const maxStale = 3

// Reserve implements Handler: the picture that has been ordered comes, and is
// stored. Where an order may take longer than an invocation leaves, what the
// ledger says of it is settled by the next.
func (b *Balances) Reserve() time.Duration { return b.Executor.Settings.Generation.Timeout + finishing }

// Do implements Handler.
func (b *Balances) Do(ctx context.Context, j event.Job) error {
	if stopped, err := b.stopped(ctx, j); stopped || err != nil {
		return err
	}
	member, err := find(ctx, b.Store, j)
	if err != nil {
		return err
	}
	result, err := b.Executor.Perform(ctx, member)
	if err == nil && result.Proposal == "" {
		err = b.ended(ctx, j)
	}
	o := run.Outcome{Actor: j.Actor, State: run.Completed, At: b.Now(), Usage: result.Spent}
	switch {
	case errors.Is(err, execution.ErrStale) && j.Stale < maxStale:
		err = b.again(ctx, j)
		o.State, o.Reason = run.Interrupted, "its set had changed"
	case errors.Is(err, execution.ErrStale), errors.Is(err, execution.ErrFailed), errors.Is(err, execution.ErrNoBase):
		err = Failed{err}
	case err == nil && result.Proposal == "":
		o.State, o.Reason = run.Skipped, "its plan has been performed"
	}
	if err != nil {
		o.State, o.Reason = run.Interrupted, err.Error()
	}
	b.measure(o, result)
	return errors.Join(lasting(err), record(context.WithoutCancel(ctx), b.Store, j, o))
}

// ended says how the plan that is asked for ended, where none is approved any more:
// an earlier delivery of the message may have got as far as that, and not to what
// follows.
func (b *Balances) ended(ctx context.Context, j event.Job) error {
	book, err := ledger.Load(ctx, b.Store, j.Actor)
	if err != nil {
		return err
	}
	for _, p := range book.Proposals() {
		switch {
		case p.ID != j.Cause:
		case p.State == ledger.Stale:
			return fmt.Errorf("%w: %s", execution.ErrStale, p.Last().Why)
		case p.State == ledger.Failed:
			return fmt.Errorf("%w: %s", execution.ErrFailed, p.Last().Why)
		}
	}
	return nil
}

func (b *Balances) stopped(ctx context.Context, j event.Job) (bool, error) {
	if j.Run == "" {
		return false, nil
	}
	return b.Sweeps.Stopped(ctx, j)
}

// again asks for another evaluation, and so for another plan.
func (b *Balances) again(ctx context.Context, j event.Job) error {
	j.Kind, j.Cause, j.History = event.Evaluate, "stale "+j.Cause, event.History{Stale: j.Stale + 1}
	return b.Evaluations.Send(ctx, j.Message())
}

// find returns the entry of the roster, which the prompts are made of. An actor that
// has left the roster since a sweep has asked for it has an end on that one's record.
func find(ctx context.Context, s store.Store, j event.Job) (actor.Actor, error) {
	for a, err := range actor.Stream(ctx, s) {
		if err != nil {
			return a, fmt.Errorf("%w: %w", judge.ErrHalt, err)
		}
		if a.Name == j.Actor {
			return a, nil
		}
	}
	err := fmt.Errorf("%s is not in the roster", j.Actor)
	if j.Run != "" {
		return actor.Actor{}, Failed{err}
	}
	return actor.Actor{}, Malformed{err}
}

// GiveUp implements Handler.
func (b *Balances) GiveUp(ctx context.Context, j event.Job, cause error) error {
	b.Metrics.Write(metric.Values{metric.ActorsFailed: 1}, map[string]any{"actor": j.Actor, "run": j.Run})
	return giveUp(ctx, b.Store, j, cause, b.Now())
}

func (b *Balances) measure(o run.Outcome, r execution.Result) {
	values := spent(o.Usage)
	if r.Generated > 0 || r.Deleted > 0 {
		values[metric.ImagesGenerated], values[metric.ImagesDeleted] = float64(r.Generated), float64(r.Deleted)
	}
	switch o.State {
	case run.Completed:
		values[metric.ActorsCompleted] = 1
	case run.Skipped:
		values[metric.ActorsSkipped] = 1
	}
	b.Metrics.Write(values, map[string]any{"actor": o.Actor})
}
