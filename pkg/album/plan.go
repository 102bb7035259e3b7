package album

import (
	"cmp"
	"context"

	"screentest/pkg/actor"
	"screentest/pkg/ledger"
	"screentest/pkg/store"
)

// A Plan is how far the latest plan of an actor has come, in one word.
type Plan string

// How far plans come, from those that need a person most.
const (
	PlanFailed   Plan = "failed"   // it was begun and cannot be finished
	PlanStale    Plan = "stale"    // the set is another one by now
	PlanProposed Plan = "proposed" // it waits for somebody to approve or reject it
	PlanApproved Plan = "approved" // `screentest balance` performs it
	PlanUnderWay Plan = "under way"
	PlanRejected Plan = "rejected"
	PlanDone     Plan = "done"
)

// Plans returns all of them in their order.
func Plans() []Plan {
	return []Plan{PlanFailed, PlanStale, PlanProposed, PlanApproved, PlanUnderWay, PlanRejected, PlanDone}
}

// PlanOf says how far a plan has come by the ledger.
func PlanOf(p ledger.Proposal) Plan {
	if p.State == ledger.Approved && p.Begun() {
		return PlanUnderWay
	}
	return Plan(p.State) // the words are the ledger's
}

// Telling reports whether p is worth a word: a plan that came to nothing is not where
// the set is idle, which is where an evaluation plans nothing any more.
func (p Plan) Telling(idle bool) bool {
	return !idle || p == PlanApproved || p == PlanUnderWay || p == PlanDone
}

// concluded is what an album keeps of a ledger.
type concluded struct {
	plan    Plan
	problem string // why the ledger cannot be read
}

func openLedger(ctx context.Context, s store.Store, name actor.Name) (concluded, error) {
	book, err := ledger.Load(ctx, s, name)
	if err != nil {
		return concluded{problem: err.Error()}, err
	}
	latest, ok := book.Latest()
	if !ok {
		return concluded{}, nil
	}
	return concluded{plan: PlanOf(latest)}, nil
}

// conclude adds to e what the ledger says, and that a record of the actor is damaged.
func (e *Entry) conclude(c concluded, decisions string) {
	if c.plan.Telling(e.idle()) {
		e.Plan = c.plan
	}
	if problem := cmp.Or(c.problem, decisions); problem != "" {
		e.State, e.Problem = Unreadable, cmp.Or(e.Problem, problem)
	}
}

// idle reports whether there is an evaluation, and it plans nothing.
func (e *Entry) idle() bool {
	switch e.State {
	case Unreadable, Unseen, Absent:
		return false
	}
	return e.Standing.Delete+e.Standing.Generate.Total() == 0
}
