package dir_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"screentest/pkg/store"
)

// A name that only a process killed while writing leaves behind.
const leftover = "a/.screentest-put.tmp"

func TestLeftoverTemporaryFile(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, leftover), "half of")
	s := open(t, root)
	for _, o := range []store.ListOptions{{}, {Delimited: true}, {Prefix: "a/"}, {Prefix: "a/.s"}} {
		if names, refused := page(t, s, o); len(names)+len(refused) > 0 {
			t.Errorf("list %+v shows it: %q, %q", o, names, refused)
		}
	}
	_, err := s.Put(t.Context(), "a/b", []byte("whole"), store.IfAbsent)
	must(t, err)
	if got := files(t, root); len(got) != 1 || got["a/b"] != "whole" {
		t.Errorf("after a Put beside it the tree holds %q", got)
	}
}

func TestPermissionsAreKept(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "a")
	write(t, path, "1")
	must(t, os.Chmod(path, 0o640))
	must(t, store.Update(t.Context(), open(t, root), "a", func([]byte) ([]byte, error) { return []byte("2"), nil }))
	fi, err := os.Stat(path)
	must(t, err)
	if fi.Mode() != 0o640 {
		t.Errorf("mode 0640 became %o", fi.Mode())
	}
}

// There and back again, as through the trash.
func TestACopyHasThePermissionsOfItsSource(t *testing.T) {
	root := t.TempDir()
	s, ctx := open(t, root), t.Context()
	for _, mode := range []os.FileMode{0o600, 0o444, 0o666} { // whatever the umask
		file := fmt.Sprintf("%o", mode)
		write(t, filepath.Join(root, "set", file), "x")
		must(t, os.Chmod(filepath.Join(root, "set", file), mode))
		from := store.Key("set/" + file)
		for _, to := range []store.Key{store.Key("trash/" + file), from} {
			_, info, err := store.ReadAll(ctx, s, from, 100)
			must(t, err)
			_, err = s.Copy(ctx, from, info.Version, to)
			must(t, err)
			must(t, s.Delete(ctx, from, info.Version))
			fi, err := os.Stat(filepath.Join(root, string(to)))
			must(t, err)
			if fi.Mode() != mode {
				t.Errorf("%s is %s, want %s", to, fi.Mode(), mode)
			}
			from = to
		}
	}
}

// Versions move even when the clock stands still or was set back.
func TestVersionsMoveBeyondFutureTimes(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "a")
	write(t, path, "0")
	future := time.Now().Add(24 * time.Hour)
	must(t, os.Chtimes(path, future, future))
	s := open(t, root)
	seen := map[store.Version]bool{}
	for n := range 9 {
		_, info, err := store.ReadAll(t.Context(), s, "a", 10)
		must(t, err)
		if seen[info.Version] || info.Modified.Before(future) {
			t.Fatalf("write %d: version %s of %s came before", n, info.Version, info.Modified)
		}
		seen[info.Version], future = true, info.Modified.Add(1)
		_, err = s.Put(t.Context(), "a", []byte{byte('0' + n)}, store.IfVersion(info.Version))
		must(t, err)
	}
}

// Other programs write in place, and may set the time back afterwards.
func TestForeignWritesAreNoticed(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "a")
	s := open(t, root)
	v, err := s.Put(t.Context(), "a", []byte("ours"), store.IfAbsent)
	must(t, err)
	fi, err := os.Stat(path)
	must(t, err)
	o, err := s.Get(t.Context(), "a")
	must(t, err)
	defer o.Body.Close()

	write(t, path, "them")
	if n, err := o.Body.Read(make([]byte, 100)); !errors.Is(err, store.ErrConflict) {
		t.Errorf("reading on: %d bytes, %v; want %v", n, err, store.ErrConflict)
	}
	must(t, os.Chtimes(path, fi.ModTime(), fi.ModTime()))
	if _, err := s.Put(t.Context(), "a", nil, store.IfVersion(v)); !errors.Is(err, store.ErrConflict) {
		t.Errorf("put: %v, want %v", err, store.ErrConflict)
	}
	if _, err := s.Copy(t.Context(), "a", v, "b"); !errors.Is(err, store.ErrConflict) {
		t.Errorf("copy: %v, want %v", err, store.ErrConflict)
	}
	if err := s.Delete(t.Context(), "a", v); !errors.Is(err, store.ErrConflict) {
		t.Errorf("delete: %v, want %v", err, store.ErrConflict)
	}
	if got := files(t, root); len(got) != 1 || got["a"] != "them" {
		t.Errorf("the tree holds %q", got)
	}
}

func TestTruncatedWhileRead(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "a"), "0123456789")
	s := open(t, root)
	o, err := s.Get(t.Context(), "a")
	must(t, err)
	defer o.Body.Close()
	must(t, os.Truncate(filepath.Join(root, "a"), 3))
	var got int
	for err == nil {
		var n int
		n, err = o.Body.Read(make([]byte, 2))
		got += n
	}
	if !errors.Is(err, store.ErrConflict) {
		t.Errorf("read %d bytes, %v; want %v", got, err, store.ErrConflict)
	}
}

// A watched context tells when somebody begins to wait for its end.
type watched struct {
	context.Context
	waited func()
}

func (w watched) Done() <-chan struct{} {
	w.waited()
	return w.Context.Done()
}

// Whoever holds the lock may have been stopped; Ctrl-C must still work.
func TestWaitingForLockEndsWithContext(t *testing.T) {
	root := t.TempDir()
	d, err := os.Open(root)
	must(t, err)
	defer d.Close()
	must(t, syscall.Flock(int(d.Fd()), syscall.LOCK_EX))
	s := open(t, root)
	ctx, cancel := context.WithCancel(t.Context())
	_, err = s.Put(watched{ctx, cancel}, "a", []byte("1"), store.IfAbsent)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("put: %v", err)
	}
	must(t, syscall.Flock(int(d.Fd()), syscall.LOCK_UN))
	_, err = s.Put(t.Context(), "a", []byte("2"), store.IfAbsent)
	must(t, err)
	if got := files(t, root); got["a"] != "2" {
		t.Errorf("the tree holds %q", got)
	}
}

// The source changes after Copy has looked at it, while it waits for the lock.
func TestSourceChangesDuringCopy(t *testing.T) {
	root := t.TempDir()
	s := open(t, root)
	v, err := s.Put(t.Context(), "from/a", []byte("old"), store.IfAbsent)
	must(t, err)
	must(t, os.Mkdir(filepath.Join(root, "to"), 0o777))
	d, err := os.Open(filepath.Join(root, "to"))
	must(t, err)
	defer d.Close()
	must(t, syscall.Flock(int(d.Fd()), syscall.LOCK_EX))
	ctx := watched{t.Context(), func() {
		write(t, filepath.Join(root, "from/a"), "new")
		syscall.Flock(int(d.Fd()), syscall.LOCK_UN)
	}}
	if _, err := s.Copy(ctx, "from/a", v, "to/a"); !errors.Is(err, store.ErrConflict) {
		t.Errorf("copy: %v, want %v", err, store.ErrConflict)
	}
	if got := files(t, root); len(got) != 1 {
		t.Errorf("the tree holds %q", got)
	}
}
