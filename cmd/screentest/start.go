package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"screentest/pkg/actor"
	"screentest/pkg/run"
	"screentest/pkg/store"
	"screentest/pkg/sweep"
)

type sweepFlags struct {
	stage
	execute, force, yes bool
	actors              []string
}

func (a *app) sweepStartCommand() *cobra.Command {
	var f sweepFlags
	cmd := &cobra.Command{
		Use:   "start",
		Short: "Have every actor evaluated by the functions of a stage",
		Long: `Start the state machine of a stage: it asks for the evaluation of every actor
that has training images, waits, and ends with a summary. Without --execute
nothing is changed but what screentest writes for itself; with it, it is said
whose images will be, and asked; elsewhere than on a terminal it needs --yes.

The stage knows where its tree lies: --data may be left out, and has to be that
tree. While a sweep runs no other one starts; uploads go on, and do no harm.`,
		Example: "  screentest sweep start --stage prod\n" +
			"  screentest sweep start --stage prod --execute --actors 0042_black_25_female",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("actors") && len(f.actors) == 0 {
				return usageError{hint(errors.New("--actors names nobody"), "name actors, or leave it out for the whole roster")}
			}
			return a.startSweep(cmd.Context(), &f)
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().BoolVar(&f.execute, "execute", false, "approve the plans and perform them")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do it without asking")
	cmd.Flags().BoolVar(&f.force, "force", false, "also while another sweep runs")
	cmd.Flags().StringSliceVar(&f.actors, "actors", nil, "only these, with commas between them")
	return a.reports(cmd)
}

func (a *app) startSweep(ctx context.Context, f *sweepFlags) error {
	m, err := a.at(ctx, &f.stage)
	if err != nil {
		return err
	}
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	if err := inRoster(ctx, s, f.actors); err != nil {
		return err
	}
	if running, err := m.running(ctx); err != nil {
		return err
	} else if len(running) > 0 && !f.force {
		return hint(fmt.Errorf("the sweep %s is running", running[0]), hintRunning)
	}
	mode := run.DryRun
	if f.execute {
		mode = run.Execute
		if proceed, err := a.confirmSweep(ctx, s, f); err != nil || !proceed {
			return err
		}
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

const hintRunning = "wait for its end, stop it with `screentest sweep stop`, or say --force"

// confirmSweep says whose images will be deleted and generated, and asks.
func (a *app) confirmSweep(ctx context.Context, s store.Store, f *sweepFlags) (bool, error) {
	who := fmt.Sprintf("%s: %s", plural(len(f.actors), "actor"), strings.Join(f.actors, ", "))
	if len(f.actors) == 0 {
		roster, err := actor.LoadRoster(ctx, s)
		if err != nil {
			return false, err
		}
		found, err := actor.Detect(ctx, s, roster)
		if err != nil {
			return false, err
		}
		who = fmt.Sprintf("the whole roster: %s with training images", plural(len(found.Sets), "actor"))
	}
	fmt.Fprintf(a.stderr, "This sweep deletes and generates images in %s, as the plans of these want it: %s\n", a.data, printable(who))
	return a.confirm(ctx, "Go on?", f.yes)
}

// beginSweep puts the sweep on record as soon as it runs, so that `sweep status`
// and `sweep stop` mean this one and not the one before, also while the first page
// is on its way. The state machine does the same, for who starts it elsewhere.
func (a *app) beginSweep(ctx context.Context, s store.Store, m *machine, f *sweepFlags, mode run.Mode, id string) error {
	in := map[string]any{"mode": mode, "force": f.force}
	if len(f.actors) > 0 {
		in["actors"] = f.actors
	}
	input, err := json.Marshal(in)
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
