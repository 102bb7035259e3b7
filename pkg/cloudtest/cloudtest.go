// Package cloudtest is as much of AWS as the functions and the command line need,
// in one process and behind one address: S3 (gofakes3, see s3test) with its events,
// SQS (see sqstest) with its dead letters, Secrets Manager, and the actions
// of Step Functions that drive a sweep. Time is the test's, so that days of
// waiting cost nothing.
//
// It does not check signatures, and permissions only as far as it is told to.
package cloudtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"time"

	"screentest/pkg/queue/mem"
	"screentest/pkg/queue/sqs/sqstest"
	"screentest/pkg/store/s3/s3test"
)

// Prefix is where the tree lies in the bucket.
const Prefix = "tree"

// Stage is the name of the stage, which the names of everything hold.
const Stage = "test"

const (
	secretID     = "model-key"
	stateMachine = "arn:aws:states:us-east-1:123456789012:stateMachine:screentest-" + Stage + "-sweep"
	executions   = "arn:aws:states:us-east-1:123456789012:execution:screentest-" + Stage + "-sweep:"
)

func queueName(name string) string { return "screentest-" + Stage + "-" + name + ".fifo" }

// A Cloud is an account with a bucket, the queues and a secret.
type Cloud struct {
	S3  *s3test.Server
	SQS *sqstest.Server
	// The queues, and what they gave up.
	Evaluations, Balances, EvaluationsDead, BalancesDead *mem.Queue
	EventsDead                                           *mem.Queue // events that no function could handle
	Key                                                  string     // the value of the secret; "" if it has none
	// May says whether a request is allowed; nil allows all.
	May func(r *http.Request) bool
	// Fault is asked about every request and may answer it, which it reports.
	Fault func(w http.ResponseWriter, r *http.Request) bool

	server     *httptest.Server
	mu         sync.Mutex
	now        time.Time
	sequence   int
	events     [][]byte
	executions []Execution
	endings    [][]byte
}

// New starts a cloud; Close ends it. Queues hold messages back for delay, as they
// do to make one evaluation of a burst of uploads.
func New(delay time.Duration) *Cloud {
	c := &Cloud{S3: s3test.NewHandler(), SQS: sqstest.New(), Key: "sk-secret", now: time.Unix(1_800_000_000, 0)}
	fifo := func(name string, delay time.Duration) (q, dead *mem.Queue) {
		dead = mem.New(mem.Options{Now: c.Now})
		q = mem.New(mem.Options{Delay: delay, Visibility: time.Hour, MaxReceives: 5, Dead: dead, Now: c.Now})
		c.SQS.Add(queueName(name), q)
		c.SQS.Add(queueName(name+"-dead"), dead)
		return q, dead
	}
	c.Evaluations, c.EvaluationsDead = fifo("evaluations", delay)
	c.Balances, c.BalancesDead = fifo("balances", 0)
	c.EventsDead = mem.New(mem.Options{Now: c.Now})
	c.SQS.Add("screentest-"+Stage+"-events-dead", c.EventsDead)
	c.server = httptest.NewServer(c)
	return c
}

// Close ends the cloud.
func (c *Cloud) Close() { c.server.Close() }

// Now is the time of the queues.
func (c *Cloud) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance lets time pass for the queues.
func (c *Cloud) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Data is the address of the tree.
func (c *Cloud) Data() string { return "s3://" + s3test.Bucket + "/" + Prefix }

// Environment is that of every function, and of the command line.
func (c *Cloud) Environment() map[string]string {
	env := s3test.Environment(c.server.URL)
	env["SCREENTEST_STAGE"] = Stage
	env["SCREENTEST_DATA"] = c.Data()
	env["SCREENTEST_SECRET"] = secretID
	env["SCREENTEST_REQUESTS_AT_ONCE"] = "3"
	env["SCREENTEST_EVALUATIONS_QUEUE"] = c.server.URL + "/" + queueName("evaluations")
	env["SCREENTEST_BALANCES_QUEUE"] = c.server.URL + "/" + queueName("balances")
	return env
}

// ServeHTTP tells the services apart.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c.May != nil && !c.May(r) {
		deny(w, r)
		return
	}
	if c.Fault != nil && c.Fault(w, r) {
		return
	}
	service, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	switch service {
	case "AmazonSQS":
		c.SQS.ServeHTTP(w, r)
	case "secretsmanager":
		c.secret(w)
	case "AWSStepFunctions":
		c.states(w, r, action)
	default:
		c.object(w, r)
	}
}

// deny answers what is not allowed.
func deny(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Amz-Target") != "" {
		answer(w, http.StatusBadRequest, map[string]string{"__type": "AccessDeniedException", "message": "not allowed"})
		return
	}
	w.WriteHeader(http.StatusForbidden)
	fmt.Fprint(w, "<Error><Code>AccessDenied</Code><Message>not allowed</Message></Error>")
}

// object lets S3 answer, and notes the event of what came or went.
func (c *Cloud) object(w http.ResponseWriter, r *http.Request) {
	seen := &status{ResponseWriter: w, code: http.StatusOK}
	c.S3.ServeHTTP(seen, r)
	key, below := strings.CutPrefix(r.URL.Path, "/"+s3test.Bucket+"/")
	if seen.code >= 300 || !below {
		return
	}
	switch r.Method {
	case http.MethodPut:
		c.Happen("Object Created", key)
	case http.MethodDelete:
		c.Happen("Object Deleted", key)
	}
}

// Upload puts an object below the prefix, as another program might.
func (c *Cloud) Upload(name string, body []byte) error {
	name = path.Join(Prefix, name)
	if err := c.S3.Write(name, body); err != nil {
		return err
	}
	c.Happen("Object Created", name)
	return nil
}

// Happen notes the event of an object.
func (c *Cloud) Happen(kind, key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sequence++
	event, err := json.Marshal(map[string]any{
		"version": "0", "id": fmt.Sprint("event-", c.sequence), "detail-type": kind, "source": "aws.s3",
		"detail": map[string]any{
			"version": "0", "bucket": map[string]any{"name": s3test.Bucket},
			"object": map[string]any{"key": key, "sequencer": fmt.Sprintf("%016X", c.sequence)},
		},
	})
	if err != nil {
		panic(err) // strings and numbers only
	}
	c.events = append(c.events, event)
}

// Events returns what has happened since the last call, as EventBridge tells it.
func (c *Cloud) Events() [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	events := c.events
	c.events = nil
	return events
}

func (c *Cloud) secret(w http.ResponseWriter) {
	if c.Key == "" {
		answer(w, http.StatusBadRequest, map[string]any{"__type": "ResourceNotFoundException", "message": "no value"})
		return
	}
	answer(w, http.StatusOK, map[string]any{"Name": secretID, "SecretString": c.Key})
}

func answer(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // a client that has gone away is no concern of ours
}

// status remembers the code of an answer.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}
