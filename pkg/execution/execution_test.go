package execution_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/execution"
	"screentest/pkg/generate"
	"screentest/pkg/judge"
	"screentest/pkg/ledger"
	"screentest/pkg/restore"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
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
	st := newStudio(t, mem.New(), balance.Mix{Photorealistic: 14, BWStylized: 2, ColorStylized: 2}, 2)
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

// Whatever operation fails, and whether or not it was done, the next run ends in
// the same state, and nothing was generated, judged or paid twice.
func TestSweep(t *testing.T) {
	mix := balance.Mix{Photorealistic: 4, BWStylized: 0, ColorStylized: 1}
	small := balance.Target{Photorealistic: 3, BWStylized: 1, ColorStylized: 2}
	quiet := newStudio(t, mem.New(), mix, 1)
	quiet.settings.Target = small
	quiet.mustBalance()
	want := quiet.state()

	var st *studio
	open := func(t *testing.T) store.Store {
		st = newStudio(t, mem.New(), mix, 1)
		st.settings.Target = small
		return st.store
	}
	flow := func(s store.Store) error {
		_, err := st.balance(s)
		return err
	}
	storetest.Sweep(t, open, flow, func(t *testing.T, s store.Store, failed error) {
		for _, style := range verdict.Styles() {
			if n, least := st.sound().Of(style), min(mix.Of(style), small.Of(style)); n < least {
				t.Errorf("after the fault the set has %d sound images of %s, fewer than %d", n, style, least)
			}
		}
		for range 2 { // every message twice
			if _, err := st.balance(s); err != nil {
				t.Fatalf("after %v: %v", failed, err)
			}
		}
		if got := st.state(); got != want {
			t.Errorf("after %v the state differs:\n%s\nwant\n%s", failed, got, want)
		}
		if n := len(st.camera.orders); n != len(quiet.camera.orders) {
			t.Errorf("%d orders, want %d", n, len(quiet.camera.orders))
		}
		if acts := st.acts(); acts[ledger.Lost] > 0 || acts[ledger.Done] != 1 {
			t.Errorf("ledger: %v", acts)
		}
		st.clean()
	})
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
		s := &watched{Store: mem.New()}
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
	st := newStudio(t, mem.New(), balance.Mix{Photorealistic: 14, BWStylized: 2, ColorStylized: 2}, 2)
	if _, err := st.evaluator(st.store).Evaluate(t.Context(), st.actor); err != nil {
		t.Fatal(err)
	}
	if err := st.approve(st.store); err != nil {
		t.Fatal(err)
	}
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

// A set that was changed by hand between plan and act is left alone, and it is
// said what has changed.
func TestStale(t *testing.T) {
	file := func(n int) string { return fmt.Sprintf("%s_%d.png", name, n) }
	for what, c := range map[string]struct {
		change func(st *studio)
		says   string
	}{
		"added": {func(st *studio) {
			st.put(actor.TrainingKey(name, "new.png"), picture(verdict.BWStylized, 9, "new"))
		}, "new.png is new"},
		"deleted": {func(st *studio) { st.remove(file(3)) }, file(3) + " is gone"},
		"changed": {func(st *studio) {
			st.remove(file(3))
			st.put(actor.TrainingKey(name, file(3)), picture(verdict.BWStylized, 9, "new"))
		}, file(3) + " has other contents"},
	} {
		t.Run(what, func(t *testing.T) {
			st := newStudio(t, mem.New(), balance.Mix{Photorealistic: 14, BWStylized: 2, ColorStylized: 3}, 0)
			if _, err := st.evaluator(st.store).Evaluate(t.Context(), st.actor); err != nil {
				t.Fatal(err)
			}
			if err := st.approve(st.store); err != nil {
				t.Fatal(err)
			}
			c.change(st)
			before := st.files()
			_, err := st.finish(st.store)
			if !errors.Is(err, execution.ErrStale) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want ErrStale with %q", err, c.says)
			}
			if !maps.Equal(before, st.files()) || len(st.camera.orders) > 0 {
				t.Error("something was done all the same")
			}
			if last := st.latest().Last(); last.Act != ledger.Stale || !strings.Contains(last.Why, c.says) {
				t.Errorf("ledger: %s %q", last.Act, last.Why)
			}
			st.mustBalance() // another evaluation, another plan
			if e := st.evaluation(); !e.Balanced {
				t.Errorf("mix %+v", e.Mix)
			}
		})
	}
}

func (st *studio) remove(file string) {
	st.t.Helper()
	key := actor.TrainingKey(name, file)
	_, info, err := store.Hash(context.Background(), st.store, key)
	if err != nil {
		st.t.Fatal(err)
	}
	if err := st.store.Delete(context.Background(), key, info.Version); err != nil {
		st.t.Fatal(err)
	}
}

// The set changes while pictures are made: what was made stays, nothing is
// deleted.
func TestChangedWhileGenerating(t *testing.T) {
	st := newStudio(t, mem.New(), balance.Mix{Photorealistic: 15, BWStylized: 3, ColorStylized: 3}, 0)
	st.camera.spoil = func(generate.Order, int) (*generate.Picture, error) {
		st.remove(string(name) + "_2.png")
		return nil, nil
	}
	_, err := st.balance(st.store)
	if !errors.Is(err, execution.ErrStale) {
		t.Fatalf("got %v", err)
	}
	if sound := st.sound(); sound != (balance.Mix{Photorealistic: 14, BWStylized: 4, ColorStylized: 3}) {
		t.Errorf("the set has %+v", sound)
	}
	st.camera.spoil = nil
	st.mustBalance()
	st.clean()
}

// What the generator can do wrong, and what follows.
func TestGenerator(t *testing.T) {
	failing := func(err error, first int) func(generate.Order, int) (*generate.Picture, error) {
		return func(_ generate.Order, n int) (*generate.Picture, error) {
			if n <= first {
				return nil, err
			}
			return nil, nil
		}
	}
	wrongStyle := func(first int) func(generate.Order, int) (*generate.Picture, error) {
		return func(o generate.Order, n int) (*generate.Picture, error) {
			if n <= first {
				return &generate.Picture{Data: picture(verdict.Photorealistic, 8, o.Seed), Extension: ".png"}, nil
			}
			return nil, nil
		}
	}
	noImage := func(o generate.Order, n int) (*generate.Picture, error) {
		return &generate.Picture{Data: []byte("<html>" + o.Seed), Extension: ".png"}, nil
	}
	for what, c := range map[string]struct {
		spoil    func(generate.Order, int) (*generate.Picture, error)
		want     error // of the first performance
		says     string
		acts     map[ledger.Act]int
		orders   int
		balanced bool
	}{
		"wrong style at first":      {wrongStyle(1), nil, "", map[ledger.Act]int{ledger.Unfit: 1, ledger.Placed: 1}, 2, true},
		"never the right style":     {wrongStyle(9), execution.ErrFailed, "it is photorealistic, ordered was bw_stylized", map[ledger.Act]int{ledger.Unfit: 3, ledger.Failed: 1}, 3, false},
		"no image":                  {noImage, execution.ErrFailed, "broken", map[ledger.Act]int{ledger.Unfit: 3, ledger.Failed: 1}, 3, false},
		"refused for safety":        {failing(generate.ErrRefused, 1), execution.ErrFailed, "refused", map[ledger.Act]int{ledger.Refused: 1, ledger.Failed: 1}, 1, false},
		"answer lost":               {failing(generate.ErrLost, 1), nil, "", map[ledger.Act]int{ledger.Lost: 1, ledger.Placed: 1}, 2, true},
		"useless answer":            {failing(generate.ErrUnusable, 1), nil, "", map[ledger.Act]int{ledger.Unfit: 1, ledger.Placed: 1}, 2, true},
		"not carried out":           {failing(errBroken, 1), errBroken, "broken", map[ledger.Act]int{ledger.Void: 1, ledger.Failed: 0}, 1, false},
		"no further order possible": {failing(judge.ErrHalt, 1), judge.ErrHalt, "", map[ledger.Act]int{ledger.Void: 1, ledger.Failed: 0}, 1, false},
	} {
		t.Run(what, func(t *testing.T) {
			st := newStudio(t, mem.New(), balance.Mix{Photorealistic: 13, BWStylized: 3, ColorStylized: 3}, 0)
			before := st.files()
			st.camera.spoil = c.spoil
			_, err := st.balance(st.store)
			if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %v with %q", err, c.want, c.says)
			}
			acts := st.acts()
			for act, n := range c.acts {
				if acts[act] != n {
					t.Errorf("%s: %d lines, want %d", act, acts[act], n)
				}
			}
			if len(st.camera.orders) != c.orders {
				t.Errorf("%d orders, want %d", len(st.camera.orders), c.orders)
			}
			if err != nil && !maps.Equal(before, st.files()) {
				t.Error("the set has changed")
			}
			if st.latest().State == ledger.Approved { // it goes on where it stopped
				if _, err := st.finish(st.store); err != nil {
					t.Error(err)
				}
			} else if e := st.evaluation(); e.Balanced != c.balanced {
				t.Errorf("balanced %t: %+v", e.Balanced, e.Mix)
			}
		})
	}
}

// A picture that resembles one of the set, or one in the trash, does not enter.
func TestCopiesDoNotEnter(t *testing.T) {
	st := newStudio(t, mem.New(), balance.Mix{Photorealistic: 13, BWStylized: 3, ColorStylized: 3}, 0)
	st.camera.spoil = func(o generate.Order, n int) (*generate.Picture, error) {
		if n > 1 {
			return nil, nil
		}
		twin := picture(verdict.BWStylized, 5, string(name)+"_14.png")
		return &generate.Picture{Data: twin, Extension: ".png"}, nil
	}
	st.mustBalance()
	if acts := st.acts(); acts[ledger.Unfit] != 1 || acts[ledger.Placed] != 1 {
		t.Errorf("ledger: %v", acts)
	}
}

// Least-used prompts come first, and one that was refused never again.
func TestPrompts(t *testing.T) {
	st := newStudio(t, mem.New(), balance.Mix{BWStylized: 4, ColorStylized: 3}, 0)
	st.mustBalance()
	used := map[string]int{}
	book, err := ledger.Load(t.Context(), st.store, name)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range book.Lines {
		if line.Act == ledger.Ordered {
			used[line.Prompt]++
		}
	}
	if len(used) != 13 || slices.Max(slices.Collect(maps.Values(used))) != 1 {
		t.Errorf("prompts for 13 pictures: %v", used)
	}
}

func TestLimits(t *testing.T) {
	st := newStudio(t, mem.New(), balance.Mix{Photorealistic: 15, BWStylized: 2, ColorStylized: 2}, 0)
	if _, err := st.evaluator(st.store).Evaluate(t.Context(), st.actor); err != nil {
		t.Fatal(err)
	}
	if err := st.approve(st.store); err != nil {
		t.Fatal(err)
	}
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

func TestBaseImage(t *testing.T) {
	key := store.Key("actors/" + string(name) + "/base_image/base.png")
	for what, content := range map[string][]byte{"missing": nil, "broken": []byte("no picture")} {
		t.Run(what, func(t *testing.T) {
			st := newStudio(t, mem.New(), balance.Mix{Photorealistic: 13, BWStylized: 3, ColorStylized: 3}, 0)
			_, info, err := store.Hash(t.Context(), st.store, key)
			if err != nil {
				t.Fatal(err)
			}
			if err := st.store.Delete(t.Context(), key, info.Version); err != nil {
				t.Fatal(err)
			}
			if content != nil {
				st.put(key, content)
			}
			before := st.files()
			if _, err := st.balance(st.store); err == nil || !strings.Contains(err.Error(), "base image") {
				t.Errorf("got %v", err)
			}
			if len(st.camera.orders) > 0 || !maps.Equal(before, st.files()) {
				t.Error("something was done all the same")
			}
		})
	}
}

// A manifest that makes no sense is never written over, and a copy is kept.
func TestManifestOfNonsense(t *testing.T) {
	st := newStudio(t, mem.New(), balance.Mix{Photorealistic: 13, BWStylized: 3, ColorStylized: 3}, 0)
	nonsense := []byte(`{"images": 7}`)
	st.put(actor.ManifestKey(name), nonsense)
	if _, err := st.balance(st.store); err == nil || !strings.Contains(err.Error(), "screentest/refused/") {
		t.Errorf("got %v", err)
	}
	text, _, err := store.ReadAll(t.Context(), st.store, actor.ManifestKey(name), 100)
	if err != nil || string(text) != string(nonsense) || len(st.camera.orders) > 0 {
		t.Errorf("manifest %s, %v, %d orders", text, err, len(st.camera.orders))
	}
}

// A plan that was edited in the evaluation is not performed.
func TestEditedPlan(t *testing.T) {
	st := newStudio(t, mem.New(), balance.Mix{Photorealistic: 13, BWStylized: 3, ColorStylized: 3}, 0)
	if _, err := st.evaluator(st.store).Evaluate(t.Context(), st.actor); err != nil {
		t.Fatal(err)
	}
	err := store.Update(t.Context(), st.store, actor.EvaluationKey(name), func(old []byte) ([]byte, error) {
		return []byte(strings.Replace(string(old), `"bw_stylized": 1`, `"bw_stylized": 9`, 1)), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.approve(st.store); err == nil || !strings.Contains(err.Error(), "edited") {
		t.Errorf("got %v", err)
	}
}

// What a manifest says of an image goes to the trash with it, to the last byte
// that it does not know.
func TestReceiptKeepsTheEntry(t *testing.T) {
	st := newStudio(t, mem.New(), balance.Mix{Photorealistic: 20, BWStylized: 4, ColorStylized: 3}, 0)
	st.mustBalance()
	receipts, _, err := trash.List(t.Context(), st.store, name)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range receipts {
		if r.File == string(name)+"_1.png" && strings.Contains(string(r.Entry), `"blue & grey"`) {
			return
		}
	}
	t.Errorf("no receipt of _1.png with its mood among %d", len(receipts))
}
