package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"screentest/pkg/actor"
	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
	"screentest/pkg/evaluator"
	"screentest/pkg/judge/offline"
	"screentest/pkg/ledger"
	"screentest/pkg/report"
	"screentest/pkg/restore"
	"screentest/pkg/run"
	"screentest/pkg/sample"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/store/dir"
	"screentest/pkg/trash"
	"screentest/pkg/web"
)

// A browser is one page of a headless Chromium, and what went on in it.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	requests []string // addresses
	problems []string // console errors, exceptions, refused requests
}

// browse starts Chromium, or skips the test where there is none.
func browse(t *testing.T) *browser {
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium; `make browser` installs it")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(t.TempDir()))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(func() { _ = chromedp.Cancel(ctx); cancel() })
	b := &browser{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.note); err != nil {
		t.Fatal(err)
	}
	command(b, network.Enable, network.EnableParams{})
	command(b, log.Enable, cdp.Empty{})
	command(b, runtime.Enable, cdp.Empty{})
	return b
}

func (b *browser) note(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.problems = append(b.problems, fmt.Sprint("console: ", e.Type))
	case *log.EventEntryAdded:
		b.problems = append(b.problems, e.Entry.Text+" "+e.Entry.URL)
	}
}

// patience is how long anything may take.
const patience = 30 * time.Second

// get performs an action that has a result.
func get[T any](b *browser, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		b.t.Fatalf("browser: %v; problems: %q", err, b.problems)
	}
	return value
}

// do performs actions one after the other.
func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	get(b, chromedp.Steps(actions...))
}

// command sends a command of the protocol.
func command[P, R any](b *browser, c cdp.Command[P, R], params P) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, c, params); err != nil {
		b.t.Fatalf("browser: %s: %v", c.Method, err)
	}
}

// eval returns what an expression of JavaScript is.
func eval[T any](b *browser, expression string) T {
	b.t.Helper()
	return get(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// wait looks until an expression of JavaScript is true, across navigations.
func (b *browser) wait(expression string) {
	b.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](expression))
		if ok {
			return
		}
		if time.Now().After(end) {
			b.t.Fatalf("browser: never true: %s; %v; problems: %q", expression, err, b.problems)
		}
	}
}

func (b *browser) open(address string) {
	b.t.Helper()
	b.do(chromedp.Navigate(address), chromedp.WaitReady("main"))
}

// atEase checks that nothing went wrong and no other host was asked.
func (b *browser) atEase(home string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, problem := range b.problems {
		b.t.Errorf("problem: %s", problem)
	}
	for _, address := range b.requests {
		if !strings.HasPrefix(address, home) && !strings.HasPrefix(address, "data:") {
			b.t.Errorf("a request to %s", address)
		}
	}
}

// shoot keeps a picture of the page where SCREENTEST_SHOTS names a directory, for
// people to look at.
func (b *browser) shoot(name string) {
	b.t.Helper()
	where := os.Getenv("SCREENTEST_SHOTS")
	if where == "" {
		return
	}
	b.wait(`[...document.images].every(i => i.complete || i.getBoundingClientRect().top > innerHeight)`)
	if err := os.WriteFile(filepath.Join(where, name+".png"), get(b, chromedp.CaptureScreenshot()), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// axe returns the findings of the accessibility checker that are serious or worse.
func (b *browser) axe() []string {
	b.t.Helper()
	script, err := os.ReadFile("browser/node_modules/axe-core/axe.min.js")
	if err != nil {
		b.t.Skip("there is no axe-core; `make browser` installs it")
	}
	eval[chromedp.Void](b, string(script))
	return eval[[]string](b, `axe.run({preload: false}).then(r => r.violations.filter(v => v.impact === "serious" || v.impact === "critical")
		.map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.target.join(" ") + " " + n.failureSummary).join(" | ")))`)
}

// drawn renders and evaluates a tree of drawn actors, once for all tests.
var drawn = sync.OnceValues(func() (string, error) {
	root, err := os.MkdirTemp("", "drawn")
	if err != nil {
		return "", err
	}
	tree := filepath.Join(root, "tree")
	if _, err := sample.Write(context.Background(), tree, sample.Options{Seed: 1, Actors: 5}); err != nil {
		return "", err
	}
	s, err := dir.Open(tree)
	if err != nil {
		return "", err
	}
	return tree, (&judging{s}).Run(context.Background(), func(run.Run) {}, func(run.Outcome) {})
})

// judging is a Runner with the offline judge.
type judging struct{ store store.Store }

func (j *judging) Run(ctx context.Context, begun func(run.Run), seen func(run.Outcome)) error {
	roster, err := actor.LoadRoster(ctx, j.store)
	if err != nil {
		return err
	}
	found, err := actor.Detect(ctx, j.store, roster)
	if err != nil {
		return err
	}
	e := evaluator.New(evaluator.Config{Store: j.store, Judge: offline.New(), Settings: settings.Default(), Holder: "test", Now: time.Now})
	header := run.Run{Mode: run.DryRun, Judge: e.Judge.ID()}
	for _, set := range found.Sets {
		header.Actors = append(header.Actors, set.Actor.Name)
	}
	started, err := run.Start(ctx, j.store, header, false, time.Now())
	if err != nil {
		return err
	}
	begun(started)
	pass := run.Pass{Store: j.store, Run: started, Workers: 2, Seen: seen, Work: func(ctx context.Context, n actor.Name) (run.Outcome, error) {
		member, _ := roster.Find(n)
		_, err := e.Evaluate(ctx, member)
		return run.Outcome{State: run.Completed, At: time.Now()}, err
	}}
	if err := pass.Do(ctx); err != nil {
		return err
	}
	_, err = started.End(ctx, j.store, time.Now(), nil)
	return err
}

// serve serves a copy of the drawn tree and returns its address.
func serve(t *testing.T, change func(*setup)) (string, store.Store) {
	t.Helper()
	tree, err := drawn()
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "tree")
	if err := os.CopyFS(copied, os.DirFS(tree)); err != nil {
		t.Fatal(err)
	}
	s, err := dir.Open(copied)
	if err != nil {
		t.Fatal(err)
	}
	return listen(t, s, change), s
}

func listen(t *testing.T, s store.Store, change func(*setup)) string {
	c := setup{
		Config: web.Config{Store: s, By: "mia", Now: time.Now, Log: slog.New(slog.DiscardHandler)},
		Terms:  web.Terms{Settings: settings.Default(), Runner: &judging{s}, Judge: "offline"},
	}
	if change != nil {
		change(&c)
	}
	server := httptest.NewServer(c.serve(t.Context()))
	t.Cleanup(server.Close)
	return server.URL
}

const drawnActor = "0000_nordic_21_female"

func TestReviewInABrowser(t *testing.T) {
	b := browse(t)
	home, s := serve(t, nil)
	b.do(chromedp.EmulateViewport(1280, 900))
	b.open(home)
	b.shoot("overview")
	all := eval[int](b, `document.querySelectorAll(".cards > li").length`)

	b.do(chromedp.SetValue("select[name=state]", "unbalanced"), chromedp.SetValue("select[name=plan]", "proposed"), chromedp.Click(".filter button"))
	b.wait(`location.search.includes("state=unbalanced") && location.search.includes("plan=proposed") && document.readyState === "complete"`)
	if n := eval[int](b, `document.querySelectorAll(".cards > li").length`); n == 0 || n >= all {
		t.Errorf("the filter shows %d of %d actors", n, all)
	}

	b.do(chromedp.KeyEvent("/"), chromedp.KeyEvent("nobody of that name"), chromedp.KeyEvent(kb.Enter))
	b.wait(`document.querySelector(".empty") !== null`)
	b.open(home + "/?sort=name")
	b.do(chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.KeyEvent("k"), chromedp.KeyEvent(kb.Enter))
	b.wait(`document.querySelector(".frames") !== null`)
	if title := eval[string](b, `document.querySelector("h1").textContent`); title != drawnActor {
		t.Errorf("the keys open %q", title)
	}
	b.shoot("actor")

	b.do(chromedp.KeyEvent("j"), chromedp.KeyEvent("o"),
		chromedp.SetValue("details.decide[open] input[name=why]", "red eyes"), chromedp.Click("details.decide[open] button[value=condemn]"))
	b.wait(`document.querySelector(".notice") !== null && document.querySelector("li:target .note") !== null`)
	if text := eval[string](b, `document.querySelector("li:target .note").textContent`); !strings.Contains(text, "condemned by mia: red eyes") {
		t.Errorf("the frame says %q", text)
	}
	if !eval[bool](b, `(({top, bottom}) => top >= 0 && bottom <= innerHeight)(document.querySelector(".notice").getBoundingClientRect())`) {
		t.Error("what was done is said out of sight")
	}
	b.shoot("overruled")
	if history, err := decision.History(t.Context(), s, drawnActor); err != nil || len(history) != 1 || history[0].Kind != decision.Condemn {
		t.Errorf("on record: %+v, %v", history, err)
	}
	b.do(chromedp.KeyEvent(kb.Escape))
	b.wait(`document.querySelector(".changes") !== null`)
	b.atEase(home)
}

// begin starts a run on the page that goes on when it is told to.
func begin(t *testing.T) (b *browser, home string, step chan struct{}) {
	b = browse(t)
	step = make(chan struct{})
	home, _ = serve(t, func(c *setup) { c.Runner = stepping{step}; c.Judge = "offline" })
	b.open(home)
	b.do(chromedp.Click(`#progress button[value=start]`))
	b.wait(`document.querySelector("#progress progress")?.value === 0`)
	return b, home, step
}

func TestARunMovesWithoutReloading(t *testing.T) {
	b, home, step := begin(t)
	eval[bool](b, `window.stayed = true`)
	step <- struct{}{}
	b.wait(`document.querySelector("#progress progress")?.value === 1`)
	close(step)
	b.wait(`document.querySelector("#progress").textContent.includes("Evaluate all with the offline judge") && window.stayed`)
	b.atEase(home)
}

// A run goes on for somebody who has put the focus into it: the figures move, the
// focus stays, an open list stays open, and no button changes its meaning under the
// finger.
func TestARunMovesUnderTheFocus(t *testing.T) {
	b, home, step := begin(t)
	b.do(chromedp.Focus(`#progress button[value=stop]`))
	step <- struct{}{}
	b.wait(`document.querySelector("#progress progress")?.value === 1`)
	if at := eval[string](b, `document.activeElement.textContent`); at != "Stop the run" {
		t.Errorf("the focus is on %q", at)
	}
	b.wait(`document.querySelector("#progress details summary") !== null`)
	b.do(chromedp.Click(`#progress summary`))
	step <- struct{}{}
	b.wait(`document.querySelectorAll("#progress details[open] li").length === 2`)
	if at := eval[string](b, `document.activeElement.tagName`); at != "SUMMARY" {
		t.Errorf("the focus is on %s", at)
	}
	b.do(chromedp.Focus(`#progress button[value=stop]`))
	close(step)
	b.wait(`document.querySelector("#progress button[value=start]") !== null`)
	if at := eval[string](b, `document.activeElement.id || document.activeElement.textContent`); at != "progress" {
		t.Errorf("when the button was gone the focus went to %q", at)
	}
	if eval[bool](b, `document.getElementById("again").hidden`) {
		t.Error("it is not said that there are new figures")
	}
	b.atEase(home)
}

const unbalancedActor = "0003_korean_23_female"

func TestAPlanIsApprovedAndAnImageRestoredInABrowser(t *testing.T) {
	b := browse(t)
	home, s := serve(t, func(c *setup) { c.Restorer = restore.Config{Store: c.Store, By: "mia", Now: time.Now} })
	deleted := discard(t, s)
	b.open(home + "/actors/" + unbalancedActor)
	b.do(chromedp.Click(".trash button"))
	b.wait(`document.querySelector(".notice")?.textContent.includes("back in the set")`)
	if _, err := s.Get(t.Context(), deleted); err != nil {
		t.Errorf("%s: %v", deleted, err)
	}
	b.do(chromedp.SetValue(".about input[name=why]", "looks right"), chromedp.Click("button[value=approve]"))
	b.wait(`document.querySelector(".notice")?.textContent.includes("Approved")`)
	book, err := ledger.Load(t.Context(), s, unbalancedActor)
	if err != nil {
		t.Fatal(err)
	}
	if latest, _ := book.Latest(); latest.State != ledger.Approved || latest.Last().Why != "looks right" {
		t.Errorf("on the ledger: %s, %+v", latest.State, latest.Last())
	}
	b.atEase(home)
}

// discard moves one image of the unbalanced actor to the trash, as a plan would.
func discard(t *testing.T, s store.Store) store.Key {
	t.Helper()
	e, _, err := evaluation.Load(t.Context(), s, unbalancedActor)
	if err != nil {
		t.Fatal(err)
	}
	image := e.Images[0]
	key := actor.TrainingKey(unbalancedActor, image.File)
	receipt := trash.Receipt{Actor: unbalancedActor, Proposal: "p1", File: image.File, SHA256: image.SHA256, Reason: "surplus", By: "mia", At: time.Now()}
	_, info, err := store.ReadAll(t.Context(), s, key, 10<<20) // the tree is a copy: its versions are others
	if err != nil {
		t.Fatal(err)
	}
	if err := trash.Keep(t.Context(), s, receipt, key, info.Version); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), key, info.Version); err != nil {
		t.Fatal(err)
	}
	return key
}

// stepping is a run over two actors that goes on when it is told to.
type stepping struct{ step chan struct{} }

func (s stepping) Run(_ context.Context, begun func(run.Run), seen func(run.Outcome)) error {
	begun(run.Run{ID: "1", StartedAt: time.Now(), Actors: []actor.Name{"a", "b"}})
	<-s.step
	seen(run.Outcome{Actor: "a", State: run.Failed, Reason: "no light", At: time.Now()})
	if _, more := <-s.step; more {
		seen(run.Outcome{Actor: "b", State: run.Failed, Reason: "no film", At: time.Now()})
		<-s.step
	}
	return errors.New("enough")
}

func TestAnActorsPageTakesTwoRequests(t *testing.T) {
	b := browse(t)
	home, _ := serve(t, nil)
	b.do(chromedp.EmulateViewport(1280, 4000))
	b.open(home + "/actors/" + drawnActor)
	b.wait(`[...document.images].every(i => i.complete && i.naturalWidth > 0)`)
	other, thumbnails := 0, 0
	for _, address := range b.requests {
		switch {
		case strings.Contains(address, "/t/"):
			thumbnails++
		case !strings.HasSuffix(address, ".svg?"+eval[string](b, `document.querySelector("link[rel=icon]").href.split("?")[1]`)):
			other++
			t.Log(address)
		}
	}
	if other > 2 || thumbnails < 10 {
		t.Errorf("%d requests besides %d thumbnails", other, thumbnails)
	}
	b.atEase(home)
}

// everyPage returns the pages of the drawn tree and of one with hostile text.
func everyPage(t *testing.T) []string {
	home, _ := serve(t, nil)
	changed := tree(t)
	put(t, changed, actor.TrainingKey(ada, "new <b>.png"), picture(60))
	hostile := listen(t, changed, nil)
	return []string{home, home + "/actors/" + drawnActor, home + "/nothing", hostile, hostile + adasPage, hostile + "/actors/bob",
		listen(t, tree(t), func(c *setup) { c.Login = "open sesame" })}
}

func TestPagesAreAccessibleLightAndDarkAndOnAPhone(t *testing.T) {
	b := browse(t)
	for i, address := range everyPage(t) {
		for _, theme := range []string{"light", "dark"} {
			for _, width := range []int64{1280, 380} {
				b.do(chromedp.EmulateViewport(width, 800))
				command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
					Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
				})
				b.open(address)
				eval[chromedp.Void](b, `document.querySelectorAll("details").forEach(d => d.open = true)`)
				if over := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
					t.Errorf("%s scrolls sideways by %d px at %d", address, over, width)
				}
				for _, finding := range b.axe() {
					t.Errorf("%s, %s, %d px: %s", address, theme, width, finding)
				}
				b.open(address)
				b.shoot(fmt.Sprintf("page%d-%s-%d", i, theme, width))
			}
		}
	}
}

func TestPagesReadWithoutScripts(t *testing.T) {
	b := browse(t)
	home, _ := serve(t, nil)
	command(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.open(home + "/?state=unbalanced")
	text := get(b, chromedp.Text("main"))
	b.do(chromedp.Click(".cards a"), chromedp.WaitVisible(".frames"))
	if !strings.Contains(text, "unbalanced") {
		t.Errorf("the overview reads %q", text)
	}
	b.atEase(home)
}

func TestFiveThousandActors(t *testing.T) {
	b := browse(t)
	s := tree(t)
	var roster []map[string]string
	for i := range 5000 {
		roster = append(roster, map[string]string{"name": fmt.Sprintf("%04d_actor_%d", i, i%7)})
	}
	text, err := json.Marshal(roster)
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, actor.RosterKey, text)
	home := listen(t, s, nil)
	b.open(home)
	if n := eval[int](b, `document.querySelectorAll(".cards > li").length`); n != 300 {
		t.Errorf("a page shows %d", n)
	}
	b.do(chromedp.KeyEvent("n"))
	b.wait(`location.search.includes("page=2")`)
	b.atEase(home)
}

func TestAReportOpensFromAFile(t *testing.T) {
	b := browse(t)
	tree, err := drawn()
	if err != nil {
		t.Fatal(err)
	}
	s, err := dir.Open(tree)
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	_, err = report.Make(t.Context(), report.Config{Store: s, Settings: settings.Default(), Now: time.Unix(1e9, 0), Seen: func(int, int) {},
		Write: func(name string, content []byte) error {
			path := filepath.Join(out, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			return os.WriteFile(path, content, 0o644)
		}})
	if err != nil {
		t.Fatal(err)
	}
	home := (&url.URL{Scheme: "file", Path: out}).String()
	b.do(chromedp.EmulateViewport(1280, 3000))
	b.open(home + "/index.html")
	b.do(chromedp.SetValue("select[name=plan]", "proposed"))
	b.wait(`document.querySelectorAll(".cards > li:not([hidden])").length === document.querySelectorAll(".cards > li[data-plan=proposed]").length`)
	b.do(chromedp.SetValue("select[name=plan]", ""), chromedp.SetValue("select[name=state]", "balanced"), chromedp.SendKeys("input[type=search]", "_"))
	b.wait(`document.querySelectorAll(".cards > li:not([hidden])").length === document.querySelectorAll(".cards > li[data-state=balanced]").length`)
	of := eval[int](b, `document.querySelectorAll(".cards > li:not([hidden])").length`)
	b.do(chromedp.Click(".cards > li:not([hidden]) a"), chromedp.WaitVisible(".frames"))
	for _, back := range []string{`history.back()`, `document.querySelector("a[rel=up]").click()`} {
		eval[chromedp.Void](b, back)
		b.wait(fmt.Sprintf(`document.querySelector("select[name=state]")?.value === "balanced" && document.querySelectorAll(".cards > li:not([hidden])").length === %d`, of))
		b.do(chromedp.Click(".cards > li:not([hidden]) a"), chromedp.WaitVisible(".frames"))
	}
	eval[chromedp.Void](b, `location.href = document.querySelector("a[rel=up]").href.split("#")[0] + "#q=PLAN"`)
	b.wait(`document.querySelector("input[type=search]")?.value === "PLAN" && document.querySelectorAll(".cards > li:not([hidden])").length === 0`)
	b.do(chromedp.SetValue("input[type=search]", "0000"), chromedp.SendKeys("input[type=search]", "_"))
	b.wait(`location.hash === "#q=0000_" && document.querySelectorAll(".cards > li:not([hidden])").length === 1`)
	b.do(chromedp.Click(".cards > li:not([hidden]) a"), chromedp.WaitVisible(".frames"))
	b.wait(`document.images.length > 10 && [...document.images].every(i => i.complete && i.naturalWidth > 0)`)
	for _, finding := range b.axe() {
		t.Error(finding)
	}
	b.atEase(home)
}
