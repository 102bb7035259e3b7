package page

import (
	"fmt"
	"io"
	"time"

	"screentest/pkg/run"
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

// Render writes the progress of the run as a piece of HTML.
func (r Run) Render(w io.Writer) error { return render(w, "progress", r) }

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
