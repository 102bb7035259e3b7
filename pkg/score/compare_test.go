package score_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"screentest/pkg/score"
	"screentest/pkg/verdict"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

const (
	photo = verdict.Photorealistic
	bw    = verdict.BWStylized
	color = verdict.ColorStylized
)

// styles builds one side of a comparison for each pair of label and judgement.
type styles struct {
	label, judged verdict.Style
	n             int
}

func sides(counts []styles) (truth score.Truth, got []score.Judged) {
	for _, c := range counts {
		for range c.n {
			file := fmt.Sprintf("%d.png", len(got))
			truth.Images = append(truth.Images, score.Label{Actor: "a", File: file, Style: c.label})
			got = append(got, score.Judged{Actor: "a", File: file, Style: c.judged, Keep: true, Judged: "ok"})
		}
	}
	return truth, got
}

func TestStyles(t *testing.T) {
	none := math.NaN()
	for _, tt := range []struct {
		name            string
		counts          []styles
		accuracy, kappa float64
	}{
		// Agreement 35/50; chance (25·30 + 25·20)/50² = 0.5; (0.7 − 0.5)/0.5.
		{"two styles", []styles{{photo, photo, 20}, {photo, bw, 5}, {bw, photo, 10}, {bw, bw, 15}}, 0.7, 0.4},
		// Agreement 15/20; chance (10·7 + 10·11)/20² = 0.45; (0.75 − 0.45)/0.55.
		{"unjudged is wrong", []styles{{photo, photo, 6}, {photo, bw, 2}, {photo, "", 2}, {bw, bw, 9}, {bw, photo, 1}}, 0.75, 6.0 / 11},
		// Agreement 23/30; chance (15·14 + 9·9 + 6·7)/30² = 0.37; (0.7667 − 0.37)/0.63.
		{"three styles", []styles{{photo, photo, 13}, {photo, bw, 1}, {photo, color, 1}, {bw, bw, 6}, {bw, color, 2}, {bw, photo, 1},
			{color, color, 4}, {color, bw, 2}}, 23.0 / 30, (23.0/30 - 0.37) / 0.63},
		{"all right", []styles{{photo, photo, 3}, {bw, bw, 2}, {color, color, 1}}, 1, 1},
		{"all wrong", []styles{{photo, bw, 5}, {bw, photo, 5}}, 0, -1},
		{"guessed", []styles{{photo, photo, 4}, {photo, bw, 4}, {bw, photo, 4}, {bw, bw, 4}}, 0.5, 0},
		{"always the same", []styles{{photo, photo, 9}, {bw, photo, 1}}, 0.9, 0},
		{"one style only", []styles{{photo, photo, 9}}, 1, none},
		{"a style nobody knows is unjudged", []styles{{photo, "oil", 1}, {bw, bw, 1}}, 0.5, 1.0 / 3},
		{"broken ones do not count", []styles{{"", "", 5}, {"", photo, 5}}, none, none},
		{"nothing", nil, none, none},
	} {
		truth, got := sides(tt.counts)
		s := score.Compare(truth, got, nil).Styles
		if !same(s.Accuracy, tt.accuracy) || !same(s.Kappa, tt.kappa) {
			t.Errorf("%s: accuracy %s, kappa %s; want %.4f, %.4f", tt.name, show(s.Accuracy), show(s.Kappa), tt.accuracy, tt.kappa)
		}
	}
}

func TestConfusion(t *testing.T) {
	truth, got := sides([]styles{{photo, photo, 3}, {photo, bw, 2}, {photo, "", 1}, {color, photo, 4}, {"", photo, 1}})
	s := score.Compare(truth, got, nil).Styles
	if s.Images != 10 || s.Right != 3 || s.Unjudged != 1 || len(s.Confusion) != 3 {
		t.Errorf("styles are %+v", s)
	}
	first, last := s.Confusion[0], s.Confusion[2]
	if first.Label != photo || first.Judged[photo] != 3 || first.Judged[bw] != 2 || first.Unjudged != 1 {
		t.Errorf("the row of photographs is %+v", first)
	}
	if last.Label != color || last.Judged[photo] != 4 || last.Judged[color] != 0 {
		t.Errorf("the row of colour drawings is %+v", last)
	}
}

func same(got *float64, want float64) bool {
	if got == nil {
		return math.IsNaN(want)
	}
	return math.Abs(*got-want) < 1e-9
}

func show(f *float64) string {
	if f == nil {
		return "none"
	}
	return fmt.Sprintf("%.4f", *f)
}

func TestIssues(t *testing.T) {
	label := func(file string, issues ...verdict.Issue) score.Label {
		return score.Label{Actor: "a", File: file, Style: photo, Issues: issues}
	}
	truth := score.Truth{Images: []score.Label{
		label("1", verdict.Blurred), label("2", verdict.Blurred, verdict.TooDark), label("3", verdict.Blurred),
		label("4"), label("5"), {Actor: "a", File: "6", Issues: []verdict.Issue{verdict.Broken}},
		{Actor: "a", File: "7", Issues: []verdict.Issue{verdict.Broken}},
	}}
	got := []score.Judged{
		{Actor: "a", File: "1", Issues: []verdict.Issue{verdict.Blurred}},
		{Actor: "a", File: "2", Issues: []verdict.Issue{verdict.Blurred}},
		{Actor: "a", File: "3", Issues: []verdict.Issue{verdict.LookingAtCamera}},
		{Actor: "a", File: "4", Issues: []verdict.Issue{verdict.Blurred, verdict.TooBright}},
		{Actor: "a", File: "5"},
		{Actor: "a", File: "6", Judged: "broken"},
		{Actor: "a", File: "7", Issues: []verdict.Issue{verdict.Broken}, Judged: "broken"},
	}
	none := math.NaN()
	for i, want := range []struct {
		issue             verdict.Issue
		tp, fp, fn        int
		recall, precision float64
	}{
		{verdict.Broken, 2, 0, 0, 1, 1},
		{verdict.Blurred, 2, 1, 1, 2.0 / 3, 2.0 / 3},
		{verdict.TooSmall, 0, 0, 0, none, none},
		{verdict.TooDark, 0, 0, 1, 0, none},
		{verdict.TooBright, 0, 1, 0, none, 0},
		{verdict.Duplicate, 0, 0, 0, none, none},
	} {
		h := score.Compare(truth, got, nil).Issues[i]
		if h.Issue != want.issue || h.TP != want.tp || h.FP != want.fp || h.FN != want.fn ||
			!same(h.Recall, want.recall) || !same(h.Precision, want.precision) {
			t.Errorf("%s: %+v, recall %s, precision %s; want %+v", want.issue, h, show(h.Recall), show(h.Precision), want)
		}
	}
}

// compareCopies scores a set of an original o, its copies x (exact), n (near) and m (mirrored), and
// another picture s, judged as said: file → the file it was called a copy of.
func compareCopies(judged map[string]string) score.Report {
	label := func(file string, kind score.CopyKind) score.Label {
		return score.Label{Actor: "a", File: file, Style: photo, CopyOf: []score.Copy{{Kind: kind, File: "o"}}}
	}
	truth := score.Truth{Images: []score.Label{
		{Actor: "a", File: "o", Style: photo}, label("x", score.Exact), label("n", score.Near), label("m", score.Mirrored),
		{Actor: "a", File: "s", Style: photo},
	}}
	var got []score.Judged
	for _, l := range truth.Images {
		j := score.Judged{Actor: "a", File: l.File, Style: photo, Judged: "ok", Keep: true}
		if of, ok := judged[l.File]; ok {
			j.DuplicateOf, j.Condemned, j.Keep = of, true, false
			j.Issues = []verdict.Issue{verdict.Duplicate}
		}
		got = append(got, j)
	}
	return score.Compare(truth, got, nil)
}

func TestCopies(t *testing.T) {
	for _, tt := range []struct {
		name                     string
		judged                   map[string]string
		exact, near, mirrored    int
		imagined                 int
		soundCondemned, wrongful int
	}{
		{"as labelled", map[string]string{"x": "o", "n": "o", "m": "o"}, 1, 1, 1, 0, 0, 0},
		{"another kept", map[string]string{"o": "n", "x": "n", "m": "n"}, 1, 1, 1, 0, 1, 0},
		{"in a chain", map[string]string{"o": "x", "x": "n", "n": "m"}, 1, 1, 1, 0, 1, 0},
		{"one overlooked", map[string]string{"x": "o", "n": "o"}, 1, 1, 0, 0, 0, 0},
		{"none found", nil, 0, 0, 0, 0, 0, 0},
		{"one imagined", map[string]string{"x": "o", "n": "o", "m": "o", "s": "o"}, 1, 1, 1, 1, 1, 1},
		{"wrongly linked", map[string]string{"x": "s"}, 0, 0, 0, 1, 0, 0},
		{"original of a stranger", map[string]string{"o": "s"}, 0, 0, 0, 1, 1, 1},
		{"of nothing", map[string]string{"x": ""}, 0, 0, 0, 1, 0, 0},
		{"of itself", map[string]string{"x": "x"}, 0, 0, 0, 1, 0, 0},
		{"of what is in no list", map[string]string{"s": "trash/o"}, 0, 0, 0, 1, 1, 1},
		{"nobody kept", map[string]string{"o": "x", "x": "n", "n": "m", "m": "o"}, 1, 1, 1, 0, 1, 1},
	} {
		r := compareCopies(tt.judged)
		if r.Copies[0].Found != tt.exact || r.Copies[1].Found != tt.near || r.Copies[2].Found != tt.mirrored {
			t.Errorf("%s: copies are %+v", tt.name, r.Copies)
		}
		h, found := r.Issues[len(r.Issues)-1], tt.exact+tt.near+tt.mirrored
		if h.Issue != verdict.Duplicate || h.TP != found || h.FN != 3-found || h.FP != tt.imagined {
			t.Errorf("%s: duplicate is %+v", tt.name, h)
		}
		if r.Sound.Images != 2 || r.Sound.Condemned != tt.soundCondemned || r.Sound.Wrongly != tt.wrongful {
			t.Errorf("%s: sound images are %+v", tt.name, r.Sound)
		}
	}
}

// A copy that is kept excuses no other fault imagined in its original.
func TestSwapExcusesNothingElse(t *testing.T) {
	truth := score.Truth{Images: []score.Label{{Actor: "a", File: "o", Style: photo},
		{Actor: "a", File: "x", Style: photo, CopyOf: []score.Copy{{Kind: score.Exact, File: "o"}}}}}
	got := []score.Judged{{Actor: "a", File: "x", Keep: true},
		{Actor: "a", File: "o", Condemned: true, DuplicateOf: "x", Issues: []verdict.Issue{verdict.Duplicate, verdict.Blurred}}}
	if s := score.Compare(truth, got, nil).Sound; s.Condemned != 1 || !slices.Equal(s.WronglyFiles, []string{"a/o"}) {
		t.Errorf("sound images are %+v", s)
	}
}

func TestEmptyFilesMayBeCopies(t *testing.T) {
	broken := []verdict.Issue{verdict.Broken}
	truth := score.Truth{Images: []score.Label{{Actor: "a", File: "1", Issues: broken}, {Actor: "a", File: "2", Issues: broken}}}
	got := []score.Judged{{Actor: "a", File: "1", Issues: broken},
		{Actor: "a", File: "2", Issues: []verdict.Issue{verdict.Broken, verdict.Duplicate}, DuplicateOf: "1"}}
	r := score.Compare(truth, got, nil)
	if broken, duplicate := r.Issues[0], r.Issues[5]; broken.TP != 2 || duplicate.FP != 0 {
		t.Errorf("broken is %+v, duplicate is %+v", broken, duplicate)
	}
}

func TestSurplusIsNotCondemned(t *testing.T) {
	truth, got := sides([]styles{{photo, photo, 4}})
	got[0].Keep = false
	got[1].Keep, got[1].Condemned = false, true
	s := score.Compare(truth, got, nil).Sound
	if s.Images != 4 || s.Surplus != 1 || s.Condemned != 1 || s.Wrongly != 1 || !same(s.WronglyShare, 0.25) {
		t.Errorf("sound images are %+v", s)
	}
}

// TestBothSides has images on one side only, and actors that are not asked for.
func TestBothSides(t *testing.T) {
	truth := score.Truth{Images: []score.Label{{Actor: "a", File: "1", Style: photo}, {Actor: "a", File: "2", Style: photo},
		{Actor: "b", File: "1", Style: photo}, {Actor: "c", File: "1", Style: photo}}}
	got := []score.Judged{{Actor: "b", File: "1", Style: bw}, {Actor: "b", File: "2", Style: photo},
		{Actor: "a", File: "2", Style: photo}, {Actor: "a", File: "3", Style: photo}, {Actor: "d", File: "1", Style: photo}}
	for _, tt := range []struct {
		keep                      func(string) bool
		images, right             int
		notEvaluated, notLabelled string
	}{
		{nil, 2, 1, "a/1 c/1", "a/3 b/2 d/1"},
		{func(actor string) bool { return actor == "a" }, 1, 1, "a/1", "a/3"},
		{func(string) bool { return false }, 0, 0, "", ""},
	} {
		r := score.Compare(truth, got, tt.keep)
		if r.Images != tt.images || r.Styles.Right != tt.right ||
			strings.Join(r.NotEvaluated, " ") != tt.notEvaluated || strings.Join(r.NotLabelled, " ") != tt.notLabelled {
			t.Errorf("report is %+v, want %+v", r, tt)
		}
	}
}

// sample is a report that shows every line of the text.
func sample() score.Report {
	truth, got := sides([]styles{{photo, photo, 20}, {photo, bw, 2}, {bw, bw, 5}, {bw, "", 1}, {color, color, 4}})
	truth.Images[0].Issues = []verdict.Issue{verdict.Blurred}
	got[0].Issues, got[0].Condemned, got[0].Keep = truth.Images[0].Issues, true, false
	truth.Images[2].CopyOf = []score.Copy{{Kind: score.Near, File: "1.png"}}
	truth.Images[4].CopyOf = []score.Copy{{Kind: score.Mirrored, File: "3.png"}}
	got[1].Issues, got[1].DuplicateOf, got[1].Condemned, got[1].Keep = []verdict.Issue{verdict.Duplicate}, "2.png", true, false
	got[5].Issues, got[5].Condemned, got[5].Keep = []verdict.Issue{verdict.TooDark}, true, false
	got[6].Keep = false
	for i := range 7 {
		got = append(got, score.Judged{Actor: "b", File: fmt.Sprint(i)})
	}
	return score.Compare(truth, got, nil)
}

func TestGolden(t *testing.T) {
	var text bytes.Buffer
	if err := sample().WriteText(&text); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.txt", text.Bytes())
	b, err := json.MarshalIndent(sample(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "report.json", append(b, '\n'))
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant (%v)\n%s", name, got, err, want)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteTextFails(t *testing.T) {
	if err := sample().WriteText(fullDisk{}); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("error is %v", err)
	}
}
