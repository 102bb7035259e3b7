// Package worker does the jobs that a queue hands out in batches. It stands
// between the functions, which know of AWS and decide nothing, and the packages
// that do the work and know of no queue.
//
// A message has one of these ends. It is done, or done already: it is deleted. It
// cannot be understood: that is logged, and it is deleted; unless a later version of
// the program wrote it, for which it is kept with the dead letters. The work failed
// for good: that is put on the actor's record, and it is deleted. It failed for now:
// it comes again later, and after five times lies with the dead letters, on the
// actor's record too. Nothing can be done for anybody, because the key, the quota,
// the roster or the settings are at fault: it waits, however long that takes. The
// service is not to be had: it waits likewise, but for six hours in all, after which
// that is a failure like any other. Time is up: the rest is put into a new message.
// No kind of trouble uses up what is allowed for another.
//
// The promises: messages of one actor are handled in order, and after one that
// comes again none of the same actor: those that follow it come again after it.
// A message that is given up, or replaced by a new one at the end of the queue,
// holds up nobody; one that asks for the same as another stands for it. No message
// harms another, not even by a panic; nothing is begun that the time left is too
// short for.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"screentest/pkg/event"
	"screentest/pkg/judge"
	"screentest/pkg/metric"
	"screentest/pkg/sweep"
)

// A Handler does jobs. It is safe for concurrent use.
type Handler interface {
	// Do does one job. Doing it again is safe. Its error says which end the
	// message takes: Malformed, Failed, one that wraps judge.ErrHalt or
	// judge.ErrUnavailable, or any other, which is taken for one that passes.
	Do(ctx context.Context, j event.Job) error
	// GiveUp puts on the record that the job has failed.
	GiveUp(ctx context.Context, j event.Job, cause error) error
	// Reserve is the time that Do needs, once its context has ended, to bring
	// what is under way to an end. At most half of an invocation is kept for it.
	Reserve() time.Duration
}

// Malformed is an error of a message that cannot be understood or is not meant
// for us. There is nobody on whose record it could be put.
type Malformed struct{ Cause error }

func (m Malformed) Error() string { return m.Cause.Error() }

// Unwrap returns the cause.
func (m Malformed) Unwrap() error { return m.Cause }

// Failed is an error of work that would fail again in the same way.
type Failed struct{ Cause error }

func (f Failed) Error() string { return f.Cause.Error() }

// Unwrap returns the cause.
func (f Failed) Unwrap() error { return f.Cause }

// A Queue is what the worker needs of the queue that its messages come from.
type Queue interface {
	sweep.Sender
	Delay(ctx context.Context, receipt string, d time.Duration) error
}

// maxReceives is how often the queue delivers a message at least before it sets
// it aside.
const maxReceives = 5

// errTime says that the invocation has no time left.
var errTime = errors.New("the time of the invocation is over")

// maxTries is how many invocations one actor may take.
const maxTries = 20

// A Worker does batches of jobs, those of different actors at the same time.
type Worker struct {
	Queue   Queue
	Kind    event.Kind // of the jobs that it does; others are malformed
	Opening Opening
	Now     func() time.Time
	Log     *slog.Logger
	Metrics *metric.Log
}

// Handle does a batch and says which of its messages are to come again. ctx has
// the deadline of the invocation. An error says that the batch as a whole cannot
// be understood.
func (w *Worker) Handle(ctx context.Context, payload []byte) (event.Response, error) {
	items, err := event.Batch(payload)
	if err != nil {
		return event.Response{}, err
	}
	b := &batch{Worker: w}
	b.handler, b.halt = w.Opening.handler(ctx)
	if deadline, ok := ctx.Deadline(); ok && b.halt == nil {
		b.until = deadline.Add(-min(b.handler.Reserve(), time.Until(deadline)/2))
	}
	var group sync.WaitGroup
	for _, items := range byGroup(items) {
		group.Go(func() { b.actor(ctx, items) })
	}
	group.Wait()
	if b.halt != nil {
		w.halted(ctx, b.halt)
	}
	return b.response(items), nil
}

// Warm opens the handler before the first batch comes, and says what is wrong. The
// worker is started all the same, for it lets the messages wait.
func (w *Worker) Warm(ctx context.Context) {
	if _, err := w.Opening.handler(ctx); err != nil {
		w.halted(ctx, err)
	}
}

// halted says that nothing can be done for anybody, in the log and where the
// dashboard and an alarm see it.
func (w *Worker) halted(ctx context.Context, err error) {
	w.Log.ErrorContext(ctx, "the messages wait until this is mended", "error", err.Error())
	w.Metrics.Write(metric.Values{metric.Halted: 1}, map[string]any{"error": err.Error()})
}

// byGroup keeps the order inside of groups.
func byGroup(items []event.Item) map[string][]event.Item {
	groups := map[string][]event.Item{}
	for _, i := range items {
		groups[i.Group] = append(groups[i.Group], i)
	}
	return groups
}

// A batch is one invocation.
type batch struct {
	*Worker
	handler Handler
	until   time.Time // when work must come to an end, zero for never

	mu     sync.Mutex
	halt   error    // why nothing can be done for anybody
	failed []string // items that are to come again
}

// response names the failed items in the order in which they came.
func (b *batch) response(items []event.Item) event.Response {
	r := event.Response{BatchItemFailures: []event.ItemFailure{}}
	for _, i := range items {
		if slices.Contains(b.failed, i.ItemID) {
			r.BatchItemFailures = append(r.BatchItemFailures, event.ItemFailure{ItemIdentifier: i.ItemID})
		}
	}
	return r
}

// actor handles the messages of one actor. Of those that ask for the same one is
// handled, and stands for all: what is done looks at the actor as it is by then, and
// what comes again will. When one is to come again, so are all that follow it:
// nothing may overtake.
func (b *batch) actor(ctx context.Context, items []event.Item) {
	met := map[event.Job]bool{}
	for n, item := range items {
		job, err := b.decode(item)
		if request := job.Request(); err == nil && met[request] {
			b.log(ctx, item, job, settled("merged"), 0, nil)
			continue
		} else if err == nil {
			met[request] = true
		}
		// It rests once, whatever the clocks say, and not behind one that is tried.
		f := resting(job.NotBefore.Sub(b.Now()))
		if f.rest <= 0 || item.Receives > 1 || n > 0 {
			f = b.item(ctx, item, job, err)
		}
		if f.settled {
			continue
		}
		b.putOff(ctx, item, f.rest)
		if !f.dead {
			b.follow(ctx, items[n+1:], met)
			return
		}
		delete(met, job.Request()) // it stands for nobody any more
	}
}

// follow has messages come again after the one that they follow. Put off, each would
// lose a delivery, and be among the dead letters without ever having been tried; so
// a copy takes the place of each. One that cannot be read has no copy.
func (b *batch) follow(ctx context.Context, items []event.Item, met map[event.Job]bool) {
	for _, item := range items {
		job, err := b.decode(item)
		switch request := job.Request(); {
		case err == nil && met[request]:
		case err == nil && b.replace(ctx, job, "follows").settled:
			met[request] = true
		default:
			b.putOff(ctx, item, firstRetry)
		}
	}
}

// decode reads the job of a message.
func (b *batch) decode(item event.Item) (event.Job, error) {
	job, err := event.DecodeJob(item.Body)
	job.Sent = item.Sent
	switch {
	case errors.Is(err, event.ErrNewer):
		return job, err
	case err == nil && job.Kind != b.Kind:
		err = fmt.Errorf("a job to %s on a queue of jobs to %s", job.Kind, b.Kind)
	}
	if err != nil {
		err = Malformed{err}
	}
	return job, err
}

// item handles one message, of which err says why it cannot be understood.
func (b *batch) item(ctx context.Context, item event.Item, job event.Job, err error) fate {
	start := b.Now()
	if err == nil {
		err = b.do(ctx, job)
	}
	f := b.settle(ctx, item, job, err)
	b.log(ctx, item, job, f, b.Now().Sub(start), err)
	return f
}

// log writes the line of a message.
func (b *batch) log(ctx context.Context, item event.Item, job event.Job, f fate, took time.Duration, err error) {
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelWarn
	}
	b.Log.Log(ctx, level, "message", "end", f.end, "actor", job.Actor, "kind", job.Kind, "mode", job.Mode, "run", job.Run,
		"item", item.ItemID, "receives", item.Receives, "seconds", took.Seconds(), "error", text(err))
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// do does a job, unless there is no use in trying.
func (b *batch) do(ctx context.Context, j event.Job) (err error) {
	b.mu.Lock()
	halt := b.halt
	b.mu.Unlock()
	if halt != nil {
		return halt
	}
	if !b.until.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, b.until)
		defer cancel()
	}
	if ctx.Err() != nil {
		return errTime
	}
	if err = b.safely(ctx, j); err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", errTime, err)
	}
	if errors.Is(err, judge.ErrHalt) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.halt = err
		b.Opening.close(b.Now(), err)
	}
	return err
}

// safely turns a panic into an error.
func (b *batch) safely(ctx context.Context, j event.Job) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v\n%s", reason, debug.Stack())
		}
	}()
	return b.handler.Do(ctx, j)
}
