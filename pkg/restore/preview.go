package restore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/ledger"
	"screentest/pkg/store"
	"screentest/pkg/trash"
)

// Actors returns who has something that Empty may delete, by name: images in the
// trash, or stored answers of the generator. Directories that can be no actor's
// are Problems.
func Actors(ctx context.Context, s store.Store) ([]actor.Name, []actor.Problem, error) {
	names, problems, err := trash.Actors(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	more, others, err := trash.ActorsBelow(ctx, s, actor.GeneratedRoot)
	if err != nil {
		return nil, nil, err
	}
	names = append(names, more...)
	slices.Sort(names)
	return slices.Compact(names), append(problems, others...), nil
}

// Preview says what Empty would do, if it were called now and nothing failed:
// Images are what it would delete, Problems what it would leave. It takes no
// lease and writes nothing.
func (c Config) Preview(ctx context.Context, n actor.Name, before time.Time) (Report, error) {
	w := c.work(n)
	if err := w.preview(ctx, before); err != nil {
		return w.report, fmt.Errorf("look at what is to be deleted of %s: %w", n, err)
	}
	return w.report, nil
}

func (w *work) preview(ctx context.Context, before time.Time) error {
	if err := w.read(ctx); err != nil {
		return err
	}
	for _, r := range w.begun {
		if _, err := w.second(r); err != nil {
			w.refuse(r, err)
		} else if w.ledger.Became(stepOf(r)) == ledger.Emptied {
			w.done(r)
		}
	}
	for _, r := range w.trashedBefore(before) {
		w.done(r)
	}
	leftovers, err := w.leftoversBefore(ctx, before)
	w.report.Images = append(w.report.Images, imagesOf(leftovers)...)
	return err
}

func imagesOf(leftovers []leftover) []Image {
	all := []Image{}
	for _, l := range leftovers {
		all = append(all, l.image())
	}
	return all
}

// Unused returns the generated pictures of an actor that were stored before a
// moment, never entered the set, and stay until the trash is emptied. Stored
// answers that no plan on record has left are Problems.
func Unused(ctx context.Context, s store.Store, n actor.Name, before time.Time) ([]Image, []actor.Problem, error) {
	w := Config{Store: s}.work(n)
	var err error
	if w.ledger, err = ledger.Load(ctx, s, n); err != nil {
		return nil, nil, err
	}
	leftovers, err := w.leftoversBefore(ctx, before)
	if err != nil {
		return nil, nil, fmt.Errorf("look for pictures of %s that never entered the set: %w", n, err)
	}
	return imagesOf(leftovers), w.report.Problems, nil
}
