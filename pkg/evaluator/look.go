package evaluator

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"screentest/pkg/evaluation"
	"screentest/pkg/inspect"
	"screentest/pkg/judge"
	"screentest/pkg/manifest"
	"screentest/pkg/store"
)

// look measures the actor's pictures. Few actors do so at once, one after the
// other, so that the first cases are asked while later actors are measured.
func (w *work) look(ctx context.Context) error {
	if err := w.looking.Acquire(ctx, 1); err != nil {
		return err
	}
	defer w.looking.Release(1)
	if err := w.lookAtBase(ctx); err != nil {
		return err
	}
	return w.lookAtImages(ctx)
}

// lookAtBase reads the base image, unless it is known and nobody need see it.
// Without a usable one the actor is judged all the same, except for identity,
// and the evaluation says so.
func (w *work) lookAtBase(ctx context.Context) error {
	info, ok := w.set.BaseImage()
	if !ok {
		w.problems = append(w.problems, "no base image: identity is not judged")
		return nil
	}
	w.base = &evaluation.Base{File: info.Key.Base(), Version: info.Version}
	if sum, ok := w.hashed[object{w.base.File, info.Version}]; ok {
		w.base.SHA256 = sum
		return nil
	}
	picture, sum, err := w.read(ctx, info, func(string) (*inspect.Checks, bool) { return nil, !w.free() })
	if unusable(err) {
		w.problems = append(w.problems, "base image "+w.base.File+": "+err.Error()+": identity is not judged")
		return nil
	}
	if err != nil {
		return fmt.Errorf("base image: %w", err)
	}
	w.base.SHA256 = sum
	w.portrait = &judge.Exhibit{File: w.base.File, SHA256: sum, Checks: picture.Checks, Preview: picture.Preview}
	return nil
}

// showBase makes sure that the judge sees the base image with the open cases,
// also where its content was known without reading.
func (w *work) showBase(ctx context.Context, open []judge.Exhibit) error {
	if len(open) == 0 || w.free() || w.portrait != nil || w.base == nil || w.base.SHA256 == "" {
		return nil
	}
	delete(w.hashed, object{w.base.File, w.base.Version})
	return w.lookAtBase(ctx)
}

// lookAtImages reads and measures every image of the set. What goes wrong with
// one image is its own fact and stops neither the others nor the actor.
func (w *work) lookAtImages(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	previews := make([][]byte, len(w.facts))
	for i, info := range w.set.Images {
		group.Go(func() error {
			fact, preview, err := w.lookAtImage(ctx, info)
			w.facts[i], previews[i] = fact, preview
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, fact := range w.facts {
		if previews[i] != nil {
			w.previews[fact.SHA256] = previews[i]
		}
	}
	return nil
}

// lookAtImage fails only when the work is being stopped.
func (w *work) lookAtImage(ctx context.Context, info store.Info) (evaluation.Fact, []byte, error) {
	if sum, ok := w.hashed[object{info.Key.Base(), info.Version}]; ok {
		if checks, show := w.need(sum); !show {
			return evaluation.Fact{Info: info, SHA256: sum, Checks: checks}, nil, nil
		}
	}
	picture, sum, err := w.read(ctx, info, w.need)
	fact := evaluation.Fact{Info: info, SHA256: sum}
	var broken *inspect.BrokenError
	switch {
	case errors.As(err, &broken):
		fact.Broken = broken.Reason
	case ctx.Err() != nil:
		return fact, nil, ctx.Err()
	case err != nil:
		fact.Err = err
	default:
		fact.Checks = &picture.Checks
	}
	return fact, picture.Preview, nil
}

// compareBroken finds out which broken files were others when the manifest listed
// them. A set without broken files costs nothing.
func (w *work) compareBroken(ctx context.Context) error {
	broken := func(f evaluation.Fact) bool { return f.Broken != "" }
	if w.set.Manifest == nil || !slices.ContainsFunc(w.facts, broken) {
		return nil
	}
	m, _, err := manifest.Load(ctx, w.Store, w.set.Actor.Name)
	if errors.Is(err, manifest.ErrInvalid) || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrTooLarge) {
		return nil // it says nothing
	}
	if err != nil {
		return err
	}
	for i, fact := range w.facts {
		listed := m.Images[fact.Info.Key.Base()].SHA256
		w.facts[i].Damaged = broken(fact) && listed != "" && listed != fact.SHA256
	}
	return nil
}

// need says what is known of a content already, and whether its verdict is
// missing, so that the judge has to see it.
func (w *work) need(sum string) (*inspect.Checks, bool) {
	_, judged := w.known[w.subject(sum)]
	return w.measured[sum], !judged && !w.free()
}

// read opens an image and returns its measurements, its hash, and a preview
// where it is wanted.
func (w *work) read(ctx context.Context, info store.Info, need func(sum string) (*inspect.Checks, bool)) (inspect.Picture, string, error) {
	leave, err := w.memory.enter(ctx, info.Size)
	if err != nil {
		return inspect.Picture{}, "", err
	}
	defer leave()
	data, read, err := store.ReadAll(ctx, w.Store, info.Key, w.Settings.Images.MaxBytes)
	if err != nil {
		return inspect.Picture{}, "", err
	}
	if read.Version != info.Version {
		return inspect.Picture{}, "", fmt.Errorf("read %s: %w: it was replaced while the set was being evaluated", info.Key, store.ErrConflict)
	}
	return w.measure(ctx, data, need)
}

// unusable reports whether err is about the image itself and not about reaching
// it: trying again would not help.
func unusable(err error) bool {
	var broken *inspect.BrokenError
	var limit *inspect.LimitError
	return errors.As(err, &broken) || errors.As(err, &limit) || errors.Is(err, store.ErrTooLarge)
}
