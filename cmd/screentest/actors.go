package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"screentest/pkg/actor"
	"screentest/pkg/evaluation"
	"screentest/pkg/store"
)

func (a *app) actorsCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "actors",
		Short: "List the actors that have training images",
		Long: `List the actors of the roster that have training images, with the number of
images, and the directories under actors/ that the roster does not name.`,
		Example: "  screentest --data ./data actors\n  screentest --data ./data actors --all --json",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			report, err := a.listActors(cmd, all)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(report)
			}
			a.printActors(report)
			return nil
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "list actors without images too")
	return a.reports(cmd)
}

type actorsReport struct {
	Roster       int             `json:"roster"`
	Detected     int             `json:"detected"`
	Images       int             `json:"images"`
	Actors       []actorLine     `json:"actors"`
	Unregistered []string        `json:"unregistered"`
	Problems     []actor.Problem `json:"problems"`
}

type actorLine struct {
	Name   actor.Name `json:"name"`
	Images int        `json:"images"`
}

func (a *app) listActors(cmd *cobra.Command, all bool) (actorsReport, error) {
	s, err := a.open(cmd.Context())
	if err != nil {
		return actorsReport{}, err
	}
	roster, err := actor.LoadRoster(cmd.Context(), s)
	if err != nil {
		return actorsReport{}, err
	}
	found, err := actor.Detect(cmd.Context(), s, roster)
	if err != nil {
		return actorsReport{}, err
	}
	report := actorsReport{
		Roster: len(roster.Actors), Detected: len(found.Sets), Actors: []actorLine{},
		Unregistered: append([]string{}, found.Unregistered...), Problems: append([]actor.Problem{}, found.Problems...),
	}
	for _, set := range found.Sets {
		report.Images += len(set.Images)
		report.Actors = append(report.Actors, actorLine{set.Actor.Name, len(set.Images)})
	}
	if all {
		for _, absent := range found.Absent {
			report.Actors = append(report.Actors, actorLine{absent.Name, 0})
		}
		slices.SortFunc(report.Actors, func(x, y actorLine) int { return cmp.Compare(x.Name, y.Name) })
	}
	return report, nil
}

func (a *app) printActors(r actorsReport) {
	t := a.newTable("actor", "images")
	for _, line := range r.Actors {
		t.AppendRow([]any{printable(string(line.Name)), line.Images})
	}
	a.render(t)
	a.printf("\n%s in the roster, %d with training images, %s.\n", plural(r.Roster, "actor"), r.Detected, plural(r.Images, "image"))
	for _, name := range r.Unregistered {
		a.printf("not in the roster: actors/%s\n", printable(name))
	}
	for _, p := range r.Problems {
		a.printf("problem: %s: %s\n", printable(p.Where), printable(p.Reason))
	}
}

// warnEmptied tells of actors that were evaluated once and have no images any more:
// a set that went as a whole must not pass for one that never was.
func (a *app) warnEmptied(ctx context.Context, s store.Store, absent []actor.Actor) error {
	if len(absent) == 0 {
		return nil
	}
	evaluated, err := evaluation.Recorded(ctx, s)
	if err != nil {
		return err
	}
	for _, member := range absent {
		if name := printable(string(member.Name)); evaluated[member.Name] {
			fmt.Fprintf(a.stderr, "warning: %s: it was evaluated and has no training images any more; `screentest verify %s` says what is lost\n", name, name)
		}
	}
	return nil
}
