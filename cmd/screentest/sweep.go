package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"screentest/pkg/store"
	"screentest/pkg/sweep"
)

func (a *app) sweepCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sweep",
		Short: "Start, watch and stop a run over the whole roster on AWS",
		Example: "  screentest sweep start --stage prod\n" +
			"  screentest sweep status --stage prod --watch",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.sweepStartCommand(), a.sweepStatusCommand(), a.sweepStopCommand())
	return cmd
}

// latestSweep fails where there is none.
func (a *app) latestSweep(ctx context.Context, s store.Store) (*sweep.Header, error) {
	h, err := sweep.Latest(ctx, s)
	if err == nil && h == nil {
		err = fmt.Errorf("there is no sweep in %s; `screentest sweep start` starts one", a.data)
	}
	return h, err
}

func (a *app) sweepStatusCommand() *cobra.Command {
	var st stage
	var watch bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how far the latest sweep is",
		Long: `Show how many actors of the latest sweep are settled, from the same numbers as
the dashboard; when it has ended, what it cost and why actors failed. It takes the
tree that --data names, or else that of the stage.`,
		Example: "  screentest sweep status --stage prod --watch",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if st.name != "" && (!a.dataGiven || cmd.Flags().Changed("stage")) {
				if _, err := a.at(cmd.Context(), &st); err != nil {
					return err
				}
			}
			return a.sweepStatus(cmd.Context(), watch)
		},
	}
	st.register(cmd.Flags())
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
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	for {
		report, err := a.reportSweep(ctx, s)
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

func (a *app) reportSweep(ctx context.Context, s store.Store) (sweepReport, error) {
	h, err := a.latestSweep(ctx, s)
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
