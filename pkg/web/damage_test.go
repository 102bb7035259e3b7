package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"screentest/pkg/actor"
	"screentest/pkg/ledger"
	"screentest/pkg/store"
)

func stateOf(t *testing.T, s store.Store) ledger.Act {
	t.Helper()
	book, err := ledger.Load(t.Context(), s, ada)
	if err != nil {
		t.Fatal(err)
	}
	latest, _ := book.Latest()
	return latest.State
}

// While what people decided cannot be read, no plan is approved that it may forbid.
func TestWithDamagedDecisionsNoPlanIsApproved(t *testing.T) {
	tree := tree(t)
	e := propose(t, tree)
	s := open(t, tree, nil)
	line := lineField.FindStringSubmatch(s.get(adasPage))[1]
	put(t, tree, actor.DecisionsKey(ada), []byte("{"))
	if got := s.get(adasPage); strings.Contains(got, "Approve the plan") || !strings.Contains(got, "cannot be approved while the decisions of people cannot be read") {
		t.Error("the plan can be approved, or it is not said why it cannot")
	}
	answer := s.post(adasPage+"/plan", url.Values{"act": {"approve"}, "id": {e.Plan.ID}, "line": {line}})
	if got := body(t, answer); answer.StatusCode != http.StatusConflict || !strings.Contains(got, "decisions of people cannot be read") || stateOf(t, tree) != ledger.Proposed {
		t.Errorf("%s: %s", answer.Status, got)
	}
	if got := open(t, tree, nil).get("/?state=damaged"); !strings.Contains(got, adasPage) || !strings.Contains(got, "1 actor has a damaged record") {
		t.Error("the overview does not tell of it")
	}
}

func TestADamagedLedgerWaitsForPeople(t *testing.T) {
	tree := tree(t)
	put(t, tree, actor.LedgerKey(ada), []byte("{}\n"))
	if got := open(t, tree, nil).get("/?state=damaged"); !strings.Contains(got, adasPage) || !strings.Contains(got, "1 actor has a damaged record") {
		t.Error("it cannot be found")
	}
}

// A plan whose evaluation is damaged is told of, and not said to wait for what the
// page does not offer.
func TestAPlanWithoutItsEvaluation(t *testing.T) {
	tree := tree(t)
	propose(t, tree)
	put(t, tree, actor.EvaluationKey(ada), []byte("{"))
	s := open(t, tree, nil)
	got := s.get(adasPage)
	if !strings.Contains(got, ">proposed</b>") || strings.Contains(got, "waits for somebody") || !strings.Contains(got, "once the actor is evaluated again") {
		t.Error("the sheet does not say how the plan stands")
	}
	if got := s.get("/"); !strings.Contains(got, "plan proposed") {
		t.Error("the overview says nothing of the plan")
	}
}
