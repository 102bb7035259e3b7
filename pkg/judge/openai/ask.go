package openai

import (
	"context"
	"errors"
	"fmt"

	"screentest/pkg/cost"
	"screentest/pkg/judge"
	"screentest/pkg/verdict"
)

// An inquiry is one case on its way.
type inquiry struct {
	judge    *Judge
	c        judge.Case
	usage    cost.Usage
	verdicts map[string]verdict.Verdict // by content
	failures map[string]error           // of single images, by content
}

// Judge asks about all images at once, then again about what was not answered
// properly and what was a close call. Once a verdict has been paid for, a later
// failure does not cost it: the images without one carry that failure instead,
// also if it wraps judge.ErrHalt. When ctx ends, the answer under way is awaited
// and nothing more is asked.
func (j *Judge) Judge(ctx context.Context, c judge.Case) ([]judge.Answer, cost.Usage, error) {
	if len(c.Images) == 0 || len(c.Images) > j.BatchSize() {
		return nil, cost.Usage{}, fmt.Errorf("a case of %d images for %s: 1 to %d are possible", len(c.Images), c.Actor, j.BatchSize())
	}
	q := &inquiry{judge: j, c: c, verdicts: map[string]verdict.Verdict{}, failures: map[string]error{}}
	err := q.askInParts(ctx, q.visible())
	if err == nil {
		q.settle(ctx)
	}
	if err != nil && len(q.verdicts) == 0 {
		return nil, q.usage, fmt.Errorf("ask %s about %d images of %s: %w", j.config.Model, len(c.Images), c.Actor, err)
	}
	return q.answers(err), q.usage, nil
}

// visible are the images that can be shown; the others fail.
func (q *inquiry) visible() []judge.Exhibit {
	var images []judge.Exhibit
	for _, image := range q.c.Images {
		if imageTokens(image.Preview) == 0 {
			q.failures[image.SHA256] = errors.New("there is no preview to show")
			continue
		}
		images = append(images, image)
	}
	return images
}

// askInParts asks, and if the answer is of no use asks again about each half: at
// most 2n-1 requests for n images. It fails with what concerns the case and not
// its pictures.
func (q *inquiry) askInParts(ctx context.Context, images []judge.Exhibit) error {
	if len(images) == 0 {
		return nil
	}
	verdicts, err := q.ask(ctx, 1, images)
	switch {
	case err == nil:
		q.judge.inVain.Store(0)
		for sum, v := range verdicts {
			q.verdicts[sum] = v
		}
		return nil
	case !errors.Is(err, errAnswer) && !errors.Is(err, judge.ErrRefused):
		return err
	case len(images) == 1:
		q.failures[images[0].SHA256] = err
		return q.judge.despair(err)
	}
	half := len(images) / 2
	if err := q.askInParts(ctx, images[:half]); err != nil {
		return err
	}
	return q.askInParts(ctx, images[half:])
}

// hopeless is how many images in a row, of whatever actor, may each bring no answer
// of use though they were asked about alone. One set of strange pictures is not
// enough; a model that does not understand the question takes three cases.
const hopeless = 30

// despair counts an image that was asked about alone and got no verdict, and stops
// the run where no image gets one any more: every case is split down to single
// images and paid for again. A refusal is an answer.
func (j *Judge) despair(cause error) error {
	if errors.Is(cause, judge.ErrRefused) {
		j.inVain.Store(0)
		return nil
	}
	if j.inVain.Add(1) < hopeless {
		return nil
	}
	return fmt.Errorf("%w: for %d images in a row, each asked about alone, %s at %s gave no answer of use: try another judge.model or base URL; the last: %w",
		judge.ErrHalt, hopeless, j.config.Model, j.endpoint.BaseURL(), cause)
}

// ask makes one request and returns the verdicts by content.
func (q *inquiry) ask(ctx context.Context, round int, images []judge.Exhibit) (map[string]verdict.Verdict, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err() // an attempt that fails at once would be booked
	}
	question := newQuestion(q.c, round, images)
	response, used, err := q.judge.send(ctx, q.judge.request(question), q.judge.bound(question), len(images))
	q.usage = q.usage.Add(used)
	if err != nil {
		return nil, err
	}
	answer, err := content(response)
	if err != nil {
		return nil, err
	}
	byLabel, err := parse(answer, question.labels, question.base != nil)
	if err != nil {
		return nil, err
	}
	verdicts := map[string]verdict.Verdict{}
	for i, label := range question.labels {
		verdicts[question.images[i].SHA256] = byLabel[label]
	}
	return verdicts, nil
}

// settle asks twice more about close calls, in other orders, and lets the
// majority decide. Where that cannot be had, for want of money or of an answer,
// the first verdict stands and stays marked as unsure.
func (q *inquiry) settle(ctx context.Context) {
	var unsure []judge.Exhibit
	for _, image := range q.c.Images {
		if q.verdicts[image.SHA256].Unsure {
			unsure = append(unsure, image)
		}
	}
	if len(unsure) == 0 {
		return
	}
	second, err := q.ask(ctx, 2, unsure)
	if err != nil {
		return
	}
	third, err := q.ask(ctx, 3, unsure)
	if err != nil {
		return
	}
	for _, image := range unsure {
		sum := image.SHA256
		q.verdicts[sum] = majority(q.verdicts[sum], second[sum], third[sum])
	}
}

// answers are in the order of the case; err is why some images were never asked
// about.
func (q *inquiry) answers(err error) []judge.Answer {
	answers := make([]judge.Answer, len(q.c.Images))
	for i, image := range q.c.Images {
		answers[i] = judge.Answer{SHA256: image.SHA256}
		v, judged := q.verdicts[image.SHA256]
		failure, failed := q.failures[image.SHA256]
		switch {
		case judged:
			answers[i].Verdict = v
		case failed:
			answers[i].Err = failure
		default:
			answers[i].Err = err
		}
	}
	return answers
}
