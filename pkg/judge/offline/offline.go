// Package offline is the judge that needs no key: it tells the style of an image
// and ranks its quality from what package inspect measured, without opening the
// image again. It asks nobody, costs nothing, and the same Checks always get the
// same verdict.
//
// It sees textures, not subjects. Where somebody looks, whether a hand has five
// fingers, who is shown and what is written are beyond it: those issues it lists
// as unjudged, never as absent.
//
// The style is what a small fitted model (model.json, see the fit program in
// this directory) finds most probable; the quality is a fixed formula.
package offline

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"

	"screentest/pkg/cost"
	"screentest/pkg/inspect"
	"screentest/pkg/judge"
	"screentest/pkg/verdict"
)

// rubric is raised with whatever gives the same Checks and the same model.json
// another verdict: the formula of quality, the margin of doubt, the sentences.
// A new fit changes the name of the model, a new feature inspect.Version.
const rubric = "1"

// doubt is the lead of the best style over the second below which the judge says
// it is unsure.
const doubt = 0.6

// batch is how many answers are saved at a time; judging takes microseconds.
const batch = 256

//go:embed model.json
var fitted []byte

// Judge implements judge.Judge.
type Judge struct{ model Model }

var _ judge.Judge = (*Judge)(nil)

// New returns the judge with the model that is built in. It panics if that was
// not fitted on the statistics that inspect takes, which a test rules out.
func New() *Judge {
	j, err := With(fitted)
	if err != nil {
		panic(fmt.Sprintf("offline: built-in model: %v", err))
	}
	return j
}

// With returns the judge with another model, read from JSON.
func With(model []byte) (*Judge, error) {
	j := &Judge{}
	if err := json.Unmarshal(model, &j.model); err != nil {
		return nil, fmt.Errorf("read model: %w", err)
	}
	if err := j.model.Validate(); err != nil {
		return nil, fmt.Errorf("read model: %w", err)
	}
	if !slices.Equal(j.model.Features, inspect.TextureNames()) || !slices.Equal(j.model.Classes, Classes()) {
		return nil, fmt.Errorf("model %s was fitted on other statistics: fit it again", j.model.Name)
	}
	return j, nil
}

// Classes returns the styles as a model names them, in the order of verdict.Styles.
func Classes() []string {
	var names []string
	for _, s := range verdict.Styles() {
		names = append(names, string(s))
	}
	return names
}

// ID names the fit and the version of the rest.
func (j *Judge) ID() judge.ID {
	return judge.ID{Name: "offline", Model: j.model.Name, Rubric: rubric}
}

// PreviewSize is 0: the judge looks at Checks only.
func (j *Judge) PreviewSize() int { return 0 }

// BatchSize is large: a case costs next to nothing.
func (j *Judge) BatchSize() int { return batch }

// Judge answers for every image of the case; the base image is not looked at. An
// image whose Checks lack the statistics gets an error of its own.
func (j *Judge) Judge(ctx context.Context, c judge.Case) ([]judge.Answer, cost.Usage, error) {
	if err := ctx.Err(); err != nil {
		return nil, cost.Usage{}, err
	}
	answers := make([]judge.Answer, len(c.Images))
	for i, image := range c.Images {
		answers[i].SHA256 = image.SHA256
		answers[i].Verdict, answers[i].Err = j.one(image)
	}
	return answers, cost.Usage{}, nil
}

func (j *Judge) one(image judge.Exhibit) (verdict.Verdict, error) {
	texture := image.Checks.Texture
	if len(texture) != len(j.model.Features) {
		return verdict.Verdict{}, fmt.Errorf("judge %s: %d texture statistics, want %d: inspect it again",
			image.File, len(texture), len(j.model.Features))
	}
	p := j.model.Probabilities(texture)
	first, second := ranked(p)
	style := verdict.Styles()[first]
	unsure := p[first]-p[second] < doubt
	return verdict.Verdict{
		Style:       style,
		Quality:     quality(image.Checks, style, p[first]),
		Unjudged:    verdict.Seen(),
		Observation: observe(image.Checks, style, verdict.Styles()[second], unsure),
		Unsure:      unsure,
	}, nil
}

// ranked returns which of p is the largest and which the second largest.
func ranked(p []float64) (first, second int) {
	first, second = 0, 1
	if p[second] > p[first] {
		first, second = second, first
	}
	for k := 2; k < len(p); k++ {
		switch {
		case p[k] > p[first]:
			first, second = k, first
		case p[k] > p[second]:
			second = k
		}
	}
	return first, second
}
