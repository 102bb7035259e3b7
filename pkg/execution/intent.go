package execution

import (
	"context"
	"errors"
	"fmt"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/evaluation"
	"screentest/pkg/ledger"
	"screentest/pkg/manifest"
	"screentest/pkg/mirror"
	"screentest/pkg/store"
)

// An Intent is what performing the newest plan of an actor would still do.
type Intent struct {
	Actor    actor.Name         `json:"actor"`
	Proposal string             `json:"plan"`  // "" where nothing was ever proposed
	State    ledger.Act         `json:"state"` // of the plan
	Why      string             `json:"why,omitempty"`
	Delete   []balance.Deletion `json:"delete"`
	Generate balance.Target     `json:"generate"`
}

// Open reports whether the plan is waiting to be performed.
func (i Intent) Open() bool { return i.State == ledger.Proposed || i.State == ledger.Approved }

// Closed reports whether only a person who names the actor may have it performed.
func (i Intent) Closed() bool { return i.State == ledger.Rejected || i.State == ledger.Failed }

// IntentOf reads what is to be done for an actor. A plan that the evaluation
// on record makes and that the ledger does not know is put forward, in the name
// of sign; not so one that was made before the newest plan.
func IntentOf(ctx context.Context, s store.Store, n actor.Name, sign ledger.Signature) (Intent, error) {
	book, err := ledger.Load(ctx, s, n)
	if err != nil {
		return Intent{}, err
	}
	e, _, err := evaluation.Load(ctx, s, n)
	if err != nil {
		return Intent{}, err
	}
	if e != nil {
		if err := propose(ctx, book, *e, sign); err != nil {
			return Intent{}, err
		}
	}
	intent := Intent{Actor: n, Delete: []balance.Deletion{}}
	latest, ok := book.Latest()
	if !ok {
		return intent, nil
	}
	intent.Proposal, intent.State, intent.Why = latest.ID, latest.State, latest.Last().Why
	if latest.State == ledger.Done || latest.State == ledger.Stale {
		return intent, nil
	}
	intent.Generate = latest.Plan.Generate
	for _, step := range latest.Steps() {
		switch {
		case step.Delete != nil && !latest.Taken(step):
			intent.Delete = append(intent.Delete, *step.Delete)
		case step.Delete == nil && latest.Taken(step):
			intent.Generate.Add(step.Style, -1)
		}
	}
	return intent, nil
}

// newer reports whether an evaluation was made after the newest plan was put
// forward, and after it ended: else it is about what was before that plan.
func newer(e evaluation.Evaluation, book *ledger.Ledger) bool {
	latest, ok := book.Latest()
	if !ok {
		return true
	}
	return e.EvaluatedAt.After(latest.Lines[0].At) && !(latest.Ended() && !e.EvaluatedAt.After(latest.Last().At))
}

// propose makes sure that the plan of an evaluation is on the ledger. It was put
// there when the evaluation was made, unless another plan was under way then.
func propose(ctx context.Context, book *ledger.Ledger, e evaluation.Evaluation, sign ledger.Signature) error {
	if !e.Plan.Intact() || e.Plan.Fingerprint != balance.FingerprintOf(e.Contents()) {
		return fmt.Errorf("the plan in %s was edited: it is not what its id says; evaluate with --no-resume", actor.EvaluationKey(actor.Name(e.Actor)))
	}
	if !newer(e, book) {
		return nil
	}
	return book.Propose(ctx, e.Plan, e.Contents(), sign)
}

// Orphans says whether performing the intent would be refused, because an image
// that it deletes has an address elsewhere and nothing says what is to become of
// that. It asks nobody: where a mirror is configured it returns nil, and so it
// does where there is no manifest yet. Perform looks closer.
func Orphans(ctx context.Context, s store.Store, r mirror.Remote, i Intent) error {
	if r.Mirror != nil || r.Waived || len(i.Delete) == 0 {
		return nil
	}
	m, _, err := manifest.Load(ctx, s, i.Actor)
	if err != nil {
		return nil // Perform will say so
	}
	for _, d := range i.Delete {
		if _, err := r.Locate(ctx, i.Actor, d.File, d.SHA256, m.Images[d.File].S3URL); errors.Is(err, mirror.ErrOrphan) {
			return err
		}
	}
	return nil
}
