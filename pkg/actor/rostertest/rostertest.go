// Package rostertest opens the real roster for tests: the metadata of a real
// system as it was on one day, and a program that renders labelled pictures to
// it. It is too large to be kept here, so the tests find it through the
// environment and are skipped without it.
package rostertest

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"screentest/pkg/store"
)

// Variable names the directory that holds legacy.tar.gz, migrated.tar.gz,
// plans.tar.gz, bases/ and the program in build/.
const Variable = "SCREENTEST_ROSTER"

func directory(t testing.TB) string {
	t.Helper()
	dir := os.Getenv(Variable)
	if dir == "" {
		t.Skip(Variable + " is not set: nothing is tested against the real roster")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// Render renders the roster's pictures, with a long side of long pixels, and
// returns the data tree and the file with the labels. It takes a minute.
func Render(t testing.TB, seed, long int) (data, truth string) {
	t.Helper()
	roster, out := directory(t), t.TempDir()
	render := exec.CommandContext(t.Context(), "go", "run", ".", "-out", out, "-seed", strconv.Itoa(seed), "-long", strconv.Itoa(long),
		"-bases", filepath.Join(roster, "bases"), "-archives", roster)
	render.Dir = filepath.Join(roster, "build")
	if log, err := render.CombinedOutput(); err != nil {
		t.Fatalf("render the roster: %v\n%s", err, log)
	}
	return filepath.Join(out, "data"), filepath.Join(out, "truth.json")
}

// Archive returns the regular files of one of the archives by name, or skips
// the test.
func Archive(t testing.TB, archive string) map[string][]byte {
	t.Helper()
	file, err := os.Open(filepath.Join(directory(t), archive))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	return unpack(t, tar.NewReader(unzipped))
}

func unpack(t testing.TB, r *tar.Reader) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if files[strings.TrimPrefix(header.Name, "./")], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

// Put writes the files below the folder under into s, that folder being the
// root of the tree. A file that is there is replaced.
func Put(t testing.TB, s store.Store, files map[string][]byte, under string) {
	t.Helper()
	for name, body := range files {
		key, ok := strings.CutPrefix(name, under)
		if !ok {
			continue
		}
		replace := func([]byte) ([]byte, error) { return body, nil }
		if err := store.Update(t.Context(), s, store.Key(key), replace); err != nil {
			t.Fatal(err)
		}
	}
}
