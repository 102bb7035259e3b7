package migration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/manifest"
	"screentest/pkg/store"
)

// A ChangeKind is what Reconcile does to a manifest.
type ChangeKind string

// The kinds of changes. All but Made and Counted are about one image.
const (
	Made     ChangeKind = "made"     // a manifest, from the legacy metadata and the files
	Added    ChangeKind = "added"    // an entry, for an image that had none
	Returned ChangeKind = "returned" // an entry, from missing to images: its object is there
	Moved    ChangeKind = "moved"    // an entry, from images to missing: its object is gone
	Measured ChangeKind = "measured" // an entry that had no sha256: what was measured is filled in
	Counted  ChangeKind = "counted"  // total_images, which was not the number of images
)

// A Change is one respect in which a manifest was made to agree with the objects.
type Change struct {
	Kind   ChangeKind `json:"kind"`
	File   string     `json:"file"`   // "" where it is about the whole manifest
	SHA256 string     `json:"sha256"` // of the image, as far as it is known
}

// String says for people what was done.
func (c Change) String() string {
	switch c.Kind {
	case Made:
		return "made a manifest of the metadata and the files that are there"
	case Added:
		return "made an entry for " + c.File + ", which had none"
	case Returned:
		return "moved the entry of " + c.File + " from missing back to images: the file is there"
	case Moved:
		return "moved the entry of " + c.File + " from images to missing: there is no such training image"
	case Measured:
		return "measured " + c.File + ", whose entry had no sha256"
	}
	return "corrected total_images"
}

// Reconcile makes the manifest of one actor agree with its objects as far as
// there is one right answer, and returns what it changed. Where nothing is to be
// changed nothing is written, and no image is read.
//
// Where there is no manifest of ours it migrates what there is. Unlike Run it
// then makes a manifest also of files that no metadata names, for it is called
// when the set is about to be changed. An actor without images gets none.
//
// An entry that has a sha256 is believed, so an object with other contents stays
// unnoticed here; package verify reads them. No right answer is seen, and
// nothing changed, for an object that lies under missing with another sha256,
// and for an entry whose object is gone but that lies under missing as well.
//
// It fails with ErrManifest where the manifest makes no sense; a copy is then
// kept under screentest/refused, which the error names.
func Reconcile(ctx context.Context, s store.Store, a actor.Actor, now func() time.Time) ([]Change, error) {
	return reconcile(ctx, s, a, Options{Now: now})
}

// Disagreements returns what Reconcile would change, and writes nothing.
func Disagreements(ctx context.Context, s store.Store, a actor.Actor) ([]Change, error) {
	never := func() time.Time { return time.Time{} } // only what is written has a time
	return reconcile(ctx, s, a, Options{Now: never, DryRun: true})
}

func reconcile(ctx context.Context, s store.Store, a actor.Actor, o Options) ([]Change, error) {
	r := &run{store: s, options: o}
	var changes []Change
	err := settled(func() (err error) {
		changes, err = r.agree(ctx, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reconcile the manifest of %s: %w", a.Name, err)
	}
	return changes, nil
}

// agree is one attempt.
func (r *run) agree(ctx context.Context, a actor.Actor) ([]Change, error) {
	set, err := actor.LoadSet(ctx, r.store, a)
	if err == nil {
		err = set.Unreadable()
	}
	if err != nil {
		return nil, err
	}
	k, err := learn(ctx, r.store, set)
	if errors.Is(err, ErrManifest) && !r.options.DryRun {
		return nil, r.keepRefused(ctx, a.Name, err)
	}
	if err != nil {
		return nil, err
	}
	m, changes, err := r.reconciled(ctx, set, k)
	if err != nil || len(changes) == 0 || r.options.DryRun {
		return changes, err
	}
	_, err = manifest.Save(ctx, r.store, a.Name, m, k.version, r.options.Now())
	return changes, err
}

// reconciled returns the manifest as it should be.
func (r *run) reconciled(ctx context.Context, set actor.Set, k knowledge) (*manifest.Manifest, []Change, error) {
	if k.migrated() {
		return r.compare(ctx, set, k)
	}
	if len(set.Images) == 0 {
		return nil, nil, nil
	}
	m, err := r.build(ctx, set, k, &result{})
	return m, []Change{{Kind: Made}}, err
}

// compare goes over the objects, then over the entries.
func (r *run) compare(ctx context.Context, set actor.Set, k knowledge) (*manifest.Manifest, []Change, error) {
	m := *k.existing
	m.Images, m.Missing = maps.Clone(m.Images), maps.Clone(m.Missing)
	generation, known := generationOf(&m)
	var changes []Change
	for _, object := range set.Images {
		image, kind, err := r.entry(ctx, &m, object.Key)
		if err != nil {
			return nil, nil, err
		}
		if kind == "" {
			continue
		}
		file := object.Key.Base()
		m.Images[file] = complete(image, file, generation)
		delete(m.Missing, file)
		changes = append(changes, Change{kind, file, image.SHA256})
	}
	changes = append(changes, dropGone(&m, set)...)
	added := (knowledge{}).newGeneration(&m, generation)
	if !known && added.ImageCount > 0 {
		m.Generations = append(slices.Clone(m.Generations), added)
	}
	if counted(k.raw) != len(k.existing.Images) {
		changes = append(changes, Change{Kind: Counted})
	}
	return &m, changes, nil
}

// entry returns the entry that the image k should have, and how it differs from
// the one it has, "" if not at all.
func (r *run) entry(ctx context.Context, m *manifest.Manifest, k store.Key) (manifest.Image, ChangeKind, error) {
	file := k.Base()
	listed, isListed := m.Images[file]
	missing, isMissing := m.Missing[file]
	switch {
	case isListed && listed.SHA256 != "":
		return listed, "", nil
	case isListed && isMissing:
		return listed, "", nil // which of the two is right, nobody knows
	case isListed:
		image, err := r.measured(ctx, k, listed)
		return image, Measured, err
	case isMissing:
		image, err := r.measured(ctx, k, missing)
		if missing.SHA256 != "" && missing.SHA256 != image.SHA256 {
			return missing, "", err
		}
		return image, Returned, err
	}
	image, err := r.present(ctx, k, nil)
	return image, Added, err
}

// measured completes an entry by what its object tells.
func (r *run) measured(ctx context.Context, k store.Key, entry manifest.Image) (manifest.Image, error) {
	image, err := r.present(ctx, k, []claim{{k.Base(), fromManifest, entry.Object()}})
	image.Unnamed = entry.Unnamed
	return image, err
}

// dropGone moves entries without an object to missing. A file that is there but
// cannot be read is not gone.
func dropGone(m *manifest.Manifest, set actor.Set) []Change {
	there := map[string]bool{}
	for _, object := range set.Images {
		there[object.Key.Base()] = true
	}
	for _, refused := range set.Refused {
		there[strings.TrimPrefix(refused.Name, string(actor.TrainingKey(set.Actor.Name, "")))] = true
	}
	var changes []Change
	for _, file := range slices.Sorted(maps.Keys(m.Images)) {
		if _, doubled := m.Missing[file]; there[file] || doubled {
			continue
		}
		m.Missing[file] = m.Images[file]
		delete(m.Images, file)
		changes = append(changes, Change{Moved, file, m.Missing[file].SHA256})
	}
	return changes
}

// counted returns what a manifest, which is known to be a valid one, gives as
// its number of images.
func counted(raw []byte) int {
	o, err := manifest.ParseObject(raw)
	if err != nil {
		return 0
	}
	var n int
	if json.Unmarshal(o.Get("total_images"), &n) != nil {
		return 0 // it has none
	}
	return n
}

// RefusedKey is where a copy of a manifest of n is kept that makes no sense and
// whose content is sha256, in hex.
func RefusedKey(n actor.Name, sha256 string) store.Key {
	return store.Key(fmt.Sprintf("screentest/refused/%s/manifest-%.16s.json", n, sha256))
}

// keepRefused keeps a copy of the manifest, so that whoever mends it can go back,
// and returns cause with the place of the copy.
func (r *run) keepRefused(ctx context.Context, n actor.Name, cause error) error {
	sha256, info, err := store.Hash(ctx, r.store, actor.ManifestKey(n))
	if err != nil {
		return errors.Join(cause, err)
	}
	key := RefusedKey(n, sha256)
	_, err = r.store.Copy(ctx, info.Key, info.Version, key)
	if errors.Is(err, store.ErrConflict) {
		_, _, err = store.Hash(ctx, r.store, key) // its name says that it is the same
	}
	if err != nil {
		return errors.Join(cause, fmt.Errorf("keep a copy of the manifest: %w", err))
	}
	return fmt.Errorf("%w (a copy is kept at %s)", cause, key)
}
