package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"screentest/pkg/store"
	"screentest/pkg/sweep"
)

func (a *app) sweepStopCommand() *cobra.Command {
	var s stage
	cmd := &cobra.Command{
		Use:   "stop",
		Short: "Stop the sweep that is running for good",
		Long: `Stop the sweep that is running (all of them, where one was started with --force):
its state machine ends, what is still queued of it is dropped by the workers
within a minute, and it is summed up. What was judged stays judged: the next sweep
does the rest.`,
		Example: "  screentest sweep stop --stage prod",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.stopSweep(cmd.Context(), &s)
		},
	}
	s.register(cmd.Flags())
	return a.reports(cmd)
}

// stopSweep stops what the state machine says is running; where nothing is, the
// latest sweep on record, in case that was never ended.
func (a *app) stopSweep(ctx context.Context, st *stage) error {
	m, err := a.at(ctx, st)
	var running []string
	if err == nil {
		running, err = m.running(ctx)
	}
	var usage usageError
	if err != nil && (errors.As(err, &usage) || errors.Is(err, errNoStage) || !a.dataGiven) {
		return err
	}
	s, openErr := a.open(ctx)
	if openErr != nil {
		return openErr
	}
	if err != nil {
		return a.stopWorkers(ctx, s, err)
	}
	if len(running) == 0 {
		latest, err := a.latestSweep(ctx, s)
		if err != nil {
			return err
		}
		running = []string{latest.ID}
	}
	return a.stopRuns(ctx, s, m, running)
}

// stopWorkers does what can be done where the state machine is not reached.
func (a *app) stopWorkers(ctx context.Context, s store.Store, why error) error {
	latest, err := a.latestSweep(ctx, s)
	if err == nil {
		_, err = sweep.Stop(ctx, s, latest.ID, a.now())
	}
	if err != nil {
		return errors.Join(why, err)
	}
	return fmt.Errorf("the workers stop, but the state machine may go on: %w", why)
}

func (a *app) stopRuns(ctx context.Context, s store.Store, m *machine, ids []string) error {
	var stopped []sweep.Header
	for _, id := range ids {
		h, err := a.stopRun(ctx, s, m, id)
		if err != nil {
			return err
		}
		stopped = append(stopped, h)
	}
	if a.json {
		return a.printJSON(map[string]any{"stopped": stopped})
	}
	for _, h := range stopped {
		if !h.EndedAt.IsZero() {
			a.printf("Nothing is running. Sweep %s has ended before: %s.\n", h.ID, printable(h.Outcome()))
			continue
		}
		a.printf("Sweep %s is stopped; what was judged stays judged. `sweep status` sums it up in a moment.\n", h.ID)
	}
	return nil
}

// stopRun makes the record first: without it the workers would go on. What is not
// on record yet gets there by the end of its execution.
func (a *app) stopRun(ctx context.Context, s store.Store, m *machine, id string) (sweep.Header, error) {
	h, err := sweep.Stop(ctx, s, id, a.now())
	if errors.Is(err, store.ErrNotFound) {
		h, err = sweep.Header{ID: id}, nil
	}
	if err != nil || !h.EndedAt.IsZero() {
		return h, err
	}
	return h, m.stop(ctx, id, "stopped by "+person())
}
