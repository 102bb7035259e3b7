package verify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"strings"

	"screentest/pkg/ledger"
	"screentest/pkg/manifest"
	"screentest/pkg/migration"
	"screentest/pkg/mirror"
	"screentest/pkg/store"
	"screentest/pkg/trash"
)

// A trashed image is one that has a receipt.
type trashed struct {
	trash.Receipt
	sum string // of what lies in the trash; "" if nothing does
}

func (x *examination) readTrash(ctx context.Context) error {
	receipts, problems, err := trash.List(ctx, x.Store, x.actor.Name)
	if err != nil {
		return err
	}
	for _, p := range problems {
		f := Finding{Kind: DamagedReceipt, File: p.Where, Detail: p.Reason, Left: "bring it back from a backup, or move the image by hand"}
		if strings.HasSuffix(path.Dir(p.Where), "/images") {
			f.Kind, f.Left = ImageWithoutReceipt, "look at it, and move it into the set or remove it by hand"
		}
		x.find(f)
	}
	for _, r := range receipts {
		sum, _, err := store.Hash(ctx, x.Store, r.ImageKey())
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil || errors.Is(err, store.ErrNotFound):
			x.trashed = append(x.trashed, trashed{r, sum})
		default:
			x.unreadable(string(r.ImageKey()), err)
		}
	}
	return nil
}

// trashedEntry returns the entry that an image of the set had before it was
// moved to the trash, where it lies as well.
func (x *examination) trashedEntry(file string) (manifest.Image, bool) {
	for _, r := range x.trashed {
		if r.File != file || r.SHA256 != x.contents[file] || r.Entry == nil {
			continue
		}
		if image, err := r.Image(); err == nil {
			return image, true
		}
	}
	return manifest.Image{}, false
}

// returnEntries gives images that have no entry the one that the trash knows.
func (x *examination) returnEntries(ctx context.Context, changes []migration.Change) error {
	entries := map[string]manifest.Image{}
	for _, c := range changes {
		if entry, ok := x.trashedEntry(c.File); ok && c.Kind == migration.Added {
			entries[c.File] = entry
		}
	}
	if len(entries) == 0 {
		return nil
	}
	m, version, err := manifest.Load(ctx, x.Store, x.actor.Name)
	if err != nil {
		return err
	}
	maps.Copy(m.Images, entries)
	_, err = manifest.Save(ctx, x.Store, x.actor.Name, m, version, x.Now())
	return err
}

// checkTrash holds receipts, images and ledger against each other.
func (x *examination) checkTrash(context.Context) error {
	if x.record.Ledger == nil {
		return nil
	}
	for _, r := range x.trashed {
		x.checkDeletion(r)
		x.checkReceipt(r)
	}
	return nil
}

func (x *examination) checkReceipt(r trashed) {
	inSet := x.contents[r.File] == r.SHA256
	moved := x.record.Became(ledger.DeletionKey(r.Proposal, r.File))
	f := Finding{File: string(r.ImageKey()), SHA256: r.SHA256}
	switch {
	case r.sum == "" && (inSet || moved == ledger.Emptied):
		f.Kind, f.Detail, f.Repair = ReceiptWithoutImage, "the image has left the trash", "remove the receipt"
		x.drop(f, r.Receipt)
	case r.sum == "":
		f.Kind, f.Detail = ReceiptWithoutImage, "the image is in the trash no more, and not in the set"
		f.Left = "bring it back from a backup, or remove the receipt by hand"
		x.find(f)
	case r.sum != r.SHA256:
		f.Kind, f.Detail, f.Left = HashDiffers, "the trash holds "+r.sum, "bring the right one back from a backup; it cannot be restored otherwise"
		x.find(f)
	case inSet && moved == ledger.Trashed:
		f.Kind, f.Detail, f.Left = InSetAndTrash, "the image is in the set again", "screentest restore finishes what was begun"
		x.find(f)
	case inSet:
		f.Kind, f.Detail, f.Repair = InSetAndTrash, "the image is in the set", "remove the copy in the trash"
		x.drop(f, r.Receipt)
	}
}

// drop adds a finding that is mended by removing from the trash what the set
// holds too, or what is gone.
func (x *examination) drop(f Finding, r trash.Receipt) {
	m := x.Remote.Mirror
	if r.Remote != "" && m == nil && !x.Remote.Waived {
		f.Repair, f.Left = "", "a copy of it lies in the trash of a mirror; "+mirror.Advice
		x.find(f)
		return
	}
	x.mend(f, func(ctx context.Context) error {
		if r.Remote != "" && m != nil {
			if err := trash.Drop(ctx, m.Store, r); err != nil {
				return fmt.Errorf("in the mirror: %w", err)
			}
		}
		return trash.Drop(ctx, x.Store, r)
	})
}
