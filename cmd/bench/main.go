// Command bench measures whole runs of bin/screentest on a data tree, each as a
// process of its own, and prints every figure beside the one it is compared
// with, so that only ratios from one machine and one moment are quoted:
//
//   - decoding every image and nothing else, on all processors;
//   - the first evaluation by the offline judge, and the second, unchanged one;
//   - the evaluation by a vision model that answers after a delay.
//
// It works on a copy of the tree made of hard links beside it, and removes it.
// The links touch the change time of the files, so the next evaluation of the
// tree itself reads them again, though it decodes none.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/store/dir"
)

func main() {
	log.SetFlags(0)
	data := flag.String("data", "sample-data", "the data tree")
	binary := flag.String("binary", "bin/screentest", "the program to measure")
	delay := flag.Duration("delay", 1500*time.Millisecond, "how long the model thinks")
	concurrency := flag.Int("concurrency", 16, "model requests under way at once")
	flag.Parse()
	if err := bench(*data, *binary, *delay, *concurrency); err != nil {
		log.Fatal("error: ", err)
	}
}

func bench(data, binary string, delay time.Duration, concurrency int) error {
	tree, err := linkTree(data)
	defer os.RemoveAll(tree)
	if err != nil {
		return err
	}
	images, err := trainingImages(tree)
	if err != nil {
		return err
	}
	fmt.Printf("%d images, %d processors\n\n%-38s %9s %9s %9s\n", len(images), runtime.GOMAXPROCS(0), "", "wall s", "cpu s", "peak MB")

	decode, err := decodeAll(images)
	if err != nil {
		return err
	}
	decode.print("decoding alone")
	offline := []string{"--data", tree, "evaluate", "--all", "--judge", "offline"}
	first, err := measure(binary, nil, offline...)
	if err != nil {
		return err
	}
	first.print("evaluate, offline judge")
	second, err := measure(binary, nil, offline...)
	if err != nil {
		return err
	}
	second.print("evaluate again, nothing changed")
	instant, _, err := measureModel(binary, tree, 0, concurrency)
	if err != nil {
		return err
	}
	instant.print("evaluate, model that answers at once")
	asked, requests, err := measureModel(binary, tree, delay, concurrency)
	if err != nil {
		return err
	}
	asked.print(fmt.Sprintf("evaluate, model of %s", delay))

	waiting := float64(requests) * delay.Seconds() / float64(concurrency)
	floor := math.Max(instant.wall.Seconds(), waiting)
	fmt.Printf("\nwhole cost of an image / decoding it: %.2f (cpu), %.2f (wall)\n",
		first.cpu.Seconds()/decode.cpu.Seconds(), first.wall.Seconds()/decode.wall.Seconds())
	fmt.Printf("processors busy in the first run:     %.2f\n", first.cpu.Seconds()/first.wall.Seconds())
	fmt.Printf("with the model / max(at once %.1f s, %d requests × %s / %d = %.1f s): %.2f\n",
		instant.wall.Seconds(), requests, delay, concurrency, waiting, asked.wall.Seconds()/floor)
	return nil
}

// linkTree copies the tree without what the program writes for itself.
func linkTree(data string) (string, error) {
	tree, err := os.MkdirTemp(filepath.Dir(filepath.Clean(data)), "bench-*")
	if err != nil {
		return "", err
	}
	err = filepath.WalkDir(data, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(data, path)
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir() && rel == "screentest":
			return filepath.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(tree, rel), 0o755)
		}
		return os.Link(path, filepath.Join(tree, rel))
	})
	return tree, err
}

// trainingImages returns the paths of all training images and base images, which
// are what an evaluation decodes.
func trainingImages(tree string) ([]string, error) {
	ctx := context.Background()
	s, err := dir.Open(tree)
	if err != nil {
		return nil, err
	}
	roster, err := actor.LoadRoster(ctx, s)
	if err != nil {
		return nil, err
	}
	found, err := actor.Detect(ctx, s, roster)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, set := range found.Sets {
		for _, info := range set.Images {
			paths = append(paths, filepath.Join(tree, filepath.FromSlash(string(info.Key))))
		}
		if base, ok := set.BaseImage(); ok {
			paths = append(paths, filepath.Join(tree, filepath.FromSlash(string(base.Key))))
		}
	}
	if len(paths) == 0 {
		return nil, errors.New("no training images in " + tree)
	}
	return paths, nil
}
