package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"screentest/pkg/actor"
	"screentest/pkg/ledger"
	"screentest/pkg/store"
)

// A record is what the ledger says.
type record struct {
	*ledger.Ledger      // nil: it was altered
	acted          bool // the set was changed by us
	plans          map[string]ledger.Proposal
}

func (x *examination) readRecord(ctx context.Context) error {
	book, err := ledger.Load(ctx, x.Store, x.actor.Name)
	if errors.Is(err, ledger.ErrAltered) {
		x.bar = "nothing is done for this actor until the ledger is as it was"
		x.find(Finding{Kind: AlteredLedger, File: string(actor.LedgerKey(x.actor.Name)), Detail: err.Error(),
			Left: "bring the ledger back as it was, from a backup or an older version of the object"})
		return nil
	}
	if err != nil {
		return err
	}
	x.record.Ledger, x.record.plans = book, map[string]ledger.Proposal{}
	for _, p := range book.Proposals() {
		x.record.plans[p.ID] = p
	}
	for _, line := range book.Lines {
		switch line.Act {
		case ledger.Placed, ledger.Trashed, ledger.Restored, ledger.Repaired:
			x.record.acted = true
		}
	}
	return nil
}

// checkPlan looks for a plan that is being performed: a step is on record, or has
// left a receipt. One that is approved and not begun has changed nothing yet, but
// may at any moment.
func (x *examination) checkPlan(context.Context) error {
	if x.record.Ledger == nil {
		return nil
	}
	latest, ok := x.record.Latest()
	if !ok || latest.State != ledger.Approved {
		return nil
	}
	x.bar = "a plan is approved: screentest balance performs it, screentest reject withdraws it; then repair"
	if !latest.Begun() && !slices.ContainsFunc(x.trashed, func(r trashed) bool { return r.Proposal == latest.ID }) {
		x.note(PlanWaits, "", fmt.Sprintf("plan %s is approved and not begun", latest.ID))
		return nil
	}
	x.find(Finding{Kind: UnfinishedPlan, Detail: fmt.Sprintf("plan %s is approved and not done", latest.ID),
		Left: "screentest balance finishes it, screentest reject withdraws it"})
	return nil
}

// checkAnswers finds answers of the generator that should not be there any more.
// One that was not let into the set stays until the trash is emptied.
func (x *examination) checkAnswers(ctx context.Context) error {
	if x.record.Ledger == nil {
		return nil
	}
	fate := x.record.answers()
	prefix := actor.GeneratedPrefix(x.actor.Name)
	for page, err := range store.All(ctx, x.Store, store.ListOptions{Prefix: prefix}) {
		if err != nil {
			return err
		}
		for _, object := range page.Objects {
			proposal, _, _ := strings.Cut(strings.TrimPrefix(string(object.Key), prefix), "/")
			x.checkAnswer(object, fate[proposal])
		}
	}
	return nil
}

// A fate is what became of the answers to the orders of a proposal.
type fate struct {
	ended  bool
	placed map[store.Key]bool
}

// answers returns the fates by proposal.
func (r record) answers() map[string]*fate {
	fates := map[string]*fate{}
	type try struct {
		step string
		n    int
	}
	for _, p := range r.Proposals() {
		f := &fate{ended: p.Ended(), placed: map[store.Key]bool{}}
		placed := map[try]bool{}
		for _, line := range p.Lines {
			if line.Act == ledger.Placed {
				placed[try{line.Step, line.Try}] = true
			}
		}
		for _, line := range p.Lines {
			if line.Act == ledger.Received && placed[try{line.Step, line.Try}] {
				f.placed[line.To] = true
			}
		}
		fates[p.ID] = f
	}
	return fates
}

func (x *examination) checkAnswer(object store.Info, f *fate) {
	leftover := Finding{Kind: Leftover, File: string(object.Key)}
	switch {
	case f == nil:
		leftover.Detail, leftover.Left = "an answer of the generator to a plan that the ledger does not know", "look at it and remove it by hand"
		x.find(leftover)
	case f.ended && f.placed[object.Key]:
		leftover.Detail, leftover.Repair = "an answer of the generator whose picture is in the set since", "remove it"
		x.mend(leftover, func(ctx context.Context) error {
			err := x.Store.Delete(ctx, object.Key, object.Version)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return fmt.Errorf("remove %s: %w", object.Key, err)
			}
			return nil
		})
	}
}
