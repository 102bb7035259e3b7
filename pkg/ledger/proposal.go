package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"screentest/pkg/balance"
	"screentest/pkg/note"
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
	history := p.History()
	if len(history) == 0 {
		return p.Lines[0]
	}
	return history[len(history)-1]
}

// History returns the lines about the plan as a whole, oldest first.
func (p Proposal) History() []Line {
	var history []Line
	for _, line := range p.Lines {
		if line.Step == "" && line.Act.decides() {
			history = append(history, line)
		}
	}
	return history
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
	// Seen is the number of the line that told the person who decides how the plan
	// stands: where another one does by now, nothing is decided. 0 goes by whichever.
	Seen int
}

// Line begins a line about a plan as a whole.
func (s Signature) Line(act Act, proposal string) Line {
	return Line{At: s.At, By: s.By, Why: s.Why, Run: s.Run, Act: act, Proposal: proposal}
}

// Propose puts the plan for a set forward; set is content by file. The one before
// it becomes stale, unless it is the same plan, or approved and begun: that is
// finished first. So no approval outlives the evaluation that it was given for.
// What a person has rejected, and what has failed, stays so while the set stays as
// it is, also where other plans came between.
func (l *Ledger) Propose(ctx context.Context, plan balance.Plan, set map[string]string, sign Signature) error {
	return l.Append(ctx, func() ([]Line, error) {
		latest, ok := l.Latest()
		same := ok && latest.Plan.ID == plan.ID
		var lines []Line
		switch {
		case ok && latest.State == Approved && latest.Begun():
			return nil, nil
		case same && latest.State != Done && latest.State != Stale:
			return nil, nil
		case ok && (latest.State == Proposed || latest.State == Approved):
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
		why := last.Why
		if !strings.HasPrefix(why, "as on ") { // the day that it was decided on, not every day since
			why = fmt.Sprintf("as on %s: %s", last.At.Format(time.DateOnly), why)
		}
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
	return l.decide(ctx, id, Approved, true, sign)
}

// Reject closes the proposal id, as long as no step of it has been taken.
func (l *Ledger) Reject(ctx context.Context, id string, sign Signature) error {
	return l.decide(ctx, id, Rejected, false, sign)
}

// Withdraw closes the proposal id wherever it stands: what is left of it is not
// done. That is for whoever holds the actor's lease and has seen to it that no
// step is half taken.
func (l *Ledger) Withdraw(ctx context.Context, id string, sign Signature) error {
	return l.decide(ctx, id, Rejected, true, sign)
}

func (l *Ledger) decide(ctx context.Context, id string, act Act, evenBegun bool, sign Signature) error {
	if err := note.Check(sign.By, sign.Why); err != nil {
		return fmt.Errorf("decide about plan %s of %s: %w", id, l.name, err)
	}
	return l.Append(ctx, func() ([]Line, error) {
		latest, ok := l.Latest()
		if !ok || latest.ID != id {
			return nil, fmt.Errorf("%w: %s is not the latest plan for %s", ErrState, id, l.name)
		}
		last := latest.Last()
		switch {
		case latest.State == act && latest.approvedFor(sign.Run):
			return nil, nil
		case sign.Seen != 0 && last.N != sign.Seen:
			return nil, fmt.Errorf("%w: it is %s by now", ErrState, last.Act)
		case act == Approved && latest.State == Failed:
			again := sign.Line(Proposed, l.freeID(latest.Plan.ID))
			again.Plan, again.Set = &latest.Plan, latest.Set
			return []Line{again, sign.Line(Approved, again.Proposal)}, nil
		case latest.Ended(), !evenBegun && latest.Begun():
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
