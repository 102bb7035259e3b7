package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/evaluator"
	"screentest/pkg/run"
	"screentest/pkg/store"
)

type evaluateFlags struct {
	actFlags
	all, dryRun, execute, noResume bool
}

func (a *app) evaluateCommand() *cobra.Command {
	var f evaluateFlags
	cmd := &cobra.Command{
		Use:   "evaluate --all | ACTOR...",
		Short: "Judge every image of the actors and say what each set lacks",
		Long: `Judge every training image of the named actors, compare each set with the
target, and write what was found, with the plan that would balance the set, to
screentest/evaluations/ACTOR.json. No image, manifest or metadata is changed,
unless --execute is said: then the plans are approved in your name and performed,
as by "screentest balance", after it was said what they do and cost.

What has not changed since it was judged is neither decoded nor asked again.
Interrupted, the same command goes on where it stopped. The judge openai needs
OPENAI_API_KEY (OPENAI_BASE_URL for a compatible server); the judge offline
needs nothing and does not see gaze, anatomy or identity.`,
		Example: "  screentest --data ./data evaluate --all --judge offline\n" +
			"  screentest --data ./data evaluate --all --max-cost 0.50\n" +
			"  screentest --data ./data evaluate 0042_black_25_female --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(args); err != nil {
				return usageError{err}
			}
			if f.execute && !f.yes && !a.interactive() {
				return errNobody
			}
			return a.evaluate(cmd.Context(), &f, args)
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().BoolVar(&f.all, "all", false, "evaluate every actor that has training images")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", true, "propose plans and change nothing")
	cmd.Flags().BoolVar(&f.execute, "execute", false, "approve the plans and perform them")
	cmd.Flags().BoolVar(&f.noResume, "no-resume", false, "evaluate again what has not changed; verdicts that were paid for are not asked again")
	return a.reports(cmd)
}

func (f *evaluateFlags) check(args []string) error {
	switch {
	case f.execute && f.flags.Changed("dry-run"):
		return errors.New("--dry-run and --execute exclude each other")
	case !f.dryRun:
		return errors.New("to have the plans performed say --execute")
	case f.all == (len(args) > 0):
		return hint(errors.New("name actors or say --all"), "see `screentest evaluate --help`")
	}
	return nil
}

func (a *app) evaluate(ctx context.Context, f *evaluateFlags, args []string) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	set, err := f.load(ctx, s)
	if err != nil {
		return err
	}
	budget := cost.NewBudget(set.Run.MaxCost)
	j, err := newJudge(set, a.data, budget)
	if err != nil {
		return err
	}
	names, err := a.selection(ctx, s, args)
	if err != nil {
		return err
	}
	e := evaluator.New(evaluator.Config{
		Store: s, Judge: j, Settings: set, Holder: "screentest evaluate", Now: a.now, Fresh: f.noResume,
	})
	report, err := a.pass(ctx, s, e, names)
	if report == nil {
		return err
	}
	if !f.execute {
		return errors.Join(a.printEvaluated(*report), err)
	}
	b := &balancing{app: a, store: s, settings: set, budget: budget, named: len(args) > 0, yes: f.yes, command: "evaluate --execute"}
	return a.act(ctx, b, *report, names, err)
}

// act performs the plans that the evaluations just made have led to; evaluated is
// how the evaluating went.
func (a *app) act(ctx context.Context, b *balancing, report passReport, actors []actor.Actor, evaluated error) error {
	var partial partialError
	if evaluated != nil && !errors.As(evaluated, &partial) {
		return errors.Join(a.printEvaluated(report), evaluated)
	}
	if !a.json {
		a.printPass(report)
		a.printf("\n")
	}
	performed, err := b.act(ctx, report.succeeded(actors))
	return errors.Join(a.printActed(b, report, performed), also(err, evaluated))
}

// printActed prints what was performed, if anything; as a document together with
// what was evaluated.
func (a *app) printActed(b *balancing, evaluated passReport, performed *balanceReport) error {
	if a.json {
		return a.printJSON(map[string]any{"evaluation": evaluated, "balance": performed})
	}
	if performed == nil {
		return nil
	}
	return b.print(*performed)
}

func (a *app) printEvaluated(r passReport) error {
	if a.json {
		return a.printJSON(r)
	}
	a.printPass(r)
	return nil
}

// succeeded leaves out the actors that could not be evaluated.
func (r passReport) succeeded(actors []actor.Actor) []actor.Actor {
	failed := map[actor.Name]bool{}
	for _, line := range r.Actors {
		failed[line.Name] = line.State == run.Failed || line.State == run.Interrupted
	}
	return slices.DeleteFunc(slices.Clone(actors), func(a actor.Actor) bool { return failed[a.Name] })
}

// selection returns the actors to evaluate, by name: those named, which must be
// in the roster, or all that have training images.
func (a *app) selection(ctx context.Context, s store.Store, args []string) ([]actor.Actor, error) {
	roster, err := actor.LoadRoster(ctx, s)
	if err != nil {
		return nil, err
	}
	if len(args) > 0 {
		return named(roster, args)
	}
	found, err := actor.Detect(ctx, s, roster)
	if err != nil {
		return nil, err
	}
	a.warn(found)
	if err := a.warnEmptied(ctx, s, found.Absent); err != nil {
		return nil, err
	}
	var actors []actor.Actor
	for _, set := range slices.Concat(found.Sets, found.Unreadable) {
		actors = append(actors, set.Actor)
	}
	slices.SortFunc(actors, byName)
	if len(actors) == 0 {
		return nil, hint(errors.New("no actor of the roster has training images"), "they belong in actors/NAME/training_data; `screentest actors --all` lists the actors")
	}
	return actors, nil
}

// one opens the tree and returns the actor of that name.
func (a *app) one(ctx context.Context, name string) (store.Store, actor.Actor, error) {
	s, err := a.open(ctx)
	if err != nil {
		return nil, actor.Actor{}, err
	}
	roster, err := actor.LoadRoster(ctx, s)
	if err != nil {
		return nil, actor.Actor{}, err
	}
	picked, err := named(roster, []string{name})
	if err != nil {
		return nil, actor.Actor{}, err
	}
	return s, picked[0], nil
}

func named(roster actor.Roster, args []string) ([]actor.Actor, error) {
	var picked []actor.Actor
	for _, arg := range args {
		member, known := roster.Find(actor.Name(arg))
		if !known {
			return nil, usageError{hint(fmt.Errorf("no actor %q in the roster", arg), "%s`screentest actors --all` lists them", meant(roster, arg))}
		}
		picked = append(picked, member)
	}
	slices.SortFunc(picked, byName)
	return slices.Compact(picked), nil
}

// meant asks whether somebody meant one of the actors whose names hold arg. None
// is taken for it: what acts on an actor is told its whole name.
func meant(roster actor.Roster, arg string) string {
	var like []string
	for _, name := range roster.Like(arg, 3) {
		like = append(like, printable(string(name)))
	}
	if len(like) == 0 {
		return ""
	}
	return "did you mean " + strings.Join(like, " or ") + "? "
}

func byName(x, y actor.Actor) int { return cmp.Compare(x.Name, y.Name) }

// warn tells of what lies in the tree and is not evaluated.
func (a *app) warn(found actor.Detection) {
	for _, p := range found.Problems {
		fmt.Fprintf(a.stderr, "warning: %s: %s\n", printable(p.Where), printable(p.Reason))
	}
	for _, name := range found.Unregistered {
		fmt.Fprintf(a.stderr, "warning: actors/%s: not in the roster, not evaluated\n", printable(name))
	}
}

// pass evaluates the actors as one run. The report is nil where it could not even
// begin.
func (a *app) pass(ctx context.Context, s store.Store, e *evaluator.Evaluator, actors []actor.Actor) (*passReport, error) {
	started, err := a.start(ctx, s, e, actors)
	if err != nil {
		return nil, err
	}
	m := newMeter(a.stderr, "evaluating", "actors")
	started, stopped := a.goOver(ctx, s, e, started, actors, m.outcome(len(actors)))
	m.stop()
	report, err := a.reportPass(context.WithoutCancel(ctx), s, started)
	if err != nil {
		return nil, err
	}
	return &report, verdictOfPass(report.Progress, stopped, "run the same command again to retry them; what was refused for safety waits for a person to decide")
}

// start puts a run over the actors on the record.
func (a *app) start(ctx context.Context, s store.Store, e *evaluator.Evaluator, actors []actor.Actor) (run.Run, error) {
	header := run.Run{Mode: run.DryRun, Judge: e.Judge.ID()}
	for _, member := range actors {
		header.Actors = append(header.Actors, member.Name)
	}
	return run.Start(ctx, s, header, e.Fresh, a.now())
}

// goOver evaluates the actors of the run and returns the run as it then stands, and
// why it stopped if it did before the end.
func (a *app) goOver(ctx context.Context, s store.Store, e *evaluator.Evaluator, r run.Run, actors []actor.Actor, seen func(run.Outcome)) (run.Run, error) {
	byName := members(actors)
	pass := run.Pass{
		Store: s, Run: r, Workers: e.Workers(), Seen: seen,
		Work: func(ctx context.Context, name actor.Name) (run.Outcome, error) {
			return a.outcome(ctx, e, byName[name])
		},
	}
	stopped := pass.Do(ctx)
	r, err := r.End(ctx, s, a.now(), stopped)
	return r, cmp.Or(stopped, err)
}

func (a *app) outcome(ctx context.Context, e *evaluator.Evaluator, member actor.Actor) (run.Outcome, error) {
	result, err := e.Evaluate(ctx, member)
	o := run.Outcome{State: run.Completed, At: a.now(), Usage: result.Spent}
	if result.Unchanged {
		o.State, o.Reason = run.Skipped, "unchanged since "+result.Evaluation.EvaluatedAt.Format("2006-01-02 15:04:05 MST")
	}
	return o, err
}

// verdictOfPass turns how the run ended into the command's error; retry says what to
// do about actors that failed.
func verdictOfPass(p run.Progress, stopped error, retry string) error {
	switch {
	case errors.Is(stopped, context.Canceled):
		return hint(fmt.Errorf("interrupted: %d of %d actors remain", p.Remaining, p.Total), "run the same command again to go on")
	case stopped != nil:
		return hint(fmt.Errorf("%w; %d of %d actors remain", stopped, p.Remaining, p.Total), "run the same command again to go on")
	case p.Failed > 0:
		return partialError{hint(fmt.Errorf("%d of %d actors failed", p.Failed, p.Total), "%s", retry)}
	}
	return nil
}
