package main

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"screentest/pkg/verdict"
)

func TestTrainSeparates(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var examples []example
	for i := range 300 {
		class := i % 3
		examples = append(examples, example{class, []float32{
			float32(class) + float32(r.NormFloat64()*.1), float32(class%2) + float32(r.NormFloat64()*.1), 7,
		}})
	}
	classes, features := []string{"a", "b", "c"}, []string{"f", "g", "constant"}
	m := train(classes, features, examples)
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for _, e := range examples {
		if p := m.Probabilities(e.features); p[e.class] < .5 {
			wrong++
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d examples on the wrong side", wrong, len(examples))
	}
	if again := train(classes, features, examples); !reflect.DeepEqual(m, again) {
		t.Error("the same examples gave another model")
	}
}

// writeTree draws a tree of tiny pictures, dim greys for photographs, black and
// white for one kind of drawing, red and blue for the other.
func writeTree(t *testing.T) (data, truth string) {
	t.Helper()
	data = t.TempDir()
	var images []label
	for a := range 6 {
		actor := fmt.Sprint("actor ", a)
		if err := os.MkdirAll(filepath.Join(data, "actors", actor, "training_data"), 0o755); err != nil {
			t.Fatal(err)
		}
		for n, style := range verdict.Styles() {
			l := label{Actor: actor, File: fmt.Sprint(n, ".png"), Type: style, Style: "drawn", Decodable: true}
			drawTo(t, filepath.Join(data, "actors", actor, "training_data", l.File), style, a)
			images = append(images, l)
		}
	}
	images = append(images, label{Actor: "actor 0", File: "gone.png"})
	body, err := json.Marshal(map[string]any{"images": images})
	if err != nil {
		t.Fatal(err)
	}
	truth = filepath.Join(data, "truth.json")
	if err := os.WriteFile(truth, body, 0o644); err != nil {
		t.Fatal(err)
	}
	return data, truth
}

func drawTo(t *testing.T, file string, style verdict.Style, seed int) {
	t.Helper()
	p := image.NewRGBA(image.Rect(0, 0, 96, 64))
	for y := range 64 {
		for x := range 96 {
			c := color.RGBA{uint8(60 + x + y), uint8(60 + x + y), uint8(60 + x + y), 255}
			stripe := (x+y+seed)%6 < 3
			switch {
			case style == verdict.BWStylized && stripe:
				c = color.RGBA{10, 10, 10, 255}
			case style == verdict.BWStylized:
				c = color.RGBA{250, 250, 250, 255}
			case style == verdict.ColorStylized && x > 30+seed:
				c = color.RGBA{200, 30, 30, 255}
			case style == verdict.ColorStylized:
				c = color.RGBA{30, 30, 200, 255}
			}
			p.SetRGBA(x, y, c)
		}
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, p); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestFitWritesTheSameModelTwice(t *testing.T) {
	data, truth := writeTree(t)
	var models [2]string
	for i := range models {
		out := filepath.Join(t.TempDir(), "model.json")
		if err := run([]string{"-data", data, "-truth", truth, "-o", out}, io.Discard); err != nil {
			t.Fatal(err)
		}
		body, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		models[i] = string(body)
	}
	if models[0] != models[1] {
		t.Errorf("two fits differ:\n%s\n%s", models[0], models[1])
	}
}

func TestRunSaysWhatIsWrong(t *testing.T) {
	data, truth := writeTree(t)
	half := filepath.Join(t.TempDir(), "half.json")
	if err := os.WriteFile(half, []byte(`{"images":[{`), 0o644); err != nil {
		t.Fatal(err)
	}
	strange := filepath.Join(t.TempDir(), "strange.json")
	if err := os.WriteFile(strange, []byte(`{"images":[{"file":"x.png","type":"cubist","decodable":true}]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := map[string][]string{
		"no tree":         {},
		"no labels":       {"-data", data},
		"labels missing":  {"-data", data, "-truth", data + "/none.json"},
		"labels cut off":  {"-data", data, "-truth", half},
		"unknown style":   {"-data", data, "-truth", strange},
		"pictures absent": {"-data", t.TempDir(), "-truth", truth},
	}
	for name, args := range tests {
		if err := run(args, io.Discard); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
