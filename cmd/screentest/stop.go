package main

import (
	"context"
	"errors"

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
		Example: "  screentest --data s3://bucket/prefix sweep stop --stage prod",
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
	s, latest, err := a.latestSweep(ctx)
	if err != nil {
		return err
	}
	m, err := st.machine(ctx)
	var running []string
	if err == nil {
		running, err = m.running(ctx)
	}
	if err != nil {
		_, stopErr := sweep.Stop(ctx, s, latest.ID, a.now())
		return errors.Join(errors.New("the workers stop, but the state machine may go on"), err, stopErr)
	}
	var stopped []sweep.Header
	if len(running) == 0 {
		running = []string{latest.ID}
	}
	for _, id := range running {
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
	if err != nil {
		return h, err
	}
	return h, m.stop(ctx, id, "stopped by "+person())
}
