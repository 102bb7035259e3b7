package offline

import (
	"fmt"
	"math"
)

// A Model is multinomial logistic regression: every class gets a score that is
// linear in the standardised features. It is the smallest model that tells
// classes apart by many weak hints and says how sure it is; the fit program
// trains it.
type Model struct {
	Name     string      `json:"name"` // says which fit this is
	Classes  []string    `json:"classes"`
	Features []string    `json:"features"`
	Centre   []float64   `json:"centre"`  // per feature: its mean over the samples
	Scale    []float64   `json:"scale"`   // per feature: its deviation
	Weights  [][]float64 `json:"weights"` // per class: one per feature, then the constant
}

// Validate says what is wrong with the shape of a model that was read.
func (m *Model) Validate() error {
	n := len(m.Features)
	if n == 0 || len(m.Centre) != n || len(m.Scale) != n {
		return fmt.Errorf("model %q: %d features, %d centres, %d scales", m.Name, n, len(m.Centre), len(m.Scale))
	}
	if len(m.Classes) < 2 || len(m.Weights) != len(m.Classes) {
		return fmt.Errorf("model %q: %d classes, %d rows of weights", m.Name, len(m.Classes), len(m.Weights))
	}
	for k, w := range m.Weights {
		if len(w) != n+1 {
			return fmt.Errorf("model %q: class %s has %d weights, want %d", m.Name, m.Classes[k], len(w), n+1)
		}
	}
	for i, s := range m.Scale {
		if !(s > 0) {
			return fmt.Errorf("model %q: feature %s has scale %v", m.Name, m.Features[i], s)
		}
	}
	return nil
}

// Probabilities returns one per class, in the order of Classes; they sum to 1.
// features has one value per name of Features.
func (m *Model) Probabilities(features []float32) []float64 {
	return m.Weigh(m.Standard(features))
}

// outlier bounds a standardised feature, so that one odd measurement cannot
// outvote all the others.
const outlier = 4

// Standard returns the standardised features and a 1 for the constant.
func (m *Model) Standard(features []float32) []float64 {
	x := make([]float64, len(features)+1)
	for i, v := range features {
		x[i] = min(max((float64(v)-m.Centre[i])/m.Scale[i], -outlier), outlier)
	}
	x[len(features)] = 1
	return x
}

// Weigh returns the probabilities that standardised features give.
func (m *Model) Weigh(standard []float64) []float64 {
	p := make([]float64, len(m.Weights))
	highest := math.Inf(-1)
	for k, weights := range m.Weights {
		for i, v := range standard {
			p[k] += weights[i] * v
		}
		highest = max(highest, p[k])
	}
	sum := 0.
	for k := range p {
		p[k] = math.Exp(p[k] - highest)
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
	return p
}
