package ledger

import "maps"

// A request, such as a sweep, has at most one plan of an actor performed, however
// often it is heard of. What the ledger says of that is here.

// ApprovedFor returns the newest plan that a run has asked for, ok is false if
// there is none.
func (l *Ledger) ApprovedFor(run string) (p Proposal, ok bool) {
	for _, each := range l.Proposals() {
		if run != "" && each.approvedFor(run) {
			p, ok = each, true
		}
	}
	return p, ok
}

// approvedFor reports whether the approval of a run is on record; nobody's always is.
func (p Proposal) approvedFor(run string) bool {
	for _, line := range p.Lines {
		if line.Act == Approved && line.Run == run {
			return true
		}
	}
	return run == ""
}

// LastBegun returns the newest plan of which a step was taken, ok is false if
// there is none.
func (l *Ledger) LastBegun() (p Proposal, ok bool) {
	for _, each := range l.Proposals() {
		if each.Begun() {
			p, ok = each, true
		}
	}
	return p, ok
}

// Left returns the set as the plan has left it, content by file: what it was made
// for, with what it has placed and without what it has deleted. A set that differs
// from that was changed by somebody else.
func (p Proposal) Left() map[string]string {
	left := map[string]string{}
	maps.Copy(left, p.Set)
	for _, line := range p.Lines {
		switch line.Act {
		case Placed:
			left[line.File] = line.SHA256
		case Trashed:
			delete(left, line.File)
		}
	}
	return left
}
