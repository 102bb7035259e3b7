// Package openai is the judge that shows pictures to a vision model. It sits
// between the evaluator, which hands it cases, and one HTTP endpoint: OpenAI's
// own or a server compatible with it.
//
// A case becomes one request: the rubric, the base image, then every image after
// an opaque label, in an order that depends on nothing but the seed. What comes
// back is validated in full and trusted in nothing. A case that is not answered
// properly is split in halves, down to single images, so that one bad picture
// costs its neighbours nothing; what the model calls a close call is asked twice
// more. A model that answers nothing properly stops the run.
//
// It promises: no request leaves before the most it can cost has been reserved;
// everything sent is accounted for; attempts and time are bounded; the key is in
// no error and no string.
package openai

import (
	"cmp"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"screentest/pkg/cost"
	"screentest/pkg/endpoint"
	"screentest/pkg/judge"
)

// What holds where Config does not say otherwise.
const (
	defaultModel     = "gpt-6-luna"
	defaultBatchSize = 10
	maxBatchSize     = 99 // labels have two digits
	previewSize      = 512
)

// Config are the parts of a Judge. The zero value of a field means its default.
type Config struct {
	APIKey           string            `json:"-"` // may be empty for a server that needs none
	BaseURL          string            // with the version, without "/chat/completions"
	Transport        http.RoundTripper // what attempts go through; default: a pool of connections of its own
	Model            string
	Dialect          string        // DialectOpenAI, …; default: by BaseURL and Model
	Price            cost.Price    // may be zero except at OpenAI
	Budget           *cost.Budget  // default: no limit
	ReasoningEffort  string        // default "none"
	BatchSize        int           // images in one request
	Timeout          time.Duration // of one attempt, its answer included; default one minute
	Retry            Retry
	SafetyIdentifier string // anything that tells installations apart; only its hash is sent
}

// Retry bounds how long one request is pursued.
type Retry = endpoint.Retry

// String names the judge's settings without the key.
func (c Config) String() string {
	return fmt.Sprintf("openai.Config{model %s at %s}", c.Model, c.BaseURL)
}

// GoString is String: no verb of fmt prints the key.
func (c Config) GoString() string { return c.String() }

// A Judge asks one model at one endpoint. It is safe for concurrent use.
type Judge struct {
	config   *Config // behind a pointer, where fmt does not look
	endpoint *endpoint.Endpoint
	dialect  dialect
	rubric   string
	inVain   *atomic.Int32 // images in a row without an answer of use, see despair
}

var _ judge.Judge = (*Judge)(nil)

// New returns a judge, or an error that says which setting to change. It sends
// nothing.
func New(c Config) (*Judge, error) {
	c = c.withDefaults()
	peer, err := endpoint.New(endpoint.Config{
		APIKey: c.APIKey, BaseURL: c.BaseURL, Transport: c.Transport, Budget: c.Budget,
		Timeout: c.Timeout, Retry: c.Retry, Terms: terms(c.Price),
	})
	if err != nil {
		return nil, fmt.Errorf("openai judge: %w", err)
	}
	if err := c.check(peer.Official()); err != nil {
		return nil, fmt.Errorf("openai judge: %w", err)
	}
	dialect, err := chooseDialect(c, peer.Official())
	if err != nil {
		return nil, fmt.Errorf("openai judge: %w", err)
	}
	j := &Judge{config: &c, endpoint: peer, dialect: dialect, rubric: rubricVersion(), inVain: new(atomic.Int32)}
	if err := openai.NewReasoningValidator().Validate(j.envelope(1)); err != nil {
		return nil, fmt.Errorf("openai judge: model %s does not take these settings: %w", c.Model, err)
	}
	return j, nil
}

func (c Config) withDefaults() Config {
	c.Model = cmp.Or(c.Model, defaultModel)
	c.ReasoningEffort = cmp.Or(c.ReasoningEffort, openai.ReasoningEffortNone)
	c.BatchSize = cmp.Or(c.BatchSize, defaultBatchSize)
	return c
}

func (c Config) check(official bool) error {
	switch {
	case c.BatchSize < 1 || c.BatchSize > maxBatchSize:
		return fmt.Errorf("%d images in a request: give 1 to %d", c.BatchSize, maxBatchSize)
	case official && (c.Price.Input <= 0 || c.Price.Output <= 0):
		return fmt.Errorf("no price for model %s: a cost limit cannot be kept without one", c.Model)
	}
	return nil
}

// ID says which model answers and by which wording of the question.
func (j *Judge) ID() judge.ID {
	return judge.ID{Name: "openai", Model: j.config.Model, Rubric: j.rubric}
}

// PreviewSize is the long side at which pictures are shown.
func (j *Judge) PreviewSize() int { return previewSize }

// BatchSize is the number of images shown in one request.
func (j *Judge) BatchSize() int { return j.config.BatchSize }

// String names the model.
func (j *Judge) String() string { return "openai judge, model " + j.config.Model }

// GoString is String: no verb of fmt prints the key.
func (j *Judge) GoString() string { return j.String() }
