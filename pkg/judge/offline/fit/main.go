// Command fit makes the model of the offline judge from labelled pictures:
//
//	go run ./pkg/judge/offline/fit -data DIR -truth FILE [-data DIR -truth FILE …] -o pkg/judge/offline/model.json
//
// Each DIR is a tree as the product has it, each FILE its labels, as "screentest
// sample" writes both. Actors that offline.HeldOut picks are kept from fitting;
// the figures printed at the end are those of the judge on them, tree by tree.
// The same pictures give the same model.
//
// Every picture is fitted on twice, as it is and as a JPEG preview of it, so that
// compression does not decide the style.
//
// Fit again whenever the texture statistics of package inspect change.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"screentest/pkg/inspect"
	"screentest/pkg/judge/offline"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "fit:", err)
		os.Exit(1)
	}
}

func run(args []string, w io.Writer) error {
	var data, truth []string
	flags := flag.NewFlagSet("fit", flag.ContinueOnError)
	flags.Func("data", "tree with the pictures; may be repeated", appendTo(&data))
	flags.Func("truth", "labels of the tree, in the same order", appendTo(&truth))
	out := flags.String("o", "", "file to write the model to; without it only the figures of the model in use are printed")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if len(data) == 0 || len(data) != len(truth) {
		return errors.New("give -data and -truth once for every tree")
	}
	trees, err := load(data, truth)
	if err != nil {
		return err
	}
	j, err := fitOrBuiltIn(trees, *out)
	if err != nil {
		return err
	}
	return report(context.Background(), w, j, trees)
}

func appendTo(list *[]string) func(string) error {
	return func(s string) error {
		*list = append(*list, s)
		return nil
	}
}

func fitOrBuiltIn(trees []tree, out string) (*offline.Judge, error) {
	if out == "" {
		return offline.New(), nil
	}
	return fit(trees, out)
}

// fit trains on the actors that are not held out and writes the model.
func fit(trees []tree, out string) (*offline.Judge, error) {
	var examples []example
	pictures := 0
	for _, t := range trees {
		for _, s := range t.samples {
			if offline.HeldOut(s.Actor) {
				continue
			}
			pictures++
			for _, c := range s.checks {
				examples = append(examples, example{s.class, c.Texture})
			}
		}
	}
	m := train(offline.Classes(), inspect.TextureNames(), examples)
	m.Name = name(m, pictures)
	body, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write model: %w", err)
	}
	if err := os.WriteFile(out, append(body, '\n'), 0o644); err != nil {
		return nil, fmt.Errorf("write model: %w", err)
	}
	return offline.With(body)
}

// name says what was fitted, on how many pictures, and, by a digest of the
// weights, which fit it was.
func name(m *offline.Model, pictures int) string {
	digest := sha256.Sum256(fmt.Append(nil, m.Centre, m.Scale, m.Weights))
	return fmt.Sprintf("logistic-%d-pictures-%x", pictures, digest[:4])
}
