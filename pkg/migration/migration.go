// Package migration makes training manifests out of what earlier programs left
// behind: prompt_metadata.json, response.json, manifests that were migrated by
// hand, and the files themselves. It is run once, before anything else, and
// may be run again at any time.
//
// It loses nothing and guesses nothing. The sources are merged field by field,
// and of each field it is written where it came from; where two contradict each
// other both values are kept and reported; a time that is not known is left out.
// Legacy metadata is only read. A manifest with a revision is ours and is left
// alone. One bad actor never stops the others.
package migration

import (
	"cmp"
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"screentest/pkg/actor"
	"screentest/pkg/store"
)

// defaultConcurrency hides the latency of a bucket; each actor in work holds a
// read buffer and its metadata, no image.
const defaultConcurrency = 8

// Options say what to migrate.
type Options struct {
	Now         func() time.Time      // the clock
	DryRun      bool                  // write nothing, report the same
	Concurrency int                   // actors at once; 0 for the default
	Progress    func(done, total int) // optional; never called twice at once
}

// Run migrates. It fails only where nothing can be done for anybody: no roster,
// no listing, or ctx is done, in which case the report says what was finished.
// An actor that fails is in Report.Failures and is left as it was.
func Run(ctx context.Context, s store.Store, o Options) (Report, error) {
	r := &run{store: s, options: o, report: newReport()}
	actors, err := r.choose(ctx)
	if err != nil {
		return r.report, err
	}
	err = r.migrateAll(ctx, actors)
	r.report.sort()
	return r.report, err
}

// A run is one call of Run.
type run struct {
	store   store.Store
	options Options

	mu     sync.Mutex // guards report and calls of Progress
	report Report
}

// choose returns the actors to look into. Those for whom there is nothing to
// look into go into the report.
func (r *run) choose(ctx context.Context) ([]actor.Actor, error) {
	roster, err := actor.LoadRoster(ctx, r.store)
	if err != nil {
		return nil, err
	}
	dirs, err := actor.ListDirectories(ctx, r.store, roster)
	if err != nil {
		return nil, err
	}
	r.report.Problems = append(append(r.report.Problems, roster.Problems...), dirs.Problems...)
	for _, name := range dirs.Unregistered {
		r.report.Problems = append(r.report.Problems, actor.Problem{Where: "actors/" + name, Reason: "not in the roster"})
	}
	for _, a := range dirs.Absent {
		r.report.add(result{ActorReport: ActorReport{Actor: a.Name, Outcome: Skipped, Reason: noImages}})
	}
	return dirs.Present, nil
}

func (r *run) migrateAll(ctx context.Context, actors []actor.Actor) error {
	done := 0
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(cmp.Or(r.options.Concurrency, defaultConcurrency))
	for _, a := range actors {
		group.Go(func() error {
			result, err := r.migrate(ctx, a)
			if ctx.Err() != nil && err != nil {
				return ctx.Err()
			}
			if err != nil {
				result.Outcome, result.Reason = Failed, err.Error()
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			r.report.add(result)
			done++
			if r.options.Progress != nil {
				r.options.Progress(done, len(actors))
			}
			return nil
		})
	}
	return group.Wait()
}
