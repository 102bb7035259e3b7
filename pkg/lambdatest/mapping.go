// Package lambdatest stands in for AWS Lambda where there is none: it runs the
// shipped bootstrap of a function under a Runtime API of its own, and feeds it
// from a queue as an event source mapping does. Tests prove the whole pipeline
// with it, `make invoke` tries one event, and `make bench-lambda` measures.
package lambdatest

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"screentest/pkg/queue"
)

// A Mapping hands batches of a FIFO queue to a function, reads its partial
// responses, and deletes what was handled.
type Mapping struct {
	Queue queue.Queue
	Batch int // messages at a time, ten at most
	// Invoke calls the function. An error means that it failed as a whole, and
	// the batch comes again when its time is over.
	Invoke func(ctx context.Context, payload []byte) ([]byte, error)
}

// A Polled is what became of one batch.
type Polled struct {
	Messages int   // received; none if nothing was ready
	Deleted  int   // handled
	Err      error // of the function as a whole
}

// Poll takes one batch to the function. Its error is one of the queue.
func (m *Mapping) Poll(ctx context.Context) (Polled, error) {
	deliveries, err := m.Queue.Receive(ctx, m.Batch)
	if err != nil || len(deliveries) == 0 {
		return Polled{}, err
	}
	p := Polled{Messages: len(deliveries)}
	answer, err := m.Invoke(ctx, batch(deliveries))
	if err != nil {
		p.Err = err
		return p, nil
	}
	failed, err := failures(answer, len(deliveries))
	if err != nil {
		p.Err = err
		return p, nil
	}
	for i, d := range deliveries {
		if failed[i] {
			continue
		}
		if err := m.Queue.Delete(ctx, d.Receipt); err != nil {
			return p, err
		}
		p.Deleted++
	}
	return p, nil
}

type record struct {
	MessageID      string            `json:"messageId"`
	ReceiptHandle  string            `json:"receiptHandle"`
	Body           string            `json:"body"`
	Attributes     map[string]string `json:"attributes"`
	EventSource    string            `json:"eventSource"`
	EventSourceARN string            `json:"eventSourceARN"`
	Region         string            `json:"awsRegion"`
}

func batch(deliveries []queue.Delivery) []byte {
	records := make([]record, len(deliveries))
	for i, d := range deliveries {
		records[i] = record{
			MessageID: itemID(i), ReceiptHandle: d.Receipt, Body: d.Body, EventSource: "aws:sqs", Region: "us-east-1",
			EventSourceARN: "arn:aws:sqs:us-east-1:123456789012:test.fifo",
			Attributes: map[string]string{
				"ApproximateReceiveCount": strconv.Itoa(d.Receives), "MessageGroupId": d.Group, "MessageDeduplicationId": d.ID,
				"SentTimestamp": strconv.FormatInt(d.Sent.UnixMilli(), 10), "ApproximateFirstReceiveTimestamp": "1795348800000",
			},
		}
	}
	payload, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		panic(err) // strings only
	}
	return payload
}

func itemID(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", i) }

// failures reads a partial response as Lambda does: nothing, null and an empty
// list mean that all is well, an id that was not in the batch fails all of it.
func failures(answer []byte, n int) (map[int]bool, error) {
	failed := map[int]bool{}
	var response *struct {
		BatchItemFailures []struct{ ItemIdentifier string }
	}
	if len(answer) == 0 {
		return failed, nil
	}
	if err := json.Unmarshal(answer, &response); err != nil {
		return nil, fmt.Errorf("the response is no JSON object: %w", err)
	}
	if response == nil {
		return failed, nil
	}
next:
	for _, f := range response.BatchItemFailures {
		for i := range n {
			if f.ItemIdentifier == itemID(i) {
				failed[i] = true
				continue next
			}
		}
		return nil, fmt.Errorf("the response names %q, which was not in the batch", f.ItemIdentifier)
	}
	return failed, nil
}
