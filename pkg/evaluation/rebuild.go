package evaluation

import (
	"context"
	"errors"
	"fmt"

	"screentest/pkg/actor"
	"screentest/pkg/decision"
	"screentest/pkg/ledger"
	"screentest/pkg/settings"
	"screentest/pkg/store"
)

// errNoFacts: the document is of a version that did not keep the verdicts.
var errNoFacts = errors.New("the evaluation does not say what the judge said; evaluate the actor again")

// Facts returns what e was built from, but for the rulings: Build makes e of it
// again, or what e would be if people had decided otherwise.
func (e Evaluation) Facts() (Facts, error) {
	f := Facts{
		Actor: actor.Name(e.Actor), Trashed: e.Trashed, Base: e.Base, Judge: e.Judge,
		Problems: e.Problems, Usage: e.Usage, At: e.EvaluatedAt,
	}
	for _, image := range e.Images {
		fact := Fact{
			Info:   store.Info{Key: actor.TrainingKey(f.Actor, image.File), Size: image.Bytes, Version: image.Version},
			SHA256: image.SHA256, Checks: image.Checks, Verdict: image.Verdict,
		}
		switch {
		case image.Judged == Broken:
			fact.Broken, fact.Damaged = image.Error, image.Damaged
		case image.Verdict == nil && image.Error == "":
			return Facts{}, fmt.Errorf("%s: %w", e.Actor, errNoFacts)
		case image.Verdict == nil:
			fact.Err = errors.New(image.Error)
		}
		f.Images = append(f.Images, fact)
	}
	return f, nil
}

// rebuildAttempts is how often Rebuild gives way to an evaluation made meanwhile.
const rebuildAttempts = 5

// Rebuild makes the evaluation on record again with what people have decided by
// now, and puts its plan forward in the name of sign: nothing is listed, decoded or
// asked. Rebuild fails where there is no evaluation. Where the settings have
// changed since, the result is as they say, but the next evaluation looks at the
// images all the same.
func Rebuild(ctx context.Context, s store.Store, name actor.Name, set settings.Settings, sign ledger.Signature) (Evaluation, error) {
	for range rebuildAttempts {
		e, err := rebuild(ctx, s, name, set, sign)
		if !errors.Is(err, store.ErrConflict) {
			return e, err
		}
	}
	return Evaluation{}, fmt.Errorf("evaluation of %s: %w again and again; try later", name, store.ErrConflict)
}

func rebuild(ctx context.Context, s store.Store, name actor.Name, set settings.Settings, sign ledger.Signature) (Evaluation, error) {
	old, version, err := Load(ctx, s, name)
	if err != nil {
		return Evaluation{}, err
	}
	if old == nil {
		return Evaluation{}, fmt.Errorf("%s has no evaluation yet; evaluate it first", name)
	}
	facts, err := old.Facts()
	if err != nil {
		return Evaluation{}, err
	}
	if facts.Rulings, err = decision.Load(ctx, s, name); err != nil {
		return Evaluation{}, err
	}
	facts.At = sign.At
	e := Build(facts, set)
	if e.Basis != old.Basis {
		e.Basis = ""
	}
	e.Follow(old)
	if err := e.putForward(ctx, s, sign); err != nil {
		return Evaluation{}, err
	}
	return e, Save(ctx, s, e, version)
}

// putForward puts the plan on the ledger, before e is on record, as the evaluator
// does.
func (e Evaluation) putForward(ctx context.Context, s store.Store, sign ledger.Signature) error {
	book, err := ledger.Load(ctx, s, actor.Name(e.Actor))
	if err != nil {
		return err
	}
	return book.Propose(ctx, e.Plan, e.Contents(), sign)
}
