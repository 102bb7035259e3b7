// Package queuetest holds what a driver of the queue port must do, as tests. Run
// is the conformance suite that every driver passes.
package queuetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"screentest/pkg/queue"
)

// A Harness is a queue under test: deliveries last 30 seconds, and after two of
// them a message goes to Dead.
type Harness struct {
	Queue, Dead queue.Queue
	// Advance lets time pass; nil where the queue lives in the time of others.
	// What cannot be tested without it is skipped.
	Advance func(time.Duration)
	// Forgets says that the queue, an emulator, forgets the ID of a deleted
	// message, where SQS remembers it for five minutes.
	Forgets bool
	// Revives says that the queue, an emulator, lets a delivery be delayed that
	// is over, where SQS refuses.
	Revives bool
}

// Run tests that the queues of open keep the contract of package queue.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	tests := map[string]func(*testing.T, Harness){
		"messages come as they were sent":           testAsSent,
		"a group comes in order, one at a time":     testGroups,
		"an ID counts once":                         testDeduplication,
		"a deleted message is gone":                 testDelete,
		"a delayed delivery comes again":            testDelay,
		"a delivery ends in time":                   testVisibility,
		"what fails too often goes to the dead":     testDeadLetters,
		"many messages":                             testMany,
		"what cannot be sent is refused":            testRefused,
		"depth":                                     testDepth,
		"move brings the dead letters back":         testMove,
		"a receipt that is no longer ours is known": testReceipt,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func message(group, id string) queue.Message {
	return queue.Message{Group: group, ID: id, Body: `{"id":"` + id + `"}`}
}

func (h Harness) send(t *testing.T, messages ...queue.Message) {
	t.Helper()
	if err := h.Queue.Send(t.Context(), messages...); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, q queue.Queue) []queue.Delivery {
	t.Helper()
	deliveries, err := q.Receive(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	return deliveries
}

// wants fails the test unless the next deliveries are of these IDs.
func wants(t *testing.T, q queue.Queue, ids ...string) []queue.Delivery {
	t.Helper()
	deliveries := receive(t, q)
	var got []string
	for _, d := range deliveries {
		got = append(got, d.ID)
	}
	if !slices.Equal(got, ids) {
		t.Fatalf("received %q, want %q", got, ids)
	}
	return deliveries
}

func (h Harness) delete(t *testing.T, d queue.Delivery) {
	t.Helper()
	if err := h.Queue.Delete(t.Context(), d.Receipt); err != nil {
		t.Fatal(err)
	}
}

func testAsSent(t *testing.T, h Harness) {
	sent := queue.Message{Group: "g", ID: "1", Body: "<ü> \"演員\"\n\t&amp; " + strings.Repeat("x", 5000)}
	h.send(t, sent)
	got := wants(t, h.Queue, "1")[0]
	if got.Message != sent || got.Receives != 1 || got.Receipt == "" {
		t.Errorf("%+v, want %+v", got, sent)
	}
}

func testGroups(t *testing.T, h Harness) {
	h.send(t, message("a", "a1"), message("b", "b1"), message("a", "a2"))
	first, err := h.Queue.Receive(t.Context(), 1)
	if err != nil || len(first) != 1 {
		t.Fatalf("%v, %v", first, err)
	}
	other := receive(t, h.Queue)
	if len(other) != 1 || other[0].Group == first[0].Group {
		t.Fatalf("%v beside %v: want one of the other group", other, first)
	}
	h.delete(t, first[0])
	h.delete(t, other[0])
	wants(t, h.Queue, "a2")
}

func testDeduplication(t *testing.T, h Harness) {
	h.send(t, message("a", "1"), message("a", "1"))
	h.send(t, message("a", "1"))
	h.delete(t, wants(t, h.Queue, "1")[0])
	wants(t, h.Queue)
	if h.Forgets {
		t.Skip("this emulator forgets the IDs of deleted messages")
	}
	h.send(t, message("a", "1"))
	wants(t, h.Queue)
	if h.Advance != nil {
		h.Advance(6 * time.Minute)
		h.send(t, message("a", "1"))
		wants(t, h.Queue, "1")
	}
}

func testDelete(t *testing.T, h Harness) {
	h.send(t, message("a", "1"), message("a", "2"))
	for _, d := range wants(t, h.Queue, "1", "2") {
		h.delete(t, d)
	}
	wants(t, h.Queue)
	if depth, err := h.Queue.Depth(t.Context()); err != nil || depth.Total() != 0 {
		t.Errorf("depth %+v, %v", depth, err)
	}
}

func testDelay(t *testing.T, h Harness) {
	h.send(t, message("a", "1"), message("a", "2"))
	got := wants(t, h.Queue, "1", "2")
	if err := h.Queue.Delay(t.Context(), got[1].Receipt, 0); err != nil {
		t.Fatal(err)
	}
	if err := h.Queue.Delay(t.Context(), got[0].Receipt, 0); err != nil {
		t.Fatal(err)
	}
	if again := wants(t, h.Queue, "1", "2"); again[0].Receives != 2 {
		t.Errorf("receives %d, want 2", again[0].Receives)
	}
}

func testVisibility(t *testing.T, h Harness) {
	if h.Advance == nil {
		t.Skip("the time of this queue cannot be moved")
	}
	h.send(t, message("a", "1"), message("a", "2"))
	first, err := h.Queue.Receive(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	h.Advance(20 * time.Second)
	wants(t, h.Queue)
	if err := h.Queue.Delay(t.Context(), first[0].Receipt, time.Minute); err != nil {
		t.Fatal(err)
	}
	h.Advance(50 * time.Second)
	wants(t, h.Queue)
	h.Advance(11 * time.Second)
	wants(t, h.Queue, "1", "2")
}

func testDeadLetters(t *testing.T, h Harness) {
	h.send(t, message("a", "1"), message("a", "2"))
	for range 2 {
		first, err := h.Queue.Receive(t.Context(), 1)
		if err != nil || len(first) != 1 || first[0].ID != "1" {
			t.Fatalf("%v, %v", first, err)
		}
		if err := h.Queue.Delay(t.Context(), first[0].Receipt, 0); err != nil {
			t.Fatal(err)
		}
	}
	wants(t, h.Queue, "2")
	if dead := receive(t, h.Dead); len(dead) != 1 || dead[0].Body != `{"id":"1"}` {
		t.Errorf("dead letters %v, want message 1", dead)
	}
}

func testMany(t *testing.T, h Harness) {
	var messages []queue.Message
	for i := range 57 {
		messages = append(messages, message(fmt.Sprint("g", i%3), fmt.Sprintf("%02d", i)))
	}
	h.send(t, messages...)
	got := map[string][]string{}
	for {
		deliveries := receive(t, h.Queue)
		if len(deliveries) == 0 {
			break
		}
		for _, d := range deliveries {
			got[d.Group] = append(got[d.Group], d.ID)
			h.delete(t, d)
		}
	}
	for group, ids := range got {
		if len(ids) != 19 || !slices.IsSorted(ids) {
			t.Errorf("group %s: %v, want 19 in order", group, ids)
		}
	}
}

func testRefused(t *testing.T, h Harness) {
	for _, m := range []queue.Message{
		{Group: "", ID: "1", Body: "x"}, {Group: "a b", ID: "1", Body: "x"}, {Group: "ü", ID: "1", Body: "x"},
		{Group: "a", ID: "", Body: "x"}, {Group: "a", ID: strings.Repeat("1", 129), Body: "x"},
		{Group: "a", ID: "1"}, {Group: "a", ID: "1", Body: strings.Repeat("x", queue.MaxBody+1)},
	} {
		if err := h.Queue.Send(t.Context(), m); err == nil {
			t.Errorf("%.20q %.20q with %d bytes was sent", m.Group, m.ID, len(m.Body))
		}
	}
	wants(t, h.Queue)
}

func testDepth(t *testing.T, h Harness) {
	h.send(t, message("a", "1"), message("b", "2"), message("c", "3"))
	if _, err := h.Queue.Receive(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if d, err := h.Queue.Depth(t.Context()); err != nil || d != (queue.Depth{Waiting: 2, Flying: 1}) {
		t.Errorf("%+v, %v; want 2 waiting and 1 in flight", d, err)
	}
}

func testMove(t *testing.T, h Harness) {
	if err := h.Dead.Send(t.Context(), message("a", "1"), message("a", "2"), message("b", "3")); err != nil {
		t.Fatal(err)
	}
	if n, err := queue.Move(t.Context(), h.Dead, h.Queue, 2, "x"); n != 2 || err != nil {
		t.Fatalf("%d moved, %v; want 2", n, err)
	}
	if n, err := queue.Move(t.Context(), h.Dead, h.Queue, 10, "x"); n != 1 || err != nil {
		t.Fatalf("%d moved, %v; want the last", n, err)
	}
	if got := receive(t, h.Queue); len(got) != 3 || got[0].Body != `{"id":"1"}` || got[0].Receives != 1 {
		t.Errorf("%+v, want all three as they were", got)
	}
}

func testReceipt(t *testing.T, h Harness) {
	h.send(t, message("a", "1"))
	old := wants(t, h.Queue, "1")[0]
	if err := h.Queue.Delay(t.Context(), old.Receipt, 0); err != nil {
		t.Fatal(err)
	}
	if !h.Revives {
		if err := h.Queue.Delay(t.Context(), old.Receipt, time.Minute); !errors.Is(err, queue.ErrReceipt) {
			t.Errorf("delay after the end: %v, want ErrReceipt", err)
		}
	}
	if err := h.Queue.Delay(t.Context(), "nonsense", time.Minute); !errors.Is(err, queue.ErrReceipt) {
		t.Errorf("delay of nonsense: %v, want ErrReceipt", err)
	}
	wants(t, h.Queue, "1")
}
