package evaluator_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/evaluation"
	"screentest/pkg/evaluator"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
)

func aloneOn(s store.Store, j *counting) *evaluator.Evaluator {
	return evaluator.New(evaluator.Config{
		Store: s, Judge: j, Settings: settings.Default(), Holder: "test", Now: time.Now, Alone: true,
	})
}

// Each operation is a request on S3: beside one for each image and the base
// image, list, decisions, evaluation, verdicts and ledger are looked at, the verdicts of each case
// are recorded, and the plan and the evaluation are written.
func TestAloneCostsNoClaim(t *testing.T) {
	const images, cases = 5, 3
	counted := storetest.NewFaulty(tree(t, images))
	if _, err := aloneOn(counted, &counting{}).Evaluate(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	ops := counted.Ops()
	if want := images + 1 + 5 + cases + 2; len(ops) != want {
		t.Errorf("%d operations, want %d: %v", len(ops), want, ops)
	}
	claim := storetest.Op{Name: "put", Key: actor.LeaseKey(ada.Name)}
	if slices.Contains(ops, claim) {
		t.Error("a claim was taken")
	}
}

func TestAloneEveryFaultIsRepairedByARerun(t *testing.T) {
	quiet := tree(t, 5)
	if _, err := aloneOn(quiet, &counting{}).Evaluate(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	var j *counting
	storetest.Sweep(t,
		func(t *testing.T) store.Store { j = &counting{}; return tree(t, 5) },
		func(s store.Store) error { _, err := aloneOn(s, j).Evaluate(t.Context(), ada); return err },
		func(t *testing.T, s store.Store, _ error) {
			if _, err := aloneOn(s, j).Evaluate(t.Context(), ada); err != nil {
				t.Fatal(err)
			}
			if stripVersions(document(t, s)) != stripVersions(document(t, quiet)) || j.total() != 5 {
				t.Errorf("the evaluation differs, or %d images were asked about instead of 5", j.total())
			}
		})
}

// Where somebody takes no notice, both lose nothing of what was paid for.
func TestVerdictsOfTwoWritersAreAllKept(t *testing.T) {
	s := mem.New()
	one := evaluation.Judgement{Subject: evaluation.Subject{SHA256: "1"}}
	two := evaluation.Judgement{Subject: evaluation.Subject{SHA256: "2"}}
	one.Verdict.Style, two.Verdict.Style = "bw_stylized", "bw_stylized"
	for _, j := range []evaluation.Judgement{one, two} {
		known := evaluation.Verdicts{j.Subject: j} // neither knows of the other
		if _, err := evaluation.AddVerdicts(t.Context(), s, ada.Name, known, "", []evaluation.Judgement{j}); err != nil {
			t.Fatal(err)
		}
	}
	if verdicts, _, err := evaluation.LoadVerdicts(t.Context(), s, ada.Name); err != nil || len(verdicts) != 2 {
		t.Errorf("%d verdicts, %v; want both", len(verdicts), err)
	}
}

func TestAnEmptySetIsToldApart(t *testing.T) {
	if _, err := aloneOn(tree(t, 0), &counting{}).Evaluate(t.Context(), ada); !errors.Is(err, evaluator.ErrNoImages) {
		t.Errorf("error %v", err)
	}
}
