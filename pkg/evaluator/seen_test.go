package evaluator_test

import (
	"strings"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/decision"
	"screentest/pkg/evaluator"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/store/storetest"
)

// A set that somebody has listed is not listed again while the evaluation is of
// just that set; where it is of another, or a person has decided something, or all
// is to be made anew, it is.
func TestASetThatWasSeenIsNotListedAgain(t *testing.T) {
	s := storetest.NewFaulty(tree(t, 3))
	if _, err := aloneOn(s, &counting{}).Evaluate(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	set, err := actor.LoadSet(t.Context(), s, ada)
	if err != nil {
		t.Fatal(err)
	}
	see := func(e *evaluator.Evaluator, mark string) (listed, unchanged bool) {
		t.Helper()
		before := len(s.Ops())
		r, err := e.EvaluateSeen(t.Context(), ada, mark)
		if err != nil || len(r.Evaluation.Images) != 3 {
			t.Fatalf("%+v, %v", r, err)
		}
		for _, op := range s.Ops()[before:] {
			listed = listed || strings.HasPrefix(op.Name, "list")
		}
		return listed, r.Unchanged
	}
	if listed, unchanged := see(aloneOn(s, &counting{}), set.Mark()); listed || !unchanged {
		t.Errorf("of the same set: listed %t, unchanged %t", listed, unchanged)
	}
	if listed, unchanged := see(aloneOn(s, &counting{}), "another"); !listed || !unchanged {
		t.Errorf("of another set: listed %t, unchanged %t", listed, unchanged)
	}
	fresh := evaluator.New(evaluator.Config{Store: s, Judge: &counting{}, Settings: settings.Default(), Holder: "test", Now: time.Now, Alone: true, Fresh: true})
	if listed, unchanged := see(fresh, set.Mark()); !listed || unchanged {
		t.Errorf("made anew: listed %t, unchanged %t", listed, unchanged)
	}
	keep := decision.Decision{SHA256: store.HashOf([]byte("of no image")), Kind: decision.Keep, By: "somebody", At: time.Now()}
	if err := decision.Add(t.Context(), s, ada.Name, keep); err != nil {
		t.Fatal(err)
	}
	if listed, unchanged := see(aloneOn(s, &counting{}), set.Mark()); !listed || unchanged {
		t.Errorf("after a decision: listed %t, unchanged %t", listed, unchanged)
	}
}
