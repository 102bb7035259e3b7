package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"screentest/pkg/actor"
	"screentest/pkg/restore"
	"screentest/pkg/store"
	"screentest/pkg/trash"
)

func (a *app) trashCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trash",
		Short: "Show what is in the trash, or empty it",
		Long: `Show how many deleted images are kept, how many pictures that were generated and
never entered a set, and how much room they take. They stay until the trash is
emptied, which nothing does by itself.`,
		Example: "  screentest --data ./data trash\n  screentest --data ./data trash empty --older-than 30d",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.open(cmd.Context())
			if err != nil {
				return err
			}
			return a.showTrash(cmd.Context(), s)
		},
	}
	cmd.AddCommand(a.emptyCommand())
	return a.reports(cmd)
}

// kept is what is kept of one actor until the trash is emptied.
type kept struct {
	Actor    actor.Name      `json:"actor"`
	Images   []trash.Receipt `json:"images"`
	Pictures []restore.Image `json:"pictures"` // generated, and never in the set
	Bytes    int64           `json:"bytes"`
}

// A tally counts what is kept, or was.
type tally struct {
	images, pictures int
	bytes            int64
}

func (t tally) String() string {
	return fmt.Sprintf("%s in the trash and %s that never entered a set, %s",
		plural(t.images, "image"), plural(t.pictures, "picture"), size(t.bytes))
}

func (t *tally) add(r restore.Report) {
	for _, image := range r.Images {
		if image.Unused {
			t.pictures++
		} else {
			t.images++
		}
		t.bytes += image.Bytes
	}
}

func (a *app) showTrash(ctx context.Context, s store.Store) error {
	all, problems, err := a.keptOf(ctx, s)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"actors": all, "problems": append([]actor.Problem{}, problems...)})
	}
	t := a.newTable("actor", "images", "pictures", "size", "oldest image")
	var sum tally
	for _, k := range all {
		oldest := ""
		if len(k.Images) > 0 {
			oldest = k.Images[0].At.Local().Format(time.DateTime)
		}
		t.AppendRow([]any{printable(string(k.Actor)), len(k.Images), len(k.Pictures), size(k.Bytes), oldest})
		sum.images, sum.pictures, sum.bytes = sum.images+len(k.Images), sum.pictures+len(k.Pictures), sum.bytes+k.Bytes
	}
	if len(all) > 0 {
		a.render(t)
	}
	a.printf("%s.\n", sum)
	for _, p := range problems {
		a.printf("note: %s: %s\n", printable(p.Where), printable(p.Reason))
	}
	return nil
}

// keptOf returns what is kept, of every actor of whom anything is.
func (a *app) keptOf(ctx context.Context, s store.Store) ([]kept, []actor.Problem, error) {
	names, problems, err := restore.Actors(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	all := []kept{}
	for _, name := range names {
		k, more, err := keptBy(ctx, s, name, a.now())
		if err != nil {
			return nil, nil, err
		}
		problems = append(problems, more...)
		if len(k.Images)+len(k.Pictures) > 0 {
			all = append(all, k)
		}
	}
	return all, problems, nil
}

// keptBy returns what is kept of one actor. Images are told of also where the
// ledger cannot be read.
func keptBy(ctx context.Context, s store.Store, n actor.Name, now time.Time) (kept, []actor.Problem, error) {
	receipts, problems, err := trash.List(ctx, s, n)
	if err != nil {
		return kept{}, nil, err
	}
	pictures, more, err := restore.Unused(ctx, s, n, now)
	if err != nil {
		more = []actor.Problem{{Where: string(n), Reason: err.Error()}}
	}
	k := kept{Actor: n, Images: append([]trash.Receipt{}, receipts...), Pictures: append([]restore.Image{}, pictures...)}
	for _, r := range receipts {
		k.Bytes += r.Bytes
	}
	for _, p := range pictures {
		k.Bytes += p.Bytes
	}
	return k, append(problems, more...), nil
}

func (a *app) emptyCommand() *cobra.Command {
	var age, where string
	var yes bool
	cmd := &cobra.Command{
		Use:   "empty --older-than AGE",
		Short: "Delete for good what has been in the trash for a while",
		Long: `Delete for good the images that were moved to the trash longer ago than the age,
such as 30d, 12h or 0d, in the tree and in the mirror, and the generated pictures
of that age that never entered a set. It says how many and asks first; elsewhere
than on a terminal it needs --yes. Nothing brings these images back.`,
		Example: "  screentest --data ./data trash empty --older-than 30d",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, err := ageOf(age)
			if err != nil {
				return usageError{err}
			}
			return a.empty(cmd.Context(), d, where, yes)
		},
	}
	cmd.Flags().StringVar(&age, "older-than", "", "how long images must have been in the trash: 30d, 12h")
	cmd.Flags().BoolVar(&yes, "yes", false, "do it without asking")
	registerMirror(cmd.Flags(), &where)
	return a.reports(cmd)
}

// ageOf reads a duration that may be given in days.
func ageOf(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		d = time.Duration(n) * 24 * time.Hour
		if n > 100_000 {
			err = errors.New("too many days")
		}
	}
	if err != nil || d < 0 {
		return 0, fmt.Errorf("--older-than %q: say how old images must be, such as 30d or 12h", text)
	}
	return d, nil
}

const forGood = "deleted for good"

// empty deletes exactly what it has said that it will delete, unless somebody
// else changes the trash meanwhile.
func (a *app) empty(ctx context.Context, age time.Duration, where string, yes bool) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	c, err := a.restoration(ctx, s, where)
	if err != nil {
		return err
	}
	before := a.now().Add(-age)
	d, err := doomedBy(ctx, c, before)
	if err != nil {
		return err
	}
	if len(d.names) == 0 {
		fmt.Fprintln(a.stderr, "nothing to delete")
		nothing := trashReport{Problems: append([]actor.Problem{}, d.problems...), Actors: []restore.Report{}}
		return errors.Join(a.printTrash(nothing, forGood), nothing.verdict(forGood))
	}
	fmt.Fprintf(a.stderr, "%s, of %s and from before %s, will be %s.\n",
		d.sum, plural(len(d.names), "actor"), before.Local().Format(time.DateTime), forGood)
	if proceed, err := a.confirm(ctx, "Delete them for good?", yes); err != nil || !proceed {
		return err
	}
	var gone tally
	err = a.eachTrash(ctx, d.names, d.problems, forGood, func(n actor.Name) (restore.Report, error) {
		report, err := c.Empty(ctx, n, before)
		gone.add(report)
		return report, err
	})
	if !a.json {
		a.printf("Gone: %s.\n", gone)
	}
	return err
}

// doomed is what emptying the trash would do.
type doomed struct {
	names    []actor.Name // of whom something would be deleted
	sum      tally
	problems []actor.Problem // of all others
}

func doomedBy(ctx context.Context, c restore.Config, before time.Time) (doomed, error) {
	var d doomed
	names, problems, err := restore.Actors(ctx, c.Store)
	if err != nil {
		return d, err
	}
	d.problems = problems
	for _, name := range names {
		report, err := c.Preview(ctx, name, before)
		switch {
		case ctx.Err() != nil:
			return d, context.Cause(ctx)
		case err != nil:
			d.problems = append(d.problems, actor.Problem{Where: string(name), Reason: err.Error()})
		case len(report.Images) == 0:
			d.problems = append(d.problems, report.Problems...)
		default:
			d.names = append(d.names, name)
			d.sum.add(report)
		}
	}
	return d, nil
}
