package dir_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"screentest/pkg/store"
)

func TestUnreadable(t *testing.T) {
	root := t.TempDir()
	for _, path := range []string{"a/file", "b/file", "c/d/file", "e/file"} {
		write(t, filepath.Join(root, path), "body")
	}
	must(t, os.Chmod(filepath.Join(root, "a/file"), 0))
	for _, path := range []string{"b", "c/d"} {
		must(t, os.Chmod(filepath.Join(root, path), 0))
		t.Cleanup(func() { os.Chmod(filepath.Join(root, path), 0o777) })
	}
	s := open(t, root)
	loseRights(t)

	names, refused := page(t, s, store.ListOptions{})
	if !slices.Equal(names, []string{"a/file", "e/file"}) ||
		!slices.Equal(refused, []string{"b: permission denied", "c/d: permission denied"}) {
		t.Errorf("listed %q, refused %q", names, refused)
	}
	names, refused = page(t, s, store.ListOptions{Delimited: true})
	if !slices.Equal(names, []string{"a/", "e/"}) ||
		!slices.Equal(refused, []string{"b: permission denied", "c/d: permission denied"}) {
		t.Errorf("folded: listed %q, refused %q", names, refused)
	}
	for _, k := range []store.Key{"a/file", "b/file"} {
		if _, err := s.Get(t.Context(), k); !errors.Is(err, fs.ErrPermission) || errors.Is(err, store.ErrNotFound) {
			t.Errorf("get %s: %v", k, err)
		}
	}
	if _, err := s.Put(t.Context(), "b/new", nil, store.IfAbsent); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("put: %v", err)
	}
}
