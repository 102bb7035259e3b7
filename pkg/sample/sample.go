// Package sample writes a small data tree that the other commands can be tried
// on: a roster, actors with training images in every style, both kinds of
// legacy metadata, every defect that the local checks look for, files that must
// not be counted, and truth.json, which says what each image is.
//
// Nothing is downloaded and nobody is depicted; package picture paints
// everything. The same seed gives the same bytes, whatever the number of
// processors.
package sample

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Options say which tree to write.
type Options struct {
	Seed uint64
	// Actors is the number of actors that get images, the most varied first; 0
	// means all 24. The roster always has 40.
	Actors int
	// Long is the longest side of a picture in pixels; 0 means 640. Below about
	// 300 the local checks rightly call the pictures too small.
	Long int
	// Progress, if not nil, is called after each picture, never twice at once.
	Progress func(done, total int)
}

// A Summary says what was written.
type Summary struct {
	Roster      int   `json:"roster"`      // actors in the roster, without the nameless entry
	Actors      int   `json:"actors"`      // those with images
	Images      int   `json:"images"`      // training images, broken ones too
	Undecodable int   `json:"undecodable"` // of them, those that no decoder reads
	Bytes       int64 `json:"bytes"`       // of training images
}

// Write renders the tree into dir, which must be empty or not exist. The roster
// comes last: a directory that holds one is complete. When Write fails it
// removes what it wrote.
func Write(ctx context.Context, dir string, o Options) (Summary, error) {
	made, err := claim(dir)
	if err != nil {
		return Summary{}, err
	}
	w := &writer{dir: dir, options: o, cast: newCast(o)}
	if err := w.write(ctx); err != nil {
		return Summary{}, errors.Join(fmt.Errorf("write sample to %s: %w", dir, err), discard(dir, made))
	}
	return w.truth.summary(), nil
}

// claim makes sure that dir exists and is empty, and reports whether it made it.
func claim(dir string) (made bool, err error) {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return false, fmt.Errorf("make the directory of the sample: %w", err)
		}
		return true, nil
	case err != nil:
		return false, fmt.Errorf("sample needs an empty directory: %w", err)
	case len(entries) > 0:
		return false, fmt.Errorf("%s is not empty (it holds %s): name a directory that is empty or does not exist", dir, entries[0].Name())
	}
	return false, nil
}

// discard empties dir, and removes it if it was made for this sample.
func discard(dir string, made bool) error {
	if made {
		return os.RemoveAll(dir)
	}
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
	}
	return err
}

type writer struct {
	dir     string
	options Options
	cast    []*actor
	total   int        // pictures
	mu      sync.Mutex // guards truth and calls of Progress
	truth   truth
}

func (w *writer) write(ctx context.Context) error {
	if err := w.actors(ctx); err != nil {
		return err
	}
	if err := w.decoys(); err != nil {
		return err
	}
	w.truth.complete(w.options.Seed, w.cast)
	if err := w.json("truth.json", w.truth); err != nil {
		return err
	}
	return w.json("actorsData.json", rosterEntries(w.cast))
}

// actors writes the metadata and the pictures of the whole cast, as many at a
// time as there are processors.
func (w *writer) actors(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	do := func(job func() error) {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return job()
		})
	}
	for _, a := range w.cast {
		w.total += len(a.images)
	}
	for _, a := range w.cast {
		do(func() error { return w.metadata(a) })
		for _, i := range a.images {
			do(func() error { return w.picture(i) })
		}
	}
	return group.Wait()
}

func (w *writer) picture(i *trainingImage) error {
	body, label, err := i.render()
	if err != nil {
		return fmt.Errorf("render %s: %w", i.file, err)
	}
	if err := w.file(i.path(), body); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.truth.add(i, label)
	if w.options.Progress != nil {
		w.options.Progress(len(w.truth.Images), w.total)
	}
	return nil
}

// file writes one file of the tree; name is slash-separated.
func (w *writer) file(name string, body []byte) error {
	path := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, body, 0o644)
}
