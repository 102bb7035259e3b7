// Package thumbnail makes the small versions of images that the report and the
// review page show. Each is made once and kept by content under
// screentest/thumbnails, so that a renamed or copied image has its thumbnail
// already. Nothing depends on them: deleted ones are made again.
package thumbnail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"runtime"

	"golang.org/x/sync/semaphore"

	"screentest/pkg/actor"
	"screentest/pkg/inspect"
	"screentest/pkg/settings"
	"screentest/pkg/store"
)

// Side is the long side of a thumbnail in pixels: about what a contact sheet shows
// it at, so that faces can be judged without opening every image.
const Side = 384

// formerSide is what it was before. Such a one is made again.
const formerSide = 256

// maxBytes is far more than a thumbnail takes; what is larger is none.
const maxBytes = 1 << 20

// A Maker makes and keeps thumbnails. It is safe for concurrent use, and decodes
// as many images at once as there are processors.
type Maker struct {
	store  store.Store
	limits inspect.Limits
	pixels *semaphore.Weighted
}

// New returns a maker that reads no image beyond the limits.
func New(s store.Store, limits settings.Images) *Maker {
	m := &Maker{store: s, pixels: semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0)))}
	return m.Within(limits)
}

// Within returns m with other limits. The two share the processors.
func (m *Maker) Within(limits settings.Images) *Maker {
	return &Maker{
		store: m.store, pixels: m.pixels,
		limits: inspect.Limits{Bytes: limits.MaxBytes, Megapixels: limits.MaxMegapixels},
	}
}

// Get returns the thumbnail, a JPEG without metadata, of the image k whose content
// is known to be sum. It fails with store.ErrConflict where k holds something
// else by now, and as inspect.Inspect does where no thumbnail can be made. That
// it cannot be kept is no failure.
func (m *Maker) Get(ctx context.Context, k store.Key, sum string) ([]byte, error) {
	kept, version, err := m.kept(ctx, sum)
	if kept != nil || err != nil {
		return kept, err
	}
	made, err := m.make(ctx, k, sum)
	if err != nil {
		return nil, fmt.Errorf("thumbnail of %s: %w", k, err)
	}
	_, _ = m.store.Put(ctx, actor.ThumbnailKey(sum), made, store.IfVersion(version))
	return made, nil
}

// Kept returns the thumbnail of the content sum if it has been made before, else nil.
func (m *Maker) Kept(ctx context.Context, sum string) ([]byte, error) {
	kept, _, err := m.kept(ctx, sum)
	return kept, err
}

// kept returns nil, and the version to replace, where no sound one lies.
func (m *Maker) kept(ctx context.Context, sum string) ([]byte, store.Version, error) {
	kept, info, err := store.ReadAll(ctx, m.store, actor.ThumbnailKey(sum), maxBytes)
	switch {
	case err == nil && sound(kept):
		return kept, info.Version, nil
	case err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrTooLarge):
		return nil, "", err
	}
	return nil, info.Version, nil
}

// sound tells a thumbnail from a damaged one by its header.
func sound(kept []byte) bool {
	c, err := jpeg.DecodeConfig(bytes.NewReader(kept))
	long := max(c.Width, c.Height)
	return err == nil && long <= Side && long != formerSide && bytes.HasSuffix(kept, []byte{0xff, 0xd9})
}

func (m *Maker) make(ctx context.Context, k store.Key, sum string) ([]byte, error) {
	if err := m.pixels.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer m.pixels.Release(1)
	data, _, err := store.ReadAll(ctx, m.store, k, m.limits.Bytes)
	if err != nil {
		return nil, err
	}
	if store.HashOf(data) != sum {
		return nil, fmt.Errorf("%w: it is no longer the image that was judged; evaluate the actor again", store.ErrConflict)
	}
	return inspect.Preview(data, m.limits, Side)
}
