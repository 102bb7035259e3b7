package main

import (
	"math"

	"screentest/pkg/judge/offline"
)

const (
	// rounds of descent. A thousand give nearly the same figures.
	rounds = 1500
	// decay shrinks weights, so that related features share the work. Chosen by
	// cross-validation over the actors that are not held out.
	decay = 3e-4
	// rare: a class counts with its number of examples to this power. 1 would let
	// the many photographs win every doubt, 0 would let the few drawings.
	rare = 0.5
)

// An example is what the model learns from: the statistics of one picture.
type example struct {
	class    int
	features []float32
}

// train fits a model to examples by accelerated gradient descent on the weighted
// cross-entropy. Every class needs an example. The same examples in the same
// order give the same model.
func train(classes, features []string, examples []example) *offline.Model {
	m := &offline.Model{Classes: classes, Features: features, Weights: zeros(len(classes), len(features)+1)}
	standardise(m, examples)
	t := newTraining(m, examples)
	previous := m.Weights
	for round := range rounds {
		momentum := float64(round) / float64(round+3)
		ahead := zeros(len(classes), len(features)+1)
		for k := range ahead {
			for i, w := range m.Weights[k] {
				ahead[k][i] = w + momentum*(w-previous[k][i])
			}
		}
		previous, m.Weights = m.Weights, t.descend(ahead)
	}
	for _, row := range m.Weights {
		for i, w := range row {
			row[i] = rounded(w)
		}
	}
	return m
}

// standardise sets centre and scale. A feature that never varies keeps its scale
// of 1 and, being always 0, never matters.
func standardise(m *offline.Model, examples []example) {
	n := float64(len(examples))
	m.Centre, m.Scale = make([]float64, len(m.Features)), make([]float64, len(m.Features))
	for i := range m.Features {
		sum, square := 0., 0.
		for _, s := range examples {
			sum += float64(s.features[i])
		}
		for _, s := range examples {
			d := float64(s.features[i]) - sum/n
			square += d * d
		}
		m.Centre[i], m.Scale[i] = rounded(sum/n), rounded(math.Sqrt(square/n))
		if m.Scale[i] == 0 {
			m.Scale[i] = 1
		}
	}
}

type training struct {
	x      [][]float64
	class  []int
	weight []float64 // of each sample; they sum to 1
	step   float64   // of descent: the inverse of a bound on the curvature
}

func newTraining(m *offline.Model, examples []example) *training {
	count := make([]float64, len(m.Classes))
	for _, s := range examples {
		count[s.class]++
	}
	all := 0.
	for _, n := range count {
		all += math.Pow(n, rare)
	}
	t := &training{}
	curvature := 0.
	for _, s := range examples {
		x := m.Standard(s.features)
		w := math.Pow(count[s.class], rare-1) / all
		t.x, t.class, t.weight = append(t.x, x), append(t.class, s.class), append(t.weight, w)
		for _, v := range x {
			curvature += w * v * v / 4
		}
	}
	t.step = 1 / (curvature + decay)
	return t
}

// descend returns weights after one step down from at.
func (t *training) descend(at [][]float64) [][]float64 {
	slope := zeros(len(at), len(at[0]))
	m := offline.Model{Weights: at}
	for n, x := range t.x {
		p := m.Weigh(x)
		p[t.class[n]]--
		for k, wrong := range p {
			wrong *= t.weight[n]
			row := slope[k][:len(x)]
			for i, v := range x {
				row[i] += wrong * v
			}
		}
	}
	for k := range slope {
		for i, s := range slope[k] {
			if i < len(slope[k])-1 { // the constant may grow
				s += decay * at[k][i]
			}
			slope[k][i] = at[k][i] - t.step*s
		}
	}
	return slope
}

// rounded keeps the model short to write and the same on every processor.
func rounded(v float64) float64 { return math.Round(v*1e5) / 1e5 }

func zeros(rows, columns int) [][]float64 {
	m := make([][]float64, rows)
	for k := range m {
		m[k] = make([]float64, columns)
	}
	return m
}
