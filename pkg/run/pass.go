package run

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"

	"screentest/pkg/actor"
	"screentest/pkg/judge"
	"screentest/pkg/store"
)

// A Pass goes over the actors of a run and records what became of each.
type Pass struct {
	Store   store.Store
	Run     Run
	Workers int
	// Work does one actor. Its error is the actor's failure, unless it wraps
	// judge.ErrHalt or the context has ended: then the run stops. What it spent
	// is in the outcome in every case.
	Work func(ctx context.Context, name actor.Name) (Outcome, error)
	// Seen is told every outcome once it is on the record, one at a time.
	Seen func(Outcome)

	mu      sync.Mutex
	stopped error
}

// Do returns nil when every actor has an outcome, be it a failure, and otherwise
// why it stopped. After a halt no actor is begun, but those under way are left
// to finish what they can, since their requests are paid for.
func (p *Pass) Do(ctx context.Context) error {
	var group errgroup.Group
	group.SetLimit(p.Workers)
	for _, name := range p.Run.Actors {
		if p.stop(ctx.Err()) != nil {
			break
		}
		group.Go(func() error { return p.one(ctx, name) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return p.stop(nil)
}

// stop keeps the first reason to stop and returns it.
func (p *Pass) stop(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped == nil {
		p.stopped = err
	}
	return p.stopped
}

// one returns an error only when the outcome cannot be recorded.
func (p *Pass) one(ctx context.Context, name actor.Name) error {
	if p.stop(ctx.Err()) != nil {
		return nil
	}
	outcome, err := p.Work(ctx, name)
	outcome.Actor = name
	switch {
	case err == nil:
	case errors.Is(err, judge.ErrHalt):
		p.stop(err)
		outcome.State, outcome.Reason = Interrupted, err.Error()
	case ctx.Err() != nil:
		p.stop(ctx.Err())
		outcome.State, outcome.Reason = Interrupted, "the run was interrupted"
	default:
		outcome.State, outcome.Reason = Failed, err.Error()
	}
	// An interruption must not lose the record of what was done.
	if err := p.Run.Record(context.WithoutCancel(ctx), p.Store, outcome); err != nil {
		return p.stop(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Seen(outcome)
	return nil
}
