package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"screentest/pkg/actor"
	"screentest/pkg/evaluation"
	"screentest/pkg/judge/offline"
	"screentest/pkg/score"
	"screentest/pkg/settings"
	"screentest/pkg/store"
)

func (a *app) scoreCommand() *cobra.Command {
	var truth string
	var heldOut bool
	cmd := &cobra.Command{
		Use:   "score --truth FILE",
		Short: "Compare the evaluations on record with labels",
		Long: `Compare the evaluations on record with the labels in FILE: the confusion of
styles, recall and precision of each issue, and how many sound images would be
condemned. --held-out counts only actors that the offline judge was not fitted on.`,
		Example: "  screentest --data ./sample-data score --truth ./sample-data/truth.json\n" +
			"  screentest --data ./data score --truth truth.json --held-out --json",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if truth == "" {
				return usageError{fmt.Errorf("--truth FILE is missing; see `screentest score --help`")}
			}
			report, err := a.score(cmd.Context(), truth, heldOut)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(report)
			}
			var text strings.Builder
			if err := report.WriteText(&text); err != nil {
				return err
			}
			a.printf("%s", printableLines(text.String()))
			return nil
		},
	}
	cmd.Flags().StringVar(&truth, "truth", "", "the file with the labels")
	cmd.Flags().BoolVar(&heldOut, "held-out", false, "only actors that the offline judge was not fitted on")
	return a.reports(cmd)
}

func (a *app) score(ctx context.Context, path string, heldOut bool) (score.Report, error) {
	file, err := os.Open(path)
	if err != nil {
		return score.Report{}, err
	}
	defer file.Close()
	truth, err := score.ReadTruth(file)
	if err != nil {
		return score.Report{}, fmt.Errorf("%s: %w", path, err)
	}
	s, err := a.open(ctx)
	if err != nil {
		return score.Report{}, err
	}
	set, _, err := settings.Load(ctx, s)
	if err != nil {
		return score.Report{}, err
	}
	judged, err := a.judgedImages(ctx, s, set)
	if err != nil {
		return score.Report{}, err
	}
	keep := func(string) bool { return true }
	if heldOut {
		keep = offline.HeldOut
	}
	return score.Compare(truth, judged, keep), nil
}

// judgedImages returns the images of every evaluation on record.
func (a *app) judgedImages(ctx context.Context, s store.Store, set settings.Settings) ([]score.Judged, error) {
	roster, err := actor.LoadRoster(ctx, s)
	if err != nil {
		return nil, err
	}
	var judged []score.Judged
	for _, member := range roster.Actors {
		e, _, err := evaluation.Load(ctx, s, member.Name)
		if err != nil {
			fmt.Fprintf(a.stderr, "warning: %s\n", printable(err.Error()))
		}
		if e == nil {
			continue
		}
		for _, image := range e.Images {
			judged = append(judged, score.Judged{
				Actor: e.Actor, File: image.File, Style: image.Style, Issues: image.Issues, DuplicateOf: image.DuplicateOf,
				Keep: image.Keep, Judged: string(image.Judged), Condemned: image.Condemned(set.Plan),
			})
		}
	}
	if len(judged) == 0 {
		return nil, fmt.Errorf("no evaluation on record; run `screentest --data %s evaluate --all` first", a.data)
	}
	return judged, nil
}
