package page

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/album"
	"screentest/pkg/balance"
	"screentest/pkg/evaluation"
	"screentest/pkg/verdict"
)

// An Overview shows the roster.
type Overview struct {
	Site
	Totals       Totals
	Filter       Filter
	PageSize     int           // actors on one page
	Entries      []album.Entry // that the filter shows, of all pages
	Unregistered []string
	Problems     []actor.Problem
	Since        time.Time // when the reader was here last; zero if unknown
	Changes      []Change
	Run          *Run // the latest run, nil if there was none
	Made         time.Time
}

// NewOverview sums up the album and applies the filter.
func NewOverview(site Site, v album.View, f Filter, pageSize int, target balance.Target) Overview {
	o := Overview{
		Site: site, Totals: sum(v.Entries, target), Filter: f, PageSize: pageSize,
		Entries: f.Apply(v.Entries), Unregistered: v.Unregistered, Problems: v.Problems, Changes: changes(v.Entries),
	}
	o.Filter.Page = max(1, min(f.Page, o.Pages()))
	return o
}

// Render writes the overview as HTML.
func (o Overview) Render(w io.Writer) error { return render(w, "overview.html", o) }

// Pages returns how many pages there are, at least 1.
func (o Overview) Pages() int { return max(1, (len(o.Entries)+o.PageSize-1)/o.PageSize) }

// Shown returns the entries of the page.
func (o Overview) Shown() []album.Entry {
	from := (o.Filter.Page - 1) * o.PageSize
	return o.Entries[from:min(from+o.PageSize, len(o.Entries))]
}

// To returns the address of the filter's page n.
func (o Overview) To(n int) string {
	if !o.Live {
		return IndexFile(n)
	}
	f := o.Filter
	f.Page = n
	return o.Home() + f.Address()
}

// IndexFile returns the file of a report that holds page n of the overview.
func IndexFile(n int) string {
	if n <= 1 {
		return "index.html"
	}
	return fmt.Sprintf("index-%d.html", n)
}

// Before and After return the neighbours of page n.
func (Overview) Before(n int) int { return n - 1 }

// After is the one behind it.
func (Overview) After(n int) int { return n + 1 }

// OfState returns the address of all actors in a state, "" in a report.
func (o Overview) OfState(s album.State) string {
	return o.only(Filter{State: s})
}

// OfIssue returns the address of all actors with an issue, "" in a report.
func (o Overview) OfIssue(i verdict.Issue) string {
	return o.only(Filter{Issue: i})
}

func (o Overview) only(f Filter) string {
	if !o.Live {
		return ""
	}
	f.Sort = ByNeed
	return o.Home() + f.Address()
}

// States returns the states that the filter offers.
func (Overview) States() []album.State { return album.States() }

// Issues returns the issues that the filter offers.
func (Overview) Issues() []verdict.Issue { return verdict.Issues() }

// BarOf returns the bar of an entry: what is left after the plan's deletions.
func (Overview) BarOf(e album.Entry) Bar { return Bar{Has: e.Left, Target: e.Target} }

// New reports whether the entry has changed since the reader was here last.
func (o Overview) New(e album.Entry) bool {
	return !o.Since.IsZero() && e.Changed().After(o.Since)
}

// Totals are the roster in numbers.
type Totals struct {
	Actors, Images, Delete, Generate, Decided int
	USD                                       float64
	States                                    map[album.State]int
	Issues                                    []IssueCount // most frequent first
	Mix                                       balance.Mix
	Target                                    balance.Target // of one actor
}

// An IssueCount is how many images have an issue.
type IssueCount struct {
	Issue  verdict.Issue
	Images int
}

// Share returns how much of all images are of a style, in percent.
func (t Totals) Share(s verdict.Style) float64 { return percent(t.Mix.Of(s), t.Mix.Total()) }

// Wanted returns the same of the target.
func (t Totals) Wanted(s verdict.Style) float64 { return percent(t.Target.Of(s), t.Target.Total()) }

func percent(part, whole int) float64 { return 100 * float64(part) / float64(max(1, whole)) }

func sum(entries []album.Entry, target balance.Target) Totals {
	t := Totals{Actors: len(entries), States: map[album.State]int{}, Target: target}
	issues := map[verdict.Issue]int{}
	for _, e := range entries {
		t.States[e.State]++
		t.Images += e.Standing.Images
		t.Delete += e.Standing.Delete
		t.Generate += e.Standing.Generate.Total()
		t.Decided += e.Decided
		t.USD += e.USD
		t.Mix.Photorealistic += e.Standing.Mix.Photorealistic
		t.Mix.BWStylized += e.Standing.Mix.BWStylized
		t.Mix.ColorStylized += e.Standing.Mix.ColorStylized
		for issue, n := range e.Issues {
			issues[issue] += n
		}
	}
	t.Issues = ranked(issues)
	return t
}

// A Change is how an actor stands against how it stood before.
type Change struct {
	Actor actor.Name
	At    time.Time
	Words string // "18 → 20 images; balanced now"
}

// maxChanges is how many changes an overview tells, the latest ones.
const maxChanges = 12

func changes(entries []album.Entry) []Change {
	var all []Change
	for _, e := range entries {
		if e.Before != nil {
			all = append(all, Change{e.Actor.Name, e.Changed(), difference(*e.Before, e.Standing)})
		}
	}
	slices.SortStableFunc(all, func(a, b Change) int { return b.At.Compare(a.At) })
	return all[:min(len(all), maxChanges)]
}

func difference(before, now evaluation.Standing) string {
	var parts []string
	tell := func(what string, was, is int) {
		if was != is {
			parts = append(parts, fmt.Sprintf("%s %d → %d", what, was, is))
		}
	}
	tell("images", before.Images, now.Images)
	tell("without verdict", before.Unjudged, now.Unjudged)
	for _, s := range verdict.Styles() {
		tell(StyleName(s), before.Mix.Of(s), now.Mix.Of(s))
	}
	tell("to delete", before.Delete, now.Delete)
	tell("to generate", before.Generate.Total(), now.Generate.Total())
	switch {
	case now.Balanced && !before.Balanced:
		parts = append(parts, "balanced now")
	case before.Balanced && !now.Balanced:
		parts = append(parts, "no longer balanced")
	}
	return strings.Join(parts, ", ")
}
