package worker

import (
	"context"
	"errors"
	"fmt"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/evaluation"
	"screentest/pkg/event"
	"screentest/pkg/execution"
	"screentest/pkg/ledger"
	"screentest/pkg/run"
)

// hand approves the plan that an evaluation proposes, and asks for it to be
// performed. It reports whether there is one; what becomes of the actor is then
// the balancer's to say. What a person has rejected, or what has failed, stays.
//
// However often a request is heard of, it has one plan of an actor performed, so
// that the limits of a plan are those of a request. Both rules go by what is on
// record, not by the message: a sweep that has asked for a plan asks for no other;
// and where a set is what the last plan has left of it, all that has happened
// since is the events of our own pictures and deletions, which approve nothing.
func (e *Evaluations) hand(ctx context.Context, j event.Job, made evaluation.Evaluation) (bool, error) {
	sign := ledger.Signature{By: "evaluator", At: e.Now(), Why: "the run was started to execute", Run: j.Run}
	intent, err := execution.IntentOf(ctx, e.Store, j.Actor, sign)
	if err != nil {
		return false, lasting(err)
	}
	book, err := ledger.Load(ctx, e.Store, j.Actor)
	if err != nil {
		return false, lasting(err)
	}
	if asked, ok := book.ApprovedFor(j.Run); ok && !untouched(asked) {
		return e.askAgain(ctx, j, asked)
	}
	if !intent.Open() {
		return false, nil
	}
	if intent.State == ledger.Proposed && j.Run == "" && ourOwn(book, intent.Proposal) {
		return false, nil
	}
	if err := e.feasible(ctx, intent, made); err != nil {
		return false, Failed{err}
	}
	err = book.Approve(ctx, intent.Proposal, sign)
	if errors.Is(err, ledger.ErrState) {
		return false, nil // somebody has decided otherwise meanwhile
	}
	if err != nil {
		return false, err
	}
	return true, e.order(ctx, j, intent.Proposal)
}

// untouched reports whether a plan has ended before anything was done about it, so
// that another may take its place.
func untouched(p ledger.Proposal) bool { return p.State == ledger.Stale && !p.Begun() }

// askAgain has the plan that a sweep has asked for before finished, or, where that
// has ended, its end put on the sweep's record. One whose set was changed while it
// was performed is not followed by another: that is for the next request.
func (e *Evaluations) askAgain(ctx context.Context, j event.Job, asked ledger.Proposal) (bool, error) {
	if asked.State == ledger.Stale || asked.State == ledger.Rejected {
		return false, nil
	}
	return true, e.order(ctx, j, asked.ID)
}

// ourOwn reports whether a plan is for the set that the last performed plan has
// left, whatever else has happened since.
func ourOwn(book *ledger.Ledger, proposal string) bool {
	latest, ok := book.Latest()
	last, begun := book.LastBegun()
	return ok && begun && latest.ID == proposal && latest.ID != last.ID &&
		latest.Plan.Fingerprint == balance.FingerprintOf(last.Left())
}

// feasible says why a plan is not worth approving: what it deletes has copies that
// nobody speaks of, or there is nothing to generate from.
func (e *Evaluations) feasible(ctx context.Context, i execution.Intent, made evaluation.Evaluation) error {
	if i.Generate.Total() > 0 && (made.Base == nil || made.Base.SHA256 == "") {
		return fmt.Errorf("%w: put a png or jpeg into %s", execution.ErrNoBase, actor.BaseKey(i.Actor, ""))
	}
	return execution.Orphans(ctx, e.Store, e.Remote, i)
}

// order asks for a plan to be performed.
func (e *Evaluations) order(ctx context.Context, j event.Job, proposal string) error {
	order := event.Job{Kind: event.Balance, Actor: j.Actor, Mode: run.Execute, Run: j.Run, Cause: proposal}
	order.Stale = j.Stale
	return e.Balances.Send(ctx, order.Message())
}

// lasting tells an error apart that no repetition mends.
func lasting(err error) error {
	if errors.Is(err, ledger.ErrAltered) {
		return Failed{err}
	}
	return err
}
