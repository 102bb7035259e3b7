package execution_test

import (
	"bytes"
	"errors"
	"maps"
	"strings"
	"testing"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/execution"
	"screentest/pkg/ledger"
	"screentest/pkg/manifest"
	"screentest/pkg/mirror"
	"screentest/pkg/store"
	"screentest/pkg/verdict"
)

// What a plan does in the tree it does in the mirror: what enters lies in both
// and says so, what goes is in the trash of both.
func TestBothPlaces(t *testing.T) {
	st := newStudio(t, memory(), balance.Mix{Photorealistic: 15, BWStylized: 3, ColorStylized: 3}, 0)
	second := st.mirror()
	st.mustBalance()
	if tree, mirrored := listing(t, st.store, "actors/"), listing(t, second, "actors/"); !maps.Equal(images(tree), mirrored) {
		t.Errorf("the tree has %v, the mirror %v", tree, mirrored)
	}
	want := map[store.Key]string{}
	for _, r := range st.trashed() {
		want[r.ImageKey()] = r.SHA256
	}
	if kept := listing(t, second, "screentest/"); len(kept) != 2 || !maps.Equal(kept, want) {
		t.Errorf("the trash of the mirror has %v", kept)
	}
	placed := st.placed()[0]
	m, _, err := manifest.Load(t.Context(), st.store, name)
	if want := st.remote.Mirror.At.URL(actor.TrainingKey(name, placed.File)); err != nil || m.Images[placed.File].S3URL != want {
		t.Errorf("the address of %s is %q, %v, want %q", placed.File, m.Images[placed.File].S3URL, err, want)
	}
	st.clean()
}

// images returns what of a listing of a tree lies in the set.
func images(all map[store.Key]string) map[store.Key]string {
	set := map[store.Key]string{}
	for k, sum := range all {
		if actor.IsTrainingImage(k.Base()) && strings.Contains(string(k), "/training_data/") {
			set[k] = sum
		}
	}
	return set
}

// A name under which something lies in the mirror only is left to that.
func TestNameTakenInTheMirror(t *testing.T) {
	st := newStudio(t, memory(), short, 0)
	second := st.mirror()
	theirs := actor.TrainingKey(name, string(name)+"_20.png")
	if _, err := second.Put(t.Context(), theirs, []byte("theirs"), store.IfAbsent); err != nil {
		t.Fatal(err)
	}
	st.mustBalance()
	if got, want := st.placed()[0].File, string(name)+"_21.png"; got != want {
		t.Errorf("the picture is %s, want %s", got, want)
	}
	if body, _, err := store.ReadAll(t.Context(), second, theirs, 100); err != nil || string(body) != "theirs" {
		t.Errorf("theirs is %q, %v", body, err)
	}
}

// A name that somebody takes after it was chosen is left to them.
func TestNameTakenMeanwhile(t *testing.T) {
	st := newStudio(t, memory(), short, 0)
	file := string(name) + "_20.png"
	theirs := picture(verdict.ColorStylized, 9, "theirs")
	placing := &hook{Store: st.store, before: func(op string, k store.Key) error {
		if op == "put" && k == actor.TrainingKey(name, file) && st.files()[file] == "" {
			st.put(k, theirs)
		}
		return nil
	}}
	if _, err := st.balance(placing); err != nil {
		t.Error(err)
	}
	body, _, err := store.ReadAll(t.Context(), st.store, actor.TrainingKey(name, file), 1<<20)
	if err != nil || !bytes.Equal(body, theirs) || st.placed()[0].File != string(name)+"_21.png" {
		t.Errorf("%v; placed was %+v", err, st.placed())
	}
}

// A store that repeats by itself what seemed to fail finds its own picture in the
// way: it keeps its name.
func TestPlacedTwice(t *testing.T) {
	st := newStudio(t, memory(), short, 0)
	file := string(name) + "_20.png"
	repeating := &hook{Store: st.store, after: func(op string, k store.Key) error {
		if op == "put" && k == actor.TrainingKey(name, file) {
			return store.ErrConflict
		}
		return nil
	}}
	if _, err := st.balance(repeating); err != nil {
		t.Fatal(err)
	}
	if placed := st.placed(); len(placed) != 1 || placed[0].File != file || len(st.files()) != 20 {
		t.Errorf("%d files, placed %+v", len(st.files()), placed)
	}
	st.clean()
}

// A copy in the mirror that somebody has replaced in the middle of a deletion is
// not deleted.
func TestCopyReplacedMeanwhile(t *testing.T) {
	st := newStudio(t, memory(), surplus, 0)
	second := st.mirror()
	if _, err := st.balance(st.killed(moment{"after", "delete", "/training_data/"})); err == nil {
		t.Fatal("nothing was cut off")
	}
	key := actor.TrainingKey(name, doomed)
	if err := store.Update(t.Context(), second, key, func([]byte) ([]byte, error) { return []byte("theirs"), nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := st.finish(st.store); !errors.Is(err, mirror.ErrDiffers) {
		t.Errorf("got %v", err)
	}
	if body, _, err := store.ReadAll(t.Context(), second, key, 100); err != nil || string(body) != "theirs" {
		t.Errorf("the mirror has %q, %v", body, err)
	}
}

// Where a copy lies out of reach the plan is refused before anything is paid for
// or changed, and --json says so beforehand.
func TestOrphan(t *testing.T) {
	st := newStudio(t, memory(), balance.Mix{Photorealistic: 15, BWStylized: 3, ColorStylized: 3}, 0)
	metadata := store.Key("actors/" + string(name) + "/training_data/prompt_metadata.json")
	err := store.Update(t.Context(), st.store, metadata, func([]byte) ([]byte, error) {
		return []byte(`{"images":{"` + string(name) + `_1.png":{"s3_url":"https://other.s3.amazonaws.com/` + string(name) + `_1.png"}}}`), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	before := st.files()
	if _, err := st.balance(st.store); !errors.Is(err, mirror.ErrOrphan) {
		t.Errorf("got %v", err)
	}
	if len(st.camera.orders) > 0 || !maps.Equal(before, st.files()) {
		t.Errorf("%d orders, or the set has changed", len(st.camera.orders))
	}
	intent, err := execution.IntentOf(t.Context(), st.store, name, ledger.Signature{By: "test", At: st.now()})
	if err != nil {
		t.Fatal(err)
	}
	if err := execution.Orphans(t.Context(), st.store, st.remote, intent); !errors.Is(err, mirror.ErrOrphan) {
		t.Errorf("beforehand: %v", err)
	}
	st.remote.Waived = true
	if err := execution.Orphans(t.Context(), st.store, st.remote, intent); err != nil {
		t.Error(err)
	}
	if result := st.mustBalance(); len(result.Outside) != 1 {
		t.Errorf("left outside: %q", result.Outside)
	}
}
