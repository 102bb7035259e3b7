package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"screentest/pkg/actor"
	"screentest/pkg/evaluation"
	"screentest/pkg/ledger"
	"screentest/pkg/run"
	"screentest/pkg/store"
	"screentest/pkg/sweep"
	"screentest/pkg/worker"
)

func (a *app) explainCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain ACTOR",
		Short: "Say why an actor is where it is",
		Long: `Say what lies in the tree for an actor, what its evaluation found, what became of
its plan, what the latest sweep did about it, and what failed last. It reads and
changes nothing.`,
		Example: "  screentest --data s3://bucket/prefix explain 0042_black_25_female",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.explain(cmd.Context(), args[0])
		},
	}
	return a.reports(cmd)
}

// explanation is all that is on record of one actor.
type explanation struct {
	Actor       actor.Name         `json:"actor"`
	Images      int                `json:"images"`
	BaseImage   string             `json:"base_image,omitempty"`
	Manifest    bool               `json:"manifest"`
	EvaluatedAt time.Time          `json:"evaluated_at,omitzero"`
	Evaluation  *evaluationSummary `json:"evaluation,omitempty"`
	Unjudged    []string           `json:"unjudged,omitempty"` // with why
	Plan        string             `json:"plan,omitempty"`
	PlanState   ledger.Act         `json:"plan_state,omitempty"`
	Last        string             `json:"ledger,omitempty"` // the last line
	Sweep       string             `json:"sweep,omitempty"`  // the latest
	Outcomes    []run.Outcome      `json:"sweep_outcomes,omitempty"`
	LastFailure *run.Outcome       `json:"last_failure,omitempty"`
	Problems    []string           `json:"problems,omitempty"` // what cannot be read, and why
}

func (a *app) explain(ctx context.Context, arg string) error {
	s, member, err := a.one(ctx, arg)
	if err != nil {
		return err
	}
	e := collect(ctx, s, member)
	if a.json {
		err = a.printJSON(e)
	} else {
		a.printExplanation(e)
	}
	if err == nil && len(e.Problems) > 0 {
		err = partialError{fmt.Errorf("%s of what is on record cannot be read", plural(len(e.Problems), "part"))}
	}
	return err
}

// collect reads all that there is; what cannot be read is part of the explanation.
func collect(ctx context.Context, s store.Store, member actor.Actor) explanation {
	x := explanation{Actor: member.Name}
	for _, read := range []func(context.Context, store.Store, actor.Actor) error{
		x.readSet, x.readEvaluation, x.readLedger, x.readSweep, x.readLastFailure,
	} {
		if err := read(ctx, s, member); err != nil {
			x.Problems = append(x.Problems, err.Error())
		}
	}
	return x
}

func (x *explanation) readLastFailure(ctx context.Context, s store.Store, member actor.Actor) (err error) {
	x.LastFailure, err = worker.LastFailure(ctx, s, member.Name)
	return err
}

func (x *explanation) readSet(ctx context.Context, s store.Store, member actor.Actor) error {
	set, err := actor.LoadSet(ctx, s, member)
	x.Images, x.Manifest = len(set.Images), set.Manifest != nil
	if base, ok := set.BaseImage(); ok {
		x.BaseImage = base.Key.Base()
	}
	return err
}

func (x *explanation) readEvaluation(ctx context.Context, s store.Store, member actor.Actor) error {
	e, _, err := evaluation.Load(ctx, s, member.Name)
	if err != nil || e == nil {
		return err
	}
	var r passReport
	r.add(passActor{Name: member.Name}, e)
	x.EvaluatedAt, x.Evaluation = e.EvaluatedAt, r.Actors[0].Summary
	for _, image := range e.Unjudged() {
		x.Unjudged = append(x.Unjudged, image.File+": "+image.Error)
	}
	return nil
}

func (x *explanation) readLedger(ctx context.Context, s store.Store, member actor.Actor) error {
	book, err := ledger.Load(ctx, s, member.Name)
	if err != nil {
		return err
	}
	if latest, ok := book.Latest(); ok {
		x.Plan, x.PlanState = latest.ID, latest.State
	}
	if n := len(book.Lines); n > 0 {
		x.Last = describe(book.Lines[n-1])
	}
	return nil
}

func (x *explanation) readSweep(ctx context.Context, s store.Store, member actor.Actor) error {
	h, err := sweep.Latest(ctx, s)
	if err != nil || h == nil {
		return err
	}
	x.Sweep = h.ID
	x.Outcomes, err = h.OutcomeOf(ctx, s, member.Name)
	return err
}

func (x *explanation) manifest() string {
	if x.Manifest {
		return "training manifest"
	}
	return "no training manifest"
}

func (a *app) printExplanation(x explanation) {
	line := func(what, format string, args ...any) {
		a.printf("%-12s %s\n", what, printable(fmt.Sprintf(format, args...)))
	}
	line("set", "%s, %s, %s", plural(x.Images, "image"), cmp.Or(x.BaseImage, "no base image"), x.manifest())
	if e := x.Evaluation; e != nil {
		balanced := "balanced"
		if !e.Balanced {
			balanced = fmt.Sprintf("not balanced: delete %d, generate %s", e.Delete, mix(e.Generate))
		}
		line("evaluation", "%s: %s, mix %s, %s", x.EvaluatedAt.Local().Format(time.DateTime), plural(e.Images, "image"), mix(e.Mix), balanced)
		for _, problem := range e.Problems {
			line("", "%s", problem)
		}
	} else {
		line("evaluation", "none yet")
	}
	for _, unjudged := range x.Unjudged {
		line("unjudged", "%s", unjudged)
	}
	if x.Plan != "" {
		line("plan", "%s is %s", x.Plan, x.PlanState)
		line("ledger", "%s", x.Last)
	}
	for _, o := range x.Outcomes {
		line("sweep", "%s: %s %s %s", x.Sweep, o.State, o.At.Local().Format(time.DateTime), o.Reason)
	}
	for _, problem := range x.Problems {
		line("unreadable", "%s", problem)
	}
	if f := x.LastFailure; f != nil {
		made := "; nothing was evaluated since"
		if x.EvaluatedAt.After(f.At) {
			made = "; evaluated since"
		}
		line("last error", "%s: %s%s", f.At.Local().Format(time.DateTime), f.Reason, made)
	}
}
