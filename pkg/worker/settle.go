package worker

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"screentest/pkg/event"
	"screentest/pkg/judge"
	"screentest/pkg/metric"
	"screentest/pkg/queue"
)

// settle brings a message to its end, and says which it was.
func (b *batch) settle(ctx context.Context, item event.Item, j event.Job, err error) (end string, settled bool) {
	var malformed Malformed
	var failed Failed
	switch {
	case err == nil:
		return "done", true
	case errors.As(err, &malformed):
		b.Metrics.Write(metric.Values{metric.Malformed: 1}, map[string]any{"error": err.Error()})
		return "malformed", true
	case errors.As(err, &failed):
		return b.giveUp(ctx, item, j, err)
	case errors.Is(err, judge.ErrHalt):
		return b.wait(ctx, item, j)
	case errors.Is(err, errTime):
		if j.Tries++; j.Tries > maxTries {
			return b.giveUp(ctx, item, j, fmt.Errorf("not finished in %d invocations: %w", maxTries, err))
		}
		return b.replace(ctx, item, j, "continued")
	}
	if item.Receives >= maxReceives {
		_, _ = b.giveUp(ctx, item, j, err)
		return "dead", false
	}
	b.delay(ctx, item, firstRetry<<(item.Receives-1))
	return "again", false
}

// giveUp lets the message come again where the record cannot be written.
func (b *batch) giveUp(ctx context.Context, item event.Item, j event.Job, cause error) (string, bool) {
	if err := b.handler.GiveUp(ctx, j, cause); err != nil {
		b.Log.ErrorContext(ctx, "a failure cannot be recorded", "actor", j.Actor, "error", err)
		b.delay(ctx, item, firstRetry)
		return "again", false
	}
	return "failed", true
}

// How long messages wait: after a failure that passes, doubled each time; and
// while nothing can be done for anybody, tripled up to the longest.
const (
	firstRetry  = 30 * time.Second
	firstWait   = 5 * time.Minute
	longestWait = 2 * time.Hour
)

// wait lets a message rest. Each rest is a delivery; before they are used up a
// copy takes the message's place, so that it never ends with the dead letters.
func (b *batch) wait(ctx context.Context, item event.Item, j event.Job) (string, bool) {
	if item.Receives >= maxReceives-1 {
		return b.replace(ctx, item, j, "waiting")
	}
	rest := firstWait
	for range item.Receives - 1 + j.Turn*maxReceives {
		rest = min(3*rest, longestWait)
	}
	b.delay(ctx, item, rest)
	return "waiting", false
}

// replace sends j as a new message instead of item.
func (b *batch) replace(ctx context.Context, item event.Item, j event.Job, end string) (string, bool) {
	j.Turn++
	if err := b.Queue.Send(ctx, j.Message()); err != nil {
		b.Log.ErrorContext(ctx, "a message cannot be replaced", "actor", j.Actor, "error", err)
		b.delay(ctx, item, firstRetry)
		return "again", false
	}
	return end, true
}

// delay jitters, so that those who were turned away together do not come back
// together. If it fails the message comes again when its time is over.
func (b *batch) delay(ctx context.Context, item event.Item, d time.Duration) {
	if err := b.Queue.Delay(ctx, item.Receipt, d/2+rand.N(d/2)); err != nil && !errors.Is(err, queue.ErrReceipt) {
		b.Log.WarnContext(ctx, "a message cannot be delayed", "item", item.ItemID, "error", err)
	}
}
