package page

import (
	"fmt"
	"io"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/album"
	"screentest/pkg/balance"
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
	Changes      []Change  // the latest first
	Run          *Run      // the latest run, nil if there was none
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

// OfPlan returns the address of all actors whose plan has come so far, "" in a report.
func (o Overview) OfPlan(p album.Plan) string {
	return o.only(Filter{Plan: p})
}

// OfIssue returns the address of all actors with an issue, "" in a report.
func (o Overview) OfIssue(i verdict.Issue) string {
	return o.only(Filter{Issue: i})
}

// OfWork returns the address of all actors with such images, "" in a report.
func (o Overview) OfWork(w Work) string {
	return o.only(Filter{Work: w})
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

// Plans returns how far plans come, as the filter offers it.
func (Overview) Plans() []album.Plan { return album.Plans() }

// Issues returns the issues that the filter offers.
func (Overview) Issues() []verdict.Issue { return verdict.Issues() }

// Works returns the works that the filter offers.
func (Overview) Works() []Work { return Works() }

// Marked reports whether a state stands out from the others.
func (Overview) Marked(s album.State) bool {
	return s == album.Balanced || s == album.Incomplete || s == album.Unreadable
}

// BarOf returns the bar of an entry: what is left after the plan's deletions.
func (Overview) BarOf(e album.Entry) Bar { return Bar{Has: e.Left, Target: e.Target} }

// ToActor returns the address of an actor's page, from which the way leads on to the
// next that the filter shows.
func (o Overview) ToActor(n actor.Name) string {
	f := o.Filter
	f.Page = 1
	if query := f.Address(); o.Live && query != "?" {
		return o.Actor(n) + query
	}
	return o.Actor(n)
}

// New reports whether the entry has changed since the reader was here last.
func (o Overview) New(e album.Entry) bool {
	return !o.Since.IsZero() && e.Changed().After(o.Since)
}
