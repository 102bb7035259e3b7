// Package restore brings images back out of the trash, or deletes them there for
// good. It is the way back from package execution: what a plan has deleted
// returns with its object, its manifest entry and its copy in the mirror, and the
// ledger says who did it.
//
// Both acts hold the actor's lease and leave a plan alone that is being
// performed. Nothing is ever overwritten: where another image has the name by
// now, the old one stays in the trash and the reason is told. One image that
// cannot be brought back never stops the others. An act that was killed at any
// moment and is started again ends as if it had not been.
package restore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/lease"
	"screentest/pkg/ledger"
	"screentest/pkg/mirror"
	"screentest/pkg/store"
	"screentest/pkg/trash"
)

// Config says where to act and for whom.
type Config struct {
	Store  store.Store
	Remote mirror.Remote
	By     string           // who acts, for the ledger
	Now    func() time.Time // the clock
}

// A Selection says which images of an actor are wanted: all that are in the
// trash, or only some.
type Selection struct {
	Files    []string // by file name; none means all
	Proposal string   // only those that this plan has deleted; "" means any
}

// An Image is what left the trash.
type Image struct {
	Proposal string `json:"proposal"`
	File     string `json:"file"` // of one that is Unused its path below that of the plan
	SHA256   string `json:"sha256,omitempty"`
	Bytes    int64  `json:"bytes"`
	Unused   bool   `json:"unused,omitempty"` // a generated picture that never entered the set
}

// A Report is what was done about the trash of one actor.
type Report struct {
	Actor    actor.Name      `json:"actor"`
	Images   []Image         `json:"images"`   // restored, emptied, or to be emptied
	Problems []actor.Problem `json:"problems"` // what was not done, and why
	Left     []string        `json:"left"`     // addresses and keys elsewhere that belong to Images and were not touched
}

// Restore brings the selected images of an actor back. Of several with one name
// the newest is brought back and the others stay, unless they are the same. The
// error is about the actor as a whole; what concerns one image is a Problem.
func (c Config) Restore(ctx context.Context, n actor.Name, s Selection) (Report, error) {
	w, err := c.hold(ctx, n, ledger.Restored, func(ctx context.Context, w *work) error {
		for _, r := range slices.Backward(w.receipts) {
			if !s.wants(r) {
				continue
			}
			err := w.restore(ctx, r)
			if errors.Is(err, errManifest) {
				w.report.refuse(string(actor.ManifestKey(n)), err.Error())
				return nil
			}
			if err != nil {
				return err
			}
		}
		s.missed(&w.report)
		return nil
	})
	if err != nil {
		err = fmt.Errorf("restore the images of %s: %w", n, err)
	}
	return w.report, err
}

func (s Selection) wants(r trash.Receipt) bool {
	return (len(s.Files) == 0 || slices.Contains(s.Files, r.File)) && (s.Proposal == "" || s.Proposal == r.Proposal)
}

// missed reports what was asked for by name and has not been met.
func (s Selection) missed(report *Report) {
	where := ""
	if s.Proposal != "" {
		where = " of plan " + s.Proposal
	}
	for _, file := range s.Files {
		met := slices.ContainsFunc(report.Images, func(i Image) bool { return i.File == file }) ||
			slices.ContainsFunc(report.Problems, func(p actor.Problem) bool { return store.Key(p.Where).Base() == file })
		if !met {
			report.refuse(file, "it is not in the trash"+where)
		}
	}
	if s.Proposal != "" && len(s.Files)+len(report.Images)+len(report.Problems) == 0 {
		report.refuse(string(report.Actor), "nothing"+where+" is in the trash")
	}
}

func (r *Report) refuse(where, reason string) {
	r.Problems = append(r.Problems, actor.Problem{Where: where, Reason: reason})
}

// work is one act on the trash of one actor, by whoever holds the lease.
type work struct {
	Config
	name     actor.Name
	ledger   *ledger.Ledger
	receipts []trash.Receipt // oldest first
	begun    []trash.Receipt // on record as restored or emptied, yet still there
	report   Report
}

func (c Config) work(n actor.Name) *work {
	return &work{Config: c, name: n, report: Report{Actor: n, Images: []Image{}, Problems: []actor.Problem{}, Left: []string{}}}
}

// hold does an act under the actor's lease.
func (c Config) hold(ctx context.Context, n actor.Name, act ledger.Act, do func(context.Context, *work) error) (*work, error) {
	w := c.work(n)
	if err := n.Validate(); err != nil {
		return w, err
	}
	err := lease.Hold(ctx, c.Store, actor.LeaseKey(n), c.By, func(ctx context.Context) error {
		if err := w.begin(ctx, act); err != nil {
			return err
		}
		return do(ctx, w)
	})
	return w, err
}

// begin reads what there is, and first finishes what a killed run has begun:
// receipts on record as restored or emptied leave the trash.
func (w *work) begin(ctx context.Context, act ledger.Act) error {
	if err := w.read(ctx); err != nil {
		return err
	}
	for _, r := range w.begun {
		if w.dropped(ctx, r) && w.ledger.Became(stepOf(r)) == act {
			w.done(r)
		}
	}
	return nil
}

// read reads ledger and trash. It fails while a plan is being performed, whose
// deletions are not over yet.
func (w *work) read(ctx context.Context) error {
	var err error
	if w.ledger, err = ledger.Load(ctx, w.Store, w.name); err != nil {
		return err
	}
	if latest, ok := w.ledger.Latest(); ok && latest.State == ledger.Approved {
		return fmt.Errorf("%w: plan %s is approved and not finished: perform it first with `screentest balance`, or withdraw it with `screentest reject`", ledger.ErrState, latest.ID)
	}
	all, problems, err := trash.List(ctx, w.Store, w.name)
	if err != nil {
		return err
	}
	w.report.Problems = append(w.report.Problems, problems...)
	for _, r := range all {
		over, err := w.over(ctx, r)
		if err != nil {
			return err
		}
		if over {
			w.begun = append(w.begun, r)
		} else {
			w.receipts = append(w.receipts, r)
		}
	}
	return nil
}

// over reports whether r only waits to be dropped: it was emptied, or restored,
// and what was restored is in the set. Were it gone from there again, the trash
// would hold the last copy.
func (w *work) over(ctx context.Context, r trash.Receipt) (bool, error) {
	switch w.ledger.Became(stepOf(r)) {
	case ledger.Emptied:
		return true, nil
	case ledger.Restored:
		return w.inSet(ctx, r)
	}
	return false, nil
}

func (w *work) inSet(ctx context.Context, r trash.Receipt) (bool, error) {
	sum, _, err := store.Hash(ctx, w.Store, actor.TrainingKey(w.name, r.File))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return sum == r.SHA256, err
}

// since is when r came to lie in the trash: a deletion may have been begun long
// before it was finished.
func (w *work) since(r trash.Receipt) time.Time {
	for _, line := range w.ledger.Lines {
		if line.Step == stepOf(r) && line.Act == ledger.Trashed {
			return line.At
		}
	}
	return r.At
}

// stepOf is the key of the step that put r into the trash.
func stepOf(r trash.Receipt) string { return ledger.DeletionKey(r.Proposal, r.File) }

// line begins a line about what a step has left in the trash.
func (w *work) line(act ledger.Act, proposal, step, why string) ledger.Line {
	line := ledger.Signature{By: w.By, At: w.Now(), Why: why}.Line(act, proposal)
	line.Step = step
	return line
}

// record writes lines into the ledger, also when the work is being stopped: what
// has happened has happened.
func (w *work) record(ctx context.Context, lines ...ledger.Line) error {
	return w.ledger.Append(context.WithoutCancel(ctx), func() ([]ledger.Line, error) { return lines, nil })
}

// done reports that r has left the trash.
func (w *work) done(r trash.Receipt) {
	w.report.Images = append(w.report.Images, Image{Proposal: r.Proposal, File: r.File, SHA256: r.SHA256, Bytes: r.Bytes})
	if r.Outside != "" {
		w.report.Left = append(w.report.Left, r.Outside)
	}
}

func (w *work) refuse(r trash.Receipt, err error) { w.report.refuse(string(r.Key()), err.Error()) }

// second returns where the second copy of r is to be looked for, nil if there is
// none or if it is to be left where it is.
func (w *work) second(r trash.Receipt) (store.Store, error) {
	switch m := w.Remote.Mirror; {
	case r.Remote == "":
		return nil, nil
	case m != nil:
		return m.Store, nil
	case w.Remote.Waived:
		return nil, nil
	}
	return nil, fmt.Errorf("a copy of it lies in the trash of a mirror; %s", mirror.Advice)
}

// dropped takes r out of the trash on both sides, ours last, for there the
// receipt is.
func (w *work) dropped(ctx context.Context, r trash.Receipt) bool {
	second, err := w.second(r)
	if err == nil && second != nil {
		err = trash.Drop(ctx, second, r)
	}
	if err == nil {
		err = trash.Drop(ctx, w.Store, r)
	}
	if err != nil {
		w.refuse(r, fmt.Errorf("it is still in the trash, start again: %w", err))
		return false
	}
	if r.Remote != "" && second == nil {
		w.report.Left = append(w.report.Left, "in the mirror: "+string(r.ImageKey()))
	}
	return true
}
