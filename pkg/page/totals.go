package page

import (
	"cmp"
	"slices"

	"screentest/pkg/album"
	"screentest/pkg/balance"
	"screentest/pkg/verdict"
)

// Totals are the roster in numbers.
type Totals struct {
	Actors, Images, Delete, Generate, Decided int
	USD                                       float64
	States                                    map[album.State]int
	Plans                                     map[album.Plan]int // "" where there is none
	Issues                                    []IssueCount       // most frequent first
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
	t := Totals{Actors: len(entries), States: map[album.State]int{}, Plans: map[album.Plan]int{}, Target: target}
	issues := map[verdict.Issue]int{}
	for _, e := range entries {
		t.States[e.State]++
		t.Plans[e.Plan]++
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

// Told returns how far plans have come, as far as there are any.
func (o Overview) Told() []album.Plan {
	return slices.DeleteFunc(album.Plans(), func(p album.Plan) bool { return o.Totals.Plans[p] == 0 })
}

// A Call is something that waits for a person.
type Call struct {
	Words   string
	Address string // of those it is about, "" in a report
}

// Calls returns what waits for people, what keeps most from going on first.
func (o Overview) Calls() []Call {
	var calls []Call
	call := func(n int, one, many, address string) {
		switch {
		case n == 1:
			calls = append(calls, Call{"1 " + one, address})
		case n > 1:
			calls = append(calls, Call{count(n) + " " + many, address})
		}
	}
	states, plans := o.Totals.States, o.Totals.Plans
	call(states[album.Unreadable], "actor has a damaged record", "actors have damaged records", o.OfState(album.Unreadable))
	call(states[album.Incomplete], "actor has images without a verdict", "actors have images without a verdict", o.OfState(album.Incomplete))
	call(states[album.Unseen], "actor is not evaluated yet", "actors are not evaluated yet", o.OfState(album.Unseen))
	call(plans[album.PlanFailed], "plan has failed", "plans have failed", o.OfPlan(album.PlanFailed))
	call(plans[album.PlanStale], "plan is stale", "plans are stale", o.OfPlan(album.PlanStale))
	call(plans[album.PlanProposed], "plan waits for approval", "plans wait for approval", o.OfPlan(album.PlanProposed))
	call(plans[album.PlanApproved], "approved plan waits for screentest balance", "approved plans wait for screentest balance", o.OfPlan(album.PlanApproved))
	return calls
}
