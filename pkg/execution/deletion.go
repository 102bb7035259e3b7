package execution

import (
	"context"
	"errors"
	"fmt"

	"screentest/pkg/actor"
	"screentest/pkg/ledger"
	"screentest/pkg/manifest"
	"screentest/pkg/mirror"
	"screentest/pkg/store"
	"screentest/pkg/trash"
)

// deleteAll takes the deleting steps. Generating may have taken long, so it
// looks at the set again first.
func (p *performance) deleteAll(ctx context.Context) error {
	var open []ledger.Step
	for _, step := range p.proposal.Steps() {
		if step.Delete != nil && !p.proposal.Taken(step) {
			open = append(open, step)
		}
	}
	if len(open) == 0 {
		return nil
	}
	if err := p.refresh(ctx); err != nil {
		return err
	}
	for _, step := range open {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.Allowance.deletion(); err != nil {
			return err
		}
		if err := p.delete(ctx, step); err != nil {
			return fmt.Errorf("delete %s: %w", step.Delete.File, err)
		}
		p.result.Deleted++
	}
	return nil
}

// delete moves one image to the trash: receipt and copy there, the same in the
// mirror, then the manifest entry goes, and the objects last. However far it
// gets, the image is in the set or in the trash; settle finishes the rest.
func (p *performance) delete(ctx context.Context, step ledger.Step) error {
	m, version, err := manifest.Load(ctx, p.Store, p.actor.Name)
	if err != nil {
		return err
	}
	receipt, remote, err := p.receipt(ctx, step, m)
	if err != nil {
		return err
	}
	key := actor.TrainingKey(p.actor.Name, receipt.File)
	if err := trash.Keep(ctx, p.Store, receipt, key, p.standing.versions[receipt.File]); err != nil {
		return err
	}
	if remote.Key != "" {
		if err := trash.CopyTo(ctx, p.Remote.Mirror.Store, remote.Key, remote.Version, receipt.ImageKey()); err != nil {
			return fmt.Errorf("in the mirror: %w", err)
		}
	}
	delete(m.Images, receipt.File)
	if _, err := manifest.Save(ctx, p.Store, p.actor.Name, m, version, p.Now()); err != nil {
		return err
	}
	// Gone already is gone: S3 says so too when it was asked twice.
	if err := p.Store.Delete(ctx, key, p.standing.versions[receipt.File]); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return p.finish(ctx, step, receipt, remote)
}

// finish does what is left once the image has left the set.
func (p *performance) finish(ctx context.Context, step ledger.Step, r trash.Receipt, remote mirror.Object) error {
	if remote.Key != "" {
		if err := p.Remote.Mirror.Store.Delete(ctx, remote.Key, remote.Version); err != nil && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("in the mirror: %w", err)
		}
	}
	if r.Outside != "" {
		p.result.Outside = append(p.result.Outside, r.Outside)
	}
	return p.record(ctx, step, ledger.Line{Act: ledger.Trashed, File: r.File, SHA256: r.SHA256, To: r.ImageKey(), Why: r.Reason})
}

func (p *performance) receipt(ctx context.Context, step ledger.Step, m *manifest.Manifest) (trash.Receipt, mirror.Object, error) {
	d := step.Delete
	r := trash.Receipt{
		Actor: p.actor.Name, Proposal: p.proposal.ID, File: d.File, SHA256: d.SHA256, Style: d.Style,
		Reason: d.Reason, By: p.By, At: p.Now(),
	}
	if image, ok := p.standing.known[object{d.File, p.standing.versions[d.File]}]; ok {
		r.Bytes, r.Checks = image.Bytes, image.Checks
	}
	entry, ok := m.Images[d.File]
	if ok {
		r.Entry = trash.EntryOf(entry)
	}
	remote, err := p.Remote.Locate(ctx, p.actor.Name, d.File, d.SHA256, entry.S3URL)
	r.Remote, r.Outside = remote.Key, remote.Outside
	return r, remote, err
}
