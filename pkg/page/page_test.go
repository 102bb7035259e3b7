package page_test

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"screentest/pkg/actor"
	"screentest/pkg/album"
	"screentest/pkg/balance"
	"screentest/pkg/cost"
	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
	"screentest/pkg/ledger"
	"screentest/pkg/page"
	"screentest/pkg/run"
	"screentest/pkg/store"
	"screentest/pkg/verdict"
)

// hostile ends attributes, elements, comments, scripts and styles.
const hostile = `"><script>alert(1)</script>'--></style><img src=x onerror=alert(2)> {{.}} javascript:alert(3)`

// text is what stands in every place of a page that outside text gets to.
type text struct{ name, prose string }

var texts = map[string]text{
	"plain":   {"0001_ada", "a sentence"},
	"hostile": {hostile, hostile},
	"foreign": {"Ада %2F ü.png", "日本語 مرحبا"},
	"long":    {strings.Repeat("x", 250), strings.Repeat("word ", 4000)},
}

func image(t text, style verdict.Style, keep bool) evaluation.Image {
	return evaluation.Image{
		File: t.name, SHA256: strings.Repeat("a", 64), Style: style, Quality: 7, Keep: keep, Judged: evaluation.OK,
		Issues: []verdict.Issue{verdict.Blurred}, Reasons: []string{t.prose}, Observation: t.prose, Text: t.prose, Error: t.prose,
		Decision:    &decision.Ruling{Fate: decision.Keep, By: t.name, Why: t.prose},
		DuplicateOf: t.name, NotJudged: []verdict.Issue{verdict.OffCharacter},
	}
}

// full is a sheet that shows everything a sheet can.
func full(site page.Site, t text) page.Sheet {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	broken := image(t, "", false)
	broken.Judged = evaluation.Broken
	e := &evaluation.Evaluation{
		Actor: t.name, EvaluatedAt: at, Base: &evaluation.Base{File: t.name, SHA256: strings.Repeat("b", 64)}, Target: balance.DefaultTarget(),
		Images: []evaluation.Image{image(t, verdict.Photorealistic, true), image(t, verdict.BWStylized, false), broken},
		Plan: balance.Plan{
			Delete:   []balance.Deletion{{File: t.name, Reason: t.prose}},
			Generate: balance.Target{ColorStylized: 3}, Limited: []string{t.prose},
		},
		Problems: []string{t.prose},
	}
	return page.Sheet{
		Site: site, Member: actor.Actor{Name: actor.Name(t.name), Age: t.name, Sex: t.name, Ethnicity: t.name, FacePrompt: t.prose},
		Previous: actor.Name(t.name), Next: actor.Name(t.name), Onward: actor.Name(t.name), Evaluation: e, Notice: t.prose,
		Decisions: []decision.Decision{{File: t.name, Kind: decision.Style, Style: verdict.BWStylized, By: t.name, Why: t.prose, At: at}},
		Proposal:  &page.Proposal{ID: t.name, Plan: album.PlanProposed, Words: t.prose, Next: t.prose, Approvable: true, Refusal: true},
		Added:     []page.Added{{File: t.name, SHA256: strings.Repeat("c", 64), Thumb: site.Thumbnail(actor.Name(t.name), strings.Repeat("c", 64)), Whole: site.Image(actor.Name(t.name), strings.Repeat("c", 64)), Words: t.prose, Keepable: site.Live}},
		Trash:     []page.Trashed{{Proposal: t.name, File: t.name, Words: t.prose}, {Proposal: t.name, File: t.name, Thumb: site.Thumbnail("x", strings.Repeat("d", 64)), Whole: site.Image(actor.Name(t.name), strings.Repeat("d", 64)), Words: t.prose}, {File: t.name, None: t.prose}}, Problems: []string{t.prose},
	}
}

func overview(site page.Site, t text, f page.Filter) page.Overview {
	entry := album.Entry{
		Actor: actor.Actor{Name: actor.Name(t.name)}, State: album.Unbalanced, Cover: album.Cover{SHA256: strings.Repeat("b", 64)},
		Standing: evaluation.Standing{Images: 5, Delete: 1, Generate: balance.Target{BWStylized: 1}, EvaluatedAt: time.Unix(9, 0)},
		Before:   &evaluation.Standing{Images: 4, Balanced: true}, Target: balance.DefaultTarget(), Problem: t.prose,
		Issues: map[verdict.Issue]int{verdict.Blurred: 2},
	}
	view := album.View{
		Entries: []album.Entry{entry}, Unregistered: []string{t.name}, Problems: []actor.Problem{{Where: t.name, Reason: t.prose}},
	}
	o := page.NewOverview(site, view, f, 10, balance.DefaultTarget())
	o.Since = time.Unix(1, 0)
	o.Run = &page.Run{
		Site: site, Here: true, Error: t.prose, Judge: t.name, Why: t.prose,
		Progress: run.Progress{ID: t.name, Total: 3, Failed: 1, Failures: []run.Failure{{Actor: actor.Name(t.name), Reason: t.prose}}},
	}
	return o
}

type rendering interface{ Render(w io.Writer) error }

func render(t *testing.T, r rendering) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Render(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// shape lists the elements of a page with the names of their attributes, and all
// addresses; text changes neither, but for where it may break.
func shape(t *testing.T, document string) (elements, addresses []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data == "wbr" {
			continue
		}
		element := n.Data
		for _, a := range n.Attr {
			element += " " + a.Key
			if a.Key == "src" || a.Key == "href" || a.Key == "action" || a.Key == "data-poll" {
				addresses = append(addresses, a.Val)
			}
		}
		elements = append(elements, element)
	}
	return elements, addresses
}

func TestOutsideTextChangesNoPage(t *testing.T) {
	for _, site := range []page.Site{{Live: true, Token: "secret"}, {Root: "../"}} {
		for kind, make := range map[string]func(text) rendering{
			"sheet":    func(x text) rendering { return full(site, x) },
			"overview": func(x text) rendering { return overview(site, x, page.Filter{Search: x.name}) },
			"message": func(x text) rendering {
				return page.Message{Site: page.Site{Live: true, Root: site.Root}, Title: x.name, Text: x.prose, Login: true}
			},
		} {
			want, _ := shape(t, render(t, make(texts["plain"])))
			for name, x := range texts {
				got, addresses := shape(t, render(t, make(x)))
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%s, live %v, %s: the elements differ from those of plain text", kind, site.Live, name)
				}
				for _, address := range addresses {
					u, err := url.Parse(address)
					if err != nil || u.Scheme != "" || u.Host != "" {
						t.Errorf("%s, live %v, %s: the address %q, %v", kind, site.Live, name, address, err)
					}
				}
			}
		}
	}
}

func TestAReportWorksFromAFile(t *testing.T) {
	for _, document := range []string{render(t, full(page.Site{Root: "../"}, texts["foreign"])), render(t, overview(page.Site{}, texts["foreign"], page.Filter{}))} {
		_, addresses := shape(t, document)
		for _, address := range addresses {
			if strings.HasPrefix(address, "/") {
				t.Errorf("the address %q leads to the root of the file system", address)
			}
		}
	}
}

func TestAReportHasNoForms(t *testing.T) {
	document := render(t, full(page.Site{Root: "../"}, texts["plain"])) + render(t, overview(page.Site{}, texts["plain"], page.Filter{}))
	if strings.Contains(document, `method="post"`) || strings.Contains(document, "secret") {
		t.Error("a report holds a form that acts")
	}
}

func TestEmptyPages(t *testing.T) {
	for _, site := range []page.Site{{Live: true}, {}} {
		if got := render(t, page.NewOverview(site, album.View{}, page.ParseFilter(nil), 10, balance.Target{})); !strings.Contains(got, "The roster is empty") {
			t.Error("an empty roster is not called so")
		}
		sheet := page.Sheet{Site: site, Member: actor.Actor{Name: "ada"}}
		if got := render(t, sheet); !strings.Contains(got, "Not evaluated yet") {
			t.Error("an actor without an evaluation is not called so")
		}
		sheet.Evaluation = &evaluation.Evaluation{}
		if got := render(t, sheet); !strings.Contains(got, "0 images") {
			t.Error("an evaluation without images cannot be shown")
		}
	}
}

func TestASheetSaysWhatAndWhy(t *testing.T) {
	got := render(t, full(page.Site{Live: true, Token: "secret"}, text{"0001_ada", "a telling reason"}))
	for _, want := range []string{
		"a telling reason", "quality 7 of 10", "3 to be generated", "Copies, side by side", "blurred", "kept by 0001_ada", "Restore", "Approve the plan",
		`name="kind" value="keep"`, `value="secret"`, "/images/0001_ada/" + strings.Repeat("a", 64),
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the sheet does not say %q", want)
		}
	}
}

func TestReasonsSpeakAsThePagesDo(t *testing.T) {
	sheet := full(page.Site{Live: true}, texts["plain"])
	sheet.Evaluation.Images[0].Reasons = []string{"too_dark: 99 %", "the judge reports looking_at_camera", "copy of my too_dark.png and 1_bw_stylized_2.png"}
	sheet.Evaluation.Plan.Delete[0].Reason = "surplus: 11 bw_stylized, target 4"
	sheet.Evaluation.Plan.Limited = []string{"3 of 5 surplus color_stylized images not deleted"}
	sheet.Trash[0].Words = "off_character: no"
	got := strings.ReplaceAll(render(t, sheet), "<wbr>", "")
	for _, want := range []string{
		"<p>too dark: 99 %", "reports looking at camera<", "my too_dark.png and 1_bw_stylized_2.png", "11 b/w stylized, target 4", "surplus colour stylized images", "off character: no",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the sheet does not say %q", want)
		}
	}
}

// A name that turns the direction of text turns nothing but itself.
func TestNamesAreIsolated(t *testing.T) {
	x := text{"a\u202egpj.exe", "reason"}
	for _, document := range []string{render(t, full(page.Site{Live: true}, x)), render(t, overview(page.Site{Live: true}, x, page.Filter{}))} {
		for n := range parse(t, document).Descendants() {
			if n.Type == html.TextNode && strings.Contains(n.Data, "\u202e") && !slices.Contains([]string{"bdi", "h1", "b", "title", "a"}, n.Parent.Data) &&
				(n.PrevSibling != nil || n.NextSibling != nil) { // alone in its paragraph it has nothing to turn
				t.Errorf("in %s: %q", n.Parent.Data, n.Data)
			}
		}
	}
}

// What would be paid is said before anybody approves it, and nothing where nothing is.
func TestPagesSayWhatGeneratingCosts(t *testing.T) {
	text := text{"0001_ada", "reason"}
	for usd, shown := range map[float64]bool{0.06: true, 0: false} {
		site := page.Site{Live: true, PictureUSD: usd}
		for _, document := range []string{render(t, full(site, text)), render(t, overview(site, text, page.Filter{}))} {
			if strings.Contains(document, "about $") != shown {
				t.Errorf("at $%.2f a picture a price is shown: %t", usd, !shown)
			}
		}
	}
}

func TestTheOverviewSaysWhatWaitsForPeople(t *testing.T) {
	view := album.View{Entries: []album.Entry{
		{Actor: actor.Actor{Name: "ada"}, State: album.Unbalanced, Plan: album.PlanProposed},
		{Actor: actor.Actor{Name: "bob"}, State: album.Unbalanced, Plan: album.PlanProposed},
		{Actor: actor.Actor{Name: "cyd"}, State: album.Unbalanced, Plan: album.PlanApproved},
		{Actor: actor.Actor{Name: "dan"}, State: album.Unreadable, Problem: album.Damaged},
		{Actor: actor.Actor{Name: "eve"}, State: album.Balanced, Plan: album.PlanDone},
	}}
	live := render(t, page.NewOverview(page.Site{Live: true}, view, page.ParseFilter(nil), 10, balance.DefaultTarget()))
	for _, want := range []string{
		`<a href="/?plan=proposed">2 plans wait for approval</a>`, `<a href="/?state=damaged">1 actor has a damaged record</a>`,
		`<a href="/?plan=approved">1 approved plan waits for screentest balance</a>`,
		`<a href="/?work=delete">to delete</a>`, `<a href="/?work=generate">to generate</a>`, `<a href="/?work=overruled">overruled</a>`,
		`class=p-approved>plan approved<`, `<a href="/?plan=approved">approved</a> <b>1</b>`, `<option>rejected</option>`,
	} {
		if !strings.Contains(live, want) {
			t.Errorf("the live overview does not say %q", want)
		}
	}
	static := render(t, page.NewOverview(page.Site{}, view, page.ParseFilter(nil), 10, balance.DefaultTarget()))
	for _, want := range []string{"2 plans wait for approval", `data-plan="approved"`, `class=p-proposed>plan proposed<`, `<option>rejected</option>`} {
		if !strings.Contains(static, want) {
			t.Errorf("the overview of a report does not say %q", want)
		}
	}
	view.Entries = view.Entries[4:]
	if got := render(t, page.NewOverview(page.Site{Live: true}, view, page.ParseFilter(nil), 10, balance.DefaultTarget())); !strings.Contains(got, "Nothing waits for a person") {
		t.Error("it is not said that nothing waits")
	}
}

func TestASheetSaysHowFarThePlanHasComeAndWhatFollows(t *testing.T) {
	sign := ledger.Line{By: "mia", At: time.Unix(9, 0), Why: "because"}
	for act, want := range map[ledger.Act]string{
		ledger.Begun: "screentest reject ada withdraws it", ledger.Proposed: "waits for somebody", ledger.Approved: "screentest balance ada performs it", ledger.Rejected: "not performed unless",
		ledger.Failed: "tried again", ledger.Stale: "evaluate the actor again", ledger.Done: "done",
	} {
		line, state, word := sign, act, string(act)
		line.Act = act
		if act == ledger.Begun {
			state, word = ledger.Approved, string(album.PlanUnderWay)
		}
		sheet := page.Sheet{Site: page.Site{Root: "../"}, Member: actor.Actor{Name: "ada"}, Evaluation: &evaluation.Evaluation{}}
		sheet.Proposal = page.NewProposal("ada", ledger.Proposal{ID: "p", State: state, Lines: []ledger.Line{line}})
		got := render(t, sheet)
		for _, want := range []string{want, ">" + word + "</b> by mia", "because"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: the sheet does not say %q", act, want)
			}
		}
	}
}

func TestWhatAPlanDoesIsNoDrift(t *testing.T) {
	sheet := page.Sheet{Site: page.Site{Live: true}, Evaluation: &evaluation.Evaluation{}, Added: []page.Added{{File: "a.png"}}}
	for plan, want := range map[album.Plan]bool{album.PlanProposed: true, album.PlanUnderWay: false} {
		sheet.Proposal = &page.Proposal{Plan: plan}
		if got := sheet.Drift(); (got != "") != want {
			t.Errorf("%s: %q", plan, got)
		}
	}
	sheet.Live = false
	if got := sheet.Drift(); got != "" {
		t.Errorf("in a report: %q", got)
	}
}

func TestAMissingPictureIsSaidInWords(t *testing.T) {
	sheet := full(page.Site{Live: true}, texts["plain"])
	sheet.Missing = map[store.Key]string{
		actor.TrainingKey("0001_ada", "0001_ada"): page.Gone, actor.BaseKey("0001_ada", "0001_ada"): page.Gone,
	}
	got := render(t, sheet)
	if strings.Contains(got, "<img src=\"/t/0001_ada/"+strings.Repeat("a", 64)) || strings.Contains(got, "Base image of") {
		t.Error("a picture is shown that is not there")
	}
	if n := strings.Count(got, `">`+page.Gone+"</span>"); n < 3 || !strings.Contains(got, `<div class="none">`+page.Gone) {
		t.Errorf("%d frames say so", n)
	}
}

func entries(n int) []album.Entry {
	all := make([]album.Entry, n)
	for i := range all {
		all[i] = album.Entry{
			Actor: actor.Actor{Name: actor.Name(fmt.Sprintf("%04d_south_american_%d_female", i, i%80)), Ethnicity: "south american"},
			State: album.States()[i%5], Plan: album.Plans()[i%7], Cover: album.Cover{SHA256: fmt.Sprintf("%064d", i)}, Target: balance.DefaultTarget(),
			Left:     balance.Mix{Photorealistic: i % 14, BWStylized: i % 5, ColorStylized: i % 4},
			Standing: evaluation.Standing{Images: 20, Delete: i % 7, Generate: balance.Target{Photorealistic: i % 13}},
			Issues:   map[verdict.Issue]int{verdict.Issues()[i%12]: 1}, USD: cost.Usage{USD: 0.001}.USD,
		}
	}
	return all
}

func TestTheOverviewIsSmallAndPaged(t *testing.T) {
	site := page.Site{Live: true, Token: "secret"}
	document := render(t, page.NewOverview(site, album.View{Entries: entries(288)}, page.ParseFilter(nil), 300, balance.DefaultTarget()))
	if n := len(document); n > 200_000 {
		t.Errorf("288 actors take %d bytes", n)
	}
	many := page.NewOverview(site, album.View{Entries: entries(10_000)}, page.Filter{Page: 99}, 300, balance.DefaultTarget())
	if many.Pages() != 34 || many.Filter.Page != 34 || len(many.Shown()) != 100 || len(render(t, many)) > 200_000 {
		t.Errorf("page %d of %d shows %d", many.Filter.Page, many.Pages(), len(many.Shown()))
	}
}

func BenchmarkOverview(b *testing.B) {
	for _, n := range []int{288, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			view := album.View{Entries: entries(n)}
			for b.Loop() {
				o := page.NewOverview(page.Site{Live: true}, view, page.ParseFilter(nil), 300, balance.DefaultTarget())
				if err := o.Render(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
