package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"screentest/pkg/ledger"
)

// Two people have the same page open. What the second one presses is about a plan
// that stands otherwise by now.
func TestAStaleTabOverridesNobody(t *testing.T) {
	tree := tree(t)
	e := propose(t, tree)
	s := open(t, tree, nil)
	shown := lineField.FindStringSubmatch(s.get(adasPage))[1]
	form := func(act, why string) url.Values {
		return url.Values{"act": {act}, "id": {e.Plan.ID}, "why": {why}, "line": {shown}, "from": {"?plan=proposed"}}
	}
	if answer := s.post(adasPage+"/plan", form("reject", "the wrong face")); answer.StatusCode != http.StatusSeeOther {
		t.Fatal(answer.Status)
	}
	answer := s.post(adasPage+"/plan", form("approve", "all fine"))
	said := body(t, answer)
	for _, want := range []string{"The plan has changed", "rejected by mia", "the wrong face", "<q>all fine</q>", adasPage + "?plan=proposed"} {
		if !strings.Contains(said, want) {
			t.Errorf("it is not said: %q", want)
		}
	}
	if answer.StatusCode != http.StatusConflict || strings.Contains(said, e.Plan.ID) {
		t.Errorf("%s: %s", answer.Status, said)
	}
	book, err := ledger.Load(t.Context(), tree, ada)
	if err != nil {
		t.Fatal(err)
	}
	if latest, _ := book.Latest(); latest.State != ledger.Rejected {
		t.Errorf("the plan is %s", latest.State)
	}
	for _, line := range []string{"", "0", "x"} {
		unseen := form("approve", "")
		unseen.Set("line", line)
		if answer := s.post(adasPage+"/plan", unseen); answer.StatusCode != http.StatusBadRequest {
			t.Errorf("line %q: %s", line, answer.Status)
		}
	}
	fresh := form("approve", "after all")
	fresh.Del("line")
	if answer := s.post(adasPage+"/plan", fresh); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("with the page of now: %s", answer.Status)
	}
	if sheet := s.get(adasPage); !strings.Contains(sheet, "the wrong face") || !strings.Contains(sheet, "after all") {
		t.Error("the history of the plan is not shown")
	}
}
