package offline_test

import (
	"encoding/json"
	"math"
	"testing"

	"screentest/pkg/inspect"
	"screentest/pkg/judge/offline"
)

func toy() offline.Model {
	return offline.Model{
		Name: "toy", Classes: []string{"a", "b"}, Features: []string{"f", "g"},
		Centre: []float64{1, 2}, Scale: []float64{1, .5}, Weights: [][]float64{{1, 0, 0}, {0, 1, 0}},
	}
}

func TestProbabilities(t *testing.T) {
	m := toy()
	p := m.Probabilities([]float32{1, 2.5}) // standardised: 0, 1
	if want := 1 / (1 + math.E); math.Abs(p[0]-want) > 1e-9 || math.Abs(p[0]+p[1]-1) > 1e-9 {
		t.Errorf("got %v, want %v and the rest", p, want)
	}
	for _, odd := range []float32{1e30, -1e30, float32(math.Inf(1))} {
		if p := m.Probabilities([]float32{odd, odd}); math.Abs(p[0]-.5) > 1e-9 {
			t.Errorf("two features of %v outweigh each other: %v", odd, p)
		}
	}
}

func TestValidate(t *testing.T) {
	tests := map[string]func(m *offline.Model){
		"no features":         func(m *offline.Model) { m.Features = nil },
		"a centre missing":    func(m *offline.Model) { m.Centre = m.Centre[1:] },
		"a scale missing":     func(m *offline.Model) { m.Scale = m.Scale[1:] },
		"a scale of nothing":  func(m *offline.Model) { m.Scale[0] = 0 },
		"one class":           func(m *offline.Model) { m.Classes, m.Weights = m.Classes[:1], m.Weights[:1] },
		"a class unweighted":  func(m *offline.Model) { m.Weights = m.Weights[:1] },
		"no constant weights": func(m *offline.Model) { m.Weights[1] = m.Weights[1][:2] },
	}
	sound := toy()
	if err := sound.Validate(); err != nil {
		t.Error(err)
	}
	for name, spoil := range tests {
		m := toy()
		spoil(&m)
		if m.Validate() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestWithRefusesModelsOfOtherStatistics(t *testing.T) {
	n := len(inspect.TextureNames())
	m := offline.Model{Classes: offline.Classes(), Features: inspect.TextureNames(), Centre: make([]float64, n), Scale: make([]float64, n)}
	for i := range m.Scale {
		m.Scale[i] = 1
	}
	for range m.Classes {
		m.Weights = append(m.Weights, make([]float64, n+1))
	}
	accepts := func() bool {
		body, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		_, err = offline.With(body)
		return err == nil
	}
	if !accepts() {
		t.Error("refused a model of these statistics")
	}
	m.Features[0], m.Features[1] = m.Features[1], m.Features[0]
	if accepts() {
		t.Error("accepted a model whose statistics are in another order")
	}
	m.Features = inspect.TextureNames()
	m.Classes[0], m.Classes[1] = m.Classes[1], m.Classes[0]
	if accepts() {
		t.Error("accepted a model whose styles are in another order")
	}
	if _, err := offline.With([]byte("{")); err == nil {
		t.Error("accepted half a document")
	}
}
