package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"screentest/pkg/actor"
	"screentest/pkg/decision"
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
condemned. --held-out counts only actors that the offline judge was not fitted on.
What people decided on the review page never counts as the judge's answer; how
often the judge agrees with it is shown apart.`,
		Example: "  screentest --data ./sample-data score --truth ./sample-data/truth.json\n" +
			"  screentest --data ./data score --truth truth.json --held-out --json",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if truth == "" {
				return usageError{hint(errors.New("--truth FILE is missing"), "see `screentest score --help`")}
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
	keep := func(string) bool { return true }
	if heldOut {
		keep = offline.HeldOut
	}
	judged, decided, err := a.judgedImages(ctx, s, set, keep)
	if err != nil {
		return score.Report{}, err
	}
	report := score.Compare(truth, judged, keep)
	report.People = score.ComparePeople(decided)
	return report, nil
}

// judgedImages returns the images of every evaluation on record as the judge sees
// them, and those that people decided about.
func (a *app) judgedImages(ctx context.Context, s store.Store, set settings.Settings, keep func(string) bool) ([]score.Judged, []score.Decision, error) {
	roster, err := actor.LoadRoster(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	var judged []score.Judged
	var decided []score.Decision
	for _, member := range roster.Actors {
		e, _, err := evaluation.Load(ctx, s, member.Name)
		if err != nil {
			fmt.Fprintf(a.stderr, "warning: %s\n", printable(err.Error()))
		}
		if e == nil || !keep(e.Actor) {
			continue
		}
		theirs, err := withoutPeople(*e, set)
		if err != nil {
			return nil, nil, err
		}
		for i, image := range theirs.Images {
			judged = append(judged, judgedImage(e.Actor, image, set.Plan))
			if ruling := e.Images[i].Decision; ruling != nil {
				decided = append(decided, score.Decision{
					Actor: e.Actor, File: image.File, Style: ruling.Style, Judge: judged[len(judged)-1],
					Kept: ruling.Fate == decision.Keep, Condemned: ruling.Fate == decision.Condemn,
				})
			}
		}
	}
	if len(judged) == 0 {
		return nil, nil, hint(errors.New("no evaluation on record"), "run `screentest --data %s evaluate --all` first", a.data)
	}
	return judged, decided, nil
}

// withoutPeople is e as it would be if nobody had decided anything.
func withoutPeople(e evaluation.Evaluation, set settings.Settings) (evaluation.Evaluation, error) {
	if e.Decisions == "" {
		return e, nil
	}
	facts, err := e.Facts()
	if err != nil {
		return e, err
	}
	return evaluation.Build(facts, set), nil
}

func judgedImage(name string, i evaluation.Image, p settings.Plan) score.Judged {
	return score.Judged{
		Actor: name, File: i.File, Style: i.Style, Issues: i.Issues, DuplicateOf: i.DuplicateOf,
		Keep: i.Keep, Judged: string(i.Judged), Condemned: i.Condemned(p),
	}
}
