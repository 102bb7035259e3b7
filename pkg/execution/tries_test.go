package execution_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"screentest/pkg/balance"
	"screentest/pkg/execution"
	"screentest/pkg/generate"
	"screentest/pkg/ledger"
	"screentest/pkg/store"
)

// What nobody is heard of again may be billed each time. A plan of which that becomes
// of every order ends, whatever starts it again, and says what it may have cost.
func TestUnheardOrdersEndThePlan(t *testing.T) {
	lost := func(generate.Order, int) (*generate.Picture, error) { return nil, generate.ErrLost }
	killed := func(generate.Order, int) (*generate.Picture, error) { panic("killed") }
	oneInTwo := func(_ generate.Order, n int) (*generate.Picture, error) {
		if n%2 == 1 {
			return nil, generate.ErrLost
		}
		return nil, nil
	}
	for what, c := range map[string]struct {
		spoil  func(generate.Order, int) (*generate.Picture, error)
		orders int
	}{
		"every answer lost": {lost, 3}, "every program killed": {killed, 3}, "every other lost": {oneInTwo, 5},
	} {
		t.Run(what, func(t *testing.T) {
			st := newStudio(t, memory(), balance.Mix{Photorealistic: 13}, 1)
			before := st.files()
			st.mustApprove()
			st.camera.spoil = c.spoil
			var err error
			for range 10 {
				err = st.perform()
				if errors.Is(err, execution.ErrFailed) {
					break
				}
			}
			if !errors.Is(err, execution.ErrFailed) || !strings.Contains(err.Error(), "3 orders brought no answer and may have been billed, $0.") {
				t.Errorf("got %v", err)
			}
			if len(st.camera.orders) != c.orders || st.latest().State != ledger.Failed {
				t.Errorf("%d orders, want %d; the plan is %s", len(st.camera.orders), c.orders, st.latest().State)
			}
			for file, sum := range before {
				if st.files()[file] != sum {
					t.Errorf("%s is gone", file)
				}
			}
		})
	}
}

// perform performs what is approved, by a new program, which may be killed.
func (st *studio) perform() (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%v", reason)
		}
	}()
	_, err = st.executor(st.store).Perform(context.Background(), st.actor)
	return err
}

// A weighed store notes how much the probe for room stores.
type weighed struct {
	store.Store
	room []int
}

func (w *weighed) Put(ctx context.Context, k store.Key, body []byte, c store.Condition) (store.Version, error) {
	if k.Base() == "room" {
		w.room = append(w.room, len(body))
	}
	return w.Store.Put(ctx, k, body, c)
}

// A disk may be full, and a bucket keeps what was stored in it.
func TestRoomIsProvedOnDisksOnly(t *testing.T) {
	for bucket, want := range map[string]int{"": 16 << 20, "bucket": 1} {
		st := newStudio(t, memory(), short, 0)
		st.remote.Home.Bucket = bucket
		s := &weighed{Store: st.store}
		if _, err := st.balance(s); err != nil || !slices.Equal(s.room, []int{want}) {
			t.Errorf("in %q: %v stored, %v", bucket, s.room, err)
		}
	}
}
