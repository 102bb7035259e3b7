package execution_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/execution"
	"screentest/pkg/judge"
	"screentest/pkg/ledger"
	"screentest/pkg/restore"
	"screentest/pkg/store"
	"screentest/pkg/trash"
	"screentest/pkg/verdict"
	"screentest/pkg/verify"
)

var target = balance.DefaultTarget()

// clean fails the test unless everything agrees.
func (st *studio) clean() {
	st.t.Helper()
	report, err := verify.Actor(context.Background(), verify.Config{Store: st.store, Remote: st.remote, By: "test", Now: st.now}, st.actor)
	if err != nil {
		st.t.Fatal(err)
	}
	for _, f := range report.Findings {
		st.t.Errorf("verify: %s %s: %s", f.Kind, f.File, f.Detail)
	}
}

func TestBalance(t *testing.T) {
	st := newStudio(t, memory(), balance.Mix{Photorealistic: 14, BWStylized: 2, ColorStylized: 2}, 2)
	before := st.files()
	result := st.mustBalance()
	e := st.evaluation()
	if e.Mix != target || !e.Balanced {
		t.Errorf("mix %+v, balanced %t", e.Mix, e.Balanced)
	}
	if result.Generated != 3 || result.Deleted != 3 || len(st.camera.orders) != 3 {
		t.Errorf("%d generated, %d deleted, %d orders", result.Generated, result.Deleted, len(st.camera.orders))
	}
	if want := 3 * (0.06 + 0.001); result.Spent.USD < want-1e-9 || result.Spent.USD > want+1e-9 {
		t.Errorf("spent $%.4f, want $%.4f", result.Spent.USD, want)
	}
	st.clean()
	if got := st.latest().State; got != ledger.Done {
		t.Errorf("the plan is %s", got)
	}

	// A second time, and every message twice: nothing happens.
	for range 2 {
		if again := st.mustBalance(); again.Generated+again.Deleted > 0 || again.Spent.Requests > 0 {
			t.Errorf("again: %+v", again)
		}
	}

	// All comes back.
	c := restore.Config{Store: st.store, By: "ada", Now: st.now}
	if _, err := c.Restore(t.Context(), name, restore.Selection{}); err != nil {
		t.Fatal(err)
	}
	after := st.files()
	for file, sum := range before {
		if after[file] != sum {
			t.Errorf("%s did not come back", file)
		}
	}
	st.clean()
}

// sound counts the sound images that lie in the set.
func (st *studio) sound() balance.Mix {
	var mix balance.Mix
	set, err := actor.LoadSet(context.Background(), st.store, st.actor)
	if err != nil {
		st.t.Fatal(err)
	}
	for _, info := range set.Images {
		data, _, err := store.ReadAll(context.Background(), st.store, info.Key, 1<<20)
		if err != nil {
			st.t.Fatal(err)
		}
		if style, quality := look(data); quality > 1 {
			mix.Add(style, 1)
		}
	}
	return mix
}

// look reads style and quality off a picture, as the judge does.
func look(data []byte) (verdict.Style, int) {
	width, height := int(data[18])<<8|int(data[19]), int(data[22])<<8|int(data[23])
	for style, w := range widths {
		if w == width {
			return style, height - 64
		}
	}
	return "", 0
}

// For random sets, at every step the sound images of each style are never fewer
// than before or than the target has; after the last the set is the target.
func TestNeverFewerSoundImages(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		mix := balance.Mix{
			Photorealistic: rapid.IntRange(0, 16).Draw(rt, "photorealistic"),
			BWStylized:     rapid.IntRange(0, 6).Draw(rt, "bw_stylized"),
			ColorStylized:  rapid.IntRange(0, 5).Draw(rt, "color_stylized"),
		}
		bad := rapid.IntRange(0, 5).Draw(rt, "bad")
		if mix.Total()+bad == 0 {
			bad = 1
		}
		s := &watched{Store: memory()}
		st := newStudio(t, s, mix, bad)
		s.changed = func() {
			have := st.sound()
			for _, style := range verdict.Styles() {
				if least := min(mix.Of(style), target.Of(style)); have.Of(style) < least {
					rt.Errorf("%d sound images of %s, before there were %d", have.Of(style), style, mix.Of(style))
				}
			}
		}
		st.mustBalance()
		if e := st.evaluation(); !e.Balanced {
			rt.Errorf("%+v and %d bad ones became %+v", mix, bad, e.Mix)
		}
	})
}

// watched calls changed after every operation that changes the set.
type watched struct {
	store.Store
	changed func()
}

func (w *watched) Put(ctx context.Context, k store.Key, body []byte, c store.Condition) (store.Version, error) {
	v, err := w.Store.Put(ctx, k, body, c)
	w.look(k)
	return v, err
}

func (w *watched) Delete(ctx context.Context, k store.Key, v store.Version) error {
	err := w.Store.Delete(ctx, k, v)
	w.look(k)
	return err
}

func (w *watched) look(k store.Key) {
	if w.changed != nil && strings.HasPrefix(string(k), "actors/") {
		w.changed()
	}
}

// Two processes at once do together what one does alone.
func TestTwoAtOnce(t *testing.T) {
	st := newStudio(t, memory(), balance.Mix{Photorealistic: 14, BWStylized: 2, ColorStylized: 2}, 2)
	st.mustApprove()
	now := time.Now
	var group sync.WaitGroup
	var mu sync.Mutex
	generated, deleted := 0, 0
	for range 3 {
		group.Go(func() {
			x := st.executor(st.store)
			x.Now = now
			result, err := x.Perform(t.Context(), st.actor)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			generated, deleted = generated+result.Generated, deleted+result.Deleted
		})
	}
	group.Wait()
	if generated != 3 || deleted != 3 || len(st.camera.orders) != 3 {
		t.Errorf("%d generated, %d deleted, %d orders", generated, deleted, len(st.camera.orders))
	}
	st.clean()
}

// A tree that was copied has other versions: what is known goes by content.
func TestCopiedTree(t *testing.T) {
	st := newStudio(t, memory(), balance.Mix{Photorealistic: 15, BWStylized: 4, ColorStylized: 3}, 1)
	if _, err := st.evaluator(st.store).Evaluate(t.Context(), st.actor); err != nil {
		t.Fatal(err)
	}
	copied := memory()
	for page, err := range store.All(t.Context(), st.store, store.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range slices.Backward(page.Objects) { // which gives them other versions
			body, _, err := store.ReadAll(t.Context(), st.store, info.Key, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := copied.Put(t.Context(), info.Key, body, store.IfAbsent); err != nil {
				t.Fatal(err)
			}
		}
	}
	st.store = copied
	if err := st.approve(copied); err != nil {
		t.Fatal(err)
	}
	if _, err := st.finish(copied); err != nil {
		t.Fatal(err)
	}
	receipts, _, err := trash.List(t.Context(), copied, name)
	if err != nil || len(receipts) != 3 {
		t.Fatal(len(receipts), err)
	}
	for _, r := range receipts {
		if r.Checks == nil || r.Bytes == 0 {
			t.Errorf("the receipt of %s has no measurements or no size", r.File)
		}
	}
}

func TestLimits(t *testing.T) {
	st := newStudio(t, memory(), balance.Mix{Photorealistic: 15, BWStylized: 2, ColorStylized: 2}, 0)
	st.mustApprove()
	limited := func(deletions, generations int) error {
		x := st.executor(st.store)
		x.Allowance = execution.NewAllowance(deletions, generations)
		_, err := x.Perform(t.Context(), st.actor)
		return err
	}
	for i, c := range []struct {
		deletions, generations int
		says                   string
		orders, trashed        int
	}{
		{-1, 2, "run.max_generations", 2, 0},
		{1, 9, "run.max_deletions", 3, 1},
		{0, 0, "run.max_deletions", 3, 1},
	} {
		if err := limited(c.deletions, c.generations); !errors.Is(err, judge.ErrHalt) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%d: got %v", i, err)
		}
		if acts := st.acts(); len(st.camera.orders) != c.orders || acts[ledger.Trashed] != c.trashed {
			t.Errorf("%d: %d orders, %d trashed", i, len(st.camera.orders), acts[ledger.Trashed])
		}
	}
	if _, err := st.finish(st.store); err != nil {
		t.Fatal(err)
	}
	if e := st.evaluation(); !e.Balanced || st.latest().State != ledger.Done {
		t.Errorf("%+v, %s", e.Mix, st.latest().State)
	}
}
