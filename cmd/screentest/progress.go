package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"screentest/pkg/run"
	"screentest/pkg/store"
)

// clearScreen moves to the top left and erases what is below.
const clearScreen = "\x1b[H\x1b[J"

// watchInterval is how often --watch looks again.
const watchInterval = time.Second

func (a *app) progressCommand() *cobra.Command {
	var watch, reset bool
	cmd := &cobra.Command{
		Use:   "progress",
		Short: "Show how far the latest runs are",
		Long: `Show the latest run of each kind, dry runs and executing runs apart: how many
actors are completed, failed, skipped because nothing had changed, and
remaining, the rate, the time left, the dollars, and why actors failed.`,
		Example: "  screentest --data ./data progress\n  screentest --data ./data progress --watch\n  screentest --data ./data progress --json",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.open(cmd.Context())
			if err != nil {
				return err
			}
			switch {
			case reset && watch:
				return usageError{fmt.Errorf("--reset and --watch exclude each other")}
			case reset:
				return a.resetRuns(cmd.Context(), s)
			case watch:
				return a.watch(cmd.Context(), s)
			}
			_, err = a.showProgress(cmd.Context(), s)
			return err
		},
	}
	cmd.Flags().BoolVar(&watch, "watch", false, "show it again every second until the runs have ended")
	cmd.Flags().BoolVar(&reset, "reset", false, "forget the record of all runs; evaluations and verdicts stay")
	return a.reports(cmd)
}

func (a *app) resetRuns(ctx context.Context, s store.Store) error {
	n, err := run.Reset(ctx, s)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]int{"forgotten": n})
	}
	a.printf("%s forgotten; evaluations and verdicts are untouched.\n", plural(n, "run"))
	return nil
}

// watch prints the progress again and again, on a terminal over what it printed
// before.
func (a *app) watch(ctx context.Context, s store.Store) error {
	for {
		if terminalWidth(a.stdout) > 0 && !a.json {
			a.printf("%s", clearScreen)
		}
		active, err := a.showProgress(ctx, s)
		if err != nil || !active {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(watchInterval):
		}
	}
}

// showProgress prints the latest run of each mode and reports whether one of
// them has not ended.
func (a *app) showProgress(ctx context.Context, s store.Store) (active bool, err error) {
	reports := []run.Progress{}
	for _, mode := range []run.Mode{run.DryRun, run.Execute} {
		latest, err := run.Latest(ctx, s, mode)
		if err != nil {
			return false, err
		}
		if latest == nil {
			continue
		}
		progress, err := latest.Progress(ctx, s, a.now())
		if err != nil {
			return false, err
		}
		reports = append(reports, progress)
		active = active || !progress.Over()
	}
	if a.json {
		return active, a.printJSON(map[string]any{"runs": reports})
	}
	if len(reports) == 0 {
		a.printf("No run yet. Start one with `screentest --data %s evaluate --all`.\n", a.data)
	}
	for _, p := range reports {
		a.printProgress(p)
	}
	return active, nil
}

func (a *app) printProgress(p run.Progress) {
	a.printf("%s %s by %s, %s\n", p.Mode, p.ID, p.Judge.Name, a.condition(p))
	a.printf("  %d of %d actors done: %d completed, %d skipped, %d failed; %d remaining\n",
		p.Total-p.Remaining, p.Total, p.Completed, p.Skipped, p.Failed, p.Remaining)
	if p.PerMinute > 0 {
		a.printf("  %.1f actors a minute", p.PerMinute)
		if p.Remaining > 0 {
			a.printf(", about %s left", time.Duration(p.SecondsLeft*float64(time.Second)).Round(time.Second))
		}
		a.printf("\n")
	}
	a.printf("  %s, $%.4f\n", plural(p.Usage.Requests, "model request"), p.Usage.USD)
	for _, f := range p.Failures {
		a.printf("  failed: %s: %s\n", printable(string(f.Actor)), printable(f.Reason))
	}
}

func (a *app) condition(p run.Progress) string {
	switch {
	case !p.EndedAt.IsZero():
		return "ended " + p.EndedAt.Format(time.DateTime)
	case !p.StoppedAt.IsZero():
		return "stopped " + p.StoppedAt.Format(time.DateTime) + "; the same command goes on from there"
	case p.LastAt.IsZero():
		return "started " + p.StartedAt.Format(time.DateTime)
	}
	return fmt.Sprintf("under way or interrupted, last outcome %s ago", a.now().Sub(p.LastAt).Round(time.Second))
}
