package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/evaluator"
	"screentest/pkg/run"
	"screentest/pkg/settings"
	"screentest/pkg/store"
)

// actFlags are what the commands share that change images.
type actFlags struct {
	overrides
	generator string
	mirror    string
	yes       bool
}

func (f *actFlags) register(flags *pflag.FlagSet) {
	f.overrides.register(flags)
	flags.StringVar(&f.generator, "generator", "", "who makes missing pictures: openai or offline")
	registerMirror(flags, &f.mirror)
	flags.BoolVar(&f.yes, "yes", false, "do it without asking")
}

func registerMirror(flags *pflag.FlagSet, where *string) {
	flags.StringVar(where, "mirror", "", "the bucket in which the images also lie: s3://bucket/prefix, or none")
}

// load returns the settings in force, with what these flags change.
func (f *actFlags) load(ctx context.Context, s store.Store) (settings.Settings, error) {
	set, _, err := f.overrides.load(ctx, s)
	if err != nil {
		return set, err
	}
	if f.generator != "" {
		set.Generation.Name = f.generator
	}
	if f.mirror != "" {
		set.Mirror = f.mirror
	}
	if err := set.Validate(); err != nil {
		return set, usageError{err}
	}
	return set, nil
}

type balanceFlags struct {
	actFlags
	all, approve bool
}

func (a *app) balanceCommand() *cobra.Command {
	var f balanceFlags
	cmd := &cobra.Command{
		Use:   "balance --all | ACTOR...",
		Short: "Perform the plans that were proposed, exactly as they stand",
		Long: `Perform the plans that evaluations have proposed: generate what a set lacks,
judge it like any other image, and when all of that has succeeded move to the
trash what has to go. First it prints what it will do and what that costs, and
asks; elsewhere than on a terminal it needs --yes. Saying yes approves the
plans, in your name.

A plan whose set has changed since is not performed, and it is said what has
changed. A plan that was rejected, or has failed, is performed only for actors
that are named. Killed or interrupted, the same command finishes what was begun.`,
		Example: "  screentest --data ./data balance 0042_black_25_female\n" +
			"  screentest --data ./data balance --all --yes --max-cost 5\n" +
			"  screentest --data ./data balance --all --approve --yes",
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.all == (len(args) > 0) {
				return usageError{hint(errors.New("name actors or say --all"), "see `screentest balance --help`")}
			}
			return a.balance(cmd.Context(), &f, args)
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().BoolVar(&f.all, "all", false, "every actor that has an open plan")
	cmd.Flags().BoolVar(&f.approve, "approve", false, "approve the plans and perform nothing: a later balance does")
	return a.reports(cmd)
}

func (a *app) balance(ctx context.Context, f *balanceFlags, args []string) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	set, err := f.load(ctx, s)
	if err != nil {
		return err
	}
	actors, err := a.selection(ctx, s, args)
	if err != nil {
		return err
	}
	b := &balancing{
		app: a, store: s, settings: set, budget: cost.NewBudget(set.Run.MaxCost), named: len(args) > 0,
		yes: f.yes, approveOnly: f.approve, command: "balance",
	}
	report, err := b.act(ctx, actors)
	if report != nil {
		err = errors.Join(b.print(*report), err)
	}
	return err
}

// act tells what is to be done for the actors, asks, and does it. The report is
// nil where nothing could be begun, and where plans were to be approved only.
func (b *balancing) act(ctx context.Context, actors []actor.Actor) (*balanceReport, error) {
	proceed, err := b.prepare(ctx, actors)
	switch {
	case err != nil:
		return nil, err
	case b.approveOnly:
		return nil, b.approveAll(ctx, proceed)
	case !proceed:
		nothing := b.nothing()
		return &nothing, b.verdict(run.Progress{}, nil)
	}
	return b.perform(ctx)
}

// prepare collects what is to be done, makes what it takes, tells, and asks.
func (b *balancing) prepare(ctx context.Context, actors []actor.Actor) (proceed bool, err error) {
	if err := b.intend(ctx, actors); err != nil {
		return false, err
	}
	if !b.approveOnly && len(b.intents) > 0 {
		if err := b.parts(); err != nil {
			return false, err
		}
	}
	b.preview()
	return b.confirm(ctx)
}

// parts makes what is needed to perform plans. A generator is needed only where
// pictures are missing.
func (b *balancing) parts() error {
	j, err := newJudge(b.settings, b.app.data, b.budget)
	if err != nil {
		return err
	}
	b.evaluator = evaluator.New(evaluator.Config{
		Store: b.store, Judge: j, Settings: b.settings, Holder: "screentest " + b.command, Now: b.app.now,
	})
	if b.missing().Total() > 0 {
		b.generator, err = newGenerator(b.settings, b.app.data, b.budget)
	}
	return err
}

func members(actors []actor.Actor) map[actor.Name]actor.Actor {
	byName := map[actor.Name]actor.Actor{}
	for _, a := range actors {
		byName[a.Name] = a
	}
	return byName
}
