// Package queue is the port between those who find work and those who do it: a
// queue that keeps the messages of one group in order and hands them to one
// worker at a time. Every actor is a group, which is what keeps two workers of one
// queue from paying for the same picture.
//
// The contract is that of a FIFO queue of Amazon SQS, because the weakest of its
// promises must be enough: a message is delivered at least once, a delivery that
// is not deleted in time comes again, and one that came too often goes to the
// dead letters. On AWS the event source mapping receives and deletes; the product
// itself sends, delays and counts. The drivers pass one suite, queuetest.Run.
package queue

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrReceipt says that a delivery is no longer ours: its time was over, and the
// message may be with another worker.
var ErrReceipt = errors.New("the delivery is no longer ours")

// A Message is what is sent.
type Message struct {
	// Group names the messages that are handled one after the other, in order.
	// While one of them is delivered no other is.
	Group string
	// ID tells events apart: of messages with one ID that are sent within five
	// minutes, only the first counts, also when it has been deleted since.
	ID   string
	Body string
}

// MaxBody is the largest body in bytes.
const MaxBody = 256 << 10

// Validate says why m cannot be sent, or returns nil.
func (m Message) Validate() error {
	switch {
	case !isToken(m.Group):
		return fmt.Errorf("message group %q: 1 to 128 letters, digits and punctuation; see Token", m.Group)
	case !isToken(m.ID):
		return fmt.Errorf("message id %q: 1 to 128 letters, digits and punctuation; see Token", m.ID)
	case m.Body == "" || len(m.Body) > MaxBody:
		return fmt.Errorf("message of %d bytes: 1 to %d", len(m.Body), MaxBody)
	}
	return nil
}

func isToken(s string) bool {
	strange := func(r rune) bool { return r <= ' ' || r > '~' }
	return s != "" && len(s) <= 128 && !strings.ContainsFunc(s, strange)
}

// Token makes a Group or an ID of any texts: equal texts give equal tokens, and
// others others.
func Token(parts ...string) string {
	hash := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(hash, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// A Delivery is a message in the hands of one worker, until it is deleted or its
// time is over.
type Delivery struct {
	Message
	Receipt  string    // names this delivery to the queue
	Receives int       // how often the message has been delivered, 1 the first time
	Sent     time.Time // when the message was; zero where that is not known
}

// Milliseconds reads a time as SQS writes it, since 1970; zero where it is none.
func Milliseconds(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(n)
}

// A Depth says how many messages lie in a queue; on SQS roughly.
type Depth struct {
	Waiting int `json:"waiting"`   // for a worker
	Flying  int `json:"in_flight"` // delivered and not deleted yet
	Delayed int `json:"delayed"`   // not yet to be delivered
}

// Total is all of them.
func (d Depth) Total() int { return d.Waiting + d.Flying + d.Delayed }

// Queue is the port. Implementations are safe for concurrent use.
type Queue interface {
	// Send puts messages into the queue, those of one group in the given order.
	// After an error some may have been sent; sending all of them again is safe.
	Send(ctx context.Context, messages ...Message) error
	// Receive returns up to most deliveries, at most ten, none if nothing is
	// ready, for which it waits a second at most. Several of one group come in
	// order. On SQS it may come back with none although there are some: see Next.
	Receive(ctx context.Context, most int) ([]Delivery, error)
	// Delete says that a delivery is done with. Of a delivery that is no longer
	// ours it leaves the message alone, with ErrReceipt or without.
	Delete(ctx context.Context, receipt string) error
	// Delay ends a delivery d from now, 0 for at once, at most twelve hours; the
	// message then comes again. It fails with ErrReceipt where the delivery is no
	// longer ours.
	Delay(ctx context.Context, receipt string, d time.Duration) error
	// Depth counts the messages.
	Depth(ctx context.Context) (Depth, error)
}

// patience is how often in a row a queue that says it has messages may hand out
// none: they may be of groups of which something is with another worker.
const patience = 5

// Next returns up to most deliveries, and none only where the queue counts none
// that wait, or hands out none again and again. What somebody else has in hand is
// not waited for.
func Next(ctx context.Context, q Queue, most int) ([]Delivery, error) {
	for range patience {
		deliveries, err := q.Receive(ctx, most)
		if err != nil || len(deliveries) > 0 {
			return deliveries, err
		}
		depth, err := q.Depth(ctx)
		if err != nil || depth.Waiting == 0 {
			return nil, err
		}
	}
	return nil, nil
}

// Move takes up to limit messages from one queue to another, such as from the
// dead letters back to where they came from, and returns how many. Killed in
// between it may move a message twice. again makes the IDs differ from those the
// messages had, which the other queue may remember.
func Move(ctx context.Context, from, to Queue, limit int, again string) (int, error) {
	moved := 0
	for moved < limit {
		deliveries, err := Next(ctx, from, min(10, limit-moved))
		if err != nil || len(deliveries) == 0 {
			return moved, err
		}
		for _, d := range deliveries {
			d.ID = Token(d.ID, again)
			if err := to.Send(ctx, d.Message); err != nil {
				return moved, err
			}
			if err := from.Delete(ctx, d.Receipt); err != nil {
				return moved, err
			}
			moved++
		}
	}
	return moved, nil
}
