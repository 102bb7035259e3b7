package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/cost"
	"screentest/pkg/evaluator"
	"screentest/pkg/execution"
	"screentest/pkg/generate"
	"screentest/pkg/ledger"
	"screentest/pkg/mirror"
	"screentest/pkg/run"
	"screentest/pkg/settings"
	"screentest/pkg/store"
)

// A balancing is the performing of plans by one command: intend, preview,
// confirm, perform.
type balancing struct {
	app       *app
	store     store.Store
	settings  settings.Settings
	budget    *cost.Budget
	evaluator *evaluator.Evaluator
	generator generate.Generator // nil where nothing is missing
	remote    mirror.Remote
	command   string // for the ledger

	named       bool // the actors were named: a person wants them, whatever was decided before
	yes         bool // go on without asking
	approveOnly bool // and leave performing to others

	actors  map[actor.Name]actor.Actor
	intents []execution.Intent
	closed  []execution.Intent // rejected or failed, and not named
	broken  []run.Failure      // actors whose record cannot be read
}

func (b *balancing) sign(why string) ledger.Signature {
	return ledger.Signature{By: person(), At: b.app.now(), Why: why}
}

// intend collects what is to be done for the actors.
func (b *balancing) intend(ctx context.Context, actors []actor.Actor) error {
	b.actors = members(actors)
	for _, member := range actors {
		intent, err := execution.IntentOf(ctx, b.store, member.Name, b.sign("proposed by the evaluation on record"))
		switch {
		case err != nil && ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			b.broken = append(b.broken, run.Failure{Actor: member.Name, Reason: err.Error()})
		case intent.Open(), b.named && intent.Closed():
			b.intents = append(b.intents, intent)
		case intent.Closed():
			b.closed = append(b.closed, intent)
		}
	}
	var err error
	b.remote, err = remote(ctx, b.store, b.settings.Mirror)
	return err
}

// refuse says why the plans cannot be performed as things are configured.
func (b *balancing) refuse(ctx context.Context) error {
	refused := 0
	var first error
	for _, intent := range b.intents {
		if err := execution.Orphans(ctx, b.store, b.remote, intent); err != nil {
			refused++
			if first == nil {
				first = err
			}
		}
	}
	if refused == 0 {
		return nil
	}
	return usageError{fmt.Errorf("%d of %d plans cannot be performed, and none was: %w", refused, len(b.intents), first)}
}

// missing is how many pictures are to be generated.
func (b *balancing) missing() balance.Target {
	var sum balance.Target
	for _, intent := range b.intents {
		sum.Photorealistic += intent.Generate.Photorealistic
		sum.BWStylized += intent.Generate.BWStylized
		sum.ColorStylized += intent.Generate.ColorStylized
	}
	return sum
}

func (b *balancing) deletions() int {
	n := 0
	for _, intent := range b.intents {
		n += len(intent.Delete)
	}
	return n
}

// confirm asks whether to go on. Where nobody can be asked, --yes has to be said.
func (b *balancing) confirm(ctx context.Context) (bool, error) {
	if len(b.intents) == 0 {
		return false, nil
	}
	if err := b.refuse(ctx); err != nil {
		return false, err
	}
	return b.app.confirm(ctx, "Go on?", b.yes)
}

// approveAll approves the plans and leaves performing them to others.
func (b *balancing) approveAll(ctx context.Context, proceed bool) error {
	approved := []execution.Intent{}
	for _, intent := range b.intents {
		if !proceed {
			break
		}
		if err := b.approve(ctx, intent); err != nil {
			return err
		}
		intent.State = ledger.Approved
		approved = append(approved, intent)
	}
	switch {
	case b.app.json:
		if err := b.app.printJSON(map[string]any{"approved": approved}); err != nil {
			return err
		}
	case proceed:
		b.app.printf("%s approved; `screentest balance` performs them.\n", plural(len(approved), "plan"))
	}
	return b.verdict(run.Progress{}, nil)
}

func (b *balancing) approve(ctx context.Context, intent execution.Intent) error {
	if intent.State == ledger.Approved {
		return nil
	}
	book, err := ledger.Load(ctx, b.store, intent.Actor)
	if err != nil {
		return err
	}
	if latest, _ := book.Latest(); latest.ID == intent.Proposal && latest.State == ledger.Done {
		return nil // somebody else was faster
	}
	return book.Approve(ctx, intent.Proposal, b.sign("screentest "+b.command))
}

// perform performs the plans as one run. The report is nil where it could not
// even begin.
func (b *balancing) perform(ctx context.Context) (*balanceReport, error) {
	header := run.Run{Mode: run.Execute, Judge: b.evaluator.Judge.ID()}
	intents := map[actor.Name]execution.Intent{}
	for _, intent := range b.intents {
		header.Actors = append(header.Actors, intent.Actor)
		intents[intent.Actor] = intent
	}
	started, err := run.Start(ctx, b.store, header, false, b.app.now())
	if err != nil {
		return nil, err
	}
	m := newMeter(b.app.stderr, "balancing", "images")
	x := b.executor(m.line(b.deletions() + b.missing().Total()))
	var mu sync.Mutex
	results := map[actor.Name]execution.Result{}
	var spent cost.Usage
	pass := run.Pass{
		Store: b.store, Run: started, Workers: b.evaluator.Workers(), Seen: m.fails,
		Work: func(ctx context.Context, name actor.Name) (run.Outcome, error) {
			result, outcome, err := b.one(ctx, x, intents[name])
			mu.Lock()
			defer mu.Unlock()
			results[name] = result
			spent = spent.Add(outcome.Usage)
			return outcome, err
		},
	}
	stopped := pass.Do(ctx)
	m.stop()
	started, err = started.End(ctx, b.store, b.app.now(), stopped)
	stopped = cmp.Or(stopped, err)
	report, err := b.report(context.WithoutCancel(ctx), started, results)
	if err != nil {
		return nil, err
	}
	report.Spent = spent
	return &report, b.verdict(report.Progress, stopped)
}

// verdict is how the command ends: with an error also where only actors failed
// whose record could not be read.
func (b *balancing) verdict(p run.Progress, stopped error) error {
	retry := "what each needs stands above; a plan that has failed is performed again for actors that are named"
	if err := verdictOfPass(p, stopped, retry); err != nil || len(b.broken) == 0 {
		return err
	}
	return partialError{fmt.Errorf("the records of %s cannot be read", plural(len(b.broken), "actor"))}
}

func (b *balancing) executor(seen func(ledger.Line)) *execution.Executor {
	return execution.New(execution.Config{
		Store: b.store, Evaluator: b.evaluator, Generator: b.generator, Remote: b.remote, Settings: b.settings,
		Allowance: execution.NewAllowance(b.settings.Run.MaxDeletions, b.settings.Run.MaxGenerations),
		By:        person(), Now: b.app.now, Seen: seen,
	})
}

// one approves and performs the plan of one actor, and evaluates what has become
// of the set.
func (b *balancing) one(ctx context.Context, x *execution.Executor, intent execution.Intent) (execution.Result, run.Outcome, error) {
	outcome := run.Outcome{State: run.Completed}
	member := b.actors[intent.Actor]
	if err := b.approve(ctx, intent); err != nil {
		outcome.At = b.app.now()
		return execution.Result{}, outcome, err
	}
	result, err := x.Perform(ctx, member)
	outcome.Usage = result.Spent
	if err == nil || errors.Is(err, execution.ErrFailed) || errors.Is(err, execution.ErrStale) {
		after, evaluateErr := b.evaluator.Evaluate(ctx, member)
		outcome.Usage = outcome.Usage.Add(after.Spent)
		if errors.Is(err, execution.ErrStale) && evaluateErr == nil {
			err = fmt.Errorf("%w; it was evaluated again: look at the new plan", err)
		}
		err = also(err, evaluateErr)
	}
	outcome.At = b.app.now()
	return result, outcome, err
}

// also adds what went wrong second to what went wrong first, on one line.
func also(first, second error) error {
	if first == nil || second == nil {
		return cmp.Or(first, second)
	}
	return fmt.Errorf("%w; and then: %w", first, second)
}
