package execution

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"screentest/pkg/actor"
	"screentest/pkg/evaluation"
	"screentest/pkg/inspect"
	"screentest/pkg/ledger"
	"screentest/pkg/mirror"
	"screentest/pkg/store"
	"screentest/pkg/verdict"
)

func (p *performance) limits() inspect.Limits {
	return inspect.Limits{Bytes: p.Settings.Images.MaxBytes, Megapixels: p.Settings.Images.MaxMegapixels}
}

// judge decides whether a picture may enter the set, and under which name.
func (p *performance) judge(ctx context.Context, step ledger.Step, received ledger.Line) error {
	a, err := p.answer(ctx, step, received)
	if err != nil {
		return err
	}
	file, err := p.freeName(ctx, a.Extension)
	if err != nil {
		return err
	}
	if p.examiner == nil {
		p.examiner = p.Evaluator.Examiner(p.standing.set)
	}
	examined, used, err := p.examiner.Examine(ctx, file, a.Data)
	p.result.Spent = p.result.Spent.Add(used)
	if err != nil {
		return err
	}
	line := ledger.Line{Act: ledger.Passed, Try: a.Try, SHA256: received.SHA256, File: file, Prompt: a.PromptID, Generator: received.Generator}
	faults := p.faults(examined, step.Style)
	copied, err := p.copyOf(ctx, examined)
	if err != nil {
		return err
	}
	if copied != "" {
		faults = append(faults, "it is a copy of "+copied)
	}
	p.measured[received.SHA256] = examined.Checks
	if len(faults) > 0 {
		line.Act, line.File, line.Why = ledger.Unfit, "", strings.Join(faults, "; ")
	}
	return p.record(ctx, step, line)
}

// faults returns why a picture may not enter the set as one of that style.
func (p *performance) faults(i evaluation.Image, wanted verdict.Style) []string {
	switch {
	case i.Judged != evaluation.OK:
		return []string{string(i.Judged) + ": " + i.Error}
	case i.Condemned(p.Settings.Plan):
		return i.Reasons
	case i.Style != wanted:
		return []string{fmt.Sprintf("it is %s, ordered was %s", i.Style, wanted)}
	}
	return nil
}

// copyOf returns the image of the set, of the trash, or the base image that a
// picture is a copy of, "" if it is none.
func (p *performance) copyOf(ctx context.Context, i evaluation.Image) (string, error) {
	if i.Checks == nil || !slices.Contains(p.Settings.Plan.Condemn, verdict.Duplicate) {
		return "", nil
	}
	names, prints, err := p.prints(ctx)
	if err != nil {
		return "", err
	}
	if at, ok := inspect.CopyOf(inspect.Print{SHA256: i.SHA256, Checks: *i.Checks}, prints); ok {
		return names[at], nil
	}
	return "", nil
}

// prints are the fingerprints of all that a new picture must not be a copy of:
// the base image, the set as it is by now, and what is in the trash.
func (p *performance) prints(ctx context.Context) (names []string, prints []inspect.Print, err error) {
	add := func(name, sha256 string, c *inspect.Checks) {
		if c != nil {
			names, prints = append(names, name), append(prints, inspect.Print{SHA256: sha256, Checks: *c})
		}
	}
	if err := p.readBase(ctx); err != nil {
		return nil, nil, err
	}
	add("the base image", p.portrait.SHA256, &p.portrait.Checks)
	for _, file := range slices.Sorted(maps.Keys(p.standing.contents)) {
		checks, err := p.checks(ctx, file)
		if err != nil {
			return nil, nil, err
		}
		add(file, p.standing.contents[file], checks)
	}
	for _, r := range p.trashed {
		add(r.File+" in the trash", r.SHA256, r.Checks)
	}
	return names, prints, nil
}

// checks returns the measurements of an image of the set, nil if it is broken.
// Only an image that a performance cut off has placed is not known.
func (p *performance) checks(ctx context.Context, file string) (*inspect.Checks, error) {
	sum := p.standing.contents[file]
	if c, ok := p.measured[sum]; ok {
		return c, nil
	}
	data, _, err := store.ReadAll(ctx, p.Store, actor.TrainingKey(p.actor.Name, file), p.Settings.Images.MaxBytes)
	if err != nil {
		return nil, err
	}
	picture, err := inspect.Inspect(data, p.limits(), 0)
	if err == nil {
		p.measured[sum] = &picture.Checks
	}
	return p.measured[sum], nil
}

// place brings a picture that has passed into the set: its copy in the mirror, the
// object, the manifest entry, the line. Every part may have been done before.
func (p *performance) place(ctx context.Context, step ledger.Step, passed ledger.Line) error {
	a, err := p.answer(ctx, step, passed)
	if err != nil {
		return err
	}
	key := actor.TrainingKey(p.actor.Name, passed.File)
	err = p.Remote.Mirror.Put(ctx, key, a.Data)
	if errors.Is(err, mirror.ErrDiffers) {
		return p.renameTo(ctx, step, passed, a)
	}
	if err != nil {
		return fmt.Errorf("in the mirror: %w", err)
	}
	version, err := p.Store.Put(ctx, key, a.Data, store.IfAbsent)
	if errors.Is(err, store.ErrConflict) {
		return p.rename(ctx, step, passed, a)
	}
	if err != nil {
		return err
	}
	return p.list(ctx, step, passed, a, version)
}

// rename is for a name that something lies under: the picture itself, from an
// earlier time, or somebody else's.
func (p *performance) rename(ctx context.Context, step ledger.Step, passed ledger.Line, a answer) error {
	sum, info, err := store.Hash(ctx, p.Store, actor.TrainingKey(p.actor.Name, passed.File))
	if err != nil {
		return err
	}
	if sum == passed.SHA256 {
		return p.list(ctx, step, passed, a, info.Version)
	}
	return p.renameTo(ctx, step, passed, a)
}

// renameTo gives a picture the next name.
func (p *performance) renameTo(ctx context.Context, step ledger.Step, passed ledger.Line, a answer) (err error) {
	if err := p.look(ctx); err != nil {
		return err
	}
	if passed.File, err = p.freeName(ctx, a.Extension); err != nil {
		return err
	}
	return p.record(ctx, step, passed)
}

// list gives an image that lies in the set its place in the manifest.
func (p *performance) list(ctx context.Context, step ledger.Step, passed ledger.Line, a answer, version store.Version) error {
	key := actor.TrainingKey(p.actor.Name, passed.File)
	p.standing.contents[passed.File], p.standing.versions[passed.File] = passed.SHA256, version
	url := ""
	if m := p.Remote.Mirror; m != nil {
		url = m.At.URL(key)
	}
	if err := p.enter(ctx, step, passed, a, url); err != nil {
		return err
	}
	line := ledger.Line{Act: ledger.Placed, Try: a.Try, File: passed.File, SHA256: passed.SHA256, To: key, Prompt: a.PromptID, Generator: passed.Generator}
	if err := p.record(ctx, step, line); err != nil {
		return err
	}
	p.result.Generated++
	return nil
}
