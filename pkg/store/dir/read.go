package dir

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"screentest/pkg/store"
)

// Get implements store.Store. If another program rewrites the file in place
// while Body is read, its last Read fails with ErrConflict.
func (s *Store) Get(ctx context.Context, k store.Key) (store.Object, error) {
	f, fi, err := s.open(ctx, k)
	if err != nil {
		return store.Object{}, fmt.Errorf("get %s: %w", k, err)
	}
	return store.Object{Info: info(k, fi), Body: &body{f, fi, fi.Size()}}, nil
}

// open opens the regular file k.
func (s *Store) open(ctx context.Context, k store.Key) (*os.File, fs.FileInfo, error) {
	if err := s.check(ctx, k); err != nil {
		return nil, nil, err
	}
	// O_NONBLOCK, because to open a named pipe would take forever.
	f, err := s.top.OpenFile(string(k), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, kind(err)
	}
	fi, err := f.Stat()
	switch {
	case err == nil && fi.IsDir():
		err = store.ErrNotFound
	case err == nil && !fi.Mode().IsRegular():
		err = fmt.Errorf("%w: not a regular file but %s", store.ErrInvalidKey, fi.Mode())
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, fi, nil
}

// A body yields the content that a file had when it was opened, or fails.
type body struct {
	file  *os.File
	state fs.FileInfo
	left  int64
}

func (b *body) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.file.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	switch {
	case err == io.EOF:
		err = fmt.Errorf("cut short while it was read: %w", store.ErrConflict)
	case err == nil && b.left == 0:
		err = b.unchanged()
	}
	return n, err
}

// unchanged compares size and modification time only: the time of change moves
// also when the file is replaced, which does not harm who has it open.
func (b *body) unchanged() error {
	fi, err := b.file.Stat()
	if err == nil && (fi.Size() != b.state.Size() || !fi.ModTime().Equal(b.state.ModTime())) {
		err = fmt.Errorf("rewritten while it was read: %w", store.ErrConflict)
	}
	return err
}

func (b *body) Close() error { return b.file.Close() }
