package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"screentest/pkg/balance"
	"screentest/pkg/verdict"
)

// A Proposal is a plan on its way through the ledger.
type Proposal struct {
	ID    string // of the plan; with ".2", ".3" where it was proposed again after it had ended
	Plan  balance.Plan
	Set   map[string]string // the exact set that it is for: content by file
	State Act               // the last act about the plan as a whole
	Lines []Line            // all lines about it
}

// Ended reports whether nothing more can come of it.
func (p Proposal) Ended() bool { return p.State == Stale || p.State == Failed || p.State == Done }

// Begun reports whether a step of it has been taken, or is about to be.
func (p Proposal) Begun() bool {
	for _, line := range p.Lines {
		if line.Step != "" || line.Act == Begun {
			return true
		}
	}
	return false
}

// Last returns the last line about the plan as a whole: who decided and why.
func (p Proposal) Last() Line {
	last := p.Lines[0]
	for _, line := range p.Lines {
		if line.Step == "" && line.Act.decides() {
			last = line
		}
	}
	return last
}

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

// Taken reports whether a step is on record as finished.
func (p Proposal) Taken(step Step) bool {
	for _, line := range p.Of(step) {
		if line.Act == Placed || line.Act == Trashed {
			return true
		}
	}
	return false
}

// Proposals returns all that were ever proposed, oldest first.
func (l *Ledger) Proposals() []Proposal {
	var all []Proposal
	at := map[string]int{}
	for _, line := range l.Lines {
		if line.Act == Proposed && line.Plan != nil {
			at[line.Proposal] = len(all)
			all = append(all, Proposal{ID: line.Proposal, Plan: *line.Plan, Set: line.Set})
		}
		i, known := at[line.Proposal]
		if !known {
			continue
		}
		all[i].Lines = append(all[i].Lines, line)
		if line.Step == "" && line.Act.decides() {
			all[i].State = line.Act
		}
	}
	return all
}

func (a Act) decides() bool {
	switch a {
	case Proposed, Approved, Rejected, Stale, Failed, Done:
		return true
	}
	return false
}

// Latest returns the newest proposal, ok is false if there is none. All older
// ones have ended or were rejected.
func (l *Ledger) Latest() (p Proposal, ok bool) {
	all := l.Proposals()
	if len(all) == 0 {
		return Proposal{}, false
	}
	return all[len(all)-1], true
}

// A Signature says who acts, when and why.
type Signature struct {
	By  string
	At  time.Time
	Why string
	Run string // the sweep in whose name, if any
}

// Line begins a line about a plan as a whole.
func (s Signature) Line(act Act, proposal string) Line {
	return Line{At: s.At, By: s.By, Why: s.Why, Run: s.Run, Act: act, Proposal: proposal}
}

// Propose puts the plan for a set forward; set is content by file. The one before
// it becomes stale, unless it is the same plan, or approved: that is finished
// first. What a person has rejected, and what has failed, stays so while the set
// stays as it is, also where other plans came between.
func (l *Ledger) Propose(ctx context.Context, plan balance.Plan, set map[string]string, sign Signature) error {
	return l.Append(ctx, func() ([]Line, error) {
		latest, ok := l.Latest()
		same := ok && latest.Plan.ID == plan.ID
		var lines []Line
		switch {
		case ok && latest.State == Approved:
			return nil, nil
		case same && latest.State != Done && latest.State != Stale:
			return nil, nil
		case ok && latest.State == Proposed:
			sign := sign
			sign.Why = "the set was evaluated again and another plan follows"
			lines = append(lines, sign.Line(Stale, latest.ID))
		}
		if plan.Empty() {
			return lines, nil
		}
		line := sign.Line(Proposed, l.freeID(plan.ID))
		line.Plan, line.Set = &plan, set
		return slices.Concat(lines, []Line{line}, l.decidedBefore(line)), nil
	})
}

// decidedBefore returns the decision that was made on an earlier proposal of the
// same plan, if it closed it for good.
func (l *Ledger) decidedBefore(proposed Line) []Line {
	for _, p := range slices.Backward(l.Proposals()) {
		if p.Plan.ID != proposed.Plan.ID {
			continue
		}
		if p.State != Rejected && p.State != Failed {
			return nil
		}
		last := p.Last()
		why := fmt.Sprintf("as on %s: %s", last.At.Format(time.DateOnly), last.Why)
		return []Line{Signature{By: last.By, At: proposed.At, Why: why}.Line(last.Act, proposed.Proposal)}
	}
	return nil
}

// freeID returns the id of a plan, numbered if it was proposed before.
func (l *Ledger) freeID(plan string) string {
	n := 1
	for _, p := range l.Proposals() {
		if p.Plan.ID == plan {
			n++
		}
	}
	if n == 1 {
		return plan
	}
	return fmt.Sprintf("%s.%d", plan, n)
}

// ErrState says that a proposal is not in the state that an act needs.
var ErrState = errors.New("the plan is not open for that")

// Approve lets the proposal id be performed. Approving twice changes nothing, but
// that every run that asks for a plan is on its record (ApprovedFor). A
// person may approve what was rejected before, and what has failed, which puts
// it forward once more.
func (l *Ledger) Approve(ctx context.Context, id string, sign Signature) error {
	return l.decide(ctx, id, Approved, sign)
}

// Reject closes the proposal id, as long as no step of it has been taken.
func (l *Ledger) Reject(ctx context.Context, id string, sign Signature) error {
	return l.decide(ctx, id, Rejected, sign)
}

func (l *Ledger) decide(ctx context.Context, id string, act Act, sign Signature) error {
	return l.Append(ctx, func() ([]Line, error) {
		latest, ok := l.Latest()
		if !ok || latest.ID != id {
			return nil, fmt.Errorf("%w: %s is not the latest plan for %s", ErrState, id, l.name)
		}
		switch {
		case latest.State == act && latest.approvedFor(sign.Run):
			return nil, nil
		case act == Approved && latest.State == Failed:
			again := sign.Line(Proposed, l.freeID(latest.Plan.ID))
			again.Plan, again.Set = &latest.Plan, latest.Set
			return []Line{again, sign.Line(Approved, again.Proposal)}, nil
		case latest.Ended(), act == Rejected && latest.Begun():
			return nil, fmt.Errorf("%w: plan %s of %s is %s and has begun: %t", ErrState, id, l.name, latest.State, latest.Begun())
		}
		return []Line{sign.Line(act, id)}, nil
	})
}

// End closes an approved proposal as done, failed or stale.
func (l *Ledger) End(ctx context.Context, id string, act Act, sign Signature) error {
	return l.Append(ctx, func() ([]Line, error) {
		latest, ok := l.Latest()
		if !ok || latest.ID != id || latest.Ended() {
			return nil, nil
		}
		return []Line{sign.Line(act, id)}, nil
	})
}

// Record adds a line about an approved proposal or one of its steps. It fails with
// ErrState where the line cannot follow from what is on record: then somebody
// else has taken the work over meanwhile.
func (l *Ledger) Record(ctx context.Context, id string, line Line) error {
	return l.Append(ctx, func() ([]Line, error) {
		latest, ok := l.Latest()
		if !ok || latest.ID != id || latest.State != Approved {
			return nil, fmt.Errorf("%w: plan %s of %s is not approved any more", ErrState, id, l.name)
		}
		if line.Step != "" && !latest.follows(line) {
			return nil, fmt.Errorf("%w: %s of %s was taken over by somebody else", ErrState, line.Step, l.name)
		}
		return []Line{line}, nil
	})
}

// follows reports whether a line about a step can come next: the step is not
// taken, an order is a new try, and anything else is about the try under way.
func (p Proposal) follows(next Line) bool {
	tried, closed := 0, true
	for _, line := range p.Of(Step{Key: next.Step}) {
		switch line.Act {
		case Placed, Trashed:
			return false
		case Ordered:
			tried, closed = line.Try, false
		case Lost, CutOff, Void, Refused, Unfit:
			closed = true
		}
	}
	switch next.Act {
	case Trashed:
		return true
	case Ordered:
		return closed && next.Try > tried
	}
	return !closed && next.Try == tried
}
