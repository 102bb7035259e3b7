package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"screentest/pkg/actor"
	"screentest/pkg/restore"
	"screentest/pkg/store"
	"screentest/pkg/trash"
)

type restoreFlags struct {
	all    bool
	plan   string
	mirror string
}

func (a *app) restoreCommand() *cobra.Command {
	var f restoreFlags
	cmd := &cobra.Command{
		Use:   "restore --all | ACTOR [FILE...]",
		Short: "Bring deleted images back from the trash",
		Long: `Bring images back from the trash, with their manifest entries and their copies in
the mirror: all of them, those of an actor, or some by name. Nothing is
overwritten: where another image has the name by now, the old one stays in the
trash. The images that plans have generated stay as well, so the next evaluation
of such a set will have a plan again.`,
		Example: "  screentest --data ./data restore 0042_black_25_female 0042_black_25_female_7.png\n" +
			"  screentest --data ./data restore 0042_black_25_female --plan 3f2a9c0d11e45b67\n" +
			"  screentest --data ./data restore --all",
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.all == (len(args) > 0) || f.all && f.plan != "" {
				return usageError{hint(errors.New("name an actor, perhaps with files or --plan, or say --all"), "see `screentest restore --help`")}
			}
			return a.restore(cmd.Context(), f, args)
		},
	}
	cmd.Flags().BoolVar(&f.all, "all", false, "everything that is in the trash")
	cmd.Flags().StringVar(&f.plan, "plan", "", "only what this plan has deleted")
	registerMirror(cmd.Flags(), &f.mirror)
	return a.reports(cmd)
}

func (a *app) restore(ctx context.Context, f restoreFlags, args []string) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	c, err := a.restoration(ctx, s, f.mirror)
	if err != nil {
		return err
	}
	selection := restore.Selection{Proposal: f.plan}
	names, problems, err := a.trashOf(ctx, s, args)
	if err != nil {
		return err
	}
	if len(args) > 1 {
		selection.Files = args[1:]
	}
	return a.eachTrash(ctx, names, problems, "restored", func(n actor.Name) (restore.Report, error) {
		return c.Restore(ctx, n, selection)
	})
}

func (a *app) restoration(ctx context.Context, s store.Store, where string) (restore.Config, error) {
	r, err := a.remoteOf(ctx, s, where)
	return restore.Config{Store: s, Remote: r, By: person(), Now: a.now}, err
}

// trashOf returns whose trash is meant: of the actor named first, who may have left
// the roster since, or of all that have any.
func (a *app) trashOf(ctx context.Context, s store.Store, args []string) ([]actor.Name, []actor.Problem, error) {
	owners, problems, err := trash.Actors(ctx, s)
	if err != nil || len(args) == 0 {
		return owners, problems, err
	}
	if name := actor.Name(args[0]); slices.Contains(owners, name) {
		return []actor.Name{name}, nil, nil
	}
	roster, err := actor.LoadRoster(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	picked, err := named(roster, args[:1])
	if err != nil {
		return nil, nil, err
	}
	return []actor.Name{picked[0].Name}, nil, nil
}

// trashReport is what `restore` and `trash empty` print.
type trashReport struct {
	Images   int              `json:"images"`
	Bytes    int64            `json:"bytes"`
	Problems []actor.Problem  `json:"problems"`
	Actors   []restore.Report `json:"actors"`
}

// eachTrash acts on the trash of every actor and reports. One that fails stops no
// other.
func (a *app) eachTrash(ctx context.Context, names []actor.Name, problems []actor.Problem, done string, act func(actor.Name) (restore.Report, error)) error {
	report := trashReport{Problems: append([]actor.Problem{}, problems...), Actors: []restore.Report{}}
	m := newMeter(a.stderr, done, "actors")
	for i, name := range names {
		if ctx.Err() != nil {
			m.stop()
			return errors.Join(a.printTrash(report, done),
				hint(fmt.Errorf("interrupted after %d of %d actors", i, len(names)), "run the same command again to go on"))
		}
		one, err := act(name)
		if err != nil {
			report.Problems = append(report.Problems, actor.Problem{Where: string(name), Reason: err.Error()})
		}
		report.add(one)
		m.at(i+1, len(names))
	}
	m.stop()
	return errors.Join(a.printTrash(report, done), report.verdict(done))
}

func (r *trashReport) add(one restore.Report) {
	r.Problems = append(r.Problems, one.Problems...)
	r.Images += len(one.Images)
	for _, image := range one.Images {
		r.Bytes += image.Bytes
	}
	if len(one.Images)+len(one.Problems) > 0 {
		r.Actors = append(r.Actors, one)
	}
}

func (r trashReport) verdict(done string) error {
	if len(r.Problems) == 0 {
		return nil
	}
	return partialError{fmt.Errorf("%s could not be %s", plural(len(r.Problems), "thing"), done)}
}

func (a *app) printTrash(r trashReport, done string) error {
	if a.json {
		return a.printJSON(r)
	}
	for _, one := range r.Actors {
		var files []string
		for _, image := range one.Images {
			files = append(files, image.File)
		}
		if len(files) > 0 {
			a.printf("%s: %s\n", printable(string(one.Actor)), printable(strings.Join(files, ", ")))
		}
	}
	a.printf("%s %s, %s.\n", plural(r.Images, "image"), done, size(r.Bytes))
	for _, p := range r.Problems {
		a.printf("left: %s: %s\n", printable(p.Where), printable(p.Reason))
	}
	return nil
}

// size writes a number of bytes for people.
func size(n int64) string {
	switch {
	case n < 1e3:
		return fmt.Sprintf("%d bytes", n)
	case n < 1e6:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1e9:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.2f GB", float64(n)/1e9)
}
