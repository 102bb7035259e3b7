package run

import (
	"context"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/judge"
	"screentest/pkg/store"
)

// Progress is a run in numbers: Total = Completed + Failed + Skipped + Remaining.
type Progress struct {
	ID          string     `json:"id"`
	Mode        Mode       `json:"mode"`
	Judge       judge.ID   `json:"judge"`
	StartedAt   time.Time  `json:"started_at,omitzero"`
	EndedAt     time.Time  `json:"ended_at,omitzero"`
	StoppedAt   time.Time  `json:"stopped_at,omitzero"` // before its end, by a person, a limit or a halt
	LastAt      time.Time  `json:"last_outcome_at,omitzero"`
	Total       int        `json:"total"`
	Completed   int        `json:"completed"`
	Failed      int        `json:"failed"`
	Skipped     int        `json:"skipped"`
	Remaining   int        `json:"remaining"`
	PerMinute   float64    `json:"actors_per_minute"` // of what this leg of the run did, skipped ones left out; 0 if unknown
	SecondsLeft float64    `json:"seconds_left"`      // at that rate; 0 when ended or unknown
	Usage       cost.Usage `json:"usage"`
	Failures    []Failure  `json:"failures"`
}

// A Failure names an actor and why it failed.
type Failure struct {
	Actor  actor.Name `json:"actor"`
	Reason string     `json:"reason"`
}

// Progress reads the outcomes so far and sums them up.
func (r Run) Progress(ctx context.Context, s store.Store, now time.Time) (Progress, error) {
	outcomes, err := r.Outcomes(ctx, s)
	if err != nil {
		return Progress{}, err
	}
	return r.Summarize(outcomes, now), nil
}

// Summarize derives the numbers of the run from its outcomes. Outcomes of actors
// that the header does not name are ignored.
func (r Run) Summarize(outcomes []Outcome, now time.Time) Progress {
	p := Progress{
		ID: r.ID, Mode: r.Mode, Judge: r.Judge, StartedAt: r.StartedAt, EndedAt: r.EndedAt, StoppedAt: r.StoppedAt,
		Total: len(r.Actors), Failures: []Failure{},
	}
	members := map[actor.Name]bool{}
	for _, name := range r.Actors {
		members[name] = true
	}
	leg, worked := r.StartedAt, 0
	if !r.ResumedAt.IsZero() {
		leg = r.ResumedAt
	}
	for _, o := range outcomes {
		if !members[o.Actor] {
			continue
		}
		p.count(o)
		if (o.State == Completed || o.State == Failed) && !o.At.Before(leg) {
			worked++
		}
	}
	p.Remaining = p.Total - p.Completed - p.Failed - p.Skipped
	p.estimate(leg, worked, now)
	return p
}

func (p *Progress) count(o Outcome) {
	p.Usage = p.Usage.Add(o.Usage)
	if o.At.After(p.LastAt) {
		p.LastAt = o.At
	}
	switch o.State {
	case Completed:
		p.Completed++
	case Skipped:
		p.Skipped++
	case Failed:
		p.Failed++
		p.Failures = append(p.Failures, Failure{Actor: o.Actor, Reason: o.Reason})
	}
}

func (p *Progress) estimate(leg time.Time, worked int, now time.Time) {
	if p.Over() {
		now = later(p.EndedAt, p.StoppedAt)
	}
	elapsed := now.Sub(leg).Seconds()
	if worked == 0 || elapsed <= 0 {
		return
	}
	rate := float64(worked) / elapsed
	p.PerMinute = rate * 60
	if !p.Over() {
		p.SecondsLeft = float64(p.Remaining) / rate
	}
}

// Over reports whether the run has ended or stopped. One that was killed has not,
// by its record: it looks like one that is under way.
func (p Progress) Over() bool { return !p.EndedAt.IsZero() || !p.StoppedAt.IsZero() }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
