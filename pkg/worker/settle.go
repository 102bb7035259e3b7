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

// A fate is what becomes of a message.
type fate struct {
	end     string        // for the log
	settled bool          // it is deleted
	dead    bool          // it goes to the dead letters, and nobody waits for it
	rest    time.Duration // else it comes again, after that
}

// settled is the fate of a message that is deleted.
func settled(end string) fate { return fate{end: end, settled: true} }

// again is the fate of one that comes again after about d. It jitters, so that
// those who were turned away together do not come back together.
func again(end string, d time.Duration) fate { return fate{end: end, rest: d/2 + rand.N(d/2)} }

// settle brings a message to its end.
func (b *batch) settle(ctx context.Context, item event.Item, j event.Job, err error) fate {
	var malformed Malformed
	var failed Failed
	switch {
	case err == nil:
		return settled("done")
	case errors.As(err, &malformed):
		b.Metrics.Write(metric.Values{metric.Malformed: 1}, map[string]any{"error": err.Error()})
		return settled("malformed")
	case errors.As(err, &failed):
		return b.giveUp(ctx, j, err)
	case errors.Is(err, judge.ErrHalt):
		return b.wait(ctx, item, j)
	case errors.Is(err, errTime):
		if j.Tries++; j.Tries > maxTries {
			return b.giveUp(ctx, j, fmt.Errorf("not finished in %d invocations: %w", maxTries, err))
		}
		return b.replace(ctx, j, "continued")
	}
	if item.Receives >= maxReceives {
		b.giveUp(ctx, j, err)
		return fate{end: "dead", dead: true}
	}
	return again("again", firstRetry<<(item.Receives-1))
}

// giveUp lets the message come again where the record cannot be written.
func (b *batch) giveUp(ctx context.Context, j event.Job, cause error) fate {
	if err := b.handler.GiveUp(ctx, j, cause); err != nil {
		b.Log.ErrorContext(ctx, "a failure cannot be recorded", "actor", j.Actor, "error", err)
		return again("again", firstRetry)
	}
	return settled("failed")
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
func (b *batch) wait(ctx context.Context, item event.Item, j event.Job) fate {
	if item.Receives >= maxReceives-1 {
		return b.replace(ctx, j, "waiting")
	}
	rest := firstWait
	for range item.Receives - 1 + j.Turn*maxReceives {
		rest = min(3*rest, longestWait)
	}
	return again("waiting", rest)
}

// replace sends j as a new message instead of the one that is being handled.
func (b *batch) replace(ctx context.Context, j event.Job, end string) fate {
	j.Turn++
	if err := b.Queue.Send(ctx, j.Message()); err != nil {
		b.Log.ErrorContext(ctx, "a message cannot be replaced", "actor", j.Actor, "error", err)
		return again("again", firstRetry)
	}
	return settled(end)
}

// putOff has messages of one actor come again together, after rest. One that was
// left as it is would keep its whole group back until its delivery is over: the
// queue hands out nothing of a group of which anything is with a worker.
func (b *batch) putOff(ctx context.Context, items []event.Item, rest time.Duration) {
	for _, item := range items {
		if err := b.Queue.Delay(ctx, item.Receipt, rest); err != nil && !errors.Is(err, queue.ErrReceipt) {
			b.Log.WarnContext(ctx, "a message cannot be delayed", "item", item.ItemID, "error", err)
		}
		b.mu.Lock()
		b.failed = append(b.failed, item.ItemID)
		b.mu.Unlock()
	}
}
