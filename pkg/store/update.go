package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"time"
)

// All lists every page that o selects. It stops at the first error, which comes
// with an empty page.
func All(ctx context.Context, s Store, o ListOptions) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		for {
			page, err := s.List(ctx, o)
			if err != nil {
				yield(Page{}, fmt.Errorf("list %q: %w", o.Prefix, err))
				return
			}
			if !yield(page, nil) || page.Next == "" {
				return
			}
			o.After = page.Next
		}
	}
}

// ReadAll returns the content of an object of at most limit bytes, with
// ErrTooLarge beyond it. Nothing beyond the limit is read.
func ReadAll(ctx context.Context, s Store, k Key, limit int64) ([]byte, Info, error) {
	o, err := s.Get(ctx, k)
	if err != nil {
		return nil, Info{}, fmt.Errorf("read %s: %w", k, err)
	}
	defer o.Body.Close()
	if o.Size > limit {
		return nil, o.Info, fmt.Errorf("read %s: %d bytes, limit %d: %w", k, o.Size, limit, ErrTooLarge)
	}
	body := make([]byte, o.Size)
	if _, err := io.ReadFull(o.Body, body); err != nil {
		return nil, o.Info, fmt.Errorf("read %s: %w", k, err)
	}
	return body, o.Info, nil
}

// MaxDocument is the largest JSON document, in bytes, that the product reads
// into memory. A roster entry of the real system takes 1.9 kB, so this holds a
// roster of about 35,000 actors.
const MaxDocument = 64 << 20

const updateAttempts = 20

// Update replaces the document k by change(old) under compare-and-swap. old is
// nil where no document lies. When another writer was faster, change is called
// again with what that one wrote, so it must not keep anything from an earlier
// call. Returning old itself leaves the document alone. After 20 lost races it
// gives up with ErrConflict.
func Update(ctx context.Context, s Store, k Key, change func(old []byte) ([]byte, error)) error {
	for attempt := range updateAttempts {
		old, info, err := ReadAll(ctx, s, k, MaxDocument)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		changed, err := change(old)
		if err != nil {
			return fmt.Errorf("update %s: %w", k, err)
		}
		if old != nil && string(changed) == string(old) {
			return nil
		}
		_, err = s.Put(ctx, k, changed, IfVersion(info.Version))
		if err == nil {
			return nil
		}
		if !errors.Is(err, ErrConflict) {
			return fmt.Errorf("update %s: %w", k, err)
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
	return fmt.Errorf("update %s: %d times: %w", k, updateAttempts, ErrConflict)
}

// pause waits up to 2^attempt milliseconds, 256 at most, so that writers that
// collided do not collide again.
func pause(ctx context.Context, attempt int) error {
	longest := time.Millisecond << min(attempt, 8)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(longest)):
		return nil
	}
}
