package mirror

import (
	"context"
	"errors"
	"fmt"

	"screentest/pkg/store"
)

// Put writes an image into the mirror. Equal contents that lie there already are
// fine, so it is safe to repeat; it fails with ErrDiffers over others. Where m is
// nil there is nothing to do.
func (m *Mirror) Put(ctx context.Context, k store.Key, data []byte) error {
	if m == nil {
		return nil
	}
	_, err := m.Store.Put(ctx, k, data, store.IfAbsent)
	if errors.Is(err, store.ErrConflict) {
		_, err = m.holds(ctx, k, store.HashOf(data))
	}
	if err != nil {
		return fmt.Errorf("write into the mirror: %w", err)
	}
	return nil
}
