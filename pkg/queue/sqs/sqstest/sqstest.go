// Package sqstest runs a server inside a test that speaks as much of the JSON
// protocol of Amazon SQS as the driver uses, over the queues of package mem, so
// that the driver, the SDK and whole programs meet real requests and answers
// without a network. It checks neither signatures nor permissions, and its counts
// are exact where those of SQS are rough. Who does not wait for messages is told
// of none, which on SQS may happen.
package sqstest

import (
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"screentest/pkg/queue"
	"screentest/pkg/queue/mem"
)

// A Server serves queues by name. It is an http.Handler.
type Server struct {
	mu     sync.Mutex
	queues map[string]*mem.Queue
	counts map[string]int
}

// New returns a server without queues.
func New() *Server { return &Server{queues: map[string]*mem.Queue{}, counts: map[string]int{}} }

// Start serves on the loopback until the test ends, and returns the address.
func (s *Server) Start(t testing.TB) string {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server.URL
}

// Add serves q under a name. Its URL is the address of the server, "/", name.
func (s *Server) Add(name string, q *mem.Queue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queues[name] = q
}

// Counts returns how many requests of each action there were since the last call.
func (s *Server) Counts() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := s.counts
	s.counts = map[string]int{}
	return counts
}

// A request has the members of all actions that the driver uses.
type request struct {
	QueueURL            string `json:"QueueUrl"`
	QueueName           string
	ReceiptHandle       string
	VisibilityTimeout   int
	MaxNumberOfMessages int
	WaitTimeSeconds     int
	Entries             []entry
}

type entry struct {
	ID             string `json:"Id"`
	MessageBody    string
	MessageGroupID string `json:"MessageGroupId"`
	MessageID      string `json:"MessageDeduplicationId"`
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	action := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.")
	var in request
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		fail(w, "com.amazonaws.sqs#InvalidParameterValue", err)
		return
	}
	q := s.find(action, path.Base(cmp.Or(in.QueueURL, in.QueueName)))
	if q == nil {
		fail(w, "com.amazonaws.sqs#QueueDoesNotExist", errors.New(in.QueueURL))
		return
	}
	out, err := do(r, action, q, in)
	switch {
	case errors.Is(err, queue.ErrReceipt):
		fail(w, "com.amazonaws.sqs#ReceiptHandleIsInvalid", err)
	case err != nil:
		fail(w, "com.amazonaws.sqs#InvalidParameterValue", err)
	default:
		answer(w, http.StatusOK, out)
	}
}

// find returns the queue of that name, nil if there is none, and counts.
func (s *Server) find(action, name string) *mem.Queue {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[action]++
	return s.queues[name]
}

func do(r *http.Request, action string, q *mem.Queue, in request) (any, error) {
	ctx := r.Context()
	switch action {
	case "GetQueueUrl":
		return map[string]string{"QueueUrl": "http://" + r.Host + "/" + in.QueueName}, nil
	case "SendMessageBatch":
		return send(r, q, in.Entries)
	case "ReceiveMessage":
		if in.WaitTimeSeconds < 1 {
			return map[string]any{}, nil
		}
		return receive(r, q, in.MaxNumberOfMessages)
	case "DeleteMessage":
		return struct{}{}, q.Delete(ctx, in.ReceiptHandle)
	case "ChangeMessageVisibility":
		return struct{}{}, q.Delay(ctx, in.ReceiptHandle, time.Duration(in.VisibilityTimeout)*time.Second)
	case "GetQueueAttributes":
		d, err := q.Depth(ctx)
		return map[string]any{"Attributes": map[string]string{
			"ApproximateNumberOfMessages":           strconv.Itoa(d.Waiting),
			"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(d.Flying),
			"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(d.Delayed),
		}}, err
	}
	return nil, fmt.Errorf("the action %q is not known here", action)
}

func send(r *http.Request, q *mem.Queue, entries []entry) (any, error) {
	if len(entries) == 0 || len(entries) > 10 {
		return nil, fmt.Errorf("%d entries in a batch", len(entries))
	}
	done, failed := []map[string]any{}, []map[string]any{}
	for _, e := range entries {
		err := q.Send(r.Context(), queue.Message{Group: e.MessageGroupID, ID: e.MessageID, Body: e.MessageBody})
		if err != nil {
			failed = append(failed, map[string]any{"Id": e.ID, "Code": "InvalidParameterValue", "Message": err.Error(), "SenderFault": true})
			continue
		}
		done = append(done, map[string]any{"Id": e.ID, "MessageId": e.MessageID, "MD5OfMessageBody": digest(e.MessageBody)})
	}
	return map[string]any{"Successful": done, "Failed": failed}, nil
}

func receive(r *http.Request, q *mem.Queue, most int) (any, error) {
	deliveries, err := q.Receive(r.Context(), most)
	messages := []map[string]any{}
	for _, d := range deliveries {
		messages = append(messages, map[string]any{
			"MessageId": d.ID, "ReceiptHandle": d.Receipt, "Body": d.Body, "MD5OfBody": digest(d.Body),
			"Attributes": map[string]string{
				"MessageGroupId": d.Group, "MessageDeduplicationId": d.ID, "ApproximateReceiveCount": strconv.Itoa(d.Receives),
				"SentTimestamp": strconv.FormatInt(d.Sent.UnixMilli(), 10),
			},
		})
	}
	return map[string]any{"Messages": messages}, err
}

// digest is what the protocol wants to see of a body.
func digest(body string) string {
	sum := md5.Sum([]byte(body))
	return hex.EncodeToString(sum[:])
}

func fail(w http.ResponseWriter, kind string, err error) {
	answer(w, http.StatusBadRequest, map[string]string{"__type": kind, "message": err.Error()})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that has gone away is no concern of ours
}
