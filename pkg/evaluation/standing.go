package evaluation

import (
	"time"

	"screentest/pkg/balance"
)

// A Standing is an evaluation in a few numbers, to tell what has changed.
type Standing struct {
	EvaluatedAt time.Time      `json:"evaluated_at"`
	Images      int            `json:"images"`
	Unjudged    int            `json:"unjudged"`
	Mix         balance.Mix    `json:"mix"`
	Balanced    bool           `json:"balanced"`
	Delete      int            `json:"delete"`
	Generate    balance.Target `json:"generate"`
}

// Standing returns how the actor stands by e.
func (e Evaluation) Standing() Standing {
	return Standing{
		EvaluatedAt: e.EvaluatedAt, Images: len(e.Images), Unjudged: len(e.Unjudged()), Mix: e.Mix,
		Balanced: e.Balanced, Delete: len(e.Plan.Delete), Generate: e.Plan.Generate,
	}
}

// Left returns the mix that is left once the plan's deletions are done.
func (e Evaluation) Left() balance.Mix {
	var set []balance.Candidate
	for _, image := range e.Images {
		if image.Keep {
			set = append(set, balance.Candidate{Style: image.Style})
		}
	}
	return balance.MixOf(set)
}

// Follow tells e what it replaces: nil for nothing. Where the numbers are the
// same, what changed before that is still the last change.
func (e *Evaluation) Follow(old *Evaluation) {
	if old == nil {
		return
	}
	before, now := old.Standing(), e.Standing()
	now.EvaluatedAt = before.EvaluatedAt
	e.Before = &before
	if before == now {
		e.Before = old.Before
	}
}
