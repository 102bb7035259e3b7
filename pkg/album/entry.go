package album

import (
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/evaluation"
	"screentest/pkg/verdict"
)

// A State is where an actor stands, in one word.
type State string

// The states, from the one that needs a person most to the one that needs none.
const (
	Incomplete State = "incomplete" // images without a verdict: nothing is planned
	Unreadable State = "damaged"    // its evaluation, its ledger or people's decisions cannot be read
	Unbalanced State = "unbalanced" // a plan says what to delete and to generate
	Limited    State = "limited"    // not balanced, and limits or people leave nothing to plan
	Unseen     State = "unseen"     // not evaluated yet
	Balanced   State = "balanced"
	Absent     State = "no images" // nothing to evaluate
)

// States returns the states in their order.
func States() []State {
	return []State{Incomplete, Unreadable, Unbalanced, Limited, Unseen, Balanced, Absent}
}

// A Cover is the picture that stands for an actor: the base image, or else the
// first training image that is kept.
type Cover struct {
	SHA256 string // "" where there is none
}

// An Entry is an actor in a few numbers.
type Entry struct {
	Actor    actor.Actor
	State    State
	Plan     Plan // "" where there is none
	Cover    Cover
	Standing evaluation.Standing  // zero without an evaluation
	Before   *evaluation.Standing // how the actor stood before that changed
	Left     balance.Mix          // once the plan's deletions are done
	Target   balance.Target
	Issues   map[verdict.Issue]int // images by issue
	Decided  int                   // images that a person decided about
	USD      float64               // that the evaluation cost
	Problem  string                // what of the record cannot be read
}

// Changed returns when the numbers of the actor last changed; zero if they never
// have since the first evaluation.
func (e Entry) Changed() time.Time {
	if e.Before == nil {
		return time.Time{}
	}
	return e.Standing.EvaluatedAt
}

// Lacks returns how many images of a style the set has too few once the plan's
// deletions are done.
func (e Entry) Lacks(s verdict.Style) int { return e.Standing.Generate.Of(s) }

// summarize leaves out the actor, which is the roster's to tell.
func summarize(e evaluation.Evaluation) Entry {
	entry := Entry{
		State: StateOf(e), Cover: coverOf(e), Standing: e.Standing(), Before: e.Before, Left: e.Left(), Target: e.Target,
		Issues: map[verdict.Issue]int{}, USD: e.Usage.USD,
	}
	for _, image := range e.Images {
		for _, issue := range image.Issues {
			entry.Issues[issue]++
		}
		if image.Decision != nil {
			entry.Decided++
		}
	}
	return entry
}

// StateOf is where an evaluated actor stands.
func StateOf(e evaluation.Evaluation) State {
	switch {
	case len(e.Unjudged()) > 0:
		return Incomplete
	case e.Balanced:
		return Balanced
	case e.Plan.Empty():
		return Limited
	}
	return Unbalanced
}

func coverOf(e evaluation.Evaluation) Cover {
	if e.Base != nil && e.Base.SHA256 != "" {
		return Cover{e.Base.SHA256}
	}
	for _, image := range e.Images {
		if image.Keep && image.Judged == evaluation.OK {
			return Cover{image.SHA256}
		}
	}
	return Cover{}
}
