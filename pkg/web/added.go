package web

import (
	"context"
	"fmt"
	"slices"

	"screentest/pkg/actor"
	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
	"screentest/pkg/ledger"
	"screentest/pkg/page"
	"screentest/pkg/store"
)

// compare says on the sheet how the set differs by now from the one that was
// evaluated: what has gone, what has come, and what was replaced.
func (s *Server) compare(ctx context.Context, sheet *page.Sheet, book *ledger.Ledger) error {
	set, err := actor.LoadSet(ctx, s.Store, sheet.Member)
	if err != nil {
		return err
	}
	there := map[store.Key]store.Info{}
	for _, info := range slices.Concat(set.Base, set.Images) {
		there[info.Key] = info
	}
	known := map[store.Key]bool{}
	sheet.Missing = map[store.Key]string{}
	for _, was := range judgedOf(*sheet) {
		known[was.key] = true
		if _, ok := there[was.key]; !ok {
			sheet.Missing[was.key] = page.Gone
		}
	}
	for _, info := range set.Images {
		if !known[info.Key] && sheet.Evaluation != nil {
			sheet.Added = append(sheet.Added, s.added(sheet, info.Key.Base(), book))
		}
	}
	return s.replaced(ctx, sheet, there)
}

// added tells of an image that came after the evaluation. Of one that was brought
// back from the trash it is known what it is, and what awaits it.
func (s *Server) added(sheet *page.Sheet, file string, book *ledger.Ledger) page.Added {
	back, ok := restored(book, func(l ledger.Line) bool { return l.File == file })
	if !ok {
		return page.Added{File: file, Words: "the next evaluation judges it"}
	}
	a := page.Added{
		File: file, SHA256: back.SHA256, Thumb: s.site.Thumbnail(sheet.Member.Name, back.SHA256), Whole: s.site.Image(sheet.Member.Name, back.SHA256), Keepable: true,
		Words: fmt.Sprintf("brought back by %s, %s; the next plan would delete it again unless it is kept", back.By, back.Why),
	}
	if decision.RulingsOf(sheet.Decisions)[back.SHA256].Fate == decision.Keep {
		a.Keepable, a.Words = false, fmt.Sprintf("brought back by %s and kept: no plan deletes it", back.By)
	}
	return a
}

// restored returns the latest line that says that an image came back, of those that
// are wanted.
func restored(book *ledger.Ledger, wanted func(ledger.Line) bool) (ledger.Line, bool) {
	if book == nil {
		return ledger.Line{}, false
	}
	for _, line := range slices.Backward(book.Lines) {
		if line.Act == ledger.Restored && wanted(line) {
			return line, true
		}
	}
	return ledger.Line{}, false
}

// trainingImage returns the name of the training image that has a content: one that
// was judged, that lies in the trash, or that came back from there.
func (s *Server) trainingImage(ctx context.Context, name actor.Name, e *evaluation.Evaluation, sum string) (string, error) {
	for _, image := range e.Images {
		if image.SHA256 == sum {
			return image.File, nil
		}
	}
	if e.Base != nil && e.Base.SHA256 == sum {
		return "", fmt.Errorf("%w: that is the base image, and no plan touches it; people decide about training images", errMalformed)
	}
	book, err := ledger.Load(ctx, s.Store, name)
	if err != nil {
		return "", err
	}
	if line, ok := restored(book, func(l ledger.Line) bool { return l.SHA256 == sum }); ok {
		return line.File, nil
	}
	return s.trashedAs(ctx, name, sum)
}
