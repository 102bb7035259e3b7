package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/evaluation"
	"screentest/pkg/evaluator"
	"screentest/pkg/event"
	"screentest/pkg/judge"
	"screentest/pkg/metric"
	"screentest/pkg/mirror"
	"screentest/pkg/run"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/sweep"
)

// Evaluations evaluates actors.
type Evaluations struct {
	Store     store.Store
	Evaluator *evaluator.Evaluator
	Settings  settings.Settings
	Remote    mirror.Remote // where the images also lie
	Balances  sweep.Sender  // takes approved plans
	Metrics   *metric.Log
	Now       func() time.Time
	Members   Members
	Sweeps    Sweeps
}

// NewEvaluations returns the handler that evaluates with j. The message group keeps
// other evaluators away from an actor, so no claim is taken. A balancer may be at it,
// and what both write is safe from each other (see DESIGN.md, Queues and sweeps).
func NewEvaluations(s store.Store, j judge.Judge, set settings.Settings, r mirror.Remote, balances sweep.Sender, m *metric.Log, now func() time.Time) *Evaluations {
	return &Evaluations{
		Store: s, Settings: set, Remote: r, Balances: balances, Metrics: m, Now: now, Members: Members{Store: s, Now: now}, Sweeps: Sweeps{Store: s, Now: now},
		Evaluator: evaluator.New(evaluator.Config{Store: s, Judge: j, Settings: set, Holder: "evaluator", Now: now, Alone: true}),
	}
}

// finishing is the time that it takes to write down what was answered last.
const finishing = 15 * time.Second

// Reserve implements Handler: what has been asked is answered, and recorded.
func (e *Evaluations) Reserve() time.Duration { return e.Settings.Judge.Timeout + finishing }

const noImages = "no training images"

// Do implements Handler. An actor that has not changed costs a list and two gets;
// in a sweep, which has listed the set already, two gets and a put. In a run that executes, an open plan is approved and
// handed on, and what becomes of the actor is then not recorded here.
func (e *Evaluations) Do(ctx context.Context, j event.Job) error {
	if drop, err := e.excused(ctx, j); drop || err != nil {
		return err
	}
	result, err := e.Evaluator.EvaluateSeen(ctx, actor.Actor{Name: j.Actor}, j.Set)
	o := run.Outcome{Actor: j.Actor, State: run.Completed, At: e.Now(), Usage: result.Spent}
	switch {
	case errors.Is(err, evaluator.ErrNoImages):
		// An event may tell of the last image that went.
		o.State, o.Reason, err = run.Skipped, noImages, nil
	case errors.Is(err, evaluator.ErrDamaged), errors.Is(err, evaluator.ErrNotJudgeable):
		err = Failed{err}
	case err == nil && result.Unchanged:
		o.State, o.Reason = run.Skipped, "unchanged"
	}
	handed := false
	if err == nil && j.Mode == run.Execute && o.Reason != noImages {
		handed, err = e.hand(ctx, j, result.Evaluation)
	}
	if err != nil || handed {
		o.State, o.Reason = run.Interrupted, text(err)
	}
	e.measure(o, result)
	return errors.Join(err, record(context.WithoutCancel(ctx), e.Store, j, o))
}

// excused reports whether there is nothing to do: the sweep was stopped. An actor
// that the roster does not have is nobody's business.
func (e *Evaluations) excused(ctx context.Context, j event.Job) (bool, error) {
	if j.Run != "" { // then the orchestrator has looked into the roster
		return e.Sweeps.Stopped(ctx, j)
	}
	known, err := e.Members.Has(ctx, j)
	if err == nil && !known {
		err = Malformed{fmt.Errorf("%s is not in the roster", j.Actor)}
	}
	return false, err
}

// GiveUp implements Handler.
func (e *Evaluations) GiveUp(ctx context.Context, j event.Job, cause error) error {
	e.Metrics.Write(metric.Values{metric.ActorsFailed: 1}, map[string]any{"actor": j.Actor, "run": j.Run})
	return giveUp(ctx, e.Store, j, cause, e.Now())
}

// measure writes the figures of one job.
func (e *Evaluations) measure(o run.Outcome, r evaluator.Result) {
	values := spent(o.Usage)
	switch o.State {
	case run.Completed:
		values[metric.ActorsCompleted] = 1
		values[metric.ImagesJudged] = float64(o.Usage.Images)
		values[metric.ImagesReused] = float64(max(0, len(r.Evaluation.Images)-o.Usage.Images))
		values[metric.ImagesCondemned] = float64(condemned(r.Evaluation, e.Settings.Plan))
	case run.Skipped:
		values[metric.ActorsSkipped] = 1
	}
	e.Metrics.Write(values, map[string]any{"actor": o.Actor})
}

func condemned(e evaluation.Evaluation, p settings.Plan) int {
	n := 0
	for _, image := range e.Images {
		if image.Condemned(p) {
			n++
		}
	}
	return n
}

// spent is what a model used, as figures; none if it was not asked.
func spent(u cost.Usage) metric.Values {
	if u.Requests == 0 {
		return metric.Values{}
	}
	return metric.Values{
		metric.TokensIn: float64(u.InputTokens), metric.TokensOut: float64(u.OutputTokens), metric.Dollars: u.USD,
	}
}
