package ledger

import (
	"fmt"
	"slices"

	"screentest/pkg/balance"
	"screentest/pkg/verdict"
)

// A Step is what must happen once. Its key is the same whoever performs it.
type Step struct {
	Key    string
	Style  verdict.Style     // of the picture to generate; "" if it deletes
	Delete *balance.Deletion // nil if it generates
}

// DeletionKey is the key of the step by which a proposal deletes a file.
func DeletionKey(proposal, file string) string { return proposal + "/delete/" + file }

// Steps returns the steps of a proposal in the order in which they are to be
// taken: first what is to be generated, then what is to be deleted.
func (p Proposal) Steps() []Step {
	var steps []Step
	for _, style := range verdict.Styles() {
		for i := range p.Plan.Generate.Of(style) {
			steps = append(steps, Step{Key: fmt.Sprintf("%s/generate/%s/%d", p.ID, style, i+1), Style: style})
		}
	}
	for _, deletion := range p.Plan.Delete {
		steps = append(steps, Step{Key: DeletionKey(p.ID, deletion.File), Delete: &deletion})
	}
	return steps
}

// Of returns the lines about one step.
func (p Proposal) Of(step Step) []Line {
	var lines []Line
	for _, line := range p.Lines {
		if line.Step == step.Key {
			lines = append(lines, line)
		}
	}
	return lines
}

// Tries are what was tried so far for a step that generates. The last line says
// what comes next; there is no other state.
type Tries struct {
	Orders int  // written down; they are numbered from 1
	Failed int  // pictures that came and may not enter the set
	Last   Line // zero if there is none
}

// Tries returns what was tried for a step.
func (p Proposal) Tries(step Step) Tries {
	var t Tries
	for _, line := range p.Of(step) {
		t.Last = line
		switch line.Act {
		case Ordered:
			t.Orders++
		case Unfit:
			t.Failed++
		}
	}
	return t
}

// open reports whether the last order has not come to an end.
func (t Tries) open() bool {
	switch t.Last.Act {
	case Ordered, Received, Passed:
		return true
	}
	return false
}

// Taken reports whether a step is on record as finished.
func (p Proposal) Taken(step Step) bool {
	for _, line := range p.Of(step) {
		if line.Act == Placed || line.Act == Trashed {
			return true
		}
	}
	return false
}

// Became returns what the ledger last says became of what a step has moved to the
// trash, or left there: Trashed, Restored or Emptied, and "" if nothing.
func (l *Ledger) Became(step string) Act {
	for _, line := range slices.Backward(l.Lines) {
		if line.Step == step && slices.Contains([]Act{Trashed, Restored, Emptied}, line.Act) {
			return line.Act
		}
	}
	return ""
}

// follows reports whether a line about a step can come next: the step is not
// taken, an order is a new try, and anything else is about the try under way.
func (p Proposal) follows(next Line) bool {
	step := Step{Key: next.Step}
	t := p.Tries(step)
	switch {
	case p.Taken(step):
		return false
	case next.Act == Trashed:
		return true
	case next.Act == Ordered:
		return !t.open() && next.Try == t.Orders+1
	}
	return t.open() && next.Try == t.Orders
}
