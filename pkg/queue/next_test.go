package queue_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"screentest/pkg/queue"
	"screentest/pkg/queue/mem"
)

// A shy queue hands out nothing for a number of times before it hands out anything,
// as SQS may, of whose servers not all are asked each time.
type shy struct {
	*mem.Queue
	silent, asked, counted int
}

func (s *shy) Receive(ctx context.Context, most int) ([]queue.Delivery, error) {
	if s.asked++; s.asked%(s.silent+1) != 0 {
		return nil, nil
	}
	return s.Queue.Receive(ctx, most)
}

func (s *shy) Depth(ctx context.Context) (queue.Depth, error) {
	s.counted++
	return s.Queue.Depth(ctx)
}

// full is a shy queue with n messages.
func full(t *testing.T, n, silent int) *shy {
	t.Helper()
	s := &shy{Queue: mem.New(mem.Options{Now: time.Now}), silent: silent}
	for i := range n {
		if err := s.Send(t.Context(), queue.Message{Group: fmt.Sprint("g", i), ID: fmt.Sprint(i), Body: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestNothingReceivedIsNotTakenForTheEnd(t *testing.T) {
	for silent := range 5 {
		from, to := full(t, 25, silent), mem.New(mem.Options{Now: time.Now})
		moved, err := queue.Move(t.Context(), from, to, 100, "again")
		if err != nil || moved != 25 {
			t.Errorf("silent %d times: moved %d of 25, %v", silent, moved, err)
		}
		if left, err := from.Queue.Depth(t.Context()); err != nil || left.Total() != 0 {
			t.Errorf("silent %d times: %+v are left, %v", silent, left, err)
		}
	}
}

// What others have in hand is not waited for, and an empty queue is asked once.
func TestTheEndIsFound(t *testing.T) {
	for name, test := range map[string]struct{ messages, silent, asked int }{
		"empty": {0, 0, 1}, "silent for good": {1, 1000, 5},
	} {
		q := full(t, test.messages, test.silent)
		got, err := queue.Next(t.Context(), q, 10)
		if err != nil || len(got) != 0 || q.asked != test.asked || q.counted != test.asked {
			t.Errorf("%s: %d deliveries, %v, asked %d times, counted %d times; want %d", name, len(got), err, q.asked, q.counted, test.asked)
		}
	}
	q := full(t, 1, 0)
	if _, err := q.Queue.Receive(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if got, err := queue.Next(t.Context(), q, 10); err != nil || len(got) != 0 || q.asked != 1 {
		t.Errorf("in the hands of another: %v, %v, asked %d times", got, err, q.asked)
	}
}
