// Package judge declares who gives verdicts. Two judges implement it: offline,
// which sees only what the local checks measured, and openai, which shows the
// pictures to a vision model.
//
// A judge classifies and reports. It never counts, never plans, never touches
// storage, and is shown only images whose verdict is not yet known.
package judge

import (
	"context"
	"errors"

	"screentest/pkg/cost"
	"screentest/pkg/inspect"
	"screentest/pkg/verdict"
)

// ErrHalt says that no further request of this run can succeed: the key is
// refused, the quota is used up, the cost limit is reached, no answer is of any
// use. The run stops and is
// left resumable. Judges wrap it around the cause.
var ErrHalt = errors.New("run stopped")

// ErrUnavailable says that a service could not be reached, was too busy, or failed
// by a fault of its own, after all retries. Most likely everybody meets the same now,
// and later nobody does; but what is asked may be the cause, so no wait for it is
// without an end.
var ErrUnavailable = errors.New("service unavailable")

// ErrRefused says that the judge declines to look at an image for safety's sake.
// It is final for that image and that judge: it is recorded like a verdict, a
// person decides, and nothing asks again.
var ErrRefused = errors.New("refused for safety")

// ID says who judged. A verdict is valid for one ID, one image and one base image.
type ID struct {
	Name   string `json:"name"`   // "offline" or "openai"
	Model  string `json:"model"`  // the model, or the fitted coefficients, by name
	Rubric string `json:"rubric"` // version of the question asked
}

// An Exhibit is one image as a judge sees it.
type Exhibit struct {
	File    string // for errors only; a judge shows it to nobody
	SHA256  string // hex
	Checks  inspect.Checks
	Preview []byte // JPEG, long side at most Judge.PreviewSize; nil if that is 0
}

// A Case is what a judge is asked about: some images of one actor.
type Case struct {
	Actor  string
	Base   *Exhibit  // nil where the actor has no readable base image: identity cannot be judged
	Images []Exhibit // 1 to Judge.BatchSize, different contents
	Seed   string    // fixes every random choice, such as the order of presentation
}

// An Answer is the verdict on one image of the case, or why there is none.
type Answer struct {
	SHA256  string
	Verdict verdict.Verdict
	Err     error
}

// A Judge gives verdicts. Implementations are safe for concurrent use.
type Judge interface {
	ID() ID
	// PreviewSize is the long side, in pixels, of the preview this judge looks
	// at; 0 if it judges from the checks alone.
	PreviewSize() int
	// BatchSize is the largest number of images in a case. What is answered is
	// saved after each case, so a crash loses at most one case.
	BatchSize() int
	// Judge returns one answer per image of the case, in the order of the case,
	// and what it used, also when it fails. An error means that there are no
	// answers. If it, or the error of an answer, wraps ErrHalt, the caller keeps
	// the other answers and stops asking. Retries are inside; repeating the call
	// is safe and is billed again.
	Judge(ctx context.Context, c Case) ([]Answer, cost.Usage, error)
}
