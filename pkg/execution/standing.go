package execution

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/evaluation"
	"screentest/pkg/ledger"
	"screentest/pkg/manifest"
	"screentest/pkg/store"
)

// A standing is how the set of an actor is found.
type standing struct {
	set      actor.Set
	contents map[string]string // sha256 by file
	versions map[string]store.Version
	known    map[object]evaluation.Image // as last evaluated
}

// An object is a state of one file.
type object struct {
	file    string
	version store.Version
}

// refresh looks at the set and makes sure that it is the one the plan is for, as
// far as the plan itself has not changed it. Where it is not, the plan ends.
func (p *performance) refresh(ctx context.Context) error {
	if err := p.look(ctx); err != nil {
		return err
	}
	original := p.original()
	if balance.FingerprintOf(original) == p.proposal.Plan.Fingerprint {
		return nil
	}
	why := difference(p.proposal.Set, original)
	if err := p.abandon(ctx); err != nil {
		return err
	}
	if err := p.end(ctx, ledger.Stale, why); err != nil {
		return err
	}
	return fmt.Errorf("%w: %s; evaluate again", ErrStale, why)
}

// look lists the set and learns the content of every image. What was evaluated
// in the same state need not be read.
func (p *performance) look(ctx context.Context) error {
	set, err := actor.LoadSet(ctx, p.Store, p.actor)
	if err != nil {
		return err
	}
	if err := set.Unreadable(); err != nil {
		return err
	}
	s := standing{set: set, contents: map[string]string{}, versions: map[string]store.Version{}, known: p.standing.known}
	if s.known == nil {
		if s.known, err = p.evaluated(ctx); err != nil {
			return err
		}
	}
	for _, info := range set.Images {
		file := info.Key.Base()
		sum, version, err := p.content(ctx, s, info)
		if err != nil {
			return err
		}
		s.contents[file], s.versions[file] = sum, version
	}
	p.standing = s
	return nil
}

func (p *performance) evaluated(ctx context.Context) (map[object]evaluation.Image, error) {
	known := map[object]evaluation.Image{}
	e, _, err := evaluation.Load(ctx, p.Store, p.actor.Name)
	if err != nil || e == nil {
		return known, err
	}
	for _, image := range e.Images {
		known[object{image.File, image.Version}] = image
	}
	return known, nil
}

// content returns the hash of an image, read only if its state is a new one.
func (p *performance) content(ctx context.Context, s standing, info store.Info) (string, store.Version, error) {
	file := info.Key.Base()
	if image, ok := s.known[object{file, info.Version}]; ok && image.SHA256 != "" {
		return image.SHA256, info.Version, nil
	}
	if p.standing.versions[file] == info.Version {
		return p.standing.contents[file], info.Version, nil
	}
	sum, read, err := store.Hash(ctx, p.Store, info.Key)
	if errors.Is(err, store.ErrNotFound) {
		err = fmt.Errorf("%w; it went while the set was looked at", err)
	}
	return sum, read.Version, err
}

// original is the set as it would be had the plan not been begun: without what
// the plan has placed, or is placing, and with what it has deleted.
func (p *performance) original() map[string]string {
	set := maps.Clone(p.standing.contents)
	for _, line := range p.proposal.Lines {
		if (line.Act == ledger.Passed || line.Act == ledger.Placed) && set[line.File] == line.SHA256 {
			delete(set, line.File)
		}
	}
	for _, step := range p.proposal.Steps() {
		if step.Delete != nil && p.proposal.Taken(step) && set[step.Delete.File] == "" {
			set[step.Delete.File] = step.Delete.SHA256
		}
	}
	return set
}

// difference says in words how now is not then.
func difference(then, now map[string]string) string {
	var all []string
	for _, file := range slices.Sorted(maps.Keys(then)) {
		switch sum, there := now[file]; {
		case !there:
			all = append(all, file+" is gone")
		case sum != then[file]:
			all = append(all, file+" has other contents")
		}
	}
	for _, file := range slices.Sorted(maps.Keys(now)) {
		if _, known := then[file]; !known {
			all = append(all, file+" is new")
		}
	}
	return "the set is no longer the one it was made for: " + strings.Join(all, ", ")
}

// reachable makes sure, before anything is spent or changed, that every image to
// be deleted can be deleted everywhere.
func (p *performance) reachable(ctx context.Context) error {
	m, _, err := manifest.Load(ctx, p.Store, p.actor.Name)
	if err != nil {
		return err
	}
	for _, step := range p.proposal.Steps() {
		d := step.Delete
		if d == nil || p.proposal.Taken(step) {
			continue
		}
		if _, err := p.Remote.Locate(ctx, p.actor.Name, d.File, d.SHA256, m.Images[d.File].S3URL); err != nil {
			return fmt.Errorf("delete %s: %w", d.File, err)
		}
	}
	return nil
}
