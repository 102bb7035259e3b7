package execution

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"

	"screentest/pkg/generate"
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

// advance does what follows from the last line about a step. A picture that was
// received and is lost since, because somebody removed or damaged what was stored, is
// put on record as one that cannot be used: what it cost is there already.
func (p *performance) advance(ctx context.Context, step ledger.Step) (done bool, err error) {
	done, err = p.next(ctx, step)
	if last := p.proposal.Tries(step).Last; errors.Is(err, errNoAnswer) {
		return false, p.record(ctx, step, ledger.Line{Act: ledger.Unfit, Try: last.Try, Prompt: last.Prompt, Generator: last.Generator, Why: err.Error()})
	}
	return done, err
}

func (p *performance) next(ctx context.Context, step ledger.Step) (done bool, err error) {
	t := p.proposal.Tries(step)
	switch t.Last.Act {
	case ledger.Placed:
		return true, nil
	case ledger.Passed:
		return false, p.place(ctx, step, t.Last)
	case ledger.Received:
		return false, p.judge(ctx, step, t.Last)
	case ledger.Ordered:
		return false, p.recover(ctx, step, t.Last)
	case ledger.Refused:
		return true, fmt.Errorf("%w for %s: the generator refused prompt %s for safety; look at it and at the base image: %s", errSpent, step.Style, t.Last.Prompt, t.Last.Why)
	}
	if t.Failed >= p.Settings.Generation.Tries {
		return true, fmt.Errorf("%w for %s after %d tries: %s: %s", errSpent, step.Style, t.Failed, t.Last.Act, t.Last.Why)
	}
	if err := p.unheard(); err != nil {
		return true, err
	}
	return false, p.order(ctx, step, t.Orders+1)
}

// order chooses a prompt, writes the order down, and sends it. It looks first for an
// answer to the very same one, which a ledger that is lost knew of: that is not paid
// for again. Where something else lies in its place the order is void, and the next
// one has another place.
func (p *performance) order(ctx context.Context, step ledger.Step, try int) error {
	if err := p.ready(ctx); err != nil {
		return err
	}
	prompt, err := generate.Choose(p.actor.Name, step.Style, p.used(), p.barred())
	if err != nil {
		return err
	}
	line := ledger.Line{Act: ledger.Ordered, Try: try, Prompt: prompt.ID, Generator: p.generatorName(), Bound: p.Generator.Bound()}
	before, unknown := p.answer(ctx, step, line)
	switch {
	case errors.Is(unknown, store.ErrNotFound):
		return p.orderAnew(ctx, step, line)
	case unknown != nil && !errors.Is(unknown, errNoAnswer):
		return unknown
	}
	if err := p.record(ctx, step, line); err != nil {
		return err
	}
	if unknown == nil {
		return p.received(ctx, step, line, before)
	}
	line.Act, line.Why = ledger.Void, unknown.Error()
	return p.record(ctx, step, line)
}

func (p *performance) orderAnew(ctx context.Context, step ledger.Step, line ledger.Line) error {
	if err := p.Allowance.generation(); err != nil {
		return err
	}
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
	p.useless.Store(0)
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

// How many answers may be lost, or hold no picture, one after the other, of whatever
// actor, before the run stops: something is wrong on the way, and every further
// order may be billed for nothing. One prompt may well bring no picture as often as
// it is tried.
const (
	lostInARow    = 3
	uselessInARow = 6
)

// unanswered records an order that brought no picture. Only one whose answer came
// counts as a try: a lost one says nothing of the picture.
func (p *performance) unanswered(ctx context.Context, step ledger.Step, line ledger.Line, cause error) error {
	line.Why = cause.Error()
	switch {
	case errors.Is(cause, generate.ErrRefused):
		line.Act = ledger.Refused
	case errors.Is(cause, generate.ErrLost):
		line.Act = ledger.Lost
		return p.wasted(ctx, step, line, cause, &p.lost, lostInARow)
	case errors.Is(cause, generate.ErrUnusable):
		line.Act = ledger.Unfit
		return p.wasted(ctx, step, line, cause, &p.useless, uselessInARow)
	default:
		p.Allowance.giveBack()
		line.Act = ledger.Void
		return errors.Join(cause, p.record(ctx, step, line))
	}
	return p.record(ctx, step, line)
}

// wasted records an order that may have been billed for nothing, and stops the run
// where it is one too many.
func (p *performance) wasted(ctx context.Context, step ledger.Step, line ledger.Line, cause error, inARow *atomic.Int32, most int32) error {
	if err := p.record(ctx, step, line); err != nil || inARow.Add(1) < most {
		return err
	}
	return fmt.Errorf("%w: %d answers in a row brought no picture, each may have been billed: %w", judge.ErrHalt, most, cause)
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
		if err = p.keep(context.WithoutCancel(ctx), p.answerKey(step, a.Try), text); err == nil {
			p.held = &a
			return p.received(ctx, step, line, a)
		}
	}
	return fmt.Errorf("%w: a picture that was paid for cannot be stored: %w", judge.ErrHalt, err)
}

// keep stores an answer, unless the attempt before has: what lies there then is the
// same.
func (p *performance) keep(ctx context.Context, k store.Key, text []byte) error {
	_, err := p.Store.Put(ctx, k, text, store.IfAbsent)
	if !errors.Is(err, store.ErrConflict) {
		return err
	}
	there, _, readErr := store.ReadAll(ctx, p.Store, k, store.MaxDocument)
	if readErr != nil || bytes.Equal(there, text) {
		return readErr
	}
	return fmt.Errorf("another picture lies at %s: %w", k, err)
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
	case !errors.Is(err, errNoAnswer):
		return err
	case errors.Is(err, store.ErrNotFound) && ordered.Bound == 0 && p.Generator != nil && ordered.Generator == p.generatorName():
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
