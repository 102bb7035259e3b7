package execution

import (
	"context"
	"errors"
	"fmt"

	"screentest/pkg/actor"
	"screentest/pkg/ledger"
	"screentest/pkg/mirror"
	"screentest/pkg/store"
	"screentest/pkg/trash"
)

// settle makes up for an earlier performance that was cut off in the middle of a
// step, before anything else looks at the manifest. What became of an order that
// may have been billed is put on record; a picture that lies in the set gets its
// entry. Of a deletion, if the image has left the set, the rest is
// done; if it is still there, its entry comes back and the step is taken again.
func (p *performance) settle(ctx context.Context) error {
	for _, step := range p.proposal.Steps() {
		t := p.proposal.Tries(step)
		var err error
		switch {
		case t.Last.Act == ledger.Passed:
			err = p.settlePlacing(ctx, step, t.Last)
		case t.Last.Act == ledger.Ordered && t.Last.Bound > 0:
			err = p.recover(ctx, step, t.Last)
		}
		if err != nil {
			return fmt.Errorf("settle %s: %w", step.Key, err)
		}
	}
	return p.cutOff(ctx, func(step ledger.Step, r trash.Receipt) error {
		sum, _, err := store.Hash(ctx, p.Store, actor.TrainingKey(p.actor.Name, r.File))
		switch {
		case errors.Is(err, store.ErrNotFound):
			return p.finishLate(ctx, step, r)
		case err != nil || sum != r.SHA256:
			return err
		}
		return p.putBack(ctx, r)
	})
}

func (p *performance) settlePlacing(ctx context.Context, step ledger.Step, passed ledger.Line) error {
	sum, info, err := store.Hash(ctx, p.Store, actor.TrainingKey(p.actor.Name, passed.File))
	if errors.Is(err, store.ErrNotFound) || err == nil && sum != passed.SHA256 {
		return nil // it is yet to be placed, or has to have another name
	}
	if err != nil {
		return err
	}
	a, err := p.answer(ctx, step, passed)
	if errors.Is(err, errNoAnswer) {
		return nil // the picture stays, as one that nobody knows the origin of
	}
	if err != nil {
		return err
	}
	return p.list(ctx, step, passed, a, info.Version)
}

// abandon clears away what a cut-off deletion has left in the trash, where the
// image is still in the set. Nothing is lost by that.
func (p *performance) abandon(ctx context.Context) error {
	return p.cutOff(ctx, func(_ ledger.Step, r trash.Receipt) error {
		if p.standing.contents[r.File] != r.SHA256 {
			return nil
		}
		if r.Remote != "" && p.Remote.Mirror != nil {
			if err := trash.Drop(ctx, p.Remote.Mirror.Store, r); err != nil {
				return fmt.Errorf("in the mirror: %w", err)
			}
		}
		return trash.Drop(ctx, p.Store, r)
	})
}

// cutOff calls do for every deletion that has a receipt and is not finished.
func (p *performance) cutOff(ctx context.Context, do func(ledger.Step, trash.Receipt) error) error {
	receipts := map[string]trash.Receipt{}
	for _, r := range p.trashed {
		if r.Proposal == p.proposal.ID {
			receipts[r.File] = r
		}
	}
	for _, step := range p.proposal.Steps() {
		if step.Delete == nil || p.proposal.Taken(step) {
			continue
		}
		if r, ok := receipts[step.Delete.File]; ok {
			if err := do(step, r); err != nil {
				return fmt.Errorf("settle the deletion of %s: %w", r.File, err)
			}
		}
	}
	return nil
}

// finishLate takes the rest of a step whose image has left the set. If it is not
// in the trash either, it was not this plan that took it.
func (p *performance) finishLate(ctx context.Context, step ledger.Step, r trash.Receipt) error {
	sum, _, err := store.Hash(ctx, p.Store, r.ImageKey())
	if errors.Is(err, store.ErrNotFound) {
		return trash.Drop(ctx, p.Store, r)
	}
	if err != nil {
		return err
	}
	if sum != r.SHA256 {
		return fmt.Errorf("%s holds other contents than its receipt says", r.ImageKey())
	}
	if err := p.load(ctx); err != nil {
		return err
	}
	if _, there := p.manifest.Images[r.File]; there {
		delete(p.manifest.Images, r.File)
		if err := p.save(ctx); err != nil {
			return err
		}
	}
	remote, err := p.remoteOf(ctx, r)
	if err != nil {
		return err
	}
	p.result.Deleted++
	return p.finish(ctx, step, r, remote)
}

// remoteOf returns what of an image that is in the trash still lies in the
// mirror.
func (p *performance) remoteOf(ctx context.Context, r trash.Receipt) (mirror.Object, error) {
	if r.Remote == "" {
		return mirror.Object{Outside: r.Outside}, nil
	}
	if p.Remote.Mirror == nil {
		return mirror.Object{}, fmt.Errorf("its second copy is in a mirror: %s", mirror.Advice)
	}
	sum, info, err := store.Hash(ctx, p.Remote.Mirror.Store, r.Remote)
	if errors.Is(err, store.ErrNotFound) {
		return mirror.Object{Outside: r.Outside}, nil
	}
	if err == nil && sum != r.SHA256 {
		err = mirror.ErrDiffers
	}
	return mirror.Object{Key: r.Remote, Version: info.Version, Outside: r.Outside}, err
}

// putBack makes sure that an image of the set has the manifest entry that its
// receipt remembers.
func (p *performance) putBack(ctx context.Context, r trash.Receipt) error {
	if err := p.load(ctx); err != nil {
		return err
	}
	if _, there := p.manifest.Images[r.File]; there || r.Entry == nil {
		return nil
	}
	image, err := r.Image()
	if err != nil {
		return err
	}
	p.manifest.Images[r.File] = image
	return p.save(ctx)
}
