package openai

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	openai "github.com/sashabaranov/go-openai"

	"screentest/pkg/cost"
	"screentest/pkg/judge"
)

const (
	maxAnswer    = 4 << 20 // bytes; an honest answer has under 100 KB
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// An exchange is one request with all its attempts. Budget and account are kept
// per attempt, since an attempt whose answer was lost may be billed as well.
type exchange struct {
	judge    *Judge
	bound    float64 // dollars that one attempt can cost at most
	images   int
	started  time.Time
	attempts int
	answered bool          // the last attempt brought an answer
	wait     time.Duration // before the next attempt
	usage    cost.Usage
}

// send asks and returns the answer, and what all attempts used in any case.
func (j *Judge) send(ctx context.Context, request openai.ChatCompletionRequest, bound float64, images int) (openai.ChatCompletionResponse, cost.Usage, error) {
	x := &exchange{judge: j, bound: bound, images: images, started: time.Now()}
	config := openai.DefaultConfig(j.config.APIKey)
	config.BaseURL = j.config.BaseURL
	config.HTTPClient = x
	response, err := openai.NewClientWithConfig(config).CreateChatCompletion(ctx, request)
	if err == nil {
		return response, x.usage, nil
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) { // says nothing but the address
		err = wrapped.Err
	}
	if x.answered { // and yet the client could not decode it
		err = fmt.Errorf("%w: %w", errAnswer, err)
	}
	if x.attempts > 1 {
		err = fmt.Errorf("%w, given up after %d attempts", err, x.attempts)
	}
	return response, x.usage, err
}

// Do is what the client calls instead of an http.Client: the attempts, with
// waiting between them.
func (x *exchange) Do(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	if x.judge.dialect.store {
		body = withoutStoring(body)
	}
	again, err := retryablehttp.FromRequest(request)
	if err != nil {
		return nil, err
	}
	if err := again.SetBody(body); err != nil {
		return nil, err
	}
	client := retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: roundTripper(x.attempt)},
		RetryMax:     x.judge.config.Retry.MaxAttempts - 1,
		CheckRetry:   x.checkRetry,
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return x.wait },
		ErrorHandler: func(_ *http.Response, err error, _ int) (*http.Response, error) { return nil, err },
	}
	return client.Do(again)
}

// withoutStoring adds the field that the client leaves out when it is false;
// left out, the service stores questions and answers for some accounts.
func withoutStoring(body []byte) []byte {
	return append([]byte(`{"store":false,`), body[1:]...)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A reply is an answer read to its end.
type reply struct {
	status int
	header http.Header
	body   []byte
	said   struct { // what the body holds of these, whatever the status
		Error json.RawMessage `json:"error"`
		Usage openai.Usage    `json:"usage"`
	}
}

// attempt sends the request once, within the budget, and books what it cost.
// Whatever is not an answer it returns as a failure, so that the decision to try
// again and the report at the end go by the same reading of it.
func (x *exchange) attempt(request *http.Request) (*http.Response, error) {
	book, err := x.judge.config.Budget.Reserve(request.Context(), x.bound)
	if errors.Is(err, cost.ErrBudget) {
		return nil, fmt.Errorf("%w: %w", judge.ErrHalt, err)
	}
	if err != nil {
		return nil, err
	}
	x.attempts++
	timeout := min(x.judge.config.Timeout, x.left())
	// What has been sent is billed whether or not anybody waits for it.
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(request.Context()), timeout, fmt.Errorf("nothing came within %s", timeout))
	defer cancel()
	r, err := x.post(request.WithContext(ctx))
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	used := x.account(r, err)
	book(used.USD)
	x.usage = x.usage.Add(used)
	switch {
	case err != nil && used.Unbilled > 0:
		return nil, &failure{cause: fmt.Errorf("%w ($%.4f booked, as it may be billed)", err, used.USD)}
	case err != nil:
		return nil, &failure{cause: err}
	case r.failed():
		return nil, newFailure(r)
	}
	x.answered = true
	return &http.Response{StatusCode: r.status, Header: r.header, Body: io.NopCloser(bytes.NewReader(r.body)), Request: request}, nil
}

// post sends the request and reads the whole answer, so that one that breaks off
// is an attempt that failed and not a riddle for the decoder.
func (x *exchange) post(request *http.Request) (reply, error) {
	response, err := x.judge.config.Transport.RoundTrip(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return reply{}, err
	}
	r := reply{status: response.StatusCode, header: response.Header, body: x.judge.hideKey(body)}
	if r.ok() && !isObject(body) {
		return reply{}, errors.New("the answer is empty, not JSON or endless: check the base URL")
	}
	_ = json.Unmarshal(r.body, &r.said) // a proxy's page says neither
	return r, nil
}

func (r reply) ok() bool { return r.status >= 200 && r.status < 300 }

// failed also sees the error that comes with status 200.
func (r reply) failed() bool {
	return !r.ok() || (len(r.said.Error) > 0 && string(r.said.Error) != "null")
}

func isObject(body []byte) bool {
	return json.Valid(body) && bytes.HasPrefix(bytes.TrimSpace(body), []byte("{"))
}

// hideKey makes sure that nothing read from an answer can show the key, which
// some servers repeat. Short keys are placeholders for servers that need none.
func (j *Judge) hideKey(body []byte) []byte {
	if len(j.config.APIKey) < 16 {
		return body
	}
	return bytes.ReplaceAll(body, []byte(j.config.APIKey), []byte("(key)"))
}

// account says what one attempt used: what the answer reports, also if that is
// an error; the most possible where an answer was lost or reports nothing;
// nothing where the service declined or was not reached.
func (x *exchange) account(r reply, err error) cost.Usage {
	used := cost.Usage{Requests: 1}
	report := r.said.Usage
	lost := err != nil && wasSent(err)
	silent := err == nil && !r.failed()
	switch {
	case report.PromptTokens > 0 && report.CompletionTokens >= 0:
		used.Images = x.images
		used.InputTokens, used.OutputTokens = report.PromptTokens, report.CompletionTokens
		if details := report.PromptTokensDetails; details != nil {
			used.CachedTokens = min(max(details.CachedTokens, 0), used.InputTokens)
		}
		used.USD = x.judge.config.Price.USD(used)
	case lost || silent:
		used.Images, used.Unbilled, used.USD = x.images, 1, x.bound
	}
	return used
}

// wasSent reports whether the service may have seen a request that failed with
// err: everything but a connection that was never made.
func wasSent(err error) bool {
	var op *net.OpError
	dialing := errors.As(err, &op) && op.Op == "dial"
	return !dialing && !untrusted(err)
}

// untrusted: the server could not prove who it is, and will not next time.
func untrusted(err error) bool {
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &certificate)
}

// errTooLong marks a wait that we are not prepared for.
var errTooLong = errors.New("the wait is too long")

// checkRetry decides whether to try again, and when.
func (x *exchange) checkRetry(ctx context.Context, _ *http.Response, err error) (bool, error) {
	var f *failure
	if !errors.As(err, &f) || !f.transient() {
		return false, nil
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if x.wait = retryAfter(f.header, time.Now()); x.wait == 0 {
		x.wait = backoff(x.attempts)
	}
	if left := x.left(); x.wait >= left {
		return false, fmt.Errorf("%w: %w: %s until the next attempt, but %s left for this request", f, errTooLong,
			x.wait.Round(time.Millisecond), left.Round(time.Millisecond))
	}
	return true, nil
}

// left is the time until this request is given up.
func (x *exchange) left() time.Duration {
	return max(0, x.judge.config.Retry.MaxElapsed-time.Since(x.started))
}

// backoff doubles from attempt to attempt, with jitter so that the workers who
// were turned away together do not come back together.
func backoff(attempts int) time.Duration {
	full := min(firstBackoff<<min(attempts-1, 10), maxBackoff)
	return full/2 + rand.N(full/2)
}
