package evaluator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
	"screentest/pkg/inspect"
	"screentest/pkg/judge"
	"screentest/pkg/store"
)

// work is the making of one evaluation.
type work struct {
	*Evaluator
	set      actor.Set
	known    evaluation.Verdicts        // on record
	recorded store.Version              // of the document that holds them; "" if there is none, or none we know
	measured map[string]*inspect.Checks // by content, from the evaluation before
	hashed   map[object]string          // contents that need not be read to be known, likewise
	base     *evaluation.Base
	portrait *judge.Exhibit // the base image as the judge sees it
	facts    []evaluation.Fact
	trashed  []evaluation.Trashed // what they may be copies of
	previews map[string][]byte    // by content, of images that need a verdict
	problems []string
	usage    cost.Usage
}

func (w *work) run(ctx context.Context, old *evaluation.Evaluation) error {
	if err := w.loadVerdicts(ctx); err != nil {
		return err
	}
	w.remember(old)
	if err := w.look(ctx); err != nil {
		return err
	}
	w.report()
	return w.judgeImages(ctx)
}

// loadVerdicts loads what was paid for. A judge that works from the checks alone
// is asked again instead: its answers cost nothing and are not kept.
func (w *work) loadVerdicts(ctx context.Context) (err error) {
	if w.free() {
		w.known = evaluation.Verdicts{}
		return nil
	}
	w.known, w.recorded, err = evaluation.LoadVerdicts(ctx, w.Store, w.set.Actor.Name)
	return err
}

// An object is a state of one file.
type object struct {
	file    string
	version store.Version
}

// remember takes over the measurements of contents that were measured before.
func (w *work) remember(old *evaluation.Evaluation) {
	w.measured = map[string]*inspect.Checks{}
	w.hashed = map[object]string{}
	w.previews = map[string][]byte{}
	if old == nil || w.Fresh {
		return
	}
	if old.Base != nil && old.Base.SHA256 != "" {
		w.hashed[object{old.Base.File, old.Base.Version}] = old.Base.SHA256
	}
	for _, image := range old.Images {
		if image.Checks != nil && image.Checks.Version == inspect.Version && w.allowed(image) {
			w.measured[image.SHA256] = image.Checks
			w.hashed[object{image.File, image.Version}] = image.SHA256
		}
	}
}

// allowed reports whether an image that was measured is within the limits, which
// may have been lowered since.
func (w *work) allowed(i evaluation.Image) bool {
	limits := w.Settings.Images
	return i.Bytes <= limits.MaxBytes && float64(i.Width)*float64(i.Height) <= limits.MaxMegapixels*1e6
}

// report collects what lies in the set's place but is not in it.
func (w *work) report() {
	for _, refused := range w.set.Refused {
		w.problems = append(w.problems, refused.Name+": "+refused.Reason)
	}
}

func (w *work) subject(sha256 string) evaluation.Subject {
	subject := evaluation.Subject{SHA256: sha256, Judge: w.Judge.ID()}
	if w.base != nil {
		subject.BaseSHA256 = w.base.SHA256
	}
	return subject
}

// judgeImages fills in the verdicts: those on record, then those of the judge,
// case by case. The same content is asked about once.
func (w *work) judgeImages(ctx context.Context) error {
	var open []judge.Exhibit
	asked := map[string]bool{}
	for _, fact := range w.facts {
		_, known := w.known[w.subject(fact.SHA256)]
		if fact.Checks == nil || known || asked[fact.SHA256] {
			continue
		}
		asked[fact.SHA256] = true
		open = append(open, judge.Exhibit{
			File: fact.Info.Key.Base(), SHA256: fact.SHA256, Checks: *fact.Checks, Preview: w.previews[fact.SHA256],
		})
	}
	if err := w.showBase(ctx, open); err != nil {
		return err
	}
	failed, err := w.askAll(ctx, open)
	if err != nil {
		return err
	}
	for i := range w.facts {
		w.conclude(&w.facts[i], failed)
	}
	return nil
}

func (w *work) conclude(fact *evaluation.Fact, failed map[string]error) {
	if fact.Checks == nil {
		return
	}
	switch j, ok := w.known[w.subject(fact.SHA256)]; {
	case ok && j.Refused != "":
		fact.Err = fmt.Errorf("%w: on %s: %s; it is not asked again, have a person decide",
			judge.ErrRefused, j.JudgedAt.Format(time.DateOnly), strings.TrimPrefix(j.Refused, judge.ErrRefused.Error()+": "))
		return
	case ok:
		fact.Verdict = &j.Verdict
		return
	}
	if fact.Err = failed[fact.SHA256]; fact.Err == nil {
		fact.Err = errors.New("the judge gave no answer")
	}
}

// askAll returns why images have no verdict, by content. It stops at an error
// that no later case can avoid.
func (w *work) askAll(ctx context.Context, open []judge.Exhibit) (map[string]error, error) {
	failed := map[string]error{}
	for len(open) > 0 {
		n := min(w.Judge.BatchSize(), len(open))
		batch := open[:n]
		open = open[n:]
		err := w.ask(ctx, batch, failed)
		if errors.Is(err, judge.ErrHalt) {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for _, exhibit := range batch {
			if err != nil {
				failed[exhibit.SHA256] = err
			}
		}
	}
	return failed, nil
}

// ask puts one case before the judge and its answers on the record.
func (w *work) ask(ctx context.Context, images []judge.Exhibit, failed map[string]error) error {
	if err := w.asks.Acquire(ctx, 1); err != nil {
		return err
	}
	defer w.asks.Release(1)
	c := judge.Case{Actor: string(w.set.Actor.Name), Base: w.portrait, Images: images, Seed: images[0].SHA256}
	answers, used, err := w.Judge.Judge(ctx, c)
	w.usage = w.usage.Add(used)
	if err != nil {
		return fmt.Errorf("judge %d images: %w", len(images), err)
	}
	var judgements []evaluation.Judgement
	var halt error
	for _, answer := range answers {
		j := evaluation.Judgement{
			Subject: w.subject(answer.SHA256), Verdict: answer.Verdict, JudgedAt: w.Now(), USD: used.USD / float64(len(answers)),
		}
		switch {
		case errors.Is(answer.Err, judge.ErrRefused):
			j.Refused = answer.Err.Error()
		case answer.Err != nil:
			failed[answer.SHA256] = answer.Err
			if errors.Is(answer.Err, judge.ErrHalt) {
				halt = answer.Err
			}
			continue
		}
		judgements = append(judgements, j)
	}
	if err := w.keep(ctx, judgements); err != nil {
		return fmt.Errorf("%w: answers that were paid for cannot be recorded: %w", judge.ErrHalt, err)
	}
	return halt
}

// keepAttempts is how often the record of paid answers is tried; losing it means
// paying again.
const keepAttempts = 3

// keep records judgements; those that cost something also in the store, before
// anything else is asked, and even when the run is being stopped.
func (w *work) keep(ctx context.Context, judgements []evaluation.Judgement) error {
	for _, j := range judgements {
		w.known[j.Subject] = j
	}
	if w.free() || len(judgements) == 0 {
		return nil
	}
	var err error
	for range keepAttempts {
		w.recorded, err = evaluation.AddVerdicts(context.WithoutCancel(ctx), w.Store, w.set.Actor.Name, w.known, w.recorded, judgements)
		if err == nil {
			return nil
		}
	}
	return err
}

func (w *work) build(rulings decision.Rulings) evaluation.Evaluation {
	return evaluation.Build(evaluation.Facts{
		Actor: w.set.Actor.Name, Images: w.facts, Trashed: w.trashed, Base: w.base, Judge: w.Judge.ID(), Rulings: rulings,
		Problems: w.problems, Usage: w.usage, At: w.Now(),
	}, w.Settings)
}

// incomplete says which images have no verdict, and gives the reason of the first
// for which that may pass, or else of the first.
func (w *work) incomplete(e evaluation.Evaluation) error {
	left := e.Unjudged()
	switch damage := e.Damage(); {
	case len(left) == 0 && damage != "":
		return fmt.Errorf("%w: %s", ErrDamaged, damage)
	case len(left) == 0:
		return nil
	}
	reasons := map[string]error{}
	for _, fact := range w.facts {
		reasons[fact.Info.Key.Base()] = fact.Err
	}
	kind, told := ErrUnjudged, slices.IndexFunc(left, func(i evaluation.Image) bool { return !lasting(reasons[i.File]) })
	if told < 0 {
		kind, told = ErrNotJudgeable, 0
	}
	return fmt.Errorf("%w: %d of %d, such as %s: %w", kind, len(left), len(e.Images), left[told].File, reasons[left[told].File])
}

// lasting reports whether an image will not get a verdict next time either.
func lasting(err error) bool { return unusable(err) || errors.Is(err, judge.ErrRefused) }
