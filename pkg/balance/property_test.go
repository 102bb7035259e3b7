package balance_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"screentest/pkg/balance"
	"screentest/pkg/verdict"
)

const price = 0.04

// A situation is a random set, target and limits.
type situation struct {
	set        []balance.Candidate
	target     balance.Target
	limits     balance.Limits
	affordable int // images that the limit in dollars pays for, -1 for no limit
}

func (s situation) plan() balance.Plan {
	return balance.Propose(s.set, s.target, unlimited, price)
}

func (s situation) limited() balance.Plan {
	return balance.Propose(s.set, s.target, s.limits, price)
}

// byFile finds a candidate again, as nothing in a plan goes by position.
func (s situation) byFile() map[string]balance.Candidate {
	m := map[string]balance.Candidate{}
	for _, c := range s.set {
		m[c.File] = c
	}
	return m
}

func drawSituation(t *rapid.T) situation {
	target := balance.Target{
		Photorealistic: rapid.IntRange(0, 13).Draw(t, "target photos"),
		BWStylized:     rapid.IntRange(0, 5).Draw(t, "target bw"),
		ColorStylized:  rapid.IntRange(1, 5).Draw(t, "target colour"),
	}
	affordable := rapid.IntRange(-1, 12).Draw(t, "images paid for")
	limits := balance.Limits{
		Deletions:   rapid.IntRange(-1, 12).Draw(t, "limit of deletions"),
		Generations: rapid.IntRange(-1, 12).Draw(t, "limit of generations"),
		USD:         price * float64(affordable),
	}
	return situation{drawSet(t, target), target, limits, affordable}
}

// drawSet draws sets of every size, a third of them close to the target, where
// balanced sets lie.
func drawSet(t *rapid.T, target balance.Target) []balance.Candidate {
	near := rapid.IntRange(0, 2).Draw(t, "near the target") == 0
	var set []balance.Candidate
	for _, s := range verdict.Styles() {
		n := rapid.IntRange(0, 20).Draw(t, "images of "+string(s))
		if near {
			n = max(0, target.Of(s)+rapid.IntRange(-1, 1).Draw(t, "off the target"))
		}
		for range n {
			set = append(set, drawCandidate(t, len(set), s, near))
		}
	}
	for range rapid.SampledFrom([]int{0, 0, 0, 1, 3}).Draw(t, "without style") {
		c := drawCandidate(t, len(set), "", near)
		if rapid.Bool().Draw(t, "broken") {
			c.Condemned = []string{"broken: zero bytes"}
		}
		set = append(set, c)
	}
	return rapid.Permutation(set).Draw(t, "order")
}

func drawCandidate(t *rapid.T, i int, s verdict.Style, clean bool) balance.Candidate {
	c := balance.Candidate{
		File:      fmt.Sprintf("%c_%02d.png", 'a'+rapid.IntRange(0, 25).Draw(t, "letter"), i),
		SHA256:    fmt.Sprint("sha ", rapid.IntRange(0, 99).Draw(t, "content")),
		Style:     s,
		Quality:   rapid.IntRange(1, 10).Draw(t, "quality"),
		Blemishes: rapid.IntRange(0, 2).Draw(t, "blemishes"),
	}
	if clean {
		return c
	}
	c.Pixels = rapid.IntRange(1, 2).Draw(t, "pixels")
	c.Bytes = rapid.Int64Range(1, 2).Draw(t, "bytes")
	c.Copies = rapid.SampledFrom([]string{"", "", "", "", "p", "q", "r"}).Draw(t, "copies")
	if rapid.IntRange(0, 5).Draw(t, "condemned") == 0 {
		c.Condemned = []string{"blurred", "quality 2 is below the floor of 3"}
	}
	return c
}

// perform does to a set what the plan says; what is generated is sound.
func perform(set []balance.Candidate, p balance.Plan, round int) []balance.Candidate {
	var out []balance.Candidate
	for _, c := range set {
		if !slices.ContainsFunc(p.Delete, func(d balance.Deletion) bool { return d.File == c.File }) {
			out = append(out, c)
		}
	}
	for _, s := range verdict.Styles() {
		for i := range p.Generate.Of(s) {
			file := fmt.Sprintf("generated_%d_%s_%d.png", round, s, i)
			out = append(out, balance.Candidate{File: file, SHA256: file, Style: s, Quality: 5})
		}
	}
	return out
}

// judged leaves out what a plan must not touch.
func judged(set []balance.Candidate) []balance.Candidate {
	return slices.DeleteFunc(slices.Clone(set), func(c balance.Candidate) bool {
		return !c.Style.Valid() && len(c.Condemned) == 0
	})
}

func deleted(p balance.Plan) balance.Mix {
	var set []balance.Candidate
	for _, d := range p.Delete {
		set = append(set, balance.Candidate{Style: d.Style})
	}
	return balance.MixOf(set)
}

// kind says for which of the three causes an image goes.
func kind(d balance.Deletion) string {
	switch {
	case strings.HasPrefix(d.Reason, "surplus: "):
		return "surplus"
	case strings.HasPrefix(d.Reason, "copy of "):
		return "copy"
	}
	return "condemned"
}

func check(t *testing.T, property func(t *rapid.T, s situation)) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) { property(t, drawSituation(t)) })
}

func TestPlanLandsOnTarget(t *testing.T) {
	check(t, func(t *rapid.T, s situation) {
		p := s.plan()
		if balance.Balanced(judged(s.set), s.target) {
			if !p.Empty() {
				t.Fatalf("the plan of a balanced set is %+v", p)
			}
			return
		}
		// The other faults are none here: condemned images and copies go from any style.
		if slices.Contains(faultsOf(balance.MixOf(s.set), deleted(p), p.Generate, s.target), missesTarget) {
			t.Fatalf("the plan misses its target: %+v", p)
		}
		if len(p.Limited) > 0 {
			t.Fatalf("without limits, limited: %q", p.Limited)
		}
	})
}

func TestPlanIsDoneOnce(t *testing.T) {
	check(t, func(t *rapid.T, s situation) {
		after := perform(s.set, s.plan(), 0)
		if !balance.Balanced(judged(after), s.target) {
			t.Fatalf("after the plan the set is not balanced: %+v", balance.MixOf(after))
		}
		if p := balance.Propose(after, s.target, unlimited, price); !p.Empty() {
			t.Fatalf("after the plan there is another: %+v", p)
		}
	})
}

func TestLimitedPlansArriveToo(t *testing.T) {
	check(t, func(t *rapid.T, s situation) {
		s.limits.Deletions = max(1, s.limits.Deletions)
		s.limits.Generations = max(1, s.limits.Generations)
		s.limits.USD = max(price, s.limits.USD)
		for round := range 100 {
			p := s.limited()
			if p.Empty() {
				break
			}
			s.set = perform(s.set, p, round)
		}
		if !balance.Balanced(judged(s.set), s.target) {
			t.Fatalf("limited plans ended with %+v", balance.MixOf(s.set))
		}
	})
}

func TestOrderDoesNotMatter(t *testing.T) {
	check(t, func(t *rapid.T, s situation) {
		before := slices.Clone(s.set)
		want := s.limited()
		if !reflect.DeepEqual(s.set, before) {
			t.Fatal("Propose changed its input")
		}
		s.set = rapid.Permutation(s.set).Draw(t, "another order")
		if got := s.limited(); !reflect.DeepEqual(got, want) {
			t.Fatalf("another order gives\n%+v, not\n%+v", got, want)
		}
	})
}

func TestEveryDeletionHasItsCause(t *testing.T) {
	check(t, func(t *rapid.T, s situation) {
		p, set := s.plan(), s.byFile()
		gone := map[string]string{}
		for _, d := range p.Delete {
			c, ok := set[d.File]
			if !ok || c.SHA256 != d.SHA256 || c.Style != d.Style || gone[d.File] != "" {
				t.Fatalf("deletion %+v is not of one image of the set", d)
			}
			gone[d.File] = kind(d)
			if kind(d) == "surplus" && p.Generate.Of(c.Style) > 0 {
				t.Fatalf("%s loses a sound image while it is being generated", c.Style)
			}
			if (kind(d) == "condemned") != (len(c.Condemned) > 0) {
				t.Fatalf("%s is deleted as %s: %q", c.File, kind(d), d.Reason)
			}
		}
		for _, c := range s.set {
			unjudged := !c.Style.Valid() && len(c.Condemned) == 0
			if len(c.Condemned) > 0 && gone[c.File] == "" || unjudged && gone[c.File] != "" {
				t.Fatalf("%+v: deleted as %q", c, gone[c.File])
			}
		}
	})
}

func TestBestCopyStays(t *testing.T) {
	check(t, func(t *rapid.T, s situation) {
		p := s.plan()
		groups := map[string][]balance.Candidate{}
		for _, c := range judged(s.set) {
			if c.Copies != "" && len(c.Condemned) == 0 {
				groups[c.Copies] = append(groups[c.Copies], c)
			}
		}
		for _, d := range p.Delete {
			if kind(d) != "copy" {
				continue
			}
			group := groups[s.byFile()[d.File].Copies]
			best := strings.TrimPrefix(d.Reason, "copy of ")
			i := slices.IndexFunc(group, func(c balance.Candidate) bool { return c.File == best })
			if i < 0 || best == d.File {
				t.Fatalf("%s: %q names no sound copy of it", d.File, d.Reason)
			}
			for _, c := range group {
				if rank(c) > rank(group[i]) {
					t.Fatalf("%s is kept though %s is better", best, c.File)
				}
			}
		}
	})
}

func TestHeldImagesStay(t *testing.T) {
	check(t, func(t *rapid.T, s situation) {
		held := map[verdict.Style]int{}
		for i, c := range s.set {
			s.set[i].Held = rapid.IntRange(0, 3).Draw(t, "held") == 0
			if s.set[i].Held && len(c.Condemned) == 0 {
				held[c.Style]++
			}
		}
		p := s.plan()
		for _, d := range p.Delete {
			if c := s.byFile()[d.File]; c.Held && len(c.Condemned) == 0 {
				t.Fatalf("%s is held and goes: %s", c.File, d.Reason)
			}
		}
		if balance.Balanced(judged(s.set), s.target) {
			return
		}
		mix := balance.MixOf(s.set)
		for _, style := range verdict.Styles() {
			after := mix.Of(style) - deleted(p).Of(style) + p.Generate.Of(style)
			if want := max(s.target.Of(style), held[style]); after != want {
				t.Fatalf("the plan leaves %d of %s, want %d", after, style, want)
			}
		}
	})
}

// better compares without the tie by name.
func better(a, b balance.Candidate) bool {
	return a.Quality > b.Quality || a.Quality == b.Quality && a.Blemishes < b.Blemishes
}

// rank is the worth of a copy as one number, for the small numbers drawn here.
func rank(c balance.Candidate) int64 {
	return int64(c.Quality)*1000 - int64(c.Blemishes)*100 + int64(c.Pixels)*10 + c.Bytes
}

func TestSurplusGoesWorstFirst(t *testing.T) {
	check(t, func(t *rapid.T, s situation) {
		p, left := s.limited(), s.byFile()
		var surplus []balance.Candidate
		for _, d := range s.plan().Delete {
			delete(left, d.File)
		}
		for _, d := range p.Delete {
			if kind(d) == "surplus" {
				surplus = append(surplus, s.byFile()[d.File])
			}
		}
		for c := range maps.Values(left) {
			for _, gone := range surplus {
				tie := !better(c, gone) && !better(gone, c)
				if c.Style == gone.Style && (better(gone, c) || tie && c.File < gone.File) {
					t.Fatalf("%+v goes before %+v", gone, c)
				}
			}
		}
	})
}

func TestLimitsMakeAPlanSmaller(t *testing.T) {
	check(t, func(t *rapid.T, s situation) {
		p, full := s.limited(), s.plan()
		for _, d := range p.Delete {
			if !slices.Contains(full.Delete, d) {
				t.Fatalf("only the limited plan deletes %+v", d)
			}
		}
		for _, style := range verdict.Styles() {
			if p.Generate.Of(style) > full.Generate.Of(style) {
				t.Fatalf("the limited plan generates %+v, the other %+v", p.Generate, full.Generate)
			}
		}
		wantDeleted, wantGenerated := len(full.Delete), full.Generate.Total()
		if n := s.limits.Deletions; n >= 0 {
			wantDeleted = min(wantDeleted, n)
		}
		for _, n := range []int{s.limits.Generations, s.affordable} {
			if n >= 0 {
				wantGenerated = min(wantGenerated, n)
			}
		}
		if len(p.Delete) != wantDeleted || p.Generate.Total() != wantGenerated {
			t.Fatalf("%+v allow %d deletions and %d images, not %d and %d",
				s.limits, wantDeleted, wantGenerated, len(p.Delete), p.Generate.Total())
		}
		smaller := wantDeleted < len(full.Delete) || wantGenerated < full.Generate.Total()
		if smaller != (len(p.Limited) > 0) {
			t.Fatalf("smaller: %v, but said: %q", smaller, p.Limited)
		}
	})
}

func TestLimitSparesTheLeastCauses(t *testing.T) {
	check(t, func(t *rapid.T, s situation) {
		counts := func(p balance.Plan) (n map[string]int) {
			n = map[string]int{}
			for _, d := range p.Delete {
				n[kind(d)]++
			}
			return n
		}
		got, all := counts(s.limited()), counts(s.plan())
		if got["copy"] > 0 && got["condemned"] < all["condemned"] ||
			got["surplus"] > 0 && got["copy"] < all["copy"] {
			t.Fatalf("of %v deleted are %v", all, got)
		}
	})
}
