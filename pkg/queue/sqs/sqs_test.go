package sqs_test

import (
	"strings"
	"testing"
	"time"

	"screentest/pkg/queue"
	"screentest/pkg/queue/mem"
	"screentest/pkg/queue/queuetest"
	"screentest/pkg/queue/sqs"
	"screentest/pkg/queue/sqs/sqstest"
	"screentest/pkg/store/s3/s3test"
)

func open(t *testing.T, address string) *sqs.Queue {
	t.Helper()
	q, err := sqs.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// environment leads the SDK to a server of our own.
func environment(t *testing.T, address string) {
	for name, value := range s3test.Environment(address) {
		t.Setenv(name, value)
	}
}

func TestConformance(t *testing.T) {
	queuetest.Run(t, func(t *testing.T) queuetest.Harness {
		now := time.Unix(0, 0)
		clock := func() time.Time { return now }
		dead := mem.New(mem.Options{Now: clock})
		server := sqstest.New()
		server.Add("q.fifo", mem.New(mem.Options{MaxReceives: 2, Dead: dead, Now: clock}))
		server.Add("dead.fifo", dead)
		url := server.Start(t)
		environment(t, url)
		return queuetest.Harness{
			Queue: open(t, url+"/q.fifo"), Dead: open(t, url+"/dead.fifo"),
			Advance: func(d time.Duration) { now = now.Add(d) },
		}
	})
}

func TestTenMessagesToARequest(t *testing.T) {
	server := sqstest.New()
	server.Add("q.fifo", mem.New(mem.Options{Now: time.Now}))
	url := server.Start(t)
	environment(t, url)
	var messages []queue.Message
	for i := range 25 {
		messages = append(messages, queue.Message{Group: "g", ID: queue.Token(string(rune(i))), Body: "x"})
	}
	if err := open(t, url+"/q.fifo").Send(t.Context(), messages...); err != nil {
		t.Fatal(err)
	}
	if n := server.Counts()["SendMessageBatch"]; n != 3 {
		t.Errorf("%d requests for 25 messages, want 3", n)
	}
}

func TestFind(t *testing.T) {
	server := sqstest.New()
	server.Add("q.fifo", mem.New(mem.Options{Now: time.Now}))
	environment(t, server.Start(t))
	q, err := sqs.Find(t.Context(), "q.fifo")
	if err != nil {
		t.Fatal(err)
	}
	if d, err := q.Depth(t.Context()); err != nil || d.Total() != 0 {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestLargeMessagesGoInRequestsOfTheirOwn(t *testing.T) {
	server := sqstest.New()
	server.Add("q.fifo", mem.New(mem.Options{Now: time.Now}))
	url := server.Start(t)
	environment(t, url)
	var messages []queue.Message
	for _, id := range []string{"1", "2", "3"} {
		messages = append(messages, queue.Message{Group: "g", ID: id, Body: strings.Repeat("x", queue.MaxBody/2)})
	}
	if err := open(t, url+"/q.fifo").Send(t.Context(), messages...); err != nil {
		t.Fatal(err)
	}
	if n := server.Counts()["SendMessageBatch"]; n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	url := sqstest.New().Start(t)
	environment(t, url)
	_, err := open(t, url+"/none.fifo").Depth(t.Context())
	if err == nil || !strings.Contains(err.Error(), "check its name") {
		t.Errorf("no such queue: %v", err)
	}
	if _, err := sqs.Find(t.Context(), "none.fifo"); err == nil || !strings.Contains(err.Error(), "check its name") {
		t.Errorf("no queue of that name: %v", err)
	}
	for _, address := range []string{"", "q.fifo", "https://sqs.eu-west-1.amazonaws.com/1/standard"} {
		if _, err := sqs.Open(t.Context(), address); err == nil || !strings.Contains(err.Error(), "FIFO") {
			t.Errorf("%q: %v", address, err)
		}
	}
	t.Setenv("AWS_REGION", "")
	if _, err := sqs.Open(t.Context(), url+"/q.fifo"); err == nil || !strings.Contains(err.Error(), "AWS_REGION") {
		t.Errorf("no region: %v", err)
	}
}
