package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"screentest/pkg/actor"
	"screentest/pkg/execution"
	"screentest/pkg/note"
	"screentest/pkg/run"
)

func (a *app) rejectCommand() *cobra.Command {
	var why, where string
	cmd := &cobra.Command{
		Use:   "reject ACTOR...",
		Short: "Withdraw the plans of actors, so that they are not performed",
		Long: `Reject the newest plan of each actor, whether it waits, is approved, or was begun
and cannot be finished. What was cut off in the middle of a step is brought to its
end first, or back; what was placed stays in the set, and "screentest restore"
brings back what was moved to the trash. The same plan is not performed again
unless a person names the actor to "screentest balance".`,
		Example: "  screentest --data ./data reject 0042_black_25_female --why \"I like them as they are\"",
		Args:    arguments(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.reject(cmd.Context(), args, why, where)
		},
	}
	cmd.Flags().StringVar(&why, "why", "", "a note for the record")
	registerMirror(cmd.Flags(), &where)
	return a.reports(cmd)
}

// rejectReport is what `reject` prints.
type rejectReport struct {
	Rejected []rejectedPlan `json:"rejected"`
	Failures []run.Failure  `json:"failures"`
}

type rejectedPlan struct {
	Actor actor.Name `json:"actor"`
	Plan  string     `json:"plan"`
}

func (a *app) reject(ctx context.Context, args []string, why, where string) error {
	if err := note.Check(person(), why); err != nil {
		return usageError{fmt.Errorf("--why: %w", err)}
	}
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	roster, err := actor.LoadRoster(ctx, s)
	if err != nil {
		return err
	}
	actors, err := named(roster, args)
	if err != nil {
		return err
	}
	remote, err := a.remoteOf(ctx, s, where)
	if err != nil {
		return err
	}
	x := execution.New(execution.Config{Store: s, Remote: remote, By: person(), Now: a.now})
	report := rejectReport{Rejected: []rejectedPlan{}, Failures: []run.Failure{}}
	for _, member := range actors {
		if p, err := x.Reject(ctx, member, why); err != nil {
			report.Failures = append(report.Failures, run.Failure{Actor: member.Name, Reason: err.Error()})
		} else {
			report.Rejected = append(report.Rejected, rejectedPlan{member.Name, p.ID})
		}
	}
	return a.printRejected(report)
}

func (a *app) printRejected(r rejectReport) error {
	if a.json {
		if err := a.printJSON(r); err != nil {
			return err
		}
	} else {
		for _, p := range r.Rejected {
			a.printf("%s: plan %s is rejected.\n", printable(string(p.Actor)), p.Plan)
		}
		for _, f := range r.Failures {
			a.printf("failed: %s: %s\n", printable(string(f.Actor)), printable(f.Reason))
		}
	}
	switch {
	case len(r.Failures) == 0:
		return nil
	case len(r.Rejected) == 0:
		return errors.New("no plan was rejected")
	}
	return partialError{fmt.Errorf("%s could not be rejected", plural(len(r.Failures), "plan"))}
}
