package dir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"screentest/pkg/store"
)

// Put implements store.Store. A replaced object keeps its permissions.
func (s *Store) Put(ctx context.Context, k store.Key, body []byte, c store.Condition) (store.Version, error) {
	v, err := s.replace(ctx, k, c, func(f *os.File) error {
		_, err := f.Write(body)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("put %s: %w", k, err)
	}
	return v, nil
}

// Copy implements store.Store. A copy has the permissions of the source, so that
// what goes to the trash and comes back is as readable as it was. It has not its
// times: they tell versions apart, and a key must never come back to an old one.
func (s *Store) Copy(ctx context.Context, src store.Key, v store.Version, dst store.Key) (store.Version, error) {
	from, fi, err := s.open(ctx, src)
	if err != nil {
		return "", fmt.Errorf("copy %s: %w", src, err)
	}
	defer from.Close()
	if version(fi) != v {
		return "", fmt.Errorf("copy %s: %w", src, store.ErrConflict)
	}
	copied, err := s.replace(ctx, dst, store.IfAbsent, func(to *os.File) error {
		if err := to.Chmod(fi.Mode().Perm()); err != nil {
			return err
		}
		if _, err := io.Copy(to, from); err != nil {
			return err
		}
		return still(from, v)
	})
	if err != nil {
		return "", fmt.Errorf("copy %s to %s: %w", src, dst, err)
	}
	return copied, nil
}

// still fails with ErrConflict unless f is in the state v.
func still(f *os.File, v store.Version) error {
	fi, err := f.Stat()
	if err == nil && version(fi) != v {
		err = store.ErrConflict
	}
	return err
}

// Delete implements store.Store. Directories stay, even when they are empty.
func (s *Store) Delete(ctx context.Context, k store.Key, v store.Version) error {
	if err := s.remove(ctx, k, v); err != nil {
		return fmt.Errorf("delete %s: %w", k, err)
	}
	return nil
}

func (s *Store) remove(ctx context.Context, k store.Key, v store.Version) error {
	if err := s.check(ctx, k); err != nil {
		return err
	}
	d, err := s.enter(ctx, k)
	if err != nil {
		return kind(err)
	}
	defer d.leave()
	fi, err := d.stat(k.Base())
	switch {
	case err != nil:
		return kind(err)
	case fi.IsDir():
		return store.ErrNotFound
	case version(fi) != v:
		return store.ErrConflict
	}
	if err := d.Remove(k.Base()); err != nil {
		return err
	}
	return d.dir.Sync()
}

// replace puts what fill writes in the place of k.
func (s *Store) replace(ctx context.Context, k store.Key, c store.Condition, fill func(*os.File) error) (store.Version, error) {
	if err := s.check(ctx, k); err != nil {
		return "", err
	}
	enter := s.enterNew
	if c != store.IfAbsent {
		enter = s.enter
	}
	d, err := enter(ctx, k)
	switch {
	case errors.Is(err, fs.ErrNotExist) && c != store.IfAbsent:
		return "", store.ErrConflict
	case errors.Is(err, syscall.ENOTDIR) || unnameable(err):
		return "", fmt.Errorf("%w: %w", store.ErrInvalidKey, err)
	case err != nil:
		return "", err
	}
	defer d.leave()
	v, err := d.replace(k.Base(), c, fill)
	if err != nil {
		return "", err
	}
	return v, d.dir.Sync()
}

func (l locked) replace(name string, c store.Condition, fill func(*os.File) error) (_ store.Version, err error) {
	old, err := l.expect(name, c)
	if err != nil {
		return "", err
	}
	f, err := l.create(old)
	if err != nil {
		return "", err
	}
	defer f.Close()
	defer func() {
		if err != nil {
			l.Remove(temporary) // after the rename there is none
		}
	}()
	if err := fill(f); err != nil {
		return "", err
	}
	if err := stamp(f, l.folder, old); err != nil {
		return "", err
	}
	if err := f.Sync(); err != nil {
		return "", err
	}
	// Writing took a while, and not everybody who writes here asks for our lock.
	if _, err := l.expect(name, c); err != nil {
		return "", err
	}
	if err := l.Rename(temporary, name); err != nil {
		return "", err
	}
	fi, err := f.Stat() // again, for renaming changes it
	if err != nil {
		return "", err
	}
	return version(fi), nil
}

// expect returns what lies under name, nil if nothing does, and fails unless c
// holds of it.
func (l locked) expect(name string, c store.Condition) (fs.FileInfo, error) {
	fi, err := l.stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fi = nil
	case unnameable(err):
		return nil, fmt.Errorf("%w: %w", store.ErrInvalidKey, err)
	case err != nil:
		return nil, err
	case !fi.Mode().IsRegular():
		return nil, fmt.Errorf("%w: not a regular file but %s", store.ErrInvalidKey, fi.Mode())
	}
	if fi == nil && c != store.IfAbsent || fi != nil && version(fi) != c.Version() {
		return nil, store.ErrConflict
	}
	return fi, nil
}

// create makes the temporary file, with the permissions of what it will replace.
func (l locked) create(old fs.FileInfo) (*os.File, error) {
	if err := l.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := l.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil || old == nil {
		return f, err
	}
	if err := f.Chmod(old.Mode().Perm()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
