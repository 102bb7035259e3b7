package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"screentest/pkg/actor"
	"screentest/pkg/run"
	"screentest/pkg/store"
	"screentest/pkg/sweep"
)

func (a *app) sweepCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sweep",
		Short: "Start, watch and stop a run over the whole roster on AWS",
		Example: "  screentest --data s3://bucket/prefix sweep start --stage prod\n" +
			"  screentest --data s3://bucket/prefix sweep status --watch",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.sweepStartCommand(), a.sweepStatusCommand(), a.sweepStopCommand())
	return cmd
}

type sweepFlags struct {
	stage
	execute, force bool
	actors         []string
}

func (a *app) sweepStartCommand() *cobra.Command {
	var f sweepFlags
	cmd := &cobra.Command{
		Use:   "start",
		Short: "Have every actor evaluated by the functions of a stage",
		Long: `Start the state machine of a stage: it asks for the evaluation of every actor
that has training images, waits, and ends with a summary. Without --execute
nothing is changed but what screentest writes for itself. While a sweep runs no
other one starts; uploads go on, and do no harm.`,
		Example: "  screentest --data s3://bucket/prefix sweep start --stage prod\n" +
			"  screentest --data s3://bucket/prefix sweep start --stage prod --execute --actors 0042_black_25_female",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.startSweep(cmd.Context(), &f)
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().BoolVar(&f.execute, "execute", false, "approve the plans and perform them")
	cmd.Flags().BoolVar(&f.force, "force", false, "also while another sweep runs")
	cmd.Flags().StringSliceVar(&f.actors, "actors", nil, "only these, with commas between them")
	return a.reports(cmd)
}

func (a *app) startSweep(ctx context.Context, f *sweepFlags) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	if err := inRoster(ctx, s, f.actors); err != nil {
		return err
	}
	m, err := f.machine(ctx)
	if err != nil {
		return err
	}
	if running, err := m.running(ctx); err != nil {
		return err
	} else if len(running) > 0 && !f.force {
		return fmt.Errorf("the sweep %s is running: wait for its end, stop it with `screentest sweep stop`, or say --force", running[0])
	}
	mode := run.DryRun
	if f.execute {
		mode = run.Execute
	}
	id := a.now().UTC().Format("20060102T150405.000Z")
	if err := a.beginSweep(ctx, s, m, f, mode, id); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"run": id, "mode": mode})
	}
	a.printf("Sweep %s (%s) has started; `screentest --data %s sweep status --watch` shows how far it is.\n", id, mode, a.data)
	return nil
}

// beginSweep puts the sweep on record as soon as it runs, so that `sweep status`
// and `sweep stop` mean this one and not the one before, also while the first page
// is on its way. The state machine does the same, for who starts it elsewhere.
func (a *app) beginSweep(ctx context.Context, s store.Store, m *machine, f *sweepFlags, mode run.Mode, id string) error {
	input, err := json.Marshal(map[string]any{"mode": mode, "actors": append([]string{}, f.actors...), "force": f.force})
	if err != nil {
		return err
	}
	if err := m.start(ctx, id, string(input)); err != nil {
		return err
	}
	if err := sweep.Begin(ctx, s, mode, id, a.now()); err != nil {
		return fmt.Errorf("sweep %s has started, but `sweep status` will know of it a little later: %w", id, err)
	}
	return nil
}

// inRoster refuses names that no actor has.
func inRoster(ctx context.Context, s store.Store, names []string) error {
	if len(names) == 0 {
		return nil
	}
	roster, err := actor.LoadRoster(ctx, s)
	if err == nil {
		_, err = named(roster, names)
	}
	return err
}

// latestSweep fails where there is none.
func (a *app) latestSweep(ctx context.Context) (store.Store, *sweep.Header, error) {
	s, err := a.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	h, err := sweep.Latest(ctx, s)
	if err == nil && h == nil {
		err = fmt.Errorf("there is no sweep in %s; `screentest sweep start` starts one", a.data)
	}
	return s, h, err
}

func (a *app) sweepStatusCommand() *cobra.Command {
	var watch bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how far the latest sweep is",
		Long: `Show how many actors of the latest sweep are settled, from the same numbers as
the dashboard; when it has ended, what it cost and why actors failed.`,
		Example: "  screentest --data s3://bucket/prefix sweep status --watch",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.sweepStatus(cmd.Context(), watch)
		},
	}
	cmd.Flags().BoolVar(&watch, "watch", false, "show it again until the sweep has ended")
	return a.reports(cmd)
}

// sweepReport is a sweep in numbers.
type sweepReport struct {
	sweep.Header
	sweep.Tally
	Remaining int             `json:"remaining"`
	GaveUp    json.RawMessage `json:"gave_up,omitempty"` // what the state machine wrote when it ended early
}

func (r sweepReport) over() bool {
	return !r.EndedAt.IsZero() || !r.StoppedAt.IsZero() || r.GaveUp != nil
}

// sweepInterval is how often --watch looks: each look is a listing of all outcomes.
const sweepInterval = 5 * time.Second

func (a *app) sweepStatus(ctx context.Context, watch bool) error {
	for {
		report, err := a.reportSweep(ctx)
		if err != nil {
			return err
		}
		if a.json {
			err = a.printJSON(report)
		} else {
			a.printSweep(report)
		}
		if err != nil || !watch || report.over() {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(sweepInterval):
		}
	}
}

func (a *app) reportSweep(ctx context.Context) (sweepReport, error) {
	s, h, err := a.latestSweep(ctx)
	if err != nil {
		return sweepReport{}, err
	}
	report := sweepReport{Header: *h}
	if report.Tally, err = h.Tally(ctx, s); err != nil {
		return report, err
	}
	report.Remaining = max(0, h.Total-report.Settled())
	report.GaveUp, err = sweep.GaveUp(ctx, s, *h)
	return report, err
}

func (a *app) printSweep(r sweepReport) {
	state := "under way since " + r.StartedAt.Local().Format(time.DateTime)
	switch {
	case !r.EndedAt.IsZero():
		state = "ended " + r.EndedAt.Local().Format(time.DateTime) + ": " + printable(r.Outcome())
	case !r.StoppedAt.IsZero():
		state = "stopped " + r.StoppedAt.Local().Format(time.DateTime)
	case r.GaveUp != nil:
		state = "given up: " + printable(string(r.GaveUp))
	case !r.Listed:
		state += ", still looking for actors"
	}
	a.printf("%s %s, %s\n", r.Mode, r.ID, state)
	a.printf("  %s %d of %d actors: %d completed, %d skipped, %d failed; %d remaining\n",
		bar(r.Settled(), r.Total), r.Settled(), r.Total, r.Completed, r.Skipped, r.Failed, r.Remaining)
	if r.Summary != nil {
		a.printf("  %s, $%.4f\n", plural(r.Summary.Usage.Requests, "model request"), r.Summary.Usage.USD)
		for _, f := range r.Summary.Failures {
			a.printf("  failed: %s, such as %s: %s\n", plural(f.Actors, "actor"), printable(string(f.Example)), printable(f.Reason))
		}
	}
}

// bar draws how much is done.
func bar(done, total int) string {
	const width = 20
	full := min(width, width*done/max(1, total))
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", width-full) + "]"
}
