package execution

import (
	"context"
	"errors"
	"fmt"

	"screentest/pkg/actor"
	"screentest/pkg/lease"
	"screentest/pkg/ledger"
)

// Reject closes the newest plan of an actor wherever it stands, and returns it: no
// further step of it is taken. What was cut off in the middle of a step is brought to
// its end, or back, first; what was placed stays in the set, and what was moved to
// the trash stays there. It fails with ledger.ErrState where the plan has ended.
func (x *Executor) Reject(ctx context.Context, a actor.Actor, why string) (ledger.Proposal, error) {
	var rejected ledger.Proposal
	err := lease.Hold(ctx, x.Store, actor.LeaseKey(a.Name), x.By, func(ctx context.Context) error {
		p, err := x.begin(ctx, a)
		if err != nil {
			return err
		}
		if p != nil {
			if err := p.tidy(ctx); err != nil {
				return err
			}
		}
		book, err := ledger.Load(ctx, x.Store, a.Name)
		if err != nil {
			return err
		}
		var ok bool
		if rejected, ok = book.Latest(); !ok {
			return fmt.Errorf("%w: no plan was ever proposed for %s", ledger.ErrState, a.Name)
		}
		return book.Withdraw(ctx, rejected.ID, ledger.Signature{By: x.By, At: x.Now(), Why: why})
	})
	return rejected, err
}

// tidy leaves nothing half done of a plan that is to go no further.
func (p *performance) tidy(ctx context.Context) error {
	if err := p.takeUp(ctx); err != nil {
		return err
	}
	if err := p.look(ctx); err != nil {
		return err
	}
	return errors.Join(p.abandon(ctx), p.clear(ctx))
}
