package cost_test

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"screentest/pkg/cost"
)

func TestPrice(t *testing.T) {
	luna := cost.Price{Input: 0.10, Cached: 0.01, Output: 0.50}
	tests := map[string]struct {
		usage cost.Usage
		want  float64
	}{
		"nothing":       {cost.Usage{}, 0},
		"fresh input":   {cost.Usage{InputTokens: 1e6}, 0.10},
		"cached input":  {cost.Usage{InputTokens: 1e6, CachedTokens: 1e6}, 0.01},
		"partly cached": {cost.Usage{InputTokens: 1e6, CachedTokens: 5e5}, 0.055},
		"output":        {cost.Usage{OutputTokens: 2e6}, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := luna.USD(test.usage); math.Abs(got-test.want) > 1e-12 {
				t.Errorf("$%v, want $%v", got, test.want)
			}
		})
	}
}

func TestUsageAdd(t *testing.T) {
	u := cost.Usage{Requests: 1, Images: 2, InputTokens: 3, CachedTokens: 4, OutputTokens: 5, USD: 6, Unbilled: 7}
	want := cost.Usage{Requests: 2, Images: 4, InputTokens: 6, CachedTokens: 8, OutputTokens: 10, USD: 12, Unbilled: 14}
	if got := u.Add(u); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestBudgetStopsBeforeTheRequestThatCouldExceed(t *testing.T) {
	b := cost.NewBudget(1)
	book, err := b.Reserve(t.Context(), 0.6)
	if err != nil {
		t.Fatal(err)
	}
	book(0.6)
	book(0.6) // counts once
	if _, err := b.Reserve(t.Context(), 0.5); !errors.Is(err, cost.ErrBudget) {
		t.Fatalf("0.5 after 0.6 of 1: %v, want ErrBudget", err)
	}
	if got := b.Spent(); got != 0.6 {
		t.Fatalf("spent %v, want 0.6", got)
	}
}

func TestBudgetWaitsForAnswersThatMayLeaveEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := cost.NewBudget(1)
		book, err := b.Reserve(t.Context(), 0.6)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, func() { book(0.1) })
		start := time.Now()
		if _, err := b.Reserve(t.Context(), 0.9); err != nil || time.Since(start) != time.Second {
			t.Errorf("%v after %s; want the answer awaited", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.Reserve(ctx, 0.5); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want the wait to end with its context", err)
		}
	})
}

func TestBudgetRefusesWhatIsNoCost(t *testing.T) {
	b := cost.NewBudget(1)
	for _, usd := range []float64{-1, math.NaN(), math.Inf(1)} {
		if _, err := b.Reserve(t.Context(), usd); !errors.Is(err, cost.ErrBudget) {
			t.Errorf("reserve %v: %v, want ErrBudget", usd, err)
		}
	}
}

func TestBudgetWithoutLimit(t *testing.T) {
	b := cost.NewBudget(-1)
	if _, err := b.Reserve(t.Context(), 1e9); err != nil {
		t.Errorf("no limit, yet %v", err)
	}
}

// However many workers reserve and book, the limit holds as long as no request
// costs more than was reserved for it.
func TestBudgetHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.Float64Range(0, 10).Draw(t, "limit")
		bounds := rapid.SliceOfN(rapid.Float64Range(0, 3), 1, 30).Draw(t, "bounds")
		share := rapid.Float64Range(0, 1).Draw(t, "share")
		b := cost.NewBudget(limit)
		var workers sync.WaitGroup
		for _, bound := range bounds {
			workers.Go(func() {
				if book, err := b.Reserve(context.Background(), bound); err == nil {
					book(bound * share)
				}
			})
		}
		workers.Wait()
		if b.Spent() > limit+1e-9 {
			t.Fatalf("spent %v of %v", b.Spent(), limit)
		}
	})
}
