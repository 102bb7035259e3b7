// Package endpoint carries requests to one HTTP endpoint that speaks OpenAI's
// language. It lies under the judge and the generator of that name, which know
// what to ask; this package knows how to send it, when to send it again, what it
// cost, and what a failure means.
//
// Two kinds of request go through it, and Terms tells them apart. A question of
// the judge costs a fraction of a cent and is repeated when its answer is lost.
// An order for a picture costs a hundred times that, so with Terms.Once nothing is
// sent again that may have been billed.
//
// It promises: no attempt leaves before the most it can cost has been reserved;
// every attempt is accounted for; attempts and time are bounded; an attempt under
// way is awaited when the context ends, since it is billed in any case; the key is
// in no error and no string.
package endpoint

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"screentest/pkg/cost"
)

const defaultBaseURL = "https://api.openai.com/v1"

// Config are the parts of an Endpoint. The zero value of a field means its default.
type Config struct {
	APIKey    string            `json:"-"` // may be empty for a server that needs none
	BaseURL   string            // with the version, without a path of the interface; default: OpenAI's own
	Transport http.RoundTripper // what attempts go through; default: a pool of connections of its own
	Budget    *cost.Budget      // default: no limit
	Timeout   time.Duration     // of one attempt, its answer included; default one minute
	Retry     Retry
	Terms     Terms
}

// Retry bounds how long one request is pursued.
type Retry struct {
	MaxAttempts int           // the first included; default 6
	MaxElapsed  time.Duration // waiting included; default three minutes
}

// Terms are what one kind of request goes by.
type Terms struct {
	// Bill reads what an answer, or an error, says was used and what that costs;
	// ok is false where it does not say.
	Bill func(answer []byte) (used cost.Usage, ok bool)
	// MaxAnswer is the most bytes that an honest answer has.
	MaxAnswer int64
	// Once forbids to send again what may have been billed, and to cut short what
	// has been sent: no attempt begins after Retry.MaxElapsed, but one that did
	// has its whole Timeout.
	Once bool
	// Errors are the caller's names for what follows from a failure.
	Errors Errors
	// Keyless says what can be done without a key, and NotFound what to check
	// when the endpoint knows no such model or path: for messages.
	Keyless, NotFound string
}

// Errors are wrapped by the failures they name. Where one is nil, a failure of
// that kind stands for itself.
type Errors struct {
	Halt     error // no other request would fare better, or none can be paid for
	Refused  error // declined for safety's sake
	Input    error // what was sent may be the problem, and less of it none
	Lost     error // with Terms.Once: sent, perhaps billed, and the service was not heard of again
	Unusable error // with Terms.Once: perhaps billed, and what came is no answer
	// Unavailable: not billed, and not to be had now, after all attempts.
	Unavailable error
}

// String names the address without the key.
func (c Config) String() string { return fmt.Sprintf("endpoint.Config{%s}", c.BaseURL) }

// GoString is String: no verb of fmt prints the key.
func (c Config) GoString() string { return c.String() }

// An Endpoint takes requests of one kind. It is safe for concurrent use.
type Endpoint struct {
	config   *Config // behind a pointer, where fmt does not look
	official bool
}

// New returns an endpoint, or an error that says which setting to change. It
// sends nothing.
func New(c Config) (*Endpoint, error) {
	c = c.withDefaults()
	address, err := url.Parse(c.BaseURL)
	if err != nil || address.Host == "" || (address.Scheme != "https" && address.Scheme != "http") {
		return nil, errors.New("the base URL (OPENAI_BASE_URL) is not an http or https address with a host")
	}
	official := address.Hostname() == "openai.com" || strings.HasSuffix(address.Hostname(), ".openai.com")
	if err := c.check(official); err != nil {
		return nil, err
	}
	return &Endpoint{&c, official}, nil
}

func (c Config) withDefaults() Config {
	c.APIKey = strings.TrimSpace(c.APIKey)
	c.BaseURL = cmp.Or(strings.TrimRight(strings.TrimSpace(c.BaseURL), "/"), defaultBaseURL)
	c.Timeout = cmp.Or(c.Timeout, time.Minute)
	c.Retry.MaxAttempts = cmp.Or(c.Retry.MaxAttempts, 6)
	c.Retry.MaxElapsed = cmp.Or(c.Retry.MaxElapsed, 3*time.Minute)
	c.Budget = cmp.Or(c.Budget, cost.NewBudget(-1))
	if c.Transport == nil {
		c.Transport = pool()
	}
	return c
}

// pool keeps a connection per worker; the default transport keeps two per host
// and would dial again for nearly every request.
func pool() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64
	return t
}

func (c Config) check(official bool) error {
	switch {
	case c.APIKey == "" && official:
		return fmt.Errorf("no API key: set OPENAI_API_KEY, or %s", c.Terms.Keyless)
	case strings.ContainsFunc(c.APIKey, func(r rune) bool { return r <= ' ' || r > unicode.MaxASCII || r == 0x7f }):
		return errors.New("the API key (OPENAI_API_KEY) holds a character that no key has, such as a space: copy it again")
	case c.Timeout < 0 || c.Retry.MaxAttempts < 1 || c.Retry.MaxElapsed < 0:
		return errors.New("a timeout, a number of attempts or a time to retry is negative")
	}
	return nil
}

// BaseURL is where paths of the interface begin.
func (e *Endpoint) BaseURL() string { return e.config.BaseURL }

// Official reports whether this is OpenAI itself, who sends bills.
func (e *Endpoint) Official() bool { return e.official }

// String names the address.
func (e *Endpoint) String() string { return e.config.BaseURL }

// GoString is String: no verb of fmt prints the key.
func (e *Endpoint) GoString() string { return e.String() }
