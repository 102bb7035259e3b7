// Package dir is the driver of the store port for a directory of the local
// file system, on Linux and macOS.
//
// Nothing outside the directory is ever read or written, whatever the keys or
// the symbolic links in it say: every path is resolved by os.Root. A link to a
// directory is not followed either where it stays inside: the same file would
// have two keys, and be deleted under one of them. The directory that is opened
// may itself be one. Writing or deleting an object whose name is a link replaces
// or removes the link.
//
// An object is replaced by a temporary file, fsync and rename, under an flock
// of the directory that holds it, so compare-and-swap holds between goroutines
// and processes. The temporary file has one fixed name per directory: a killed
// process leaves at most one, which no listing shows and no key can name, and
// the next Put into that directory removes it.
//
// A Version is made of what stat says (size, times, inode), so listing reads no
// content. Two things are out of its reach. Another program that rewrites an
// object in place, to the same size, within the clock tick of our look (a few
// milliseconds on older kernels) is not noticed. And one that writes without
// the lock between our last look and our rename is overwritten.
package dir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"

	"screentest/pkg/store"
)

// Store is a tree in a directory.
type Store struct{ top *os.Root }

var _ store.Store = (*Store)(nil)

// Open returns the tree in an existing directory. The directory stays open as
// long as the Store is in use.
func Open(path string) (*Store, error) {
	top, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("open data directory: %w", err)
	}
	return &Store{top}, nil
}

// temporary is what a file is called while it is written. Only the holder of
// the directory's lock may touch it.
const temporary = ".screentest-put.tmp"

// check says why an operation on k cannot even begin.
func (s *Store) check(ctx context.Context, k store.Key) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := k.Validate(); err != nil {
		return err
	}
	for segment := range strings.SplitSeq(string(k), "/") {
		if segment == temporary {
			return fmt.Errorf("%w: %q is the name of our temporary files", store.ErrInvalidKey, temporary)
		}
	}
	return s.direct(k)
}

// direct fails where a directory on the way to k is a symbolic link.
func (s *Store) direct(k store.Key) error {
	for i, c := range string(k) {
		if c != '/' {
			continue
		}
		fi, err := s.top.Lstat(string(k[:i]))
		if err != nil {
			return nil // whatever it is, the operation will say so
		}
		if fi.Mode()&fs.ModeSymlink != 0 {
			return fmt.Errorf("%w: %s: %s", store.ErrInvalidKey, k[:i], folder{top: s.top}.whyNot(string(k[:i])))
		}
	}
	return nil
}

// kind adds the store's kind of failure to what the file system said when k was
// looked up.
func kind(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%w: %w", store.ErrNotFound, err)
	case unnameable(err):
		return fmt.Errorf("%w: %w", store.ErrInvalidKey, err)
	}
	return err
}

// unnameable reports whether a path can never lead to an object: it leaves the
// tree, links go round in a circle, or a part is too long for the file system.
func unnameable(err error) bool {
	if errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.ENAMETOOLONG) {
		return true
	}
	// os.Root does not export the error for a path that leaves it. It is the
	// only one here that does not come from the system.
	_, isPath := errors.AsType[*fs.PathError](err)
	_, isSystem := errors.AsType[syscall.Errno](err)
	return isPath && !isSystem
}

// A folder is an open directory of the tree.
type folder struct {
	*os.Root
	top  *os.Root
	path string // from the top, with a slash at the end; "" for the top
}

// folder opens a directory; the caller closes it.
func (s *Store) folder(path string) (folder, error) {
	// The slash at the end keeps the system from opening what is no directory,
	// which for a named pipe would take forever.
	r, err := s.top.OpenRoot("./" + path)
	return folder{r, s.top, path}, err
}

// stat describes what lies under name. It follows links as far as the tree goes.
func (f folder) stat(name string) (fs.FileInfo, error) {
	info, err := f.Lstat(name)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return f.top.Stat(f.path + name)
	}
	return info, err
}

// makeDir makes a directory and those above it, durably.
func (s *Store) makeDir(name string) error {
	parent := path.Dir(name)
	err := s.top.Mkdir(name, 0o777)
	if errors.Is(err, fs.ErrNotExist) && parent != name {
		if err := s.makeDir(parent); err != nil {
			return err
		}
		err = s.top.Mkdir(name, 0o777)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	d, err := s.top.Open(parent)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
