// Package mem is the in-memory driver of the queue port, for tests. It does all
// that a FIFO queue of Amazon SQS does, and what emulators leave out: it remembers
// the IDs of deleted messages. Time is the caller's.
package mem

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"screentest/pkg/queue"
)

// Options are the attributes of a queue.
type Options struct {
	Delay       time.Duration // between sending and the first delivery
	Visibility  time.Duration // of a delivery; 0 means 30 seconds
	MaxReceives int           // deliveries before a message goes to Dead; 0 for no limit
	Dead        *Queue
	Now         func() time.Time
}

// remembered is how long the ID of a message is.
const remembered = 5 * time.Minute

// Queue is a queue in memory.
type Queue struct {
	options Options

	mu       sync.Mutex
	messages []*message // in the order of sending
	seen     map[string]time.Time
	receipts int
}

type message struct {
	queue.Delivery
	ready time.Time // hidden until then
	out   bool      // delivered; over when ready has come
}

// New returns an empty queue.
func New(o Options) *Queue {
	if o.Visibility == 0 {
		o.Visibility = 30 * time.Second
	}
	return &Queue{options: o, seen: map[string]time.Time{}}
}

var _ queue.Queue = (*Queue)(nil)

// Send implements queue.Queue.
func (q *Queue) Send(ctx context.Context, messages ...queue.Message) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range messages {
		if err := m.Validate(); err != nil {
			return fmt.Errorf("send: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		q.send(m)
	}
	return nil
}

func (q *Queue) send(m queue.Message) {
	now := q.options.Now()
	if before, known := q.seen[m.ID]; known && now.Sub(before) < remembered {
		return
	}
	q.seen[m.ID] = now
	q.messages = append(q.messages, &message{Delivery: queue.Delivery{Message: m, Sent: now}, ready: now.Add(q.options.Delay)})
}

// Receive implements queue.Queue.
func (q *Queue) Receive(ctx context.Context, most int) ([]queue.Delivery, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.options.Now()
	busy := q.expire(now)
	var deliveries []queue.Delivery
	for _, m := range slices.Clone(q.messages) {
		switch {
		case len(deliveries) == min(most, 10):
			return deliveries, nil
		case busy[m.Group]:
		case now.Before(m.ready):
			busy[m.Group] = true // what comes after it must wait for it
		case q.options.MaxReceives > 0 && m.Receives >= q.options.MaxReceives:
			q.bury(m)
		default:
			deliveries = append(deliveries, q.deliver(m, now))
		}
	}
	return deliveries, nil
}

// expire ends the deliveries whose time is over and returns the groups that have
// others.
func (q *Queue) expire(now time.Time) map[string]bool {
	busy := map[string]bool{}
	for _, m := range q.messages {
		if m.out && now.Before(m.ready) {
			busy[m.Group] = true
		} else {
			m.out = false
		}
	}
	return busy
}

func (q *Queue) deliver(m *message, now time.Time) queue.Delivery {
	q.receipts++
	m.Receipt = strconv.Itoa(q.receipts)
	m.Receives++
	m.out, m.ready = true, now.Add(q.options.Visibility)
	return m.Delivery
}

func (q *Queue) bury(m *message) {
	q.remove(m)
	if dead := q.options.Dead; dead != nil {
		dead.mu.Lock()
		defer dead.mu.Unlock()
		dead.send(m.Message)
	}
}

func (q *Queue) remove(m *message) {
	q.messages = slices.DeleteFunc(q.messages, func(other *message) bool { return other == m })
}

// Delete implements queue.Queue.
func (q *Queue) Delete(ctx context.Context, receipt string) error {
	return q.hold(ctx, receipt, q.remove)
}

// Delay implements queue.Queue.
func (q *Queue) Delay(ctx context.Context, receipt string, d time.Duration) error {
	if d < 0 || d > 12*time.Hour {
		return fmt.Errorf("delay by %s: 0 to 12 hours", d)
	}
	return q.hold(ctx, receipt, func(m *message) { m.ready = q.options.Now().Add(d) })
}

// hold calls do with the message of a delivery that is not over.
func (q *Queue) hold(ctx context.Context, receipt string, do func(*message)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.expire(q.options.Now())
	for _, m := range q.messages {
		if m.out && m.Receipt == receipt {
			do(m)
			return nil
		}
	}
	return queue.ErrReceipt
}

// Depth implements queue.Queue.
func (q *Queue) Depth(ctx context.Context) (queue.Depth, error) {
	if err := ctx.Err(); err != nil {
		return queue.Depth{}, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.options.Now()
	q.expire(now)
	var d queue.Depth
	for _, m := range q.messages {
		switch {
		case m.out:
			d.Flying++
		case now.Before(m.ready):
			d.Delayed++
		default:
			d.Waiting++
		}
	}
	return d, nil
}
