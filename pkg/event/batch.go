package event

import (
	"encoding/json"
	"fmt"
	"strconv"

	"screentest/pkg/queue"
)

// An Item is one message of a batch.
type Item struct {
	ItemID string // names it in the answer to the batch
	queue.Delivery
}

// Batch decodes what the event source mapping of a queue calls a function with.
// Bodies are not looked into. An item without a name, which could not be reported
// as failed, makes the whole batch an error.
func Batch(payload []byte) ([]Item, error) {
	var p struct {
		Records []struct {
			MessageID, ReceiptHandle, Body string
			Attributes                     struct {
				ApproximateReceiveCount, SentTimestamp, MessageGroupID, MessageDeduplicationID string
			}
		}
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return nil, fmt.Errorf("decode the batch: %w", err)
	}
	var items []Item
	for i, r := range p.Records {
		receives, err := strconv.Atoi(r.Attributes.ApproximateReceiveCount)
		if err != nil || r.MessageID == "" || r.ReceiptHandle == "" || r.Attributes.MessageGroupID == "" {
			return nil, fmt.Errorf("decode the batch: item %d lacks its id, receipt, group or receive count: is the queue FIFO?", i)
		}
		items = append(items, Item{ItemID: r.MessageID, Delivery: queue.Delivery{
			Message: queue.Message{Group: r.Attributes.MessageGroupID, ID: r.Attributes.MessageDeduplicationID, Body: r.Body},
			Receipt: r.ReceiptHandle, Receives: receives, Sent: queue.Milliseconds(r.Attributes.SentTimestamp),
		}})
	}
	return items, nil
}

// A Response tells the event source mapping which items of a batch are to come
// again; none says that all is well.
type Response struct {
	BatchItemFailures []ItemFailure `json:"batchItemFailures"`
}

// An ItemFailure names an item.
type ItemFailure struct {
	ItemIdentifier string `json:"itemIdentifier"`
}
