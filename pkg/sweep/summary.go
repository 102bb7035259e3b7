package sweep

import (
	"cmp"
	"context"
	"encoding/json"
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
// each; how many of them are listed ahead, so that the readers need not wait for the
// next listing; and how many reasons are told apart: a fault that words itself
// differently for each actor must not fill the memory.
const (
	readers    = 96
	ahead      = 1000
	maxReasons = 50
	otherwise  = "other reasons"
)

// An entry is an outcome that is to be read.
type entry struct {
	key     store.Key
	failure bool // that is how the actor came out
}

// Summarize reads the outcomes that can have cost something. What an actor cost
// in all its tries is counted; a failure that was made good later is none.
func (h Header) Summarize(ctx context.Context, s store.Store) (Summary, error) {
	sums := summing{reasons: map[string]Reason{}}
	entries := make(chan entry, ahead)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(entries)
		return h.list(ctx, s, entries)
	})
	for range readers {
		group.Go(func() error {
			for e := range entries {
				if err := sums.read(ctx, s, e); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return Summary{}, err
	}
	return sums.summary(), nil
}

// list sends the outcomes that are to be read, until ctx ends.
func (h Header) list(ctx context.Context, s store.Store, entries chan<- entry) error {
	return h.each(ctx, s, func(name actor.Name, states []run.State) {
		failed := result(states) == run.Failed
		for _, state := range states {
			if state == run.Skipped {
				continue
			}
			select {
			case entries <- entry{outcomeKey(h.Mode, h.ID, name, state), failed && state == run.Failed}:
			case <-ctx.Done():
			}
		}
	})
}

// summing adds up what is read at the same time.
type summing struct {
	mu      sync.Mutex
	usage   cost.Usage
	reasons map[string]Reason
}

// read adds one outcome. One that is damaged or gone costs and says nothing.
func (sums *summing) read(ctx context.Context, s store.Store, e entry) error {
	text, _, err := store.ReadAll(ctx, s, e.key, store.MaxDocument)
	var o run.Outcome
	if err != nil || json.Unmarshal(text, &o) != nil {
		return ignore(err, store.ErrNotFound)
	}
	sums.mu.Lock()
	defer sums.mu.Unlock()
	sums.usage = sums.usage.Add(o.Usage)
	if e.failure {
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
