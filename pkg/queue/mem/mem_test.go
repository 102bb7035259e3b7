package mem_test

import (
	"testing"
	"time"

	"screentest/pkg/queue"
	"screentest/pkg/queue/mem"
	"screentest/pkg/queue/queuetest"
)

func TestConformance(t *testing.T) {
	queuetest.Run(t, func(*testing.T) queuetest.Harness {
		now := time.Unix(0, 0)
		clock := func() time.Time { return now }
		dead := mem.New(mem.Options{Now: clock})
		return queuetest.Harness{
			Queue: mem.New(mem.Options{MaxReceives: 2, Dead: dead, Now: clock}), Dead: dead,
			Advance: func(d time.Duration) { now = now.Add(d) },
		}
	})
}

func TestAQueueCanHoldMessagesBack(t *testing.T) {
	now := time.Unix(0, 0)
	q := mem.New(mem.Options{Delay: 30 * time.Second, Now: func() time.Time { return now }})
	if err := q.Send(t.Context(), queue.Message{Group: "a", ID: "1", Body: "x"}); err != nil {
		t.Fatal(err)
	}
	if got, err := q.Receive(t.Context(), 10); len(got) != 0 || err != nil {
		t.Errorf("%v, %v; want nothing yet", got, err)
	}
	if d, err := q.Depth(t.Context()); d.Delayed != 1 || err != nil {
		t.Errorf("%+v, %v", d, err)
	}
	now = now.Add(30 * time.Second)
	if got, err := q.Receive(t.Context(), 10); len(got) != 1 || err != nil {
		t.Errorf("%v, %v; want it now", got, err)
	}
}
