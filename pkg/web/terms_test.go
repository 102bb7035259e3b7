package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"screentest/pkg/decision"
	"screentest/pkg/ledger"
	"screentest/pkg/run"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/web"
)

// governed serves a tree by the settings that lie in it.
func governed(t *testing.T, s store.Store, runner web.Runner) *site {
	return open(t, s, func(c *setup) {
		c.Config.Terms = func(ctx context.Context) (web.Terms, error) {
			set, _, err := settings.Load(ctx, s)
			if err == nil {
				err = set.Validate()
			}
			return web.Terms{Settings: set, Runner: runner, Judge: set.Judge.Name}, err
		}
	})
}

// The owner narrows a limit while a page is open: what is pressed there keeps to it.
func TestActsKeepToTheSettingsOfTheMoment(t *testing.T) {
	tree := tree(t)
	s := governed(t, tree, nil)
	s.get(adasPage)
	put(t, tree, settings.File, []byte("plan: {limits: {deletions: 0}}\n"))
	form := decide("withdraw")
	if answer := s.post(adasPage+"/decide", form); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s: %s", answer.Status, body(t, answer))
	}
	if n := len(load(t, tree).Plan.Delete); n != 0 {
		t.Errorf("the plan deletes %d images beyond the limit", n)
	}
	put(t, tree, settings.File, []byte("target: {photorealistic: 2, bw_stylized: 1, color_stylized: 0}\njudge: {name: offline}\n"))
	if got := s.get("/"); !strings.Contains(got, "target 67 %") {
		t.Error("the overview shows the target of before")
	}
}

func TestWithSettingsThatCannotBeUsedNothingIsDone(t *testing.T) {
	tree := tree(t)
	e := propose(t, tree)
	s := governed(t, tree, &fakeRunner{func(context.Context) error { return errors.New("it ran") }})
	token := tokenField.FindStringSubmatch(s.get(adasPage))[1]
	put(t, tree, settings.File, []byte("plan: {quality_floor: 99}\n"))
	for path, form := range map[string]url.Values{
		"/": nil, adasPage: nil, "/progress": nil,
		adasPage + "/decide": decide("keep"), adasPage + "/plan": {"act": {"approve"}, "id": {e.Plan.ID}},
		adasPage + "/restore": {"file": {"x"}, "proposal": {"y"}}, "/run": {"act": {"start"}},
	} {
		method := "GET"
		if form != nil {
			method = "POST"
			form.Set("token", token)
		}
		answer := s.do(request(method, path, form))
		if got := body(t, answer); answer.StatusCode != http.StatusInternalServerError || !strings.Contains(got, "The settings cannot be used") || !strings.Contains(got, "plan.quality_floor: 99") {
			t.Errorf("%s: %s\n%s", path, answer.Status, got)
		}
	}
	s.server.Wait()
	history, err := decision.History(t.Context(), tree, ada)
	if len(history) != 0 || err != nil {
		t.Errorf("on record: %+v, %v", history, err)
	}
	book, err := ledger.Load(t.Context(), tree, ada)
	if err != nil {
		t.Fatal(err)
	}
	if latest, _ := book.Latest(); latest.State != ledger.Proposed {
		t.Errorf("the plan is %s", latest.State)
	}
	if latest, err := run.Latest(t.Context(), tree, run.DryRun); latest != nil || err != nil {
		t.Errorf("a run: %+v, %v", latest, err)
	}
}
