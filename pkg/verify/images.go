package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"screentest/pkg/actor"
	"screentest/pkg/manifest"
	"screentest/pkg/migration"
	"screentest/pkg/store"
)

// readImages hashes every image. One that cannot be read does not keep the
// others from being checked.
func (x *examination) readImages(ctx context.Context) error {
	var err error
	if x.set, err = actor.LoadSet(ctx, x.Store, x.actor); err != nil {
		return err
	}
	if err := x.set.Unreadable(); err != nil {
		return err
	}
	for _, refused := range x.set.Refused {
		x.note(refused.Name, "left out: "+refused.Reason)
	}
	x.contents = map[string]string{}
	folded := map[string]string{}
	for _, image := range x.set.Images {
		file := image.Key.Base()
		if first, taken := folded[strings.ToLower(file)]; taken {
			x.find(Finding{Kind: DoubledName, File: file, Detail: "its name differs from " + first + " only in case",
				Left: "rename one of the two, and its entry in the manifest with it"})
		}
		folded[strings.ToLower(file)] = file
		if err := x.readImage(ctx, image.Key); err != nil {
			return err
		}
	}
	return nil
}

func (x *examination) readImage(ctx context.Context, k store.Key) error {
	sum, _, err := store.Hash(ctx, x.Store, k)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		x.unreadable(k.Base(), err)
		return nil
	}
	x.contents[k.Base()] = sum
	x.report.Images++
	return nil
}

func (x *examination) unreadable(file string, err error) {
	x.bar = cmp.Or(x.bar, "an image cannot be read; make it readable, then repair")
	x.find(Finding{Kind: UnreadableImage, File: file, Detail: err.Error(), Left: "make it readable and verify again"})
}

// readManifest reads the manifest and keeps it if it is one of ours.
func (x *examination) readManifest(ctx context.Context) error {
	if x.set.Manifest == nil {
		return nil
	}
	key := x.set.Manifest.Key
	raw, _, err := store.ReadAll(ctx, x.Store, key, manifest.MaxBytes)
	if err != nil && !errors.Is(err, store.ErrTooLarge) {
		return err
	}
	var m *manifest.Manifest
	if err == nil {
		m, err = manifest.Decode(raw)
	}
	if err != nil {
		x.nonsense = true
		x.find(Finding{Kind: UnreadableManifest, File: string(key), Detail: err.Error(), Left: "mend the file by hand; nothing overwrites it"})
		return nil
	}
	if m.Revision > 0 {
		x.manifest = m
	}
	return nil
}

// checkManifest finds what Reconcile would change. What an image that lies in
// the trash as well had as its entry comes back from there first, for it says
// more than the file does.
func (x *examination) checkManifest(ctx context.Context) error {
	if x.nonsense {
		return nil
	}
	if x.manifest == nil && !x.record.acted {
		if len(x.set.Images) > 0 {
			x.note("", "not migrated yet: screentest migrate makes the manifest, or else the first plan that is performed")
		}
		return nil
	}
	changes, err := migration.Disagreements(ctx, x.Store, x.actor)
	if err != nil && ctx.Err() == nil && len(x.contents) < len(x.set.Images) {
		x.note("", "the manifest was not compared, because an image cannot be read: "+err.Error())
		return nil
	}
	if err != nil || len(changes) == 0 {
		return err
	}
	for _, change := range changes {
		x.find(x.ofChange(change))
	}
	x.mends = append(x.mends, func(ctx context.Context) error {
		if err := x.returnEntries(ctx, changes); err != nil {
			return err
		}
		_, err := migration.Reconcile(ctx, x.Store, x.actor, x.Now)
		return err
	})
	return nil
}

func (x *examination) ofChange(c migration.Change) Finding {
	f := Finding{File: c.File, SHA256: c.SHA256}
	switch c.Kind {
	case migration.Made:
		f.Kind, f.Detail, f.Repair = NoManifest, "the set was changed by a plan but has no manifest of ours", "make one of the metadata and the files"
	case migration.Added:
		f.Kind, f.Detail, f.Repair = ObjectWithoutEntry, "the manifest does not name it", "make an entry"
		if _, ok := x.trashedEntry(c.File); ok {
			f.Repair = "take the entry back from its receipt in the trash"
		}
	case migration.Returned:
		f.Kind, f.Detail, f.Repair = ObjectWithoutEntry, "the manifest has it among the missing", "move the entry back to the images"
	case migration.Moved:
		f.Kind, f.Detail, f.Repair = EntryWithoutObject, "the manifest names it but there is no such training image", "move the entry to the missing"
	case migration.Measured:
		f.Kind, f.Detail, f.Repair = EntryNotMeasured, "its entry has no sha256", "measure the file and fill it in"
	case migration.Counted:
		f.Kind, f.Detail, f.Repair = WrongTotal, "total_images is not the number of images in the manifest", "correct it"
	}
	return f
}

// checkEntries finds what is wrong with entries and has no one right answer.
func (x *examination) checkEntries(context.Context) error {
	if x.manifest == nil {
		return nil
	}
	indices := map[int]string{}
	for _, file := range slices.Sorted(maps.Keys(x.manifest.Images)) {
		entry := x.manifest.Images[file]
		if _, doubled := x.manifest.Missing[file]; doubled {
			x.find(Finding{Kind: DoubledName, File: file, Detail: "the manifest has it among the images and among the missing",
				Left: "take one of the two entries out"})
		}
		x.checkHash(file, entry.SHA256)
		if entry.Index == nil {
			continue
		}
		if first, taken := indices[*entry.Index]; taken {
			x.find(Finding{Kind: DoubledIndex, File: file, Detail: fmt.Sprintf("its index %d is also that of %s", *entry.Index, first),
				Left: "give one of the two another index, or none"})
		}
		indices[*entry.Index] = file
	}
	for _, file := range slices.Sorted(maps.Keys(x.manifest.Missing)) {
		if _, listed := x.manifest.Images[file]; !listed {
			x.checkHash(file, x.manifest.Missing[file].SHA256)
		}
	}
	return nil
}

// checkHash compares what an entry says with what was read.
func (x *examination) checkHash(file, recorded string) {
	sum, there := x.contents[file]
	if !there || recorded == "" || sum == recorded {
		return
	}
	x.find(Finding{Kind: HashDiffers, File: file, SHA256: sum, Detail: "the manifest says " + recorded,
		Left: "if the image is the right one, take sha256, bytes, width and height out of its entry and repair; if not, bring back the one that was"})
	delete(x.contents, file) // nothing else is concluded from it
}
