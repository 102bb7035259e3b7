package execution

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"screentest/pkg/actor"
	"screentest/pkg/generate"
	"screentest/pkg/inspect"
	"screentest/pkg/judge"
	"screentest/pkg/ledger"
	"screentest/pkg/store"
)

// generateAll takes the generating steps and returns why some of them cannot be
// taken, ever. The error is about going on now.
func (p *performance) generateAll(ctx context.Context) (failures []error, err error) {
	for _, step := range p.proposal.Steps() {
		if step.Style == "" || p.proposal.Taken(step) {
			continue
		}
		err := p.generate(ctx, step)
		if errors.Is(err, errSpent) {
			failures = append(failures, err)
		} else if err != nil {
			return nil, fmt.Errorf("generate %s: %w", step.Style, err)
		}
	}
	return failures, nil
}

// errSpent says that a step has used up its tries.
var errSpent = errors.New("no picture")

// generate brings one step from where it stands to its end, try by try.
func (p *performance) generate(ctx context.Context, step ledger.Step) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		done, err := p.advance(ctx, step)
		if done || err != nil {
			return err
		}
	}
}

// advance does what follows from the last line about a step.
func (p *performance) advance(ctx context.Context, step ledger.Step) (done bool, err error) {
	t := triesOf(p.proposal.Of(step))
	switch t.last.Act {
	case ledger.Placed:
		return true, nil
	case ledger.Passed:
		return false, p.place(ctx, step, t.last)
	case ledger.Received:
		return false, p.judge(ctx, step, t.last)
	case ledger.Ordered:
		return false, p.recover(ctx, step, t.last)
	case ledger.Refused:
		return true, fmt.Errorf("%w for %s: the generator refused prompt %s for safety; look at it and at the base image: %s", errSpent, step.Style, t.last.Prompt, t.last.Why)
	}
	if t.failed >= p.Settings.Generation.Tries {
		return true, fmt.Errorf("%w for %s after %d tries: %s: %s", errSpent, step.Style, t.failed, t.last.Act, t.last.Why)
	}
	if err := p.unheard(); err != nil {
		return true, err
	}
	return false, p.order(ctx, step, t.orders+1)
}

// order chooses a prompt, writes the order down, and sends it.
func (p *performance) order(ctx context.Context, step ledger.Step, try int) error {
	if err := p.ready(ctx); err != nil {
		return err
	}
	prompt, err := generate.Choose(p.actor.Name, step.Style, p.used(), p.barred())
	if err != nil {
		return err
	}
	if err := p.Allowance.generation(); err != nil {
		return err
	}
	line := ledger.Line{Act: ledger.Ordered, Try: try, Prompt: prompt.ID, Generator: p.generatorName(), Bound: p.Generator.Bound()}
	if err := p.record(ctx, step, line); err != nil {
		return err
	}
	return p.send(ctx, step, line)
}

// send sends an order that is written down, and stores what comes.
func (p *performance) send(ctx context.Context, step ledger.Step, line ledger.Line) error {
	prompt, err := generate.ByID(line.Prompt)
	if err != nil {
		return err
	}
	prompt = prompt.For(p.actor)
	picture, used, err := p.Generator.Generate(ctx, generate.Order{
		Actor: p.actor.Name, Style: step.Style, Prompt: prompt, Base: p.base, Seed: fmt.Sprintf("%s-%d", step.Key, line.Try),
	})
	p.result.Spent = p.result.Spent.Add(used)
	line.USD = used.USD
	if err != nil {
		return p.unanswered(ctx, step, line, err)
	}
	p.lost.Store(0)
	return p.receive(ctx, step, line, answer{
		SchemaVersion: answerVersion, Step: step.Key, Try: line.Try, At: p.Now(), Generator: p.Generator.ID(),
		PromptID: prompt.ID, Prompt: prompt.Text, Usage: used, Extension: picture.Extension, Data: picture.Data,
	})
}

// ready makes sure that an order can be sent, and its answer stored.
func (p *performance) ready(ctx context.Context) error {
	if p.Generator == nil {
		return errors.New("pictures are missing and no generator was named: say --generator openai or offline")
	}
	if err := p.readBase(ctx); err != nil {
		return err
	}
	if p.Generator.Bound() == 0 {
		return nil
	}
	p.room.Do(func() { p.full = p.probe(ctx) })
	return p.full
}

// lostInARow is how many answers may be lost one after the other, of whatever
// actor, before the run stops: something is wrong on the way, and every further
// order may be billed for nothing.
const lostInARow = 3

// unanswered records an order that brought no picture. Only one whose answer came
// counts as a try: a lost one says nothing of the picture.
func (p *performance) unanswered(ctx context.Context, step ledger.Step, line ledger.Line, cause error) error {
	line.Why = cause.Error()
	switch {
	case errors.Is(cause, generate.ErrRefused):
		line.Act = ledger.Refused
	case errors.Is(cause, generate.ErrLost):
		line.Act = ledger.Lost
		if err := p.record(ctx, step, line); err != nil || p.lost.Add(1) < lostInARow {
			return err
		}
		return fmt.Errorf("%w: %d answers in a row were lost, each may have been billed: %w", judge.ErrHalt, lostInARow, cause)
	case errors.Is(cause, generate.ErrUnusable):
		line.Act = ledger.Unfit
	default:
		p.Allowance.giveBack()
		line.Act = ledger.Void
		return errors.Join(cause, p.record(ctx, step, line))
	}
	return p.record(ctx, step, line)
}

// storeAttempts is how often storing a paid picture is tried; losing it means
// paying again.
const storeAttempts = 3

// receive stores the answer, even when the run is being stopped, before a line
// says that it is there.
func (p *performance) receive(ctx context.Context, step ledger.Step, line ledger.Line, a answer) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	for range storeAttempts {
		_, err = p.Store.Put(context.WithoutCancel(ctx), p.answerKey(step, a.Try), text, store.IfAbsent)
		if err == nil || errors.Is(err, store.ErrConflict) { // stored, now or by the attempt before
			p.held = &a
			return p.received(ctx, step, line, a)
		}
	}
	return fmt.Errorf("%w: a picture that was paid for cannot be stored: %w", judge.ErrHalt, err)
}

func (p *performance) received(ctx context.Context, step ledger.Step, line ledger.Line, a answer) error {
	line.Act, line.SHA256, line.USD, line.To = ledger.Received, store.HashOf(a.Data), a.Usage.USD, p.answerKey(step, a.Try)
	return p.record(ctx, step, line)
}

// recover finds out what became of an order that no line tells the end of. Where
// no answer is stored it is lost with the program, and may have been billed; an
// order that costs nothing is simply sent again.
func (p *performance) recover(ctx context.Context, step ledger.Step, ordered ledger.Line) error {
	a, err := p.answer(ctx, step, ordered)
	switch {
	case err == nil:
		return p.received(ctx, step, ordered, a)
	case !errors.Is(err, store.ErrNotFound):
		return err
	case ordered.Bound == 0 && p.Generator != nil && ordered.Generator == p.generatorName():
		if err := p.ready(ctx); err != nil {
			return err
		}
		return p.send(ctx, step, ordered)
	}
	ordered.Act, ordered.Why, ordered.USD = ledger.CutOff, "no answer was stored before the program ended", ordered.Bound
	return p.record(ctx, step, ordered)
}

// used counts how often each prompt was sent for this actor.
func (p *performance) used() map[string]int {
	used := map[string]int{}
	for _, line := range p.ledger.Lines {
		switch line.Act {
		case ledger.Ordered:
			used[line.Prompt]++
		case ledger.Void:
			used[line.Prompt]--
		}
	}
	return used
}

// barred are the prompts that were refused for this actor.
func (p *performance) barred() map[string]bool {
	barred := map[string]bool{}
	for _, line := range p.ledger.Lines {
		if line.Act == ledger.Refused {
			barred[line.Prompt] = true
		}
	}
	return barred
}

func (p *performance) generatorName() string {
	id := p.Generator.ID()
	return id.Name + " " + id.Model
}

// ErrNoBase says that an actor has no base image that can be used. Nothing was
// ordered, and will be before somebody puts one there.
var ErrNoBase = errors.New("there is no base image to generate from")

// readBase reads the base image once; without a usable one nothing is ordered.
func (p *performance) readBase(ctx context.Context) error {
	if p.base != nil {
		return nil
	}
	info, ok := p.standing.set.BaseImage()
	if !ok {
		return fmt.Errorf("%w: put a png or jpeg into %s", ErrNoBase, actor.BaseKey(p.actor.Name, ""))
	}
	data, _, err := store.ReadAll(ctx, p.Store, info.Key, p.Settings.Images.MaxBytes)
	if errors.Is(err, store.ErrTooLarge) {
		return fmt.Errorf("%w: base image %s: %w", ErrNoBase, info.Key, err)
	}
	if err != nil {
		return fmt.Errorf("base image: %w", err)
	}
	picture, err := inspect.Inspect(data, p.limits(), 0)
	if err != nil {
		return fmt.Errorf("%w: base image %s: %w", ErrNoBase, info.Key, err)
	}
	p.base, p.portrait = data, inspect.Print{SHA256: store.HashOf(data), Checks: picture.Checks}
	return nil
}
