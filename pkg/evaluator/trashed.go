package evaluator

import (
	"context"
	"maps"

	"screentest/pkg/evaluation"
	"screentest/pkg/ledger"
	"screentest/pkg/trash"
)

// lookIntoTrash finds out what the images of the set may be copies of. The trash
// is read only where the ledger says that something lies in it and an image came
// into the set after that: most evaluations ask the store nothing for it.
//
// It is looked into when an evaluation is made. While the set is unchanged the
// evaluation stays, whatever happens to the trash: only what comes into the set
// can be a copy that comes back.
func (w *work) lookIntoTrash(ctx context.Context, book *ledger.Ledger) error {
	w.trashed = nil
	later := w.later(book)
	if len(later) == 0 {
		return nil
	}
	receipts, _, err := trash.List(ctx, w.Store, w.set.Actor.Name) // what is wrong in there is for verify to tell
	if err != nil {
		return err
	}
	for _, r := range receipts {
		if contents := later[r.Proposal]; contents != nil {
			w.trashed = append(w.trashed, evaluation.Trashed{
				File: r.File, SHA256: r.SHA256, Reason: r.Reason, Checks: r.Checks, Later: contents,
			})
		}
	}
	return nil
}

// later returns, for each plan that has images in the trash, the contents that
// came into the set after it had deleted them. Plans without such are left out.
func (w *work) later(book *ledger.Ledger) map[string][]string {
	later := map[string][]string{}
	for _, p := range book.Proposals() {
		if !fillsTrash(p) {
			continue
		}
		left := leftBy(book, p)
		for _, fact := range w.facts {
			if fact.SHA256 != "" && !left[fact.SHA256] {
				later[p.ID] = append(later[p.ID], fact.SHA256)
			}
		}
	}
	return later
}

// fillsTrash reports whether images that p has deleted still lie in the trash, by
// the ledger.
func fillsTrash(p ledger.Proposal) bool {
	trashed := map[string]bool{} // by step
	for _, line := range p.Lines {
		switch line.Act {
		case ledger.Trashed:
			trashed[line.Step] = true
		case ledger.Restored, ledger.Emptied:
			delete(trashed, line.Step)
		}
	}
	return len(trashed) > 0
}

// leftBy returns the contents of the set as p has left it, and what people have
// brought back since. None of them is a copy that came back, however much it is
// like what was deleted: the plan knew it and let it stay, or somebody wanted it.
func leftBy(book *ledger.Ledger, p ledger.Proposal) map[string]bool {
	files := map[string]string{}
	maps.Copy(files, p.Set)
	for _, line := range book.Lines[p.Lines[0].N:] {
		own := line.Proposal == p.ID
		switch {
		case own && line.Act == ledger.Trashed:
			delete(files, line.File)
		case own && line.Act == ledger.Placed, line.Act == ledger.Restored:
			files[line.File] = line.SHA256
		}
	}
	left := map[string]bool{}
	for sum := range maps.Values(files) {
		left[sum] = true
	}
	return left
}
