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
		Long: `Show how many deleted images are kept and how much room they take. They stay
until the trash is emptied, which nothing does by itself.`,
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

// kept is what the trash holds of one actor.
type kept struct {
	Actor  actor.Name      `json:"actor"`
	Images []trash.Receipt `json:"images"`
	Bytes  int64           `json:"bytes"`
}

func (a *app) showTrash(ctx context.Context, s store.Store) error {
	all, problems, err := keptImages(ctx, s, time.Time{})
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"actors": all, "problems": append([]actor.Problem{}, problems...)})
	}
	t := a.newTable("actor", "images", "size", "oldest")
	images, bytes := 0, int64(0)
	for _, k := range all {
		t.AppendRow([]any{printable(string(k.Actor)), len(k.Images), size(k.Bytes), k.Images[0].At.Local().Format(time.DateTime)})
		images, bytes = images+len(k.Images), bytes+k.Bytes
	}
	if len(all) > 0 {
		a.render(t)
	}
	a.printf("%s in the trash, %s.\n", plural(images, "image"), size(bytes))
	for _, p := range problems {
		a.printf("note: %s: %s\n", printable(p.Where), printable(p.Reason))
	}
	return nil
}

// keptImages returns what is in the trash, of every actor that has any there; of
// a moment other than zero only what was put there before.
func keptImages(ctx context.Context, s store.Store, before time.Time) ([]kept, []actor.Problem, error) {
	names, problems, err := trash.Actors(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	all := []kept{}
	for _, name := range names {
		receipts, more, err := trash.List(ctx, s, name)
		if err != nil {
			return nil, nil, err
		}
		problems = append(problems, more...)
		k := kept{Actor: name}
		for _, r := range receipts {
			if before.IsZero() || r.At.Before(before) {
				k.Images = append(k.Images, r)
				k.Bytes += r.Bytes
			}
		}
		if len(k.Images) > 0 {
			all = append(all, k)
		}
	}
	return all, problems, nil
}

func (a *app) emptyCommand() *cobra.Command {
	var age, where string
	var yes bool
	cmd := &cobra.Command{
		Use:   "empty --older-than AGE",
		Short: "Delete for good what has been in the trash for a while",
		Long: `Delete for good the images that were moved to the trash longer ago than the age,
such as 30d, 12h or 0d, in the tree and in the mirror, and the generated pictures
of that age that were never let into a set. It asks first; elsewhere than on a
terminal it needs --yes. Nothing brings these images back.`,
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

func (a *app) empty(ctx context.Context, age time.Duration, where string, yes bool) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	before := a.now().Add(-age)
	all, _, err := keptImages(ctx, s, before)
	if err != nil {
		return err
	}
	images, bytes := 0, int64(0)
	for _, k := range all {
		images, bytes = images+len(k.Images), bytes+k.Bytes
	}
	fmt.Fprintf(a.stderr, "%s of %s, %s, in the trash since before %s, will be deleted for good.\n",
		plural(images, "image"), plural(len(all), "actor"), size(bytes), before.Local().Format(time.DateTime))
	if proceed, err := a.confirm("Delete them for good?", yes); err != nil || !proceed {
		return err
	}
	c, err := a.restoration(ctx, s, where)
	if err != nil {
		return err
	}
	names, problems, err := trash.Actors(ctx, s)
	if err != nil {
		return err
	}
	return a.eachTrash(ctx, names, problems, "deleted for good", func(n actor.Name) (restore.Report, error) { return c.Empty(ctx, n, before) })
}
