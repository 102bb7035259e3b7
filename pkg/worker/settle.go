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

// dead is the fate of one that is set aside. The queue does that once it has
// delivered the message often enough, so until then it comes again at once.
func dead(end string) fate { return fate{end: end, dead: true} }

// again is the fate of one that comes again after about d.
func again(end string, d time.Duration) fate { return fate{end: end, rest: jitter(d)} }

// jitter makes sure that those who were turned away together do not come back
// together.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2) }

// settle brings a message to its end.
func (b *batch) settle(ctx context.Context, item event.Item, j event.Job, err error) fate {
	var malformed Malformed
	var failed Failed
	switch {
	case err == nil:
		return settled("done")
	case errors.Is(err, event.ErrNewer):
		return dead("newer")
	case errors.As(err, &malformed):
		b.Metrics.Write(metric.Values{metric.Malformed: 1}, map[string]any{"error": err.Error()})
		return settled("malformed")
	case errors.As(err, &failed):
		return b.giveUp(ctx, j, err)
	case errors.Is(err, judge.ErrHalt):
		return b.wait(ctx, j, 0)
	case errors.Is(err, judge.ErrUnavailable) && j.Waited < patience:
		return b.wait(ctx, j, 1)
	case errors.Is(err, errTime):
		if j.Tries++; j.Tries > maxTries {
			return b.giveUp(ctx, j, fmt.Errorf("not finished in %d invocations: %w", maxTries, err))
		}
		return b.replace(ctx, j, "continued")
	}
	if item.Receives < maxReceives {
		return again("again", firstRetry<<(item.Receives-1))
	}
	b.giveUp(ctx, j, err)
	return dead("dead")
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

// patience is for how long in all, in seconds, a message waits for a service that
// others may find available: a picture that breaks the service each time must not
// be sent for ever. After that it has the tries of any other failure.
const patience = 6 * 60 * 60

// wait lets a message rest. Each delivery counts as a try of the queue's, and a rest
// is none: a copy takes the message's place, and knows until when it rests. blame is
// 1 where the rest is counted against the request, else 0.
func (b *batch) wait(ctx context.Context, j event.Job, blame int) fate {
	rest := firstWait
	for range j.Rests {
		rest = min(3*rest, longestWait)
	}
	rest = jitter(rest)
	j.Rests++
	j.Waited += blame * int(rest.Seconds())
	j.NotBefore = b.Now().Add(rest)
	return b.replace(ctx, j, "waiting")
}

// resting is the fate of a message that rests for so long yet.
func resting(left time.Duration) fate { return fate{end: "resting", rest: min(left, longestWait)} }

// replace sends j as a new message instead of the one that is being handled.
func (b *batch) replace(ctx context.Context, j event.Job, end string) fate {
	j.Turn++
	if err := b.Queue.Send(ctx, j.Message()); err != nil {
		b.Log.ErrorContext(ctx, "a message cannot be replaced", "actor", j.Actor, "error", err)
		return again("again", firstRetry)
	}
	return settled(end)
}

// putOff has a message come again, after rest.
func (b *batch) putOff(ctx context.Context, item event.Item, rest time.Duration) {
	if err := b.Queue.Delay(ctx, item.Receipt, rest); err != nil && !errors.Is(err, queue.ErrReceipt) {
		b.Log.WarnContext(ctx, "a message cannot be delayed", "item", item.ItemID, "error", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failed = append(b.failed, item.ItemID)
}
