package evaluator_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
	"screentest/pkg/judge"
	"screentest/pkg/ledger"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/store/storetest"
)

func condemn(t *testing.T, s store.Store, sum string) {
	t.Helper()
	d := decision.Decision{SHA256: sum, Kind: decision.Condemn, By: "ada", At: time.Unix(1, 0)}
	if err := decision.Add(t.Context(), s, ada.Name, d); err != nil {
		t.Fatal(err)
	}
}

func TestADecisionIsFollowedWithoutAskingOrReading(t *testing.T) {
	s, j := tree(t, 3), &counting{}
	first, err := newEvaluator(s, j).Evaluate(t.Context(), ada)
	if err != nil {
		t.Fatal(err)
	}
	condemn(t, s, first.Evaluation.Images[1].SHA256)
	counted := storetest.NewFaulty(s)
	result, err := newEvaluator(counted, j).Evaluate(t.Context(), ada)
	if err != nil || result.Unchanged || result.Evaluation.Images[1].Keep || j.total() != 3 {
		t.Errorf("%+v, %v, asked %d", result.Evaluation.Plan, err, j.total())
	}
	for _, op := range counted.Ops() {
		if op.Name == "get" && strings.HasPrefix(string(op.Key), "actors/") {
			t.Errorf("%s was read again", op.Key)
		}
	}
	if result, err = newEvaluator(s, j).Evaluate(t.Context(), ada); err != nil || !result.Unchanged {
		t.Errorf("evaluated again without a new decision, %v", err)
	}
}

func TestARebuiltEvaluationIsCurrent(t *testing.T) {
	s, j := tree(t, 3), &counting{}
	first, err := newEvaluator(s, j).Evaluate(t.Context(), ada)
	if err != nil {
		t.Fatal(err)
	}
	condemn(t, s, first.Evaluation.Images[1].SHA256)
	if _, err := evaluation.Rebuild(t.Context(), s, ada.Name, settings.Default(), ledger.Signature{By: "ada", At: time.Unix(2, 0)}); err != nil {
		t.Fatal(err)
	}
	if result, err := newEvaluator(s, j).Evaluate(t.Context(), ada); err != nil || !result.Unchanged {
		t.Errorf("evaluated again, %v", err)
	}
}

func TestADecisionTakenDuringTheEvaluationIsFollowed(t *testing.T) {
	s, j := tree(t, 3), &counting{}
	first, err := newEvaluator(s, j).Evaluate(t.Context(), ada)
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, actor.TrainingKey(ada.Name, "a_99.png"), picture(99))
	j.fail = func(judge.Case) ([]judge.Answer, error) {
		condemn(t, s, first.Evaluation.Images[1].SHA256)
		_, err := evaluation.Rebuild(t.Context(), s, ada.Name, settings.Default(), ledger.Signature{By: "ada", At: time.Unix(2, 0)})
		return nil, err
	}
	result, err := newEvaluator(s, j).Evaluate(t.Context(), ada)
	if err != nil || result.Evaluation.Images[1].Keep || len(result.Evaluation.Images) != 4 {
		t.Errorf("%+v, %v", result.Evaluation.Plan, err)
	}
}

func TestDamagedDecisionsStopTheActor(t *testing.T) {
	s, j := tree(t, 1), &counting{}
	put(t, s, actor.DecisionsKey(ada.Name), []byte("{"))
	if _, err := newEvaluator(s, j).Evaluate(t.Context(), ada); err == nil || errors.Is(err, judge.ErrHalt) || j.total() != 0 {
		t.Errorf("error %v, asked %d", err, j.total())
	}
}
