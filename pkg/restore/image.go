package restore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"screentest/pkg/actor"
	"screentest/pkg/ledger"
	"screentest/pkg/manifest"
	"screentest/pkg/store"
	"screentest/pkg/trash"
)

// attempts is how often an image is tried whose surroundings change meanwhile.
const attempts = 3

// restore brings one image back. The error is about going on at all.
func (w *work) restore(ctx context.Context, r trash.Receipt) error {
	var err error
	for range attempts {
		if err = w.place(ctx, r); !errors.Is(err, store.ErrConflict) {
			break
		}
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		w.refuse(r, err)
		return nil
	}
	line := w.line(ledger.Restored, r.Proposal, stepOf(r), "deleted as: "+r.Reason)
	line.File, line.SHA256, line.To = r.File, r.SHA256, actor.TrainingKey(w.name, r.File)
	if err := w.record(ctx, line); err != nil {
		return err
	}
	w.done(r)
	w.dropped(ctx, r)
	return nil
}

// place brings back the object, its copy in the mirror and the manifest entry, in
// this order, so that no entry is without its object. Every part may have been
// done before. What forbids it is found out before anything is changed.
func (w *work) place(ctx context.Context, r trash.Receipt) error {
	second, err := w.second(r)
	if err != nil {
		return err
	}
	m, version, err := w.manifest(ctx, r)
	if err != nil {
		return err
	}
	listed, err := lists(m, r)
	if err != nil {
		return err
	}
	if err := putBack(ctx, w.Store, r, actor.TrainingKey(w.name, r.File)); err != nil {
		return err
	}
	if second != nil {
		if err := putBack(ctx, second, r, r.Remote); err != nil {
			return fmt.Errorf("in the mirror: %w", err)
		}
	}
	if listed {
		return nil
	}
	if m.Images[r.File], err = r.Image(); err != nil {
		return err
	}
	_, err = manifest.Save(ctx, w.Store, w.name, m, version, w.Now())
	return err
}

// manifest returns the actor's manifest, nil where neither it nor an entry for r
// is. One is not made here for an entry alone, for it would say nothing of the
// other images and keep the migration from making a whole one.
func (w *work) manifest(ctx context.Context, r trash.Receipt) (*manifest.Manifest, store.Version, error) {
	m, version, err := manifest.Load(ctx, w.Store, w.name)
	if errors.Is(err, store.ErrNotFound) {
		if r.Entry == nil {
			return nil, "", nil
		}
		err = fmt.Errorf("there is no manifest to bring its entry back to: bring back %s, or make one with `screentest migrate`: %w",
			actor.ManifestKey(w.name), err)
	}
	return m, version, err
}

// lists reports whether nothing need be added to m to have the entry of r, and
// fails if m says something else of that name.
func lists(m *manifest.Manifest, r trash.Receipt) (bool, error) {
	if m == nil {
		return true, nil
	}
	there, ok := m.Images[r.File]
	if !ok {
		return false, nil
	}
	if there.SHA256 != "" && there.SHA256 != r.SHA256 {
		return true, errTaken
	}
	was, err := r.Image()
	if err == nil && r.Entry != nil && spelling(there) != spelling(was) {
		err = errors.New("the manifest has another entry of that name by now: remove one of the two")
	}
	return true, err
}

// spelling is the text of an entry, white space aside.
func spelling(i manifest.Image) string {
	var b bytes.Buffer
	for _, m := range i.Object() {
		b.WriteString(m.Key + "\n")
		if err := json.Compact(&b, m.Value); err != nil {
			panic(err) // the value of an object is valid JSON
		}
	}
	return b.String()
}

var errTaken = errors.New("another image has that name by now; rename one of the two")

// putBack makes dst a copy of the image of r, unless it is one already.
func putBack(ctx context.Context, s store.Store, r trash.Receipt, dst store.Key) error {
	sum, _, err := store.Hash(ctx, s, dst)
	switch {
	case err == nil && sum == r.SHA256:
		return nil
	case err == nil:
		return errTaken
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	version, err := trash.Find(ctx, s, r)
	if err != nil {
		return err
	}
	_, err = s.Copy(ctx, r.ImageKey(), version, dst)
	return err
}
