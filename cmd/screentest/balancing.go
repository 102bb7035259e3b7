package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"

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
	named     bool // the actors were named: a person wants them, whatever was decided before
	yes       bool
	command   string // for the ledger

	actors  map[actor.Name]actor.Actor
	intents []execution.Intent
	closed  []execution.Intent // rejected or failed, and not named
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
		case err != nil:
			return err
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

// price is what the pictures are expected to cost, each made once.
func (b *balancing) price() float64 {
	if b.settings.Generation.Name == "offline" {
		return 0
	}
	return float64(b.missing().Total()) * b.settings.Generation.USDPerImage
}

// preview says what will be done, where a person reads it: beside the document if
// one is wanted.
func (b *balancing) preview() {
	a := *b.app
	if a.json {
		a.stdout = a.stderr
	}
	if len(b.intents) > 0 {
		t := a.newTable("actor", "plan", "state", "delete", "generate")
		for _, i := range b.intents {
			t.AppendRow([]any{printable(string(i.Actor)), i.Proposal, string(i.State), dash(len(i.Delete)), dashMix(i.Generate)})
		}
		a.render(t)
		a.printf("\n%s: move %s to the trash, generate %s (%s) by %s, for about $%.2f.\n",
			plural(len(b.intents), "actor"), plural(b.deletions(), "image"), plural(b.missing().Total(), "picture"), mix(b.missing()),
			b.settings.Generation.Name, b.price())
		if tries := b.settings.Generation.Tries; b.price() > 0 && tries > 1 {
			a.printf("A picture that does not pass is made again, up to %d times in all: $%.2f at most%s.\n",
				tries, b.price()*float64(tries), limitOf(b.settings.Run.MaxCost))
		}
	} else {
		a.printf("No plan is waiting.\n")
	}
	for _, i := range b.closed {
		a.printf("left: %s: plan %s is %s: %s; name the actor to have it performed\n", printable(string(i.Actor)), i.Proposal, i.State, printable(i.Why))
	}
}

func limitOf(maxCost float64) string {
	if maxCost < 0 {
		return ""
	}
	return fmt.Sprintf(", and no more than the limit of $%.2f", maxCost)
}

func dashMix(t balance.Target) string {
	if t.Total() == 0 {
		return "-"
	}
	return mix(t)
}

// confirm asks whether to go on. Where nobody can be asked, --yes has to be said.
func (b *balancing) confirm(ctx context.Context) (bool, error) {
	if len(b.intents) == 0 {
		return false, nil
	}
	if err := b.refuse(ctx); err != nil {
		return false, err
	}
	return b.app.confirm("Go on?", b.yes)
}

// confirm asks a question on the terminal.
func (a *app) confirm(question string, yes bool) (bool, error) {
	if yes {
		return true, nil
	}
	in, ok := a.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return false, usageError{errors.New("nothing was changed: there is nobody to ask here, so say --yes to do this")}
	}
	fmt.Fprintf(a.stderr, "%s [y/N] ", question)
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	if word := strings.ToLower(strings.TrimSpace(answer)); word == "y" || word == "yes" {
		return true, nil
	}
	fmt.Fprintln(a.stderr, "nothing was changed")
	return false, nil
}

// approveAll approves the plans and leaves performing them to others.
func (b *balancing) approveAll(ctx context.Context) error {
	for _, intent := range b.intents {
		if err := b.approve(ctx, intent); err != nil {
			return err
		}
	}
	if b.app.json {
		return b.app.printJSON(map[string]any{"approved": b.intents})
	}
	b.app.printf("%s approved; `screentest balance` performs them.\n", plural(len(b.intents), "plan"))
	return nil
}

func (b *balancing) approve(ctx context.Context, intent execution.Intent) error {
	if intent.State == ledger.Approved {
		return nil
	}
	book, err := ledger.Load(ctx, b.store, intent.Actor)
	if err != nil {
		return err
	}
	return book.Approve(ctx, intent.Proposal, b.sign("screentest "+b.command))
}

// perform performs the plans as one run. The report is nil where it could not
// even begin.
func (b *balancing) perform(ctx context.Context) (*balanceReport, error) {
	if err := b.parts(); err != nil {
		return nil, err
	}
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
	pass := run.Pass{
		Store: b.store, Run: started, Workers: b.evaluator.Workers(), Seen: m.fails,
		Work: func(ctx context.Context, name actor.Name) (run.Outcome, error) {
			result, outcome, err := b.one(ctx, x, intents[name])
			mu.Lock()
			defer mu.Unlock()
			results[name] = result
			return outcome, err
		},
	}
	stopped := pass.Do(ctx)
	m.stop()
	if stopped == nil {
		if started, err = started.End(ctx, b.store, b.app.now()); err != nil {
			return nil, err
		}
	}
	report, err := b.report(context.WithoutCancel(ctx), started, results)
	if err != nil {
		return nil, err
	}
	return &report, verdictOfPass(report.Progress, stopped)
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
		err = errors.Join(err, evaluateErr)
	}
	outcome.At = b.app.now()
	return result, outcome, err
}
