package run

import (
	"context"
	"time"

	"screentest/pkg/store"
)

// alive is how long a run that has not ended counts as under way. Nobody can tell
// one from a run that was killed, which must not hide for good what came after it.
const alive = 24 * time.Hour

// Current returns the run to tell people of: the latest that is under way, of
// whichever mode, or else the latest there was; nil if there is none.
func Current(ctx context.Context, s store.Store, now time.Time) (*Run, error) {
	var current *Run
	for _, mode := range []Mode{DryRun, Execute} {
		r, err := Latest(ctx, s, mode)
		if err != nil {
			return nil, err
		}
		if current == nil || r != nil && r.before(*current, now) {
			current = r
		}
	}
	return current, nil
}

// before reports whether r is told of rather than other.
func (r Run) before(other Run, now time.Time) bool {
	if r.underWay(now) != other.underWay(now) {
		return r.underWay(now)
	}
	return r.begunAt().After(other.begunAt())
}

func (r Run) underWay(now time.Time) bool {
	return r.EndedAt.IsZero() && r.StoppedAt.IsZero() && now.Sub(r.begunAt()) < alive
}

// begunAt is when the run was last begun.
func (r Run) begunAt() time.Time { return later(r.StartedAt, r.ResumedAt) }
