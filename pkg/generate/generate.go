// Package generate makes the pictures that a set lacks. It declares what a
// Generator is, holds the catalogue of prompts, and chooses and completes the
// prompt of each order. Two generators implement the port: openai, which edits
// the base image by a model, and offline, which derives pictures from the base
// image by filters so that the whole loop runs without a key.
//
// A generator only makes pictures. Whether one is good enough is for the judge to
// say, where it goes for package execution, and that it is paid for once is
// guarded by the ledger: an order is written down before it is sent.
package generate

import (
	"context"
	"errors"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/verdict"
)

// ErrRefused says that the generator declines an order for safety's sake. It is
// final for that order: it is recorded and shown to a person.
var ErrRefused = errors.New("generation refused for safety")

// ErrLost says that an order went out and no answer came back, so that it may
// have been billed. Nothing is repeated before that is on the record.
var ErrLost = errors.New("the answer to a paid order was lost")

// ErrUnusable says that an answer came, may have been billed, and holds no
// picture of the kind ordered.
var ErrUnusable = errors.New("the answer holds no usable picture")

// An ID says who generates and how. It is part of the record of every picture.
type ID struct {
	Name       string            `json:"name"` // "openai" or "offline"
	Model      string            `json:"model"`
	Parameters map[string]string `json:"parameters,omitempty"` // size, quality, format, …
}

// An Order asks for one picture.
type Order struct {
	Actor  actor.Name
	Style  verdict.Style
	Prompt Prompt // as it is sent: completed with what the roster says
	Base   []byte // the base image, encoded as it lies in the tree: png or jpeg
	Seed   string // fixes every random choice of a generator that has any
}

// A Picture is what came of an order.
type Picture struct {
	Data      []byte // encoded png or jpeg
	Extension string // ".png" or ".jpg", as the content is
}

// A Generator makes pictures. Implementations are safe for concurrent use.
type Generator interface {
	ID() ID
	// Bound is the most dollars that one order can cost.
	Bound() float64
	// Generate carries out one order and returns what it used, also when it
	// fails. What was certainly not billed is tried again inside, what may have
	// been is not: it comes back as ErrLost or ErrUnusable. An error that wraps
	// judge.ErrHalt says that no further order of this run can succeed, one that
	// wraps judge.ErrUnavailable that none can now. When ctx
	// ends, an order under way is awaited, because it is paid for.
	Generate(ctx context.Context, o Order) (Picture, cost.Usage, error)
}
