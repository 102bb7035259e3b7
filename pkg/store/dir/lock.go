package dir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"screentest/pkg/store"
)

// A locked folder is one that nobody else changes through this package.
type locked struct {
	folder
	dir *os.File // holds the lock
}

// enter locks the directory that holds k, once it is free.
func (s *Store) enter(ctx context.Context, k store.Key) (locked, error) {
	f, err := s.folder(strings.TrimSuffix(string(k), k.Base()))
	if err != nil {
		return locked{}, err
	}
	d, err := f.Open(".")
	if err == nil {
		err = lock(ctx, d)
	}
	if err != nil {
		f.Close()
		return locked{}, err
	}
	return locked{f, d}, nil
}

// enterNew is enter for an object to be made: missing directories are made too.
func (s *Store) enterNew(ctx context.Context, k store.Key) (locked, error) {
	l, err := s.enter(ctx, k)
	if !errors.Is(err, fs.ErrNotExist) {
		return l, err
	}
	if err := s.makeDir(strings.TrimSuffix(string(k), "/"+k.Base())); err != nil {
		return locked{}, err
	}
	return s.enter(ctx, k)
}

func (l locked) leave() {
	l.dir.Close() // gives up the lock
	l.Close()
}

// lock takes the exclusive lock of d, or closes d and fails.
func lock(ctx context.Context, d *os.File) error {
	err := flock(d, syscall.LOCK_EX|syscall.LOCK_NB)
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return closeUnless(err, d)
	}
	// The wait cannot be interrupted, and whoever has the lock may have been
	// stopped by Ctrl-Z, so leave the wait behind when ctx ends.
	got := make(chan error, 1)
	go func() { got <- flock(d, syscall.LOCK_EX) }()
	select {
	case err := <-got:
		return closeUnless(err, d)
	case <-ctx.Done():
		go func() {
			<-got
			d.Close()
		}()
		return ctx.Err()
	}
}

func closeUnless(err error, d *os.File) error {
	if err != nil {
		d.Close()
		return fmt.Errorf("lock directory (does its file system have flock?): %w", err)
	}
	return nil
}

func flock(d *os.File, how int) error {
	for {
		if err := syscall.Flock(int(d.Fd()), how); err != syscall.EINTR {
			return err
		}
	}
}
