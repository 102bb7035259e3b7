package sweep

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/run"
	"screentest/pkg/store"
)

// A Summary is what a sweep cost and why actors failed.
type Summary struct {
	Usage    cost.Usage `json:"usage"`
	Failures []Reason   `json:"failures"` // the most frequent first
}

// A Reason is why some actors failed, with one of them.
type Reason struct {
	Reason  string     `json:"reason"` // "ACTOR" stands for the name of each
	Actors  int        `json:"actors"`
	Example actor.Name `json:"example"`
}

// How many outcomes are read at once, of which S3 answers 5,500 a second, in 20 ms
// each; and how many reasons are told apart: a fault that words itself differently
// for each actor must not fill the memory.
const (
	readers    = 96
	maxReasons = 50
	otherwise  = "other reasons"
)

// Summarize reads the outcomes that can have cost something. What an actor cost
// in all its tries is counted; a failure that was made good later is none.
func (h Header) Summarize(ctx context.Context, s store.Store) (Summary, error) {
	sums := summing{reasons: map[string]Reason{}}
	group, reading := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	err := h.each(reading, s, func(name actor.Name, states []run.State) {
		failed := result(states) == run.Failed
		for _, state := range states {
			if state != run.Skipped {
				key := outcomeKey(h.Mode, h.ID, name, state)
				group.Go(func() error { return sums.read(reading, s, key, failed && state == run.Failed) })
			}
		}
	})
	if err := errors.Join(group.Wait(), err); err != nil {
		return Summary{}, err
	}
	return sums.summary(), nil
}

// summing adds up what is read at the same time.
type summing struct {
	mu      sync.Mutex
	usage   cost.Usage
	reasons map[string]Reason
}

// read adds one outcome. One that is damaged or gone costs and says nothing.
func (sums *summing) read(ctx context.Context, s store.Store, key store.Key, failure bool) error {
	text, _, err := store.ReadAll(ctx, s, key, store.MaxDocument)
	var o run.Outcome
	if err != nil || json.Unmarshal(text, &o) != nil {
		return ignore(err, store.ErrNotFound)
	}
	sums.mu.Lock()
	defer sums.mu.Unlock()
	sums.usage = sums.usage.Add(o.Usage)
	if failure {
		sums.fail(o)
	}
	return nil
}

func (sums *summing) fail(o run.Outcome) {
	reason := strings.ReplaceAll(o.Reason, string(o.Actor), "ACTOR")
	if _, known := sums.reasons[reason]; !known && len(sums.reasons) >= maxReasons {
		reason = otherwise
	}
	r := sums.reasons[reason]
	r.Reason, r.Example = reason, cmp.Or(r.Example, o.Actor)
	r.Actors++
	sums.reasons[reason] = r
}

func (sums *summing) summary() Summary {
	reasons := slices.SortedFunc(maps.Values(sums.reasons), func(a, b Reason) int {
		return cmp.Or(cmp.Compare(b.Actors, a.Actors), cmp.Compare(a.Reason, b.Reason))
	})
	return Summary{Usage: sums.usage, Failures: reasons}
}
