package evaluator

import (
	"context"
	"math"
	"runtime/debug"

	"golang.org/x/sync/semaphore"
)

// What a file, and what a picture being decoded, takes at most to be an ordinary one.
// That is a picture of 16 megapixels, well above what sets are made of.
const (
	ordinaryFile    = 16 << 20
	ordinaryPicture = 64 << 20
)

// A room holds things of any size: so many ordinary ones at once, fewer large ones,
// and of giants one, alone.
type room struct {
	space    *semaphore.Weighted
	ordinary int64
	all      int64
}

func newRoom(n int, ordinary int64) room {
	all := int64(n) * ordinary
	return room{semaphore.NewWeighted(all), ordinary, all}
}

// enter waits until there is room for size bytes. What is ordinary weighs the same,
// however small. What a giant has left is cleared away before the next may enter, for
// the collector does not begin before the memory has doubled.
func (r room) enter(ctx context.Context, size int64) (leave func(), err error) {
	weight := min(max(size, r.ordinary), r.all)
	if err := r.space.Acquire(ctx, weight); err != nil {
		return nil, err
	}
	return func() {
		if weight == r.all && size > r.ordinary {
			debug.FreeOSMemory()
		}
		r.space.Release(weight)
	}, nil
}

// largestPicture is how many bytes decoding one picture may take: two thirds of what
// the process may have, 0 for no limit. The rest is for files and for everything else.
func largestPicture() int64 {
	all := debug.SetMemoryLimit(-1)
	if all == math.MaxInt64 {
		return 0
	}
	return all / 3 * 2
}
