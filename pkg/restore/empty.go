package restore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/ledger"
	"screentest/pkg/store"
	"screentest/pkg/trash"
)

// Empty deletes for good what was put into the trash of an actor before a
// moment, and the generated pictures that were stored before it and never
// entered the set. The ledger says so first: whatever happens then, no image is
// gone that the record does not know of.
func (c Config) Empty(ctx context.Context, n actor.Name, before time.Time) (Report, error) {
	w, err := c.hold(ctx, n, ledger.Emptied, func(ctx context.Context, w *work) error { return w.empty(ctx, before) })
	if err != nil {
		err = fmt.Errorf("empty the trash of %s: %w", n, err)
	}
	return w.report, err
}

func (w *work) empty(ctx context.Context, before time.Time) error {
	old := w.trashedBefore(before)
	leftovers, err := w.leftoversBefore(ctx, before)
	if err != nil {
		return err
	}
	if err := w.announce(ctx, old, leftovers, before); err != nil {
		return err
	}
	for _, r := range old {
		if w.dropped(ctx, r) {
			w.done(r)
		}
	}
	for _, l := range leftovers {
		w.remove(ctx, l)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// trashedBefore returns the receipts from before a moment that can be emptied.
func (w *work) trashedBefore(before time.Time) []trash.Receipt {
	var old []trash.Receipt
	for _, r := range w.receipts {
		if !w.since(r).Before(before) {
			continue
		}
		if _, err := w.second(r); err != nil {
			w.refuse(r, err)
			continue
		}
		old = append(old, r)
	}
	return old
}

// A leftover is a stored answer of the generator, with a picture that did not
// pass or came too late.
type leftover struct {
	store.Info
	proposal string
	path     string // below that of the actor
}

// leftoversBefore returns those that plans have left that have ended. Without a
// plan on record nobody knows whether they are still wanted. The plan that is
// being performed wants its own.
func (w *work) leftoversBefore(ctx context.Context, before time.Time) ([]leftover, error) {
	ended, wanted := map[string]bool{}, map[string]bool{}
	for _, p := range w.ledger.Proposals() {
		ended[p.ID], wanted[p.ID] = p.Ended(), p.State == ledger.Approved
	}
	prefix := actor.GeneratedPrefix(w.name)
	var all []leftover
	for page, err := range store.All(ctx, w.Store, store.ListOptions{Prefix: prefix}) {
		if err != nil {
			return nil, err
		}
		for _, object := range page.Objects {
			l := leftover{Info: object, path: strings.TrimPrefix(string(object.Key), prefix)}
			l.proposal, _, _ = strings.Cut(l.path, "/")
			switch {
			case !object.Modified.Before(before), wanted[l.proposal]:
			case !ended[l.proposal]:
				w.report.refuse(string(object.Key), "no plan that has ended is on record for it")
			default:
				all = append(all, l)
			}
		}
	}
	return all, nil
}

// announce writes the lines about what is about to be deleted. Of a leftover
// that a killed run announced there is one already.
func (w *work) announce(ctx context.Context, old []trash.Receipt, leftovers []leftover, before time.Time) error {
	since := "in the trash since before " + before.UTC().Format(time.RFC3339)
	var lines []ledger.Line
	for _, r := range old {
		line := w.line(ledger.Emptied, r.Proposal, stepOf(r), since+"; deleted as: "+r.Reason)
		line.File, line.SHA256 = r.File, r.SHA256
		lines = append(lines, line)
	}
	for _, l := range leftovers {
		if w.ledger.Became(l.path) == "" {
			lines = append(lines, w.line(ledger.Emptied, l.proposal, l.path, "generated and not let into the set"))
		}
	}
	return w.record(ctx, lines...)
}

// remove deletes a leftover in the state in which it was found.
func (w *work) remove(ctx context.Context, l leftover) {
	err := w.Store.Delete(ctx, l.Key, l.Version)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		w.report.refuse(string(l.Key), err.Error())
		return
	}
	w.report.Images = append(w.report.Images, l.image())
}

func (l leftover) image() Image {
	return Image{Proposal: l.proposal, File: strings.TrimPrefix(l.path, l.proposal+"/"), Bytes: l.Size, Unused: true}
}
