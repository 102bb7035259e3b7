package worker_test

import (
	"context"
	"errors"
	"testing"

	"screentest/pkg/actor"
	"screentest/pkg/store"
	"screentest/pkg/worker"
)

// A flawed store breaks off reading one object, so many times.
type flawed struct {
	store.Store
	key   store.Key
	times int
	cause error
}

func (f *flawed) Get(ctx context.Context, k store.Key) (store.Object, error) {
	if k == f.key && f.times > 0 {
		f.times--
		return store.Object{}, f.cause
	}
	return f.Store.Get(ctx, k)
}

// An image that cannot be read now, or that has gone or been replaced since the set
// was listed, is looked at again, also where there is nothing to ask about the
// others. One that is not for us to read is not.
func TestAnImageThatIsNotReachedIsLookedAtAgain(t *testing.T) {
	for what, c := range map[string]struct {
		cause  error
		failed bool
	}{
		"S3 is busy": {errors.New("SlowDown"), false}, "gone": {store.ErrNotFound, false},
		"replaced": {store.ErrConflict, false}, "too large": {store.ErrTooLarge, true},
	} {
		t.Run(what, func(t *testing.T) {
			s := &flawed{Store: tree(t, 3), cause: c.cause}
			st := evaluations(t, s, &model{})
			st.send(t, "ada")
			st.settle(t)
			s.key, s.times = actor.TrainingKey("ada", "new.png"), 1
			write(t, s.Store, s.key, picture(42))
			st.send(t, "ada")
			st.settle(t)
			last, err := worker.LastFailure(t.Context(), s, "ada")
			if _, dead := st.left(t); err != nil || (last != nil) != c.failed || dead != 0 {
				t.Errorf("on record is %+v, %v; %d dead letters", last, err, dead)
			}
			if e := evaluated(t, s, "ada"); len(e.Images) != 4 || (len(e.Unjudged()) > 0) != c.failed {
				t.Errorf("%d images, %d without a verdict", len(e.Images), len(e.Unjudged()))
			}
		})
	}
}
