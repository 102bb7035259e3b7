package worker

import (
	"context"
	"errors"

	"screentest/pkg/event"
	"screentest/pkg/execution"
	"screentest/pkg/ledger"
)

// hand approves the plan that the evaluation proposes, and asks for it to be
// performed. It reports whether there is one; what becomes of the actor is then
// the balancer's to say. What a person has rejected, or what has failed, stays.
func (e *Evaluations) hand(ctx context.Context, j event.Job) (bool, error) {
	sign := ledger.Signature{By: "evaluator", At: e.Now(), Why: "the run was started to execute"}
	intent, err := execution.IntentOf(ctx, e.Store, j.Actor, sign)
	if err != nil {
		return false, lasting(err)
	}
	if !intent.Open() || len(intent.Delete) == 0 && intent.Generate.Total() == 0 {
		return false, nil
	}
	if err := execution.Orphans(ctx, e.Store, e.Remote, intent); err != nil {
		return false, Failed{err}
	}
	if intent.State != ledger.Approved {
		book, err := ledger.Load(ctx, e.Store, j.Actor)
		if err != nil {
			return false, lasting(err)
		}
		err = book.Approve(ctx, intent.Proposal, sign)
		if errors.Is(err, ledger.ErrState) {
			return false, nil // somebody has decided otherwise meanwhile
		}
		if err != nil {
			return false, err
		}
	}
	order := event.Job{Kind: event.Balance, Actor: j.Actor, Mode: j.Mode, Run: j.Run, Cause: intent.Proposal, Tries: j.Tries}
	return true, e.Balances.Send(ctx, order.Message())
}

// lasting tells an error apart that no repetition mends.
func lasting(err error) error {
	if errors.Is(err, ledger.ErrAltered) {
		return Failed{err}
	}
	return err
}
