package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"screentest/pkg/actor"
	"screentest/pkg/report"
	"screentest/pkg/settings"
)

func (a *app) reportCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write the evaluations as a site of contact sheets, with CSV and JSON",
		Long: `Write what is known of every actor as a static site: an overview, and for each
actor a contact sheet that shows which images stay, which would go and why, and
what would be generated. It needs no server: open index.html, or copy the
directory into a bucket. Beside it lie actors.csv, images.csv and report.json.

Thumbnails are made once and kept under screentest/thumbnails in the data tree.`,
		Example: "  screentest --data ./data report\n  screentest --data ./data report -o /tmp/report --json",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.report(cmd.Context(), out)
		},
	}
	cmd.Flags().StringVarP(&out, "out", "o", "report", "the directory to write into; an earlier report in it is replaced")
	return a.reports(cmd)
}

func (a *app) report(ctx context.Context, out string) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	set, _, err := settings.Load(ctx, s)
	if err != nil {
		return usageError{err}
	}
	d, err := openReportDir(out, a.data)
	if err != nil {
		return err
	}
	m := newMeter(a.stderr, "writing", "actors")
	result, err := report.Make(ctx, report.Config{
		Store: s, Settings: set, Now: a.now(), Seen: m.at, PictureUSD: source(set, a.data, nil).PicturePrice(),
		Write: d.write,
	})
	m.stop()
	if err == nil {
		err = d.finish()
	}
	switch {
	case errors.Is(err, context.Canceled):
		return hint(fmt.Errorf("interrupted: the report in %s is not complete", out), "run the same command again")
	case err != nil:
		return err
	case a.json:
		return a.printJSON(result)
	}
	a.warnUnshown(result.Unshown)
	a.printf("%s and %s of %s, %.1f MB.\nOpen %s\n", plural(result.Images, "image"), plural(result.Thumbnails, "thumbnail"),
		plural(result.Actors, "actor"), float64(result.Bytes)/1e6, filepath.Join(out, "index.html"))
	return nil
}

// warnUnshown says in one line of which images there is no picture; the pages say of
// which and why.
func (a *app) warnUnshown(unshown []actor.Problem) {
	if len(unshown) == 0 {
		return
	}
	slices.SortFunc(unshown, func(x, y actor.Problem) int { return strings.Compare(x.Where, y.Where) })
	var names []string
	for _, p := range unshown {
		if parts := strings.Split(p.Where, "/"); len(parts) > 1 && !slices.Contains(names, parts[1]) {
			names = append(names, parts[1])
		}
	}
	const most = 3
	who := strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		who += fmt.Sprintf(" and %d more", len(names)-most)
	}
	fmt.Fprintf(a.stderr, "warning: no picture of %s of %s; evaluate again: %s\n", plural(len(unshown), "image"), plural(len(names), "actor"), printable(who))
}
