package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"screentest/pkg/event"
	"screentest/pkg/metric"
	"screentest/pkg/queue"
	"screentest/pkg/run"
	"screentest/pkg/store/s3"
	"screentest/pkg/sweep"
	"screentest/pkg/worker"
)

type redriveFlags struct {
	stage
	limit   int
	execute bool
}

func (a *app) queueRedriveCommand() *cobra.Command {
	var f redriveFlags
	cmd := &cobra.Command{
		Use:   "redrive [evaluations | balances | events]",
		Short: "Put dead letters back to where they came from",
		Long: `Put the messages that were set aside back into their queue, and do what the
events ask for that were: all of them, or those that are named. Events of images
become evaluations (with --execute their plans are performed too, as in a stage
whose upload_mode is execute), events of sweeps close their record. Work that was
done meanwhile is not done again, so doing this once too often costs next to
nothing.`,
		Example: "  screentest queue redrive --stage prod\n  screentest queue redrive balances --stage prod --limit 1",
		RunE: func(cmd *cobra.Command, names []string) error {
			if len(names) == 0 {
				names = slices.Concat(queueNames, []string{lostEvents})
			}
			if f.limit < 1 {
				return usageError{hint(fmt.Errorf("--limit %d puts nothing back", f.limit), "say one at least")}
			}
			return a.redrive(cmd.Context(), &f, names)
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().IntVar(&f.limit, "limit", 1_000_000, "messages of each queue to put back at most")
	cmd.Flags().BoolVar(&f.execute, "execute", false, "of events of images: also approve and perform the plans")
	return a.reports(cmd)
}

func (a *app) redrive(ctx context.Context, f *redriveFlags, names []string) error {
	for _, name := range names {
		if name != lostEvents && !slices.Contains(queueNames, name) {
			return usageError{fmt.Errorf("there is no queue %q; there are %q and %q", name, queueNames, lostEvents)}
		}
	}
	moved := map[string]int{}
	for _, name := range names {
		dead, err := f.dead(ctx, name)
		if err != nil {
			return err
		}
		if name == lostEvents {
			moved[name], err = a.redriveEvents(ctx, f, dead)
		} else if live, findErr := f.queue(ctx, name); findErr != nil {
			err = findErr
		} else {
			moved[name], err = queue.Move(ctx, dead, live, f.limit, a.now().Format(time.RFC3339Nano))
		}
		if err != nil {
			return fmt.Errorf("%s, after %s: %w", name, plural(moved[name], "message"), err)
		}
	}
	if a.json {
		return a.printJSON(map[string]any{"put_back": moved})
	}
	for _, name := range names {
		a.printf("%s: %s put back.\n", name, plural(moved[name], "message"))
	}
	return nil
}

// redriveEvents does what the functions would have done. An event that fails again
// stays where it is, and harms no other.
func (a *app) redriveEvents(ctx context.Context, f *redriveFlags, dead queue.Queue) (done int, err error) {
	var hear func(payload []byte) error
	var failed []error
	for range f.limit {
		letters, err := queue.Next(ctx, dead, 1)
		if err != nil || len(letters) == 0 {
			return done, errors.Join(append(failed, err)...)
		}
		if hear == nil { // only now must the tree be known
			if hear, err = a.listener(ctx, f); err != nil {
				return 0, err
			}
		}
		if err := hear(event.Lost([]byte(letters[0].Body))); err != nil {
			failed = append(failed, err)
			continue
		}
		if err := dead.Delete(ctx, letters[0].Receipt); err != nil {
			return done, err
		}
		done++
	}
	return done, errors.Join(failed...)
}

// listener handles the events of the stage's tree. Those of another are refused,
// and not passed over.
func (a *app) listener(ctx context.Context, f *redriveFlags) (func(payload []byte) error, error) {
	if _, err := a.at(ctx, &f.stage); err != nil {
		return nil, err
	}
	s, err := s3.Open(ctx, a.data)
	if err != nil {
		return nil, err
	}
	evaluations, err := f.queue(ctx, "evaluations")
	if err != nil {
		return nil, err
	}
	u := worker.Uploads{
		Mode: run.DryRun, Queue: evaluations, Metrics: metric.New(io.Discard, f.name, a.now), Log: slog.New(slog.DiscardHandler),
	}
	if f.execute {
		u.Mode = run.Execute
	}
	u.Bucket, u.Prefix = s.Place()
	return func(payload []byte) error {
		if _, err := event.DecodeEnding(payload); err == nil {
			_, err = sweep.Answer(ctx, s, payload, a.now())
			return err
		}
		changes, problems, err := event.Changes(payload)
		for _, c := range changes {
			if _, inside := c.In(u.Bucket, u.Prefix); !inside {
				problems = append(problems, fmt.Errorf("an event about %s in the bucket %s, which is not in %s", c.Object, c.Bucket, a.data))
			}
		}
		if err := errors.Join(append(problems, err)...); err != nil {
			return err
		}
		return u.Handle(ctx, payload)
	}, nil
}
