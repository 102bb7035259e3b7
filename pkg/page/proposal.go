package page

import (
	"fmt"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/album"
	"screentest/pkg/ledger"
)

// A Proposal is what has become of a plan.
type Proposal struct {
	ID         string
	Line       int // of the ledger, that says how the plan stands
	Plan       album.Plan
	Words      string   // by whom, when, why
	Before     []string // how it came to that, oldest first
	Next       string   // what follows from it, or what somebody can do
	Approvable bool
	Refusal    bool // it can be rejected
}

// NewProposal tells of a plan for n what the ledger says.
func NewProposal(n actor.Name, p ledger.Proposal) *Proposal {
	last := p.Last()
	told := &Proposal{ID: p.ID, Line: last.N, Plan: album.PlanOf(p), Words: Signed(last)}
	for _, line := range p.History() {
		if line.N < last.N {
			told.Before = append(told.Before, string(line.Act)+" "+Signed(line))
		}
	}
	balance := "screentest balance " + string(n)
	switch told.Plan {
	case album.PlanProposed:
		told.Approvable, told.Refusal = true, true
		told.Next = "It waits for somebody to approve or reject it."
	case album.PlanApproved:
		told.Refusal = true
		told.Next = balance + " performs it."
	case album.PlanUnderWay:
		told.Next = balance + " has begun it, and finishes it if it was interrupted; screentest reject " + string(n) + " withdraws it."
	case album.PlanRejected:
		told.Approvable = true
		told.Next = "It is not performed unless somebody approves it."
	case album.PlanFailed:
		told.Approvable = true
		told.Next = "Approved once more, it is tried again."
	case album.PlanStale:
		told.Next = "The set is another one by now: evaluate the actor again."
	}
	return told
}

// Propose shows how far a plan has come, as far as that is worth a word. The
// evaluation has to be on the sheet before, if there is one.
func (s *Sheet) Propose(p ledger.Proposal) {
	if !album.PlanOf(p).Telling(s.Evaluation != nil && s.Evaluation.Plan.Empty()) {
		return
	}
	s.Proposal = NewProposal(s.Member.Name, p)
	if s.Evaluation == nil {
		s.Proposal.withhold("It can be approved or rejected here once the actor is evaluated again.")
	}
	if s.Undecided {
		s.Proposal.withhold("It cannot be approved while the decisions of people cannot be read.")
	}
}

// withhold takes back that the plan can be approved.
func (p *Proposal) withhold(why string) {
	if p.Approvable {
		p.Approvable, p.Next = false, why
	}
}

// Signed says by whom a line is, of when, and why.
func Signed(line ledger.Line) string {
	words := fmt.Sprintf("by %s, %s", line.By, moment(line.At))
	if line.Why != "" {
		words += ": " + line.Why
	}
	return words
}

func moment(at time.Time) string { return at.UTC().Format("2 January 2006 15:04 MST") }
