package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"screentest/pkg/inspect"
	"screentest/pkg/verdict"
)

// A tree is one labelled set of pictures.
type tree struct {
	name    string
	samples []sample
}

// A sample is one labelled picture, measured as it lies there, and again as the
// JPEG preview that a model would be shown.
type sample struct {
	label
	class  int // index into verdict.Styles
	checks [2]inspect.Checks
}

// A label is an entry of a truth file.
type label struct {
	Actor     string        `json:"actor"`
	File      string        `json:"file"`
	Type      verdict.Style `json:"type"`
	Style     string        `json:"style"` // finer than Type; may be absent
	Defects   []string      `json:"defects"`
	Decodable bool          `json:"decodable"`
}

func load(data, truth []string) ([]tree, error) {
	var trees []tree
	for i := range data {
		labels, err := readLabels(truth[i])
		if err != nil {
			return nil, err
		}
		samples, err := measure(data[i], labels)
		if err != nil {
			return nil, err
		}
		trees = append(trees, tree{data[i], samples})
	}
	return trees, nil
}

// readLabels returns the labels of the pictures that can be decoded.
func readLabels(file string) ([]label, error) {
	body, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read labels: %w", err)
	}
	var truth struct {
		Images []label `json:"images"`
	}
	if err := json.Unmarshal(body, &truth); err != nil {
		return nil, fmt.Errorf("read labels %s: %w", file, err)
	}
	var labels []label
	for _, l := range truth.Images {
		if !l.Decodable {
			continue
		}
		if !l.Type.Valid() {
			return nil, fmt.Errorf("read labels %s: %s has type %q", file, l.File, l.Type)
		}
		labels = append(labels, l)
	}
	return labels, nil
}

// measure inspects the pictures, on all processors, in the order of the labels.
func measure(dir string, labels []label) ([]sample, error) {
	samples := make([]sample, len(labels))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, l := range labels {
		group.Go(func() (err error) {
			samples[i], err = measureOne(dir, l)
			return err
		})
	}
	return samples, group.Wait()
}

// No limits: these are our own pictures.
var limits = inspect.Limits{Bytes: 1 << 30, Megapixels: 1000}

func measureOne(dir string, l label) (sample, error) {
	body, err := os.ReadFile(filepath.Join(dir, "actors", l.Actor, "training_data", l.File))
	if err != nil {
		return sample{}, fmt.Errorf("read picture: %w", err)
	}
	s := sample{label: l, class: slices.Index(verdict.Styles(), l.Type)}
	for i, side := range [...]int{512, 0} {
		p, err := inspect.Inspect(body, limits, side)
		if err != nil {
			return sample{}, fmt.Errorf("inspect %s of %s: %w", l.File, l.Actor, err)
		}
		s.checks[i], body = p.Checks, p.Preview
	}
	return s, nil
}
