package lambdatest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"screentest/pkg/event"
	"screentest/pkg/lambdatest"
	"screentest/pkg/queue"
	"screentest/pkg/queue/mem"
)

// A mapping takes responses as the event source mapping of Lambda does.
func TestMapping(t *testing.T) {
	tests := map[string]struct {
		answer  string
		fails   error
		deleted int
		broken  bool // the function failed as a whole
	}{
		"nothing":        {answer: "", deleted: 3},
		"null":           {answer: "null", deleted: 3},
		"an empty list":  {answer: `{"batchItemFailures":[]}`, deleted: 3},
		"a null list":    {answer: `{"batchItemFailures":null}`, deleted: 3},
		"one failed":     {answer: `{"batchItemFailures":[{"itemIdentifier":"00000000-0000-4000-8000-000000000001"}]}`, deleted: 2},
		"a wrong id":     {answer: `{"batchItemFailures":[{"itemIdentifier":"nobody"}]}`, broken: true},
		"an empty id":    {answer: `{"batchItemFailures":[{"itemIdentifier":""}]}`, broken: true},
		"not JSON":       {answer: `oops`, broken: true},
		"it fails":       {fails: errors.New("no"), broken: true},
		"another member": {answer: `{"hello":1}`, deleted: 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			q := mem.New(mem.Options{Now: time.Now})
			for _, id := range []string{"1", "2", "3"} {
				if err := q.Send(t.Context(), queue.Message{Group: id, ID: id, Body: "x"}); err != nil {
					t.Fatal(err)
				}
			}
			m := lambdatest.Mapping{Queue: q, Batch: 10, Invoke: func(_ context.Context, payload []byte) ([]byte, error) {
				if items, err := event.Batch(payload); err != nil || len(items) != 3 || items[1].ID != "2" {
					t.Errorf("%v, %v", items, err)
				}
				return []byte(test.answer), test.fails
			}}
			p, err := m.Poll(t.Context())
			if err != nil || p.Messages != 3 || p.Deleted != test.deleted || (p.Err != nil) != test.broken {
				t.Errorf("%+v, %v", p, err)
			}
			if d, err := q.Depth(t.Context()); err != nil || d.Total() != 3-test.deleted {
				t.Errorf("%+v left, %v", d, err)
			}
		})
	}
}
