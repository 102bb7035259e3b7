package endpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"screentest/pkg/cost"
)

// An Exchange is one request with all its attempts. Budget and account are kept
// per attempt, since an attempt whose answer was lost may be billed as well.
type Exchange struct {
	config   *Config
	bound    float64
	images   int
	started  time.Time
	attempts int
	wait     time.Duration // before the next attempt
	usage    cost.Usage
}

// Begin returns an exchange for one request, of which an attempt can cost at most
// bound dollars and shows images that are to be counted.
func (e *Endpoint) Begin(bound float64, images int) *Exchange {
	return &Exchange{config: e.config, bound: bound, images: images, started: time.Now()}
}

// Usage is what all attempts so far have used.
func (x *Exchange) Usage() cost.Usage { return x.usage }

// Post sends a JSON document to a path of the interface and returns the JSON
// object that answers it, and what all attempts used in any case.
func (e *Endpoint) Post(ctx context.Context, path string, document []byte, bound float64) ([]byte, cost.Usage, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.config.BaseURL+path, bytes.NewReader(document))
	if err != nil {
		return nil, cost.Usage{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	x := e.Begin(bound, 0)
	response, err := x.Do(request)
	if err != nil {
		return nil, x.usage, err
	}
	answer, err := io.ReadAll(response.Body)
	return answer, x.usage, err
}

// Do makes the attempts, with waiting between them. It takes the place of
// http.Client.Do. A response that it returns is an answer, read to its end; what
// is none is an error that wraps one of Terms.Errors where one applies.
func (x *Exchange) Do(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	again, err := retryablehttp.FromRequest(request)
	if err != nil {
		return nil, err
	}
	if err := again.SetBody(body); err != nil { // which also says how long it is
		return nil, err
	}
	if x.config.APIKey != "" {
		again.Header.Set("Authorization", "Bearer "+x.config.APIKey)
	}
	client := retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: roundTripper(x.attempt)},
		RetryMax:     x.config.Retry.MaxAttempts - 1,
		CheckRetry:   x.checkRetry,
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return x.wait },
		ErrorHandler: func(_ *http.Response, err error, _ int) (*http.Response, error) { return nil, err },
	}
	response, err := client.Do(again)
	var wrapped *url.Error
	if errors.As(err, &wrapped) { // says nothing but the address
		err = wrapped.Err
	}
	if err != nil && x.attempts > 1 {
		err = fmt.Errorf("%w, given up after %d attempts", err, x.attempts)
	}
	return response, err
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// attempt sends the request once, within the budget, and books what it cost.
// Whatever is not an answer it returns as a failure, so that the decision to try
// again and the report at the end go by the same reading of it.
func (x *Exchange) attempt(request *http.Request) (*http.Response, error) {
	book, err := x.config.Budget.Reserve(request.Context(), x.bound)
	if errors.Is(err, cost.ErrBudget) && x.config.Terms.Errors.Halt != nil {
		return nil, fmt.Errorf("%w: %w", x.config.Terms.Errors.Halt, err)
	}
	if err != nil {
		return nil, err
	}
	x.attempts++
	r, err := x.post(request)
	f := x.failureOf(r, err)
	used := x.account(r, f)
	book(used.USD)
	x.usage = x.usage.Add(used)
	if f != nil {
		f.used = used
		return nil, f
	}
	return &http.Response{StatusCode: r.status, Header: r.header, Body: io.NopCloser(bytes.NewReader(r.body)), Request: request}, nil
}

// post sends the request and reads the answer, for as long as an attempt may take.
func (x *Exchange) post(request *http.Request) (reply, error) {
	timeout := x.config.Timeout
	if !x.config.Terms.Once {
		timeout = min(timeout, x.left())
	}
	// What has been sent is billed whether or not anybody waits for it.
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(request.Context()), timeout, fmt.Errorf("nothing came within %s", timeout))
	defer cancel()
	response, err := x.config.Transport.RoundTrip(request.WithContext(ctx))
	var r reply
	if err == nil {
		defer response.Body.Close()
		r, err = x.config.read(response)
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return r, err
}

// account says what one attempt used: what the answer reports, also if that is
// an error; the most possible where that may have been billed and nobody says so;
// nothing where the service declined or was not reached.
func (x *Exchange) account(r reply, f *failure) cost.Usage {
	used := cost.Usage{Requests: 1}
	if report, ok := x.config.Terms.Bill(r.body); ok {
		used = used.Add(report)
		used.Images = x.images
	} else if f == nil || f.doubtful() {
		used.Images, used.Unbilled, used.USD = x.images, 1, x.bound
	}
	return used
}

// errTooLong marks a wait that we are not prepared for.
var errTooLong = errors.New("the wait is too long")

// checkRetry decides whether to try again, and when.
func (x *Exchange) checkRetry(ctx context.Context, _ *http.Response, err error) (bool, error) {
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
func (x *Exchange) left() time.Duration {
	return max(0, x.config.Retry.MaxElapsed-time.Since(x.started))
}
