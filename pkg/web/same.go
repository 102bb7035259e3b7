package web

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"screentest/pkg/actor"
	"screentest/pkg/page"
	"screentest/pkg/store"
)

// A judged is an object as it was when it was judged.
type judged struct {
	key     store.Key
	sha256  string // "" where it could not be read
	bytes   int64  // 0 where that is not on record
	version store.Version
}

// judgedOf returns the images that the sheet shows.
func judgedOf(sheet page.Sheet) []judged {
	e, name := sheet.Evaluation, sheet.Member.Name
	if e == nil {
		return nil
	}
	var all []judged
	if e.Base != nil {
		all = append(all, judged{actor.BaseKey(name, e.Base.File), e.Base.SHA256, 0, e.Base.Version})
	}
	for _, image := range e.Images {
		all = append(all, judged{actor.TrainingKey(name, image.File), image.SHA256, image.Bytes, image.Version})
	}
	return all
}

// hashes remembers which content an object of a version holds. A tree that was
// copied has other versions of the same contents.
type hashes struct {
	mu   sync.Mutex
	held map[store.Key]hashed
}

type hashed struct {
	version store.Version
	sum     string
}

// of returns the content of an object, which is read once for each version.
func (h *hashes) of(ctx context.Context, s store.Store, k store.Key, v store.Version) (string, error) {
	h.mu.Lock()
	known := h.held[k]
	h.mu.Unlock()
	if known.version == v && known.sum != "" {
		return known.sum, nil
	}
	sum, info, err := store.Hash(ctx, s, k)
	if err != nil {
		return "", err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held == nil {
		h.held = map[store.Key]hashed{}
	}
	h.held[k] = hashed{info.Version, sum}
	return sum, nil
}

// maxHashed is how many bytes are read for one page to tell a replaced image from one
// that was copied.
const maxHashed = 128 << 20

// replaced marks the images of the sheet that hold something else than what was
// judged. Those that would take too long to read, or cannot be, are counted.
func (s *Server) replaced(ctx context.Context, sheet *page.Sheet, there map[store.Key]store.Info) error {
	var mu sync.Mutex
	mark := func(key store.Key, sure bool) {
		mu.Lock()
		defer mu.Unlock()
		if sure {
			sheet.Missing[key] = page.Replaced
		} else {
			sheet.Touched++
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	left := int64(maxHashed)
	for _, was := range judgedOf(*sheet) {
		info, ok := there[was.key]
		if !ok || was.sha256 == "" || info.Version == was.version {
			continue
		}
		if was.bytes != 0 && info.Size != was.bytes {
			mark(was.key, true)
			continue
		}
		if left -= info.Size; left < 0 {
			mark(was.key, false)
			continue
		}
		group.Go(func() error {
			sum, err := s.hashes.of(ctx, s.Store, was.key, info.Version)
			if err != nil || sum != was.sha256 {
				mark(was.key, err == nil)
			}
			return ctx.Err()
		})
	}
	return group.Wait()
}

// holds reports whether an object has a content.
func (s *Server) holds(ctx context.Context, info store.Info, sum string) bool {
	held, err := s.hashes.of(ctx, s.Store, info.Key, info.Version)
	return err == nil && held == sum
}
