package verify_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"screentest/pkg/actor"
	"screentest/pkg/actor/rostertest"
	"screentest/pkg/ledger"
	"screentest/pkg/manifest"
	"screentest/pkg/migration"
	"screentest/pkg/store"
	"screentest/pkg/store/dir"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
	"screentest/pkg/verify"
)

// disturbed is a world with one of everything that can be mended.
func disturbed(t *testing.T) *world {
	w := settled(t)
	w.mirrored()
	p, _ := w.placed()
	r := w.receipt(p)
	r.Remote = actor.TrainingKey("ada", "2.png")
	w.keep(r)
	w.end(p, ledger.Stale)
	w.edit(func(m *manifest.Manifest) { delete(m.Images, "2.png") })
	w.gone("1.png")
	remove(t, w.mirror, actor.TrainingKey("ada", "1.png"))
	w.image("4.png", "four")
	return w
}

// Whatever operation fails, and however, a second repair ends in the same tree,
// and every repair is on record.
func TestFaults(t *testing.T) {
	unharmed := disturbed(t)
	report, err := verify.Repair(t.Context(), unharmed.config(), ada)
	unharmed.check(err)
	if len(report.Mended) != 7 || !slices.Equal(told(unharmed, report.Findings), []string{"lost_image 1.png"}) {
		t.Fatalf("%+v", report)
	}
	want, wantMirror := contents(t, unharmed.store), contents(t, unharmed.mirror)
	repairs := recorded(unharmed)
	var w *world
	sides := map[string]struct {
		open func(t *testing.T) store.Store
		flow func(s store.Store) error
	}{
		"tree": {
			func(t *testing.T) store.Store { w = disturbed(t); return w.store },
			func(s store.Store) error { c := w.config(); c.Store = s; return repair(t, c) },
		},
		"mirror": {
			func(t *testing.T) store.Store { w = disturbed(t); return w.mirror },
			func(s store.Store) error {
				c, m := w.config(), *w.remote.Mirror
				m.Store = s
				c.Remote.Mirror = &m
				return repair(t, c)
			},
		},
	}
	for name, side := range sides {
		t.Run(name, func(t *testing.T) {
			storetest.Sweep(t, side.open, side.flow, func(t *testing.T, _ store.Store, failed error) {
				if err := repair(t, w.config()); err != nil {
					t.Error(err)
				}
				lines := recorded(w) // of half a repair there may be further ones
				for line := range repairs {
					if !lines[line] {
						t.Errorf("after %v: not recorded: %s", failed, line)
					}
				}
				got := contents(t, w.store)
				got[string(actor.LedgerKey("ada"))] = want[string(actor.LedgerKey("ada"))] // a repair may be there twice
				if !maps.Equal(got, want) || !maps.Equal(contents(t, w.mirror), wantMirror) {
					t.Errorf("after %v: %v, want %v", failed, got, want)
				}
			})
		})
	}
}

// repair fails where something is left that could be mended.
func repair(t *testing.T, c verify.Config) error {
	report, err := verify.Repair(t.Context(), c, ada)
	for _, f := range report.Findings {
		if f.Repair != "" || f.Kind == verify.UnreadableImage {
			err = errors.Join(err, fmt.Errorf("left %s %s", f.Kind, f.File))
		}
	}
	return err
}

func recorded(w *world) map[string]bool {
	all := map[string]bool{}
	for _, line := range w.ledger().Lines {
		if line.Act == ledger.Repaired {
			all[line.File+": "+line.Why] = true
		}
	}
	return all
}

// A broken store fails to open one object.
type broken struct {
	store.Store
	key  store.Key
	fail func() error
}

func (b broken) Get(ctx context.Context, k store.Key) (store.Object, error) {
	if k == b.key {
		return store.Object{}, b.fail()
	}
	return b.Store.Get(ctx, k)
}

func TestUnreadableImage(t *testing.T) {
	w := settled(t)
	w.image("3.png", "three")
	w.reconcile()
	w.image("2.png", "other")
	w.store = broken{w.store, actor.TrainingKey("ada", "1.png"), func() error { return errors.New("permission denied") }}
	report, err := verify.Repair(t.Context(), w.config(), ada)
	w.check(err)
	want := []string{"unreadable_image 1.png", "hash_differs 2.png"}
	if got := told(w, report.Findings); !slices.Equal(got, want) || report.Images != 2 {
		t.Errorf("%q of %d images, want %q", got, report.Images, want)
	}
}

// What else is wrong is told also where the manifest cannot be compared.
func TestUnreadableImageWithoutEntry(t *testing.T) {
	w := settled(t)
	w.image("3.png", "three")
	w.image("2.png", "other")
	w.store = broken{w.store, actor.TrainingKey("ada", "3.png"), func() error { return errors.New("permission denied") }}
	report, err := verify.Actor(t.Context(), w.config(), ada)
	w.check(err)
	want := []string{"unreadable_image 3.png", "hash_differs 2.png"}
	if got := told(w, report.Findings); !slices.Equal(got, want) || len(report.Notes) != 1 {
		t.Errorf("%q, %+v, want %q", got, report.Notes, want)
	}
}

func TestUnreadableTrash(t *testing.T) {
	w := settled(t)
	_, r := w.trashed()
	w.store = broken{w.store, r.ImageKey(), func() error { return errors.New("permission denied") }}
	report, err := verify.Actor(t.Context(), w.config(), ada)
	w.check(err)
	if got := told(w, report.Findings); !slices.Equal(got, []string{"unreadable_image " + trashed + "PLAN/images/2.png"}) {
		t.Errorf("%q", got)
	}
}

// What cannot be read is no reason to change anything.
func TestFailsWithoutTheManifest(t *testing.T) {
	for _, key := range []store.Key{actor.ManifestKey("ada"), actor.LedgerKey("ada")} {
		w := settled(t)
		w.image("3.png", "three")
		whole, before := w.store, contents(t, w.store)
		denied := errors.New("permission denied")
		w.store = broken{whole, key, func() error { return denied }}
		if _, err := verify.Repair(t.Context(), w.config(), ada); !errors.Is(err, denied) {
			t.Errorf("%s: %v", key, err)
		}
		if !maps.Equal(before, contents(t, whole)) {
			t.Errorf("%s: repaired nevertheless", key)
		}
	}
}

func TestCancelled(t *testing.T) {
	w := settled(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.store = broken{w.store, actor.TrainingKey("ada", "1.png"), func() error { cancel(); return ctx.Err() }}
	if report, err := verify.Actor(ctx, w.config(), ada); !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v", report, err)
	}
}

// A failed repair does not hide what is wrong.
func TestRepairFails(t *testing.T) {
	w := settled(t)
	w.mirrored()
	remove(t, w.mirror, actor.TrainingKey("ada", "1.png"))
	w.image("3.png", "three")
	w.remote.Mirror.Store = refusing{w.mirror}
	report, err := verify.Repair(t.Context(), w.config(), ada)
	if !errors.Is(err, errReadOnly) {
		t.Errorf("%v", err)
	}
	if got := told(w, report.Mended); !slices.Equal(got, []string{"object_without_entry 3.png"}) {
		t.Errorf("mended %q", got)
	}
	if got := told(w, report.Findings); !slices.Equal(got, []string{"not_in_mirror 1.png", "not_in_mirror 3.png"}) {
		t.Errorf("left %q", got)
	}
}

var errReadOnly = errors.New("read only")

// A refusing store takes nothing.
type refusing struct{ store.Store }

func (refusing) Put(context.Context, store.Key, []byte, store.Condition) (store.Version, error) {
	return "", errReadOnly
}

func TestActors(t *testing.T) {
	s := mem.New()
	put(t, s, "actorsData.json", `[{"name": "nobody"}, {"name": "files"}, {"name": "trash"}, {"name": "ledger"}, {"name": "answer"}, {"name": "evaluated"}, {}]`)
	put(t, s, actor.TrainingKey("files", "1.png"), "one")
	put(t, s, actor.TrainingKey("stranger", "1.png"), "one")
	put(t, s, "screentest/trash/trash/plan/images/1.png", "one")
	put(t, s, "screentest/generated/answer/plan/1.json", "one")
	put(t, s, actor.LedgerKey("ledger"), "")
	put(t, s, actor.LedgerKey("gone"), "")
	put(t, s, actor.EvaluationKey("evaluated"), "")
	put(t, s, actor.EvaluationKey("gone too"), "")
	actors, problems, err := verify.Actors(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	var names, where []string
	for _, a := range actors {
		names = append(names, string(a.Name))
	}
	for _, p := range problems {
		where = append(where, p.Where)
	}
	if !slices.Equal(names, []string{"answer", "evaluated", "files", "ledger", "trash"}) {
		t.Errorf("actors %q", names)
	}
	if !slices.Equal(where, []string{"actorsData.json, entry 6", "actors/stranger", "screentest/ledger/gone"}) {
		t.Errorf("problems %q", where)
	}
}

// With a roster that was just migrated nothing is wrong.
func TestRealRoster(t *testing.T) {
	s := mem.New()
	rostertest.Put(t, s, rostertest.Archive(t, "legacy.tar.gz"), "data/")
	byHand := rostertest.Archive(t, "migrated.tar.gz")
	rostertest.Put(t, s, byHand, "migration_input/data/")
	for name, body := range byHand {
		dir, ok := strings.CutPrefix(name, "data/")
		if !ok {
			continue
		}
		m, err := manifest.Decode(body)
		if err != nil {
			t.Fatal(err)
		}
		for file := range m.Images {
			put(t, s, store.Key(strings.TrimSuffix(dir, actor.ManifestFile)+file), file)
		}
	}
	report, err := migration.Run(t.Context(), s, migration.Options{Now: clock})
	if err != nil || report.Migrated != 98 {
		t.Fatalf("migrated %d, %v", report.Migrated, err)
	}
	actors, _, err := verify.Actors(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	images := 0
	for _, a := range actors {
		report, err := verify.Actor(t.Context(), verify.Config{Store: s, Now: clock}, a)
		if err != nil || len(report.Findings) > 0 {
			t.Errorf("%s: %v, %+v", a.Name, err, report.Findings)
		}
		images += report.Images
	}
	if images != 1030 {
		t.Errorf("%d images read, want 1030", images)
	}
}

// BenchmarkActor reads an actor of 20 images of a megabyte.
func BenchmarkActor(b *testing.B) {
	s, err := dir.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	w := &world{TB: b, store: s, mirror: mem.New()}
	for i := range 20 {
		w.image(fmt.Sprintf("%d.png", i), fmt.Sprint(i)+strings.Repeat("x", 1<<20))
	}
	w.reconcile()
	for b.Loop() {
		if report, err := verify.Actor(b.Context(), w.config(), ada); err != nil || len(report.Findings) > 0 {
			b.Fatal(report, err)
		}
	}
}
