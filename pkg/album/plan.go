package album

import (
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
// nothing is planned any more.
func (p Plan) Telling(planned bool) bool {
	return planned || p == PlanApproved || p == PlanUnderWay || p == PlanDone
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

// conclude adds to e what the ledger says.
func (e *Entry) conclude(c concluded) {
	if e.Problem == "" {
		e.Problem = c.problem
	}
	if c.plan.Telling(e.Standing.Delete+e.Standing.Generate.Total() > 0) {
		e.Plan = c.plan
	}
}
