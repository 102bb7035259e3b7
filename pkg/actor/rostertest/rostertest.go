// Package rostertest opens the real roster for tests: the metadata of a real
// system as it was on one day. It is too large to be kept here, so the tests
// find it through the environment and are skipped without it.
package rostertest

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"screentest/pkg/store"
)

// Variable names the directory that holds legacy.tar.gz, migrated.tar.gz and
// plans.tar.gz.
const Variable = "SCREENTEST_ROSTER"

// Archive returns the regular files of one of the archives by name, or skips
// the test.
func Archive(t testing.TB, archive string) map[string][]byte {
	t.Helper()
	dir := os.Getenv(Variable)
	if dir == "" {
		t.Skip(Variable + " is not set: nothing is tested against the real roster")
	}
	file, err := os.Open(filepath.Join(dir, archive))
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
