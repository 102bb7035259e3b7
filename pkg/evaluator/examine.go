package evaluator

import (
	"context"
	"errors"
	"fmt"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/evaluation"
	"screentest/pkg/inspect"
	"screentest/pkg/judge"
	"screentest/pkg/store"
)

// An Examiner judges pictures that are not in a set yet, by the same checks and
// the same judge as those that are. It reads the base image once. It is not safe
// for concurrent use.
type Examiner struct{ work *work }

// Examiner returns an examiner for a set.
func (e *Evaluator) Examiner(set actor.Set) *Examiner {
	w := &work{Evaluator: e, set: set}
	w.remember(nil)
	return &Examiner{w}
}

// Examine judges one picture that may become file. The verdict is put on the
// record, so that the image costs nothing more once it is in the set. A picture
// that is broken, or that the judge declined to look at, is examined like any
// other; an error means that this picture may be examined later.
//
// Copies of other images are not looked for. Whoever calls it holds the actor's
// lease, or has no need of one.
func (x *Examiner) Examine(ctx context.Context, file string, data []byte) (evaluation.Image, cost.Usage, error) {
	x.work.usage, x.work.problems = cost.Usage{}, nil
	if err := x.work.examine(ctx, file, data); err != nil {
		return evaluation.Image{}, x.work.usage, fmt.Errorf("examine %s: %w", file, err)
	}
	return x.work.build(nil).Images[0], x.work.usage, nil
}

func (w *work) examine(ctx context.Context, file string, data []byte) error {
	if err := w.prepare(ctx); err != nil {
		return err
	}
	picture, sum, err := w.measure(ctx, data, w.need)
	fact := evaluation.Fact{Info: store.Info{Key: actor.TrainingKey(w.set.Actor.Name, file), Size: int64(len(data))}, SHA256: sum}
	switch {
	case unusable(err):
		fact.Broken = err.Error()
	case err != nil:
		return err
	default:
		fact.Checks = &picture.Checks
	}
	w.facts = []evaluation.Fact{fact}
	w.previews[sum] = picture.Preview
	if err := w.judgeImages(ctx); err != nil {
		return err
	}
	if err := w.facts[0].Err; err != nil && !errors.Is(err, judge.ErrRefused) {
		return err
	}
	return nil
}

// prepare loads what is known and reads the base image, the first time.
func (w *work) prepare(ctx context.Context) error {
	if w.known == nil {
		if err := w.loadVerdicts(ctx); err != nil {
			return err
		}
	}
	if w.base == nil {
		return w.lookAtBase(ctx)
	}
	return nil
}

// measure takes what is needed from the bytes of an image. Content that is
// measured and need not be seen is hashed but not decoded.
func (w *work) measure(ctx context.Context, data []byte, need func(sum string) (*inspect.Checks, bool)) (inspect.Picture, string, error) {
	sum := store.HashOf(data)
	checks, show := need(sum)
	if checks != nil && !show {
		return inspect.Picture{Checks: *checks}, sum, nil
	}
	leave, err := w.pixels.enter(ctx, inspect.Footprint(data))
	if err != nil {
		return inspect.Picture{}, sum, err
	}
	defer leave()
	preview := 0
	if show {
		preview = w.Judge.PreviewSize()
	}
	limits := inspect.Limits{Bytes: w.Settings.Images.MaxBytes, Megapixels: w.Settings.Images.MaxMegapixels, Memory: w.largest}
	picture, err := inspect.Inspect(data, limits, preview)
	return picture, sum, err
}
