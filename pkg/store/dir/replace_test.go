package dir

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"screentest/pkg/store"
)

// Only from inside can a test be another program that writes, without asking for
// the lock, while we do.
func TestForeignWriteDuringPut(t *testing.T) {
	root := t.TempDir()
	s, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "a")
	_, err = s.replace(t.Context(), "a", store.IfAbsent, func(f *os.File) error {
		_, err := f.WriteString("ours")
		return errors.Join(err, os.WriteFile(path, []byte("theirs"), 0o666))
	})
	if !errors.Is(err, store.ErrConflict) {
		t.Errorf("got %v, want %v", err, store.ErrConflict)
	}
	if body, err := os.ReadFile(path); err != nil || string(body) != "theirs" {
		t.Errorf("the file holds %q, %v", body, err)
	}
	if names, err := os.ReadDir(root); err != nil || len(names) != 1 {
		t.Errorf("the directory holds %v, %v", names, err)
	}
}
