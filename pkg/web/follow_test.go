package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/evaluation"
	"screentest/pkg/judge"
	"screentest/pkg/ledger"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/verdict"
)

// crowded is the tree with a photograph more than the target wants: a plan deletes
// the worst of them.
func crowded(t *testing.T) (*mem.Store, evaluation.Evaluation) {
	s := tree(t)
	e, version, err := evaluation.Load(t.Context(), s, ada)
	if err != nil {
		t.Fatal(err)
	}
	facts := evaluation.Facts{Actor: ada, Judge: judge.ID{Name: "offline"}, At: time.Unix(1e9, 0)}
	for i := range 14 {
		content := picture(uint8(i + 100))
		file := fmt.Sprintf("%02d.png", i)
		key := actor.TrainingKey(ada, file)
		facts.Images = append(facts.Images, evaluation.Fact{
			Info: store.Info{Key: key, Size: int64(len(content)), Version: put(t, s, key, content)}, SHA256: sum(content),
			Checks: e.Images[0].Checks, Verdict: &verdict.Verdict{Style: verdict.Photorealistic, Quality: 5 + i%5},
		})
	}
	made := evaluation.Build(facts, settings.Default())
	if err := evaluation.Save(t.Context(), s, made, version); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		key := actor.TrainingKey(ada, fmt.Sprintf("%d <i>.png", i))
		_, info, err := store.ReadAll(t.Context(), s, key, 1<<20)
		if err == nil {
			err = s.Delete(t.Context(), key, info.Version)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return s, propose(t, s)
}

// What an overruled image leads to is said with it: another image that goes instead,
// and an approval that holds no longer.
func TestANoticeSaysWhatFollowsFromADecision(t *testing.T) {
	tree, e := crowded(t)
	if len(e.Plan.Delete) != 1 {
		t.Fatalf("the plan deletes %+v", e.Plan.Delete)
	}
	gone := e.Plan.Delete[0]
	s := open(t, tree, nil)
	keep := func() string {
		answer := s.post(adasPage+"/decide", url.Values{"kind": {"keep"}, "sha256": {gone.SHA256}})
		if answer.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %s", answer.Status, body(t, answer))
		}
		return s.get(adasPage)
	}
	if answer := s.post(adasPage+"/plan", url.Values{"act": {"approve"}, "id": {e.Plan.ID}}); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s: %s", answer.Status, body(t, answer))
	}
	got := keep()
	instead := load(t, tree).Plan.Delete[0].File
	for _, want := range []string{
		"Recorded: no plan deletes that image.", "The plan now deletes " + instead + " instead", "The approval no longer holds: the plan is another one now, and waits for approval.",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("it is not said: %q", want)
		}
	}
	if notice := got[strings.Index(got, `class="notice"`):]; !strings.Contains(notice[:strings.Index(notice, "</div>")], "Approve the plan") {
		t.Error("the new plan cannot be approved beside what is said")
	}
	book, err := ledger.Load(t.Context(), tree, ada)
	if err != nil {
		t.Fatal(err)
	}
	if latest, _ := book.Latest(); latest.State != ledger.Proposed {
		t.Errorf("the plan is %s", latest.State)
	}
	if got := keep(); strings.Contains(got, "no longer holds") {
		t.Error("what changes nothing is said to end an approval")
	}
}

func TestANoticeClaimsNoMoreThanThePlanSays(t *testing.T) {
	tree := tree(t)
	s := open(t, tree, func(c *setup) { c.Settings.Plan.Limits.Deletions = 0 })
	s.post(adasPage+"/decide", decide("condemn"))
	if got := s.get(adasPage); strings.Contains(got, "Recorded: the plan deletes") || !strings.Contains(got, "Recorded, but the plan does not delete that image: ") || !strings.Contains(got, "plan.limits.deletions is 0") {
		t.Errorf("with no deletions allowed it is said: %s", got[strings.Index(got, `class="notice"`):][:300])
	}
	s.post(adasPage+"/decide", decide("withdraw"))
	if got := s.get(adasPage); !strings.Contains(got, "left to the judge again, and stays") {
		t.Errorf("withdrawn: %s", got[strings.Index(got, `class="notice"`):][:300])
	}
}
