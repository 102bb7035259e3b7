// Package openaitest is a stand-in for OpenAI: for the chat completions that the
// judge asks for, and for the image edits that the generator orders. It holds
// requests to everything that those two promise about them, answers as told,
// bills by the published formulas, and fails on demand.
//
// Tests start it with NewServer, or hand a Handler to the judge or the generator
// as its transport where time is simulated. A benchmark serves
// New(Options{Delay: …}) on a port and points OPENAI_BASE_URL at it.
package openaitest

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"screentest/pkg/cost"
	"screentest/pkg/verdict"
)

// Options say how the stand-in behaves. The zero value answers at once that every
// image is a sound photograph of the right character, and sends a new picture for
// every order.
type Options struct {
	// Verdict decides what is answered about an image, given its JPEG. It is
	// called by several requests at once.
	Verdict func(jpeg []byte) verdict.Verdict
	// Fault spoils the answer to a request for verdicts; a nil Fault leaves it
	// alone.
	Fault func(Request) Fault
	// Picture makes what is sent for an order, encoded; nil stands for a pattern
	// that no other order gets. It is called by several requests at once.
	Picture func(Request) []byte
	// EditFault spoils the answer to an order.
	EditFault func(Request) Fault
	// Key is the only one accepted; "" accepts any and none.
	Key string
	// Delay passes before each answer, except where the client goes away.
	Delay time.Duration
	// Compatible expects the fields that servers other than OpenAI's understand.
	Compatible bool
	// Complain hears of each request that breaks a promise; it is answered with
	// status 400 in any case.
	Complain func(format string, args ...any)
}

// A Handler answers requests. It is an http.Handler, and an http.RoundTripper
// that needs no network.
type Handler struct {
	options Options

	mu     sync.Mutex
	stats  Stats
	busy   int
	cached map[string]bool // rubrics seen before
}

// Stats are what a Handler has seen so far.
type Stats struct {
	Requests      int // for verdicts
	Images        int // without base images
	MaxConcurrent int
	Reported      cost.Usage // tokens that answers to requests for verdicts said were used; no dollars
	Edits         Edits
}

// Edits are the orders for pictures so far.
type Edits struct {
	Requests int
	Billed   int // pictures made, whether or not they arrived; what an Error declines is not made
	// The tokens of the pictures made.
	TextTokens, ImageTokens, OutputTokens int
}

// New returns a Handler for any path that ends in /chat/completions or
// /images/edits.
func New(o Options) *Handler {
	if o.Verdict == nil {
		o.Verdict = func([]byte) verdict.Verdict { return Sound() }
	}
	if o.Fault == nil {
		o.Fault = func(Request) Fault { return nil }
	}
	if o.Picture == nil {
		o.Picture = Pattern
	}
	if o.EditFault == nil {
		o.EditFault = func(Request) Fault { return nil }
	}
	if o.Complain == nil {
		o.Complain = func(string, ...any) {}
	}
	return &Handler{options: o, cached: map[string]bool{}}
}

// A Server is a Handler on a local port.
type Server struct {
	*Handler
	URL string // the base URL to give to the judge and the generator
}

// NewServer starts a server that ends with the test. Requests that break a
// promise fail the test.
func NewServer(t testing.TB, o Options) *Server {
	t.Helper()
	h := NewHandler(t, o)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return &Server{Handler: h, URL: server.URL + "/v1"}
}

// NewHandler returns a Handler that fails the test where a request breaks a
// promise.
func NewHandler(t testing.TB, o Options) *Handler {
	if o.Complain == nil {
		o.Complain = func(format string, args ...any) {
			t.Helper()
			t.Errorf("request to the model: "+format, args...)
		}
	}
	return New(o)
}

// Sound is the verdict on an image that has nothing wrong.
func Sound() verdict.Verdict {
	return verdict.Verdict{Style: verdict.Photorealistic, Quality: 8, Observation: "A person in a street."}
}

// BySHA256 answers from a table keyed by the hash of the JPEG in hex, and Sound
// for others.
func BySHA256(table map[string]verdict.Verdict) func([]byte) verdict.Verdict {
	return func(jpeg []byte) verdict.Verdict {
		if v, ok := table[SHA256(jpeg)]; ok {
			return v
		}
		return Sound()
	}
}

// SHA256 returns the hash in hex.
func SHA256(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Stats returns what has been seen so far.
func (h *Handler) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stats
}

// ServeHTTP checks a request and answers it.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := h.enter(isEdit(r))
	defer h.leave()
	reply := h.answer(r, n)
	if !wait(r, h.options.Delay+reply.Delay) {
		return
	}
	if reply.Hangup {
		panic(http.ErrAbortHandler)
	}
	for name, values := range reply.Header {
		w.Header()[name] = values
	}
	body := reply.encode()
	w.Header().Set("Content-Type", "application/json")
	if reply.BreakOff {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		body = body[:len(body)/2]
	}
	w.WriteHeader(reply.Status)
	// A client that has gone away is no concern of ours.
	_, _ = io.WriteString(w, body)
	if reply.BreakOff {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// RoundTrip answers without a network.
func (h *Handler) RoundTrip(r *http.Request) (response *http.Response, err error) {
	defer func() {
		if reason := recover(); reason == http.ErrAbortHandler {
			response, err = nil, io.ErrUnexpectedEOF
		} else if reason != nil {
			panic(reason)
		}
	}()
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}

// enter returns the number of the request among those of its kind.
func (h *Handler) enter(edit bool) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.busy++
	h.stats.MaxConcurrent = max(h.stats.MaxConcurrent, h.busy)
	count := &h.stats.Requests
	if edit {
		count = &h.stats.Edits.Requests
	}
	*count++
	return *count
}

func (h *Handler) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.busy--
}

// wait reports whether the client is still there after d.
func wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

func (h *Handler) answer(r *http.Request, n int) *Reply {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return failed(http.StatusBadRequest, "invalid_request_error", err.Error())
	}
	if h.options.Key != "" && r.Header.Get("Authorization") != "Bearer "+h.options.Key {
		return failed(http.StatusUnauthorized, "invalid_api_key", "Incorrect API key provided: "+r.Header.Get("Authorization"))
	}
	readRequest, complete := read, h.complete
	if isEdit(r) {
		readRequest, complete = readEdit, h.edit
	}
	request, err := readRequest(r, body, h.options.Compatible)
	if err != nil {
		h.options.Complain("%v", err)
		return failed(http.StatusBadRequest, "invalid_request_error", err.Error())
	}
	request.N = n
	return complete(request)
}

// complete answers a request for verdicts.
func (h *Handler) complete(request Request) *Reply {
	usage := h.count(request)
	reply := &Reply{Status: http.StatusOK, Header: http.Header{}, Finish: "stop", request: request}
	reply.Content = contentFor(request, h.options.Verdict)
	usage.Output = (len(reply.Content) + 3) / 4
	reply.Usage = &usage
	if fault := h.options.Fault(request); fault != nil {
		fault(reply)
	}
	if reply.Usage != nil && reply.Body == nil {
		h.report(*reply.Usage)
	}
	return reply
}

// count works out what the input of a request costs.
func (h *Handler) count(r Request) Usage {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stats.Images += len(r.Images)
	usage := Usage{Input: r.text/4 + r.imageTokens}
	if tokens := len(r.rubric) / 4; tokens >= 1024 && h.cached[r.rubric] {
		usage.Cached = tokens / 128 * 128
	}
	h.cached[r.rubric] = true
	return usage
}

func (h *Handler) report(u Usage) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stats.Reported = h.stats.Reported.Add(cost.Usage{
		Requests: 1, InputTokens: u.Input, CachedTokens: u.Cached, OutputTokens: u.Output,
	})
}
