package main

import (
	"context"
	"errors"
	"math"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/evaluation"
	"screentest/pkg/judge"
	"screentest/pkg/judge/openai"
	"screentest/pkg/settings"
	"screentest/pkg/store"
)

type estimateFlags struct {
	overrides
	rate int
}

func (a *app) estimateCommand() *cobra.Command {
	var f estimateFlags
	cmd := &cobra.Command{
		Use:   "estimate",
		Short: "Say what evaluating the whole roster would cost",
		Long: `Say what a run or a sweep over the whole roster would cost as the tree stands
now: which images have no verdict yet, how many requests, tokens and dollars
their judging takes, and how long that lasts at a number of requests a minute.
It asks no model and changes nothing. What generating missing pictures costs is
known when the evaluations are made: balance says it before it begins.`,
		Example: "  screentest --data s3://bucket/prefix estimate --requests-per-minute 500",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.rate < 1 {
				return usageError{errors.New("--requests-per-minute: one at least")}
			}
			return a.estimate(cmd.Context(), &f)
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().IntVar(&f.rate, "requests-per-minute", 60, "what the model's provider allows, and the stage is set to in cdk.json")
	return a.reports(cmd)
}

// An estimate is what evaluating everybody would take.
type estimate struct {
	Actors    int        `json:"actors"`
	Unchanged int        `json:"unchanged"` // of them
	Images    int        `json:"images"`
	ToJudge   int        `json:"images_to_judge"` // they have no verdict, or cannot be told to have one without being read
	Usage     cost.Usage `json:"usage"`
	Minutes   float64    `json:"minutes"`     // at the rate
	Requests  int        `json:"s3_requests"` // on AWS
}

func (a *app) estimate(ctx context.Context, f *estimateFlags) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	set, _, err := f.load(ctx, s)
	if err != nil {
		return err
	}
	made := source(set, a.data, nil)
	if made.Key == "" {
		made.Key = "none" // nothing is sent
	}
	j, err := made.Judge()
	if err != nil {
		return err
	}
	roster, err := actor.LoadRoster(ctx, s)
	if err != nil {
		return err
	}
	found, err := actor.Detect(ctx, s, roster)
	if err != nil {
		return err
	}
	sum, err := reckon(ctx, s, found.Sets, set, j)
	if err != nil {
		return err
	}
	sum.Minutes = math.Ceil(float64(sum.Usage.Requests) / float64(f.rate))
	if a.json {
		return a.printJSON(sum)
	}
	a.printf("%s with %s; %d unchanged.\n", plural(sum.Actors, "actor"), plural(sum.Images, "image"), sum.Unchanged)
	a.printf("%s to judge at most: %s, %d tokens in, %d out, about $%.4f.\n", plural(sum.ToJudge, "image"),
		plural(sum.Usage.Requests, "model request"), sum.Usage.InputTokens, sum.Usage.OutputTokens, sum.Usage.USD)
	if sum.ToJudge > 0 && j.PreviewSize() > 0 {
		a.printf("No image is read for this: copies, and what was judged and only copied or touched since, cost nothing.\n")
	}
	a.printf("At %d requests a minute: about %s. On AWS about %s to S3.\n", f.rate, plural(int(sum.Minutes), "minute"), plural(sum.Requests, "request"))
	return nil
}

// lookups is how many actors are looked up at once.
const lookups = 16

// reckon looks up what is known of each set and adds up what is not.
func reckon(ctx context.Context, s store.Store, sets []actor.Set, set settings.Settings, j judge.Judge) (estimate, error) {
	open := make([]int, len(sets))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookups)
	for i, member := range sets {
		group.Go(func() (err error) {
			open[i], err = unjudged(ctx, s, member, set, j)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return estimate{}, err
	}
	sum := estimate{Actors: len(sets)}
	requests := 0
	for i, member := range sets {
		sum.Images += len(member.Images)
		if open[i] < 0 {
			sum.Unchanged++
			sum.Requests += 3 // decisions, evaluation; the outcome
			continue
		}
		cases := (open[i] + j.BatchSize() - 1) / j.BatchSize()
		sum.ToJudge += open[i]
		requests += cases
		// List, base image, decisions, evaluation, verdicts; of each case the verdicts,
		// plan, evaluation, outcome.
		sum.Requests += len(member.Images) + 8 + cases
	}
	if j.PreviewSize() > 0 {
		sum.Usage = openai.Expected(sum.ToJudge, requests, set.Prices[set.Judge.Model])
	}
	return sum, nil
}

// unjudged returns how many images of a set have no verdict, -1 where the
// evaluation on record still holds.
func unjudged(ctx context.Context, s store.Store, set actor.Set, decided settings.Settings, j judge.Judge) (int, error) {
	e, _, err := evaluation.Load(ctx, s, set.Actor.Name)
	if err != nil || e.Current(set, evaluation.Basis(j.ID(), decided)) {
		return -1, err
	}
	known, _, err := evaluation.LoadVerdicts(ctx, s, set.Actor.Name)
	if err != nil || e == nil {
		return len(set.Images), err
	}
	subject := evaluation.Subject{Judge: j.ID()}
	if base, ok := set.BaseImage(); ok && e.Base != nil && e.Base.Version == base.Version {
		subject.BaseSHA256 = e.Base.SHA256
	}
	judged := map[store.Version]bool{}
	for _, image := range e.Images {
		subject.SHA256 = image.SHA256
		_, has := known[subject]
		judged[image.Version] = has || image.Judged == evaluation.Broken
	}
	open := 0
	for _, image := range set.Images {
		if !judged[image.Version] {
			open++
		}
	}
	return open, nil
}
