package execution_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/execution"
	"screentest/pkg/ledger"
	"screentest/pkg/store"
	"screentest/pkg/store/storetest"
	"screentest/pkg/verdict"
)

// Whatever operation fails, and whether or not it was done, the next run ends in
// the same state, and nothing was generated, judged or paid twice.
func TestSweep(t *testing.T) {
	for what, c := range map[string]struct {
		open     func() store.Store
		mirrored bool
		inMirror bool // where the faults are
	}{
		"one place":                 {memory, false, false},
		"mirror and versions of S3": {func() store.Store { return hashed{memory()} }, true, false},
		"faults in the mirror":      {memory, true, true},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			quiet := newScene(t, c.open(), c.mirrored)
			quiet.mustBalance()
			want := quiet.state()
			var st *studio
			open := func(t *testing.T) store.Store {
				st = newScene(t, c.open(), c.mirrored)
				if c.inMirror {
					return st.remote.Mirror.Store
				}
				return st.store
			}
			flow := func(s store.Store) error {
				tree := s
				if c.inMirror {
					tree, st.remote.Mirror.Store = st.store, s
				}
				_, err := st.balance(tree)
				return err
			}
			storetest.Sweep(t, open, flow, func(t *testing.T, s store.Store, failed error) {
				if c.inMirror {
					st.remote.Mirror.Store = s
				}
				st.arrivesAt(want, failed)
			})
		})
	}
}

// Two faults at random places, one after the other, do no more harm than one.
func TestTwoFaults(t *testing.T) {
	t.Parallel()
	quiet := newScene(t, memory(), false)
	counted := storetest.NewFaulty(quiet.store)
	if _, err := quiet.balance(counted); err != nil {
		t.Fatal(err)
	}
	want := quiet.state()
	modes := []storetest.Mode{storetest.Refused, storetest.DoneButFailed}
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		st := newScene(t, memory(), false)
		var faults []string
		for range 2 {
			n, mode := r.IntN(len(counted.Ops())), modes[r.IntN(2)]
			faulty := storetest.NewFaulty(st.store)
			faulty.FailAt(n, mode)
			_, err := st.balance(faulty)
			faults = append(faults, fmt.Sprintf("operation %d %s: %v", n, mode, err))
		}
		st.arrivesAt(want, errors.New(strings.Join(faults, "; ")))
		if t.Failed() {
			return
		}
	}
}

// Whatever operation fails, if the set is changed by hand before the next run the
// plan is given up, no image and no entry is lost, and every order that was sent
// is on record with what it cost.
func TestStaleAfterAnyFault(t *testing.T) {
	t.Parallel()
	var st *studio
	open := func(t *testing.T) store.Store {
		st = newScene(t, memory(), false)
		return st.store
	}
	flow := func(s store.Store) error {
		_, err := st.balance(s)
		return err
	}
	storetest.Sweep(t, open, flow, func(t *testing.T, s store.Store, failed error) {
		_, before := st.everything()
		st.put(actor.TrainingKey(name, "hand.png"), picture(verdict.BWStylized, 9, "hand"))
		if _, err := st.finish(s); err != nil && !errors.Is(err, execution.ErrStale) {
			t.Fatalf("after %v: %v", failed, err)
		}
		if _, err := st.balance(s); err != nil {
			t.Fatalf("after %v: %v", failed, err)
		}
		entries, after := st.everything()
		for sum := range before {
			if !after[sum] {
				t.Errorf("after %v: an image is neither in the set nor in the trash", failed)
			}
		}
		if !strings.Contains(entries[string(name)+"_1.png"], "blue & grey") {
			t.Errorf("after %v: the entry of _1.png is %s", failed, entries[string(name)+"_1.png"])
		}
		paid := 0
		for _, line := range st.lines() {
			if line.USD > 0 {
				paid++
			}
		}
		if paid != len(st.camera.orders) {
			t.Errorf("after %v: %d orders were sent, %d paid ones are on record", failed, len(st.camera.orders), paid)
		}
		st.clean()
	})
}

// A scene is a small set in which something is condemned, something too many and
// something missing.
var (
	sceneMix    = balance.Mix{Photorealistic: 3}
	sceneTarget = balance.Target{Photorealistic: 2, BWStylized: 1, ColorStylized: 1}
)

func newScene(t testing.TB, s store.Store, mirrored bool) *studio {
	st := newStudio(t, s, sceneMix, 1)
	st.settings.Target = sceneTarget
	if mirrored {
		st.mirror()
	}
	return st
}

// arrivesAt checks what a fault has left, and that further runs end in the state
// in which an undisturbed one has ended, at the same price.
func (st *studio) arrivesAt(want string, failed error) {
	st.t.Helper()
	if n := st.sound().Photorealistic; n < sceneTarget.Photorealistic {
		st.t.Errorf("after %v the set has %d sound photographs", failed, n)
	}
	for range 2 { // every message twice
		if _, err := st.balance(st.store); err != nil {
			st.t.Fatalf("after %v: %v", failed, err)
		}
	}
	if got := st.state(); got != want {
		st.t.Errorf("after %v the state differs:\n%s\nwant\n%s", failed, got, want)
	}
	if left := st.latest().Left(); !maps.Equal(left, st.files()) {
		st.t.Errorf("after %v the ledger says that the plan has left %v", failed, left)
	}
	if n := len(st.camera.orders); n != 2 {
		st.t.Errorf("after %v: %d orders for 2 pictures", failed, n)
	}
	if acts := st.acts(); acts[ledger.CutOff] > 0 || acts[ledger.Done] != 1 {
		st.t.Errorf("after %v the ledger has %v", failed, acts)
	}
	st.clean()
}

// hashed is a store whose versions are hashes of the bytes, as those of S3: what
// is written again as it was has the version that it had.
type hashed struct{ store.Store }

// behind returns the version by which the store below knows the state v.
func (h hashed) behind(ctx context.Context, k store.Key, v store.Version) (store.Version, error) {
	sum, info, err := store.Hash(ctx, h.Store, k)
	if err == nil && store.Version(sum) != v {
		err = store.ErrConflict
	}
	return info.Version, err
}

func (h hashed) List(ctx context.Context, o store.ListOptions) (store.Page, error) {
	page, err := h.Store.List(ctx, o)
	for i, info := range page.Objects {
		sum, _, err := store.Hash(ctx, h.Store, info.Key)
		if err != nil {
			return store.Page{}, err
		}
		page.Objects[i].Version = store.Version(sum)
	}
	return page, err
}

func (h hashed) Get(ctx context.Context, k store.Key) (store.Object, error) {
	o, err := h.Store.Get(ctx, k)
	if err == nil {
		sum, _, hashErr := store.Hash(ctx, h.Store, k)
		o.Version, err = store.Version(sum), hashErr
	}
	return o, err
}

func (h hashed) Put(ctx context.Context, k store.Key, body []byte, c store.Condition) (store.Version, error) {
	if c != store.IfAbsent {
		v, err := h.behind(ctx, k, c.Version())
		if err != nil {
			return "", store.ErrConflict
		}
		c = store.IfVersion(v)
	}
	if _, err := h.Store.Put(ctx, k, body, c); err != nil {
		return "", err
	}
	sum, _, err := store.Hash(ctx, h.Store, k)
	return store.Version(sum), err
}

func (h hashed) Copy(ctx context.Context, src store.Key, v store.Version, dst store.Key) (store.Version, error) {
	from, err := h.behind(ctx, src, v)
	if err == nil {
		_, err = h.Store.Copy(ctx, src, from, dst)
	}
	return v, err
}

func (h hashed) Delete(ctx context.Context, k store.Key, v store.Version) error {
	behind, err := h.behind(ctx, k, v)
	if err != nil {
		return err
	}
	return h.Store.Delete(ctx, k, behind)
}
