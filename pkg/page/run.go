package page

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"screentest/pkg/run"
	"screentest/pkg/verdict"
)

// A Run is a run as the pages show it.
type Run struct {
	Site
	run.Progress
	Here     bool   // it is under way in this process, which can stop it
	Stopping bool   // it has been told to
	Error    string // why the last one here stopped
	Judge    string // who judges when one is started here; "" if none can be
	Why      string // why none can be started here
}

// RenderRun writes the progress of a run as a piece of HTML.
func RenderRun(w io.Writer, r Run) error { return render(w, "progress", r) }

// Done returns how many actors have an outcome.
func (r Run) Done() int { return r.Total - r.Remaining }

// UnderWay reports whether the run goes on here or, by its record, elsewhere.
func (r Run) UnderWay() bool { return r.Here || r.ID != "" && !r.Over() }

// Did is what the run has done to an actor.
func (r Run) Did() string {
	if r.Mode == run.Execute {
		return "done"
	}
	return "evaluated"
}

// Left says in words how long it will take.
func (r Run) Left() string {
	if r.SecondsLeft <= 0 || !r.UnderWay() {
		return ""
	}
	return fmt.Sprintf("about %s left", time.Duration(r.SecondsLeft*float64(time.Second)).Round(time.Second))
}

// ranked returns the counts, most frequent first.
func ranked(issues map[verdict.Issue]int) []IssueCount {
	var counts []IssueCount
	for issue, n := range issues {
		counts = append(counts, IssueCount{issue, n})
	}
	slices.SortFunc(counts, func(a, b IssueCount) int {
		return cmp.Or(cmp.Compare(b.Images, a.Images), cmp.Compare(a.Issue, b.Issue))
	})
	return counts
}
