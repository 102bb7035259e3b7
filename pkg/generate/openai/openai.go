// Package openai is the generator that has a model edit the base image. It sits
// between execution, which hands it orders that the ledger has on record, and one
// HTTP endpoint: OpenAI's own or a compatible server that edits images.
//
// An order is a prompt and the base image, reduced and without metadata. What
// comes back is one picture, of which the header is held against what was ordered;
// whether the picture is any good is for the judge.
//
// A picture costs a hundred times what a verdict costs, so nothing is sent twice
// that may have been billed. An attempt is repeated when no connection came about
// or when the service itself declined it in words: 409, 429, 500, 503 and the
// like. An answer that did not come in time or broke off, and a gateway's word for
// that (408, 502, 504, 520, 524, or any status of 500 and above without the
// service's own error), may hide a picture: that is generate.ErrLost. What came
// with status 200 and holds no picture is generate.ErrUnusable. Both are booked at
// the bound where no usage is reported.
package openai

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"screentest/pkg/cost"
	"screentest/pkg/endpoint"
	"screentest/pkg/generate"
	"screentest/pkg/inspect"
	"screentest/pkg/judge"
)

// What holds where Config does not say otherwise.
const (
	defaultModel   = "gpt-image-2"
	defaultTimeout = 3 * time.Minute
	defaultElapsed = 5 * time.Minute
	maxBaseBytes   = 64 << 20
	maxBasePixels  = 50 // millions
)

const (
	maxPrompt = 4000     // bytes, each of them a token at worst
	maxAnswer = 64 << 20 // bytes; the largest picture has about 35 MB in base64
)

// Config are the parts of a Generator. The zero value of a field means its default.
type Config struct {
	APIKey           string            `json:"-"` // may be empty for a server that needs none
	BaseURL          string            // with the version, without "/images/edits"
	Transport        http.RoundTripper // what attempts go through; default: a pool of connections of its own
	Model            string            // default gpt-image-2
	Size             string            // width and height, such as "1024x1024", the default, or "auto"
	Quality          string            // "low", "medium", the default, "high" or "auto"
	Format           string            // "png", the default, or "jpeg"
	Price            Price             // may be zero except at OpenAI
	MaxUSD           float64           // the most one order can cost; default: by Price and what gpt-image-2 bills
	Budget           *cost.Budget      // shared with the judge; default: no limit
	Timeout          time.Duration     // of one attempt, its answer included; default three minutes
	Retry            endpoint.Retry    // no attempt begins after MaxElapsed, by default five minutes
	Limits           inspect.Limits    // of the base image; default 64 MiB and 50 megapixels
	SafetyIdentifier string            // anything that tells installations apart; only its hash is sent
}

// String names the generator's settings without the key.
func (c Config) String() string {
	return fmt.Sprintf("openai.Config{model %s at %s}", c.Model, c.BaseURL)
}

// GoString is String: no verb of fmt prints the key.
func (c Config) GoString() string { return c.String() }

// A Generator orders pictures from one model at one endpoint. It is safe for
// concurrent use.
type Generator struct {
	config   *Config // behind a pointer, where fmt does not look
	endpoint *endpoint.Endpoint
	bound    float64
	user     string // hash of the safety identifier; "" for none
}

var _ generate.Generator = (*Generator)(nil)

// New returns a generator, or an error that says which setting to change. It sends
// nothing.
func New(c Config) (*Generator, error) {
	c = c.withDefaults()
	peer, err := endpoint.New(endpoint.Config{
		APIKey: c.APIKey, BaseURL: c.BaseURL, Transport: c.Transport, Budget: c.Budget,
		Timeout: c.Timeout, Retry: c.Retry, Terms: terms(c.Price),
	})
	if err != nil {
		return nil, fmt.Errorf("openai generator: %w", err)
	}
	if err := c.check(peer.Official()); err != nil {
		return nil, fmt.Errorf("openai generator: %w", err)
	}
	c.APIKey = "" // the endpoint has it
	g := &Generator{config: &c, endpoint: peer, bound: c.bound()}
	if c.SafetyIdentifier != "" {
		sum := sha256.Sum256([]byte(c.SafetyIdentifier))
		g.user = hex.EncodeToString(sum[:])
	}
	return g, nil
}

func (c Config) withDefaults() Config {
	c.Model = cmp.Or(c.Model, defaultModel)
	c.Size = cmp.Or(c.Size, "1024x1024")
	c.Quality = cmp.Or(c.Quality, "medium")
	c.Format = cmp.Or(c.Format, inspect.PNG)
	c.Timeout = cmp.Or(c.Timeout, defaultTimeout)
	c.Retry.MaxElapsed = cmp.Or(c.Retry.MaxElapsed, defaultElapsed)
	c.Limits.Bytes = cmp.Or(c.Limits.Bytes, maxBaseBytes)
	c.Limits.Megapixels = cmp.Or(c.Limits.Megapixels, maxBasePixels)
	return c
}

func (c Config) check(official bool) error {
	switch _, err := parseSize(c.Size); {
	case err != nil:
		return err
	case !slices.Contains([]string{"low", "medium", "high", "auto"}, c.Quality):
		return fmt.Errorf("quality %q is not low, medium, high or auto", c.Quality)
	case c.Format != inspect.PNG && c.Format != inspect.JPEG:
		return fmt.Errorf("format %q is not png or jpeg", c.Format)
	case official && (c.Price.Text <= 0 || c.Price.Image <= 0 || c.Price.Output <= 0):
		return fmt.Errorf("no price for model %s: a cost limit cannot be kept without generation.price", c.Model)
	case c.MaxUSD < 0:
		return errors.New("the most that one picture can cost is negative")
	case c.MaxUSD == 0 && c.Price != Price{} && !reckoned.MatchString(c.Model):
		return fmt.Errorf("what a picture of model %s can cost at most is not known: set generation.max_usd_per_image", c.Model)
	}
	return nil
}

// terms: a picture is dear, so it is ordered once.
func terms(price Price) endpoint.Terms {
	return endpoint.Terms{
		Bill:      func(answer []byte) (cost.Usage, bool) { return bill(answer, price) },
		MaxAnswer: maxAnswer,
		Once:      true,
		Errors: endpoint.Errors{
			Halt: judge.ErrHalt, Refused: generate.ErrRefused, Lost: generate.ErrLost, Unusable: generate.ErrUnusable,
			Unavailable: judge.ErrUnavailable,
		},
		Keyless:  "generate without a model with --generator offline",
		NotFound: "check generation.model and the base URL; few servers but OpenAI's edit images",
	}
}

// ID says which model makes the pictures and how they are ordered.
func (g *Generator) ID() generate.ID {
	return generate.ID{Name: "openai", Model: g.config.Model, Parameters: map[string]string{
		"size": g.config.Size, "quality": g.config.Quality, "format": g.config.Format,
	}}
}

// Bound is the most dollars that one order can cost, as far as is published.
func (g *Generator) Bound() float64 { return g.bound }

// String names the model.
func (g *Generator) String() string { return "openai generator, model " + g.config.Model }

// GoString is String: no verb of fmt prints the key.
func (g *Generator) GoString() string { return g.String() }

// Generate carries out one order. Nothing is sent, and nothing used, where ctx has
// ended, the prompt is empty or longer than 4,000 bytes, or the base image cannot
// be read.
func (g *Generator) Generate(ctx context.Context, o generate.Order) (generate.Picture, cost.Usage, error) {
	picture, used, err := g.generate(ctx, o)
	if err != nil {
		err = fmt.Errorf("order picture %s of %s from %s: %w", o.Prompt.ID, o.Actor, g.config.Model, err)
	}
	return picture, used, err
}

func (g *Generator) generate(ctx context.Context, o generate.Order) (generate.Picture, cost.Usage, error) {
	if ctx.Err() != nil {
		return generate.Picture{}, cost.Usage{}, ctx.Err()
	}
	document, err := g.document(o)
	if err != nil {
		return generate.Picture{}, cost.Usage{}, err
	}
	answer, used, err := g.endpoint.Post(ctx, "/images/edits", document, g.bound)
	if err != nil {
		return generate.Picture{}, used, err
	}
	picture, err := g.config.unpack(answer)
	if err != nil {
		err = fmt.Errorf("%w: %w", generate.ErrUnusable, err)
	}
	return picture, used, err
}

// A document is an order as the endpoint takes it. Fields left out have their
// defaults: one picture, at the usual level of moderation.
type document struct {
	Model        string      `json:"model"`
	Prompt       string      `json:"prompt"`
	Images       []reference `json:"images"`
	Size         string      `json:"size"`
	Quality      string      `json:"quality"`
	OutputFormat string      `json:"output_format"`
	User         string      `json:"user,omitempty"` // what other paths call safety_identifier
}

type reference struct {
	ImageURL string `json:"image_url"`
}

func (g *Generator) document(o generate.Order) ([]byte, error) {
	if o.Prompt.Text == "" || len(o.Prompt.Text) > maxPrompt {
		return nil, fmt.Errorf("a prompt of %d bytes: 1 to %d are possible", len(o.Prompt.Text), maxPrompt)
	}
	base, err := reduce(o.Base, g.config.Limits)
	if err != nil {
		return nil, fmt.Errorf("base image: %w", err)
	}
	return json.Marshal(document{
		Model: g.config.Model, Prompt: o.Prompt.Text, Images: []reference{{dataURL(base)}},
		Size: g.config.Size, Quality: g.config.Quality, OutputFormat: g.config.Format, User: g.user,
	})
}
