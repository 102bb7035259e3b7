package balance_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"screentest/pkg/balance"
	"screentest/pkg/verdict"
)

var unlimited = balance.Limits{Deletions: -1, Generations: -1, USD: -1}

// images returns n sound images of one style, qualities 1 to 10 in turn.
func images(n int, s verdict.Style) []balance.Candidate {
	out := make([]balance.Candidate, n)
	for i := range out {
		file := fmt.Sprintf("%s_%02d.png", s, i)
		out[i] = balance.Candidate{File: file, SHA256: "sha of " + file, Style: s, Quality: i%10 + 1}
	}
	return out
}

func setOf(photos, bw, color int) []balance.Candidate {
	return slices.Concat(images(photos, verdict.Photorealistic), images(bw, verdict.BWStylized),
		images(color, verdict.ColorStylized))
}

func TestTarget(t *testing.T) {
	target := balance.DefaultTarget()
	if target != (balance.Target{Photorealistic: 13, BWStylized: 4, ColorStylized: 3}) || target.Total() != 20 {
		t.Errorf("default target is %+v", target)
	}
	if got := target.Of(verdict.BWStylized); got != 4 {
		t.Errorf("Of(bw_stylized) = %d, want 4", got)
	}
	if got := target.Of("oil"); got != 0 {
		t.Errorf("Of(oil) = %d, want 0", got)
	}
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		target balance.Target
		want   string
	}{
		{balance.DefaultTarget(), ""},
		{balance.Target{BWStylized: 1}, ""},
		{balance.Target{}, "0 images"},
		{balance.Target{Photorealistic: 13, BWStylized: -1}, "bw_stylized is -1"},
		{balance.Target{Photorealistic: 13, ColorStylized: 1001}, "color_stylized is 1001"},
	} {
		err := tt.target.Validate()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Validate(%+v) = %v, want %q", tt.target, err, tt.want)
		}
	}
}

func TestBalanced(t *testing.T) {
	with := func(change func(c *balance.Candidate)) []balance.Candidate {
		set := setOf(13, 4, 3)
		change(&set[0])
		return set
	}
	for _, tt := range []struct {
		name string
		set  []balance.Candidate
		want bool
	}{
		{"the target", setOf(13, 4, 3), true},
		{"ten points off", setOf(11, 6, 3), true},
		{"fifteen points off", setOf(10, 6, 4), false},
		{"one style fifteen points off", setOf(13, 7, 0), false},
		{"one image more", setOf(14, 4, 3), false},
		{"one image less", setOf(12, 4, 3), false},
		{"nothing", nil, false},
		{"a condemned image", with(func(c *balance.Candidate) { c.Condemned = []string{"blurred"} }), false},
		{"one of a group alone", with(func(c *balance.Candidate) { c.Copies = "a" }), true},
		{"an image without style", with(func(c *balance.Candidate) { c.Style = "" }), false},
		{"an image without style too many", append(setOf(13, 4, 3), balance.Candidate{File: "x"}), false},
	} {
		if got := balance.Balanced(tt.set, balance.DefaultTarget()); got != tt.want {
			t.Errorf("%s: Balanced = %v, want %v", tt.name, got, tt.want)
		}
	}
	copies := setOf(13, 4, 3)
	copies[1].Copies, copies[19].Copies = "a", "a"
	if balance.Balanced(copies, balance.DefaultTarget()) {
		t.Error("a set with copies is called balanced")
	}
}

func TestDollars(t *testing.T) {
	for _, tt := range []struct {
		usd, price float64
		want       int // of 20 images wanted
	}{
		{-1, 0.04, 20},
		{0, 0.04, 0},
		{0, 0, 0},
		{0.3, 0.1, 3},
		{0.29, 0.1, 2},
		{100, 0.04, 20},
		{math.MaxFloat64, math.SmallestNonzeroFloat64, 20},
		{1, 0, 20},
		{math.NaN(), 0.04, 0},
		{1, math.NaN(), 0},
		{1, math.Inf(1), 0},
		{math.Inf(1), 1, 20},
	} {
		l := balance.Limits{Deletions: -1, Generations: -1, USD: tt.usd}
		p := balance.Propose(nil, balance.DefaultTarget(), l, tt.price)
		if got := p.Generate.Total(); got != tt.want {
			t.Errorf("$%g at %g: %d images generated, want %d", tt.usd, tt.price, got, tt.want)
		}
	}
}

// An image that is not judged yet must be neither deleted nor taken for one of a
// style, whatever else is wrong with the set.
func TestUnjudgedStays(t *testing.T) {
	target := balance.DefaultTarget()
	for _, style := range []verdict.Style{"", "oil"} {
		unjudged := balance.Candidate{File: "unjudged.png", SHA256: "u", Style: style, Copies: "a"}
		set := append(setOf(15, 4, 2), unjudged)
		set[0].Copies = "a"
		p := balance.Propose(set, target, unlimited, 0)
		if len(p.Delete) != 2 || p.Generate != (balance.Target{ColorStylized: 1}) {
			t.Errorf("style %q: plan is %+v, want 2 photos deleted and 1 colour drawing generated", style, p)
		}
		if p = balance.Propose(append(setOf(13, 4, 3), unjudged), target, unlimited, 0); !p.Empty() {
			t.Errorf("style %q: plan of a balanced set and one unjudged image is %+v", style, p)
		}
	}
}

// Whatever the target and however odd the set, there is a plan.
func TestTotal(t *testing.T) {
	for _, target := range []balance.Target{
		{}, {Photorealistic: -5}, {Photorealistic: math.MinInt}, {Photorealistic: math.MaxInt, BWStylized: math.MaxInt},
	} {
		set := append(setOf(3, 1, 1), balance.Candidate{Style: "oil", Condemned: []string{"broken"}}, balance.Candidate{})
		p := balance.Propose(set, target, balance.Limits{Deletions: 7, Generations: 5, USD: 1}, 0.1)
		for _, s := range verdict.Styles() {
			if p.Generate.Of(s) < 0 {
				t.Errorf("target %+v: %d images generated of %s", target, p.Generate.Of(s), s)
			}
		}
	}
}

func TestCopies(t *testing.T) {
	set := setOf(6, 0, 0)
	for i, group := range []string{"a", "a", "b", "b", "b", "alone"} {
		set[i].Copies = group
	}
	set[4].Condemned = []string{"blurred"} // of the highest quality in its group
	got := balance.Copies(set)
	want := map[string]string{set[0].File: set[1].File, set[2].File: set[3].File, set[4].File: set[3].File}
	if !maps.Equal(got, want) {
		t.Errorf("copies are %v, want %v", got, want)
	}
}

func TestWithheld(t *testing.T) {
	set := setOf(15, 4, 2)
	p := balance.Withheld(set, "2 images have no verdict")
	if !p.Empty() || p.Stale(set) || p.ID == "" || !slices.Equal(p.Limited, []string{"2 images have no verdict"}) {
		t.Errorf("the withheld plan is %+v", p)
	}
}

func TestIdentity(t *testing.T) {
	set := setOf(15, 4, 2)
	p := balance.Propose(set, balance.DefaultTarget(), unlimited, 0)
	if p.Stale(set) {
		t.Error("a plan is stale for its own set")
	}
	for name, other := range map[string][]balance.Candidate{
		"an image less":    set[1:],
		"an image more":    append(slices.Clone(set), balance.Candidate{File: "new.png"}),
		"a content change": append([]balance.Candidate{{File: set[0].File, SHA256: "other"}}, set[1:]...),
		"a rename":         append([]balance.Candidate{{File: "other", SHA256: set[0].SHA256}}, set[1:]...),
	} {
		if !p.Stale(other) {
			t.Errorf("the plan is not stale after %s", name)
		}
		if q := balance.Propose(other, balance.DefaultTarget(), unlimited, 0); q.ID == p.ID {
			t.Errorf("the plan has the same id after %s", name)
		}
	}

	limited := balance.Propose(set, balance.DefaultTarget(), balance.Limits{Deletions: -1, USD: -1}, 0)
	if limited.ID == p.ID {
		t.Error("a plan that generates less has the same id")
	}
	judgedAgain := slices.Clone(set)
	judgedAgain[0].Quality-- // the worst already: only the reason's words change
	if q := balance.Propose(judgedAgain, balance.DefaultTarget(), unlimited, 0); q.ID != p.ID {
		t.Error("the same deletion for other words has another id")
	}
}
