package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
	"screentest/pkg/ledger"
	"screentest/pkg/note"
	"screentest/pkg/restore"
	"screentest/pkg/run"
	"screentest/pkg/store"
	"screentest/pkg/trash"
	"screentest/pkg/verdict"
)

func load(t *testing.T, s store.Store) evaluation.Evaluation {
	t.Helper()
	e, _, err := evaluation.Load(t.Context(), s, ada)
	if err != nil || e == nil {
		t.Fatalf("%v, %v", e, err)
	}
	return *e
}

// propose puts ada's plan on the ledger, as an evaluation does.
func propose(t *testing.T, s store.Store) evaluation.Evaluation {
	t.Helper()
	e := load(t, s)
	if err := ledger.New(s, ada).Propose(t.Context(), e.Plan, e.Contents(), ledger.Signature{By: "evaluate", At: time.Unix(1, 0)}); err != nil {
		t.Fatal(err)
	}
	return e
}

func decide(kind string) url.Values {
	return url.Values{"kind": {kind}, "sha256": {sum(picture(1))}, "why": {"<b>because"}, "frame": {"f1"}}
}

func TestADecisionCountsAtOnce(t *testing.T) {
	tree := tree(t)
	s := open(t, tree, nil)
	for _, step := range []struct {
		kind  string
		keep  bool
		style verdict.Style
	}{
		{"keep", true, verdict.Photorealistic},
		{"condemn", false, verdict.Photorealistic},
		{"bw_stylized", false, verdict.BWStylized},
		{"keep", true, verdict.BWStylized},
		{"withdraw", false, verdict.Photorealistic},
	} {
		answer := s.post(adasPage+"/decide", decide(step.kind))
		to := answer.Header.Get("Location")
		if answer.StatusCode != http.StatusSeeOther || to != adasPage+"#f1" {
			t.Fatalf("%s: %s to %q", step.kind, answer.Status, to)
		}
		if i := load(t, tree).Images[0]; i.Keep != step.keep || i.Style != step.style {
			t.Errorf("after %s: keep %v, style %s", step.kind, i.Keep, i.Style)
		}
		if got := s.get(adasPage); !strings.Contains(got, "Recorded:") {
			t.Errorf("after %s nothing is said", step.kind)
		}
		if got := s.get(adasPage); strings.Contains(got, "Recorded:") {
			t.Errorf("after %s it is said again and again", step.kind)
		}
	}
	history, err := decision.History(t.Context(), tree, ada)
	if err != nil || len(history) != 5 || history[0].By != "mia" || history[0].Why != "<b>because" || history[0].File != "0 <i>.png" {
		t.Errorf("%+v, %v", history, err)
	}
	if got := s.get(adasPage); !strings.Contains(got, "5 decisions by people") || strings.Contains(got, "<b>because") {
		t.Error("the history is not shown, or shown raw")
	}
}

func TestWhatCannotBeDecidedIsNot(t *testing.T) {
	tree := tree(t)
	s := open(t, tree, nil)
	for name, test := range map[string]struct {
		path   string
		change func(url.Values)
		want   int
	}{
		"kind":       {adasPage, func(f url.Values) { f.Set("kind", "burn") }, 400},
		"no content": {adasPage, func(f url.Values) { f.Del("sha256") }, 400},
		"unknown":    {adasPage, func(f url.Values) { f.Set("sha256", strings.Repeat("0", 64)) }, 404},
		"whose":      {"/actors/bob", func(url.Values) {}, 404},
		"nobody":     {"/actors/nobody", func(url.Values) {}, 404},
		"novel":      {adasPage, func(f url.Values) { f.Set("why", strings.Repeat("x", 3000)) }, 400},
		"flood":      {adasPage, func(f url.Values) { f.Set("why", strings.Repeat("x", 1<<20)) }, 413},
	} {
		form := decide("keep")
		test.change(form)
		if answer := s.post(test.path+"/decide", form); answer.StatusCode != test.want {
			t.Errorf("%s: %s, want %d", name, answer.Status, test.want)
		}
	}
	if history, err := decision.History(t.Context(), tree, ada); len(history) != 0 || err != nil {
		t.Errorf("%+v, %v", history, err)
	}
}

func TestOnlyOurOwnPagesAct(t *testing.T) {
	tree := tree(t)
	s := open(t, tree, nil)
	match := tokenField.FindStringSubmatch(s.get(adasPage))
	for name, spoil := range map[string]func(*http.Request){
		"no token":      func(r *http.Request) { *r = *request("POST", adasPage+"/decide", decide("keep")) },
		"another site":  func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"another port":  func(r *http.Request) { r.Header.Set("Origin", "http://localhost:9999") },
		"another host":  func(r *http.Request) { r.Host = "evil.example" },
		"rebound host":  func(r *http.Request) { r.Host = "localhost.evil.example:8080" },
		"by its method": func(r *http.Request) { r.Method = "GET" },
	} {
		form := decide("keep")
		form.Set("token", match[1])
		r := request("POST", adasPage+"/decide", form)
		spoil(r)
		if answer := s.do(r); answer.StatusCode != http.StatusForbidden && answer.StatusCode != http.StatusNotFound && answer.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: %s", name, answer.Status)
		}
	}
	if history, err := decision.History(t.Context(), tree, ada); len(history) != 0 || err != nil {
		t.Errorf("%+v, %v", history, err)
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	s := open(t, tree(t), nil)
	for _, path := range []string{"/", adasPage, "/progress", "/nothing", "/assets/style.css"} {
		h := s.do(request("GET", path, nil)).Header
		policy := h.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, h)
		}
	}
}

func TestAwayFromThisMachineEverybodySignsIn(t *testing.T) {
	tree := tree(t)
	s := open(t, tree, func(c *setup) { c.Login = "open sesame" })
	away := func(r *http.Request) *http.Request { r.Host = "studio.example"; return r }
	for _, path := range []string{"/", adasPage, "/progress", "/images/x/y"} {
		if answer := s.do(away(request("GET", path, nil))); answer.StatusCode != http.StatusUnauthorized || strings.Contains(body(t, answer), "Ada") {
			t.Errorf("%s: %s", path, answer.Status)
		}
	}
	if answer := s.do(away(request("POST", adasPage+"/decide", decide("keep")))); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a decision: %s", answer.Status)
	}
	for _, wrong := range []string{"", "open", "open sesame "} {
		if answer := s.do(away(request("POST", "/login", url.Values{"login": {wrong}}))); answer.StatusCode != http.StatusUnauthorized || len(answer.Cookies()) > 0 {
			t.Errorf("%q: %s", wrong, answer.Status)
		}
	}
	answer := s.do(away(request("POST", "/login", url.Values{"login": {"open sesame"}})))
	if answer.StatusCode != http.StatusSeeOther || len(answer.Cookies()) != 1 || strings.Contains(answer.Cookies()[0].Value, "sesame") || !answer.Cookies()[0].HttpOnly {
		t.Fatalf("%s, %v", answer.Status, answer.Cookies())
	}
	if answer := s.do(away(request("GET", "/", nil))); answer.StatusCode != http.StatusOK {
		t.Errorf("signed in: %s", answer.Status)
	}
}

// A fakeRunner is a run over ada and bob.
type fakeRunner struct {
	run func(ctx context.Context) error
}

func (f *fakeRunner) Run(ctx context.Context, begun func(run.Run), seen func(run.Outcome)) error {
	begun(run.Run{ID: "1", Mode: run.DryRun, StartedAt: time.Unix(1, 0), Actors: []actor.Name{ada, "bob"}})
	seen(run.Outcome{Actor: "bob", State: run.Failed, Reason: "<i>no", At: time.Unix(2, 0)})
	return f.run(ctx)
}

func TestARunIsStartedWatchedAndStopped(t *testing.T) {
	began := make(chan struct{})
	s := open(t, tree(t), func(c *setup) {
		c.Judge = "fake"
		c.Runner = &fakeRunner{func(ctx context.Context) error { began <- struct{}{}; <-ctx.Done(); return ctx.Err() }}
	})
	if got := s.get("/progress"); !strings.Contains(got, "Evaluate all with the fake judge") {
		t.Errorf("no run can be started: %s", got)
	}
	if answer := s.post("/run", url.Values{"act": {"start"}}); answer.StatusCode != http.StatusSeeOther {
		t.Fatal(answer.Status)
	}
	<-began
	if got := s.get("/progress"); !strings.Contains(got, "1 failed") || !strings.Contains(got, "&lt;i&gt;no") || !strings.Contains(got, "Stop the run") {
		t.Errorf("under way: %s", got)
	}
	again := request("POST", "/run", url.Values{"act": {"start"}, "token": {tokenField.FindStringSubmatch(s.get(adasPage))[1]}})
	again.Header.Set("Referer", "http://localhost:8080/?plan=proposed")
	if answer := s.do(again); answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/?plan=proposed" {
		t.Errorf("a second tab: %s to %s", answer.Status, answer.Header.Get("Location"))
	}
	select {
	case <-began:
		t.Error("a second run began")
	default:
	}
	s.post("/run", url.Values{"act": {"stop"}})
	s.server.Wait()
	if got := s.get("/progress"); !strings.Contains(got, "goes on from there") || !strings.Contains(got, "Evaluate all with the fake judge") {
		t.Errorf("stopped: %s", got)
	}
	if answer := s.post("/run", url.Values{"act": {"burn"}}); answer.StatusCode != http.StatusBadRequest {
		t.Errorf("nonsense: %s", answer.Status)
	}
}

func TestWhyARunStoppedIsSaid(t *testing.T) {
	s := open(t, tree(t), func(c *setup) {
		c.Runner = &fakeRunner{func(context.Context) error { return errors.New("the quota is used up") }}
	})
	s.post("/run", url.Values{"act": {"start"}})
	s.server.Wait()
	if got := s.get("/"); !strings.Contains(got, "the quota is used up") {
		t.Error("it is not said")
	}
}

func TestWithoutAJudgeNoRunStarts(t *testing.T) {
	s := open(t, tree(t), nil)
	if answer := s.post("/run", url.Values{"act": {"start"}}); answer.StatusCode != http.StatusConflict {
		t.Errorf("%s", answer.Status)
	}
	if got := s.get("/"); !strings.Contains(got, "no judge") {
		t.Error("it is not said why")
	}
}

func TestTheRunOnRecordIsShown(t *testing.T) {
	tree := tree(t)
	started, err := run.Start(t.Context(), tree, run.Run{Mode: run.DryRun, Actors: []actor.Name{ada}}, false, time.Unix(1, 0))
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, tree, nil)
	if got := s.get("/progress"); !strings.Contains(got, "under way elsewhere, or interrupted") {
		t.Errorf("%s", got)
	}
	if err := started.Record(t.Context(), tree, run.Outcome{Actor: ada, State: run.Completed, At: time.Unix(3, 0)}); err != nil {
		t.Fatal(err)
	}
	if _, err := started.End(t.Context(), tree, time.Unix(4, 0), nil); err != nil {
		t.Fatal(err)
	}
	if got := s.get("/progress"); !strings.Contains(got, "1 evaluated") || !strings.Contains(got, "ended") {
		t.Errorf("%s", got)
	}
}

func TestAPlanIsApprovedAndRejected(t *testing.T) {
	tree := tree(t)
	propose(t, tree)
	s := open(t, tree, nil)
	state := func() ledger.Proposal {
		book, err := ledger.Load(t.Context(), tree, ada)
		if err != nil {
			t.Fatal(err)
		}
		latest, _ := book.Latest()
		return latest
	}
	act := func(act, id string) int {
		return s.post(adasPage+"/plan", url.Values{"act": {act}, "id": {id}, "why": {"looks <right>"}}).StatusCode
	}
	if status := act("approve", state().ID); status != http.StatusSeeOther || state().State != ledger.Approved || state().Last().By != "mia" {
		t.Errorf("approved: %d, %+v", status, state().Last())
	}
	if got := s.get(adasPage); !strings.Contains(got, "looks &lt;right&gt;") || strings.Contains(got, "Approve the plan") {
		t.Error("the page does not say that the plan is approved")
	}
	if status := act("reject", state().ID); status != http.StatusSeeOther || state().State != ledger.Rejected {
		t.Errorf("rejected: %d, %s", status, state().State)
	}
	for name, test := range map[string]struct {
		act, id string
		want    int
	}{"another plan": {"approve", "0", 409}, "nonsense": {"burn", state().ID, 400}} {
		if status := act(test.act, test.id); status != test.want || state().State != ledger.Rejected {
			t.Errorf("%s: %d, %s", name, status, state().State)
		}
	}
}

func TestTheOverviewShowsAndFiltersByHowFarPlansHaveCome(t *testing.T) {
	tree := tree(t)
	e := propose(t, tree)
	s := open(t, tree, nil)
	shows := func(want string) {
		t.Helper()
		for _, plan := range []string{"proposed", "approved", "rejected"} {
			if got := strings.Contains(s.get("/?plan="+plan), adasPage); got != (plan == want) {
				t.Errorf("is %s: the filter %s shows ada: %t", want, plan, got)
			}
		}
		if got := s.get("/"); !strings.Contains(got, "plan "+want) {
			t.Errorf("the overview does not say that the plan is %s", want)
		}
	}
	shows("proposed")
	for act, want := range map[string]string{"reject": "rejected", "approve": "approved"} {
		answer := s.post(adasPage+"/plan", url.Values{"act": {act}, "id": {e.Plan.ID}, "from": {"?plan=proposed&x=1"}})
		if to := answer.Header.Get("Location"); to != adasPage+"?plan=proposed" {
			t.Errorf("%s leads to %q", act, to)
		}
		shows(want)
	}
}

func TestANoteThatIsTooLongIsRefused(t *testing.T) {
	tree := tree(t)
	e := propose(t, tree)
	s := open(t, tree, nil)
	for _, act := range []string{"approve", "reject"} {
		form := url.Values{"act": {act}, "id": {e.Plan.ID}, "why": {strings.Repeat("x", note.MaxText+1)}}
		if answer := s.post(adasPage+"/plan", form); answer.StatusCode != http.StatusBadRequest || !strings.Contains(body(t, answer), "shorten it") {
			t.Errorf("%s: %s", act, answer.Status)
		}
	}
	if got := s.get("/?plan=proposed"); !strings.Contains(got, adasPage) {
		t.Error("the plan is not proposed any more")
	}
}

func TestANoticeFollowsAnActOnly(t *testing.T) {
	s := open(t, tree(t), nil)
	for act := range map[string]bool{"approve": true, "reject": true, "keep": true, "restore": true} {
		if got := s.get(adasPage + "?did=" + act); strings.Contains(got, "class=\"notice\"") {
			t.Errorf("an address alone says %s", act)
		}
		for _, forged := range []string{act, act + ".", act + "." + strings.Repeat("0", 64)} {
			s.cookies = []*http.Cookie{{Name: "screentest_done", Value: forged}}
			if got := s.get(adasPage); strings.Contains(got, "class=\"notice\"") {
				t.Errorf("the cookie %q says %s", forged, act)
			}
		}
	}
	s.post(adasPage+"/decide", decide("keep"))
	if got := s.get("/actors/bob"); strings.Contains(got, "class=\"notice\"") {
		t.Error("what was done to ada is said of bob")
	}
	if got := s.get(adasPage); !strings.Contains(got, "no plan deletes that image") {
		t.Error("what was done is not said")
	}
}

func TestNobodyDecidesAboutABaseImage(t *testing.T) {
	tree := tree(t)
	e, version, err := evaluation.Load(t.Context(), tree, ada)
	if err != nil {
		t.Fatal(err)
	}
	put(t, tree, actor.BaseKey(ada, "base.png"), picture(50))
	e.Base = &evaluation.Base{File: "base.png", SHA256: sum(picture(50))}
	if err := evaluation.Save(t.Context(), tree, *e, version); err != nil {
		t.Fatal(err)
	}
	s := open(t, tree, nil)
	form := decide("condemn")
	form.Set("sha256", e.Base.SHA256)
	if answer := s.post(adasPage+"/decide", form); answer.StatusCode != http.StatusBadRequest || !strings.Contains(body(t, answer), "that is the base image") {
		t.Errorf("%s", answer.Status)
	}
	if history, err := decision.History(t.Context(), tree, ada); len(history) != 0 || err != nil {
		t.Errorf("%+v, %v", history, err)
	}
}

func TestAnAlteredLedgerIsSaidAndNotActedOn(t *testing.T) {
	tree := tree(t)
	put(t, tree, actor.LedgerKey(ada), []byte("{}\n"))
	s := open(t, tree, nil)
	if got := s.get(adasPage); !strings.Contains(got, "altered") || !strings.Contains(got, "quality 1 below 2") {
		t.Error("it is not said, or hides the verdicts")
	}
	if answer := s.post(adasPage+"/plan", url.Values{"act": {"approve"}, "id": {"x"}}); answer.StatusCode != http.StatusInternalServerError {
		t.Errorf("%s", answer.Status)
	}
}

func TestTheTrashIsShownWithoutAnEvaluation(t *testing.T) {
	tree := tree(t)
	content := picture(78)
	key := actor.TrainingKey(ada, "gone.png")
	version := put(t, tree, key, content)
	receipt := trash.Receipt{Actor: ada, Proposal: "p1", File: "gone.png", SHA256: sum(content), Reason: "surplus", By: "mia", At: time.Unix(5, 0)}
	if err := trash.Keep(t.Context(), tree, receipt, key, version); err != nil {
		t.Fatal(err)
	}
	put(t, tree, actor.EvaluationKey(ada), []byte("{"))
	if got := open(t, tree, nil).get("/t" + strings.TrimPrefix(adasPage, "/actors") + "/" + sum(content) + ".jpg"); !strings.HasPrefix(got, "\xff\xd8") {
		t.Error("its thumbnail is no JPEG")
	}
}

func TestAnImageComesBackFromTheTrash(t *testing.T) {
	tree := tree(t)
	content := picture(77)
	receipt := trash.Receipt{Actor: ada, Proposal: "p1", File: "gone.png", SHA256: sum(content), Reason: "surplus", By: "mia", At: time.Unix(5, 0)}
	key := actor.TrainingKey(ada, "gone.png")
	version := put(t, tree, key, content)
	if err := trash.Keep(t.Context(), tree, receipt, key, version); err != nil {
		t.Fatal(err)
	}
	if err := tree.Delete(t.Context(), key, version); err != nil {
		t.Fatal(err)
	}
	s := open(t, tree, func(c *setup) {
		c.Restorer = restore.Config{Store: tree, By: "mia", Now: func() time.Time { return time.Unix(9, 0) }}
	})
	sheet := s.get(adasPage)
	if !strings.Contains(sheet, "gone.png") || !strings.Contains(sheet, "Restore gone.png") {
		t.Fatal("the trash is not shown")
	}
	if whole := "/images" + strings.TrimPrefix(adasPage, "/actors") + "/" + sum(content); !strings.Contains(sheet, whole) || s.get(whole) != string(content) {
		t.Error("the image in the trash cannot be looked at")
	}
	if got := s.get("/t" + strings.TrimPrefix(adasPage, "/actors") + "/" + sum(content) + ".jpg"); !strings.HasPrefix(got, "\xff\xd8") {
		t.Error("its thumbnail is no JPEG")
	}
	form := url.Values{"file": {"gone.png"}, "proposal": {"p1"}}
	if answer := s.post(adasPage+"/restore", form); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s: %s", answer.Status, body(t, answer))
	}
	if back, _, err := store.ReadAll(t.Context(), tree, key, 1<<20); err != nil || string(back) != string(content) {
		t.Errorf("it is not back: %v", err)
	}
	if got := s.get(adasPage); !strings.Contains(got, "would delete it again unless it is kept") || !strings.Contains(got, "brought back by mia, deleted as: surplus") || !strings.Contains(got, "Keep gone.png") {
		t.Error("it is not said that the next plan would delete it again, or it cannot be kept")
	}
	if got := s.get("/t" + strings.TrimPrefix(adasPage, "/actors") + "/" + sum(content) + ".jpg"); !strings.HasPrefix(got, "\xff\xd8") {
		t.Error("it has no thumbnail any more")
	}
	if answer := s.post(adasPage+"/decide", url.Values{"kind": {"keep"}, "sha256": {sum(content)}}); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("kept: %s: %s", answer.Status, body(t, answer))
	}
	if rulings, err := decision.Load(t.Context(), tree, ada); err != nil || rulings[sum(content)].Fate != decision.Keep {
		t.Errorf("%+v, %v", rulings, err)
	}
	if got := s.get(adasPage); !strings.Contains(got, "no plan deletes it") || strings.Contains(got, "Keep gone.png") {
		t.Error("it is not said that it is kept")
	}
	form.Set("from", "?state=balanced")
	if answer := s.post(adasPage+"/restore", form); answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != adasPage+"?state=balanced" {
		t.Errorf("a second click: %s to %s", answer.Status, answer.Header.Get("Location"))
	}
	if got := s.get(adasPage); !strings.Contains(got, "back in the set already") {
		t.Error("after a second click it is not said that the image is back")
	}
	for want, form := range map[int]url.Values{409: {"file": {"never.png"}, "proposal": {"p1"}, "from": {"?q=x"}}, 400: {"file": {"gone.png"}}} {
		answer := s.post(adasPage+"/restore", form)
		if said := body(t, answer); answer.StatusCode != want || want == 409 && !strings.Contains(said, `href="`+adasPage+`?q=x"`) {
			t.Errorf("%v: %s: %s", form, answer.Status, said)
		}
	}
}
