package migration_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"screentest/pkg/actor"
	"screentest/pkg/actor/rostertest"
	"screentest/pkg/manifest"
	"screentest/pkg/migration"
	"screentest/pkg/store"
	"screentest/pkg/store/dir"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
)

var actorA = actor.Actor{Name: "a"}

// TestReconcileScenarios looks at the manifest of the actor a of each tree,
// reconciles it, and does so again.
func TestReconcileScenarios(t *testing.T) { scenarios(t, "testdata/reconcile/*.txtar", reconcileTwice) }

func reconcileTwice(t *testing.T, before map[string]string) map[string]string {
	s := mem.New()
	plant(t, s, before)
	planned, dryErr := migration.Disagreements(t.Context(), s, actorA)
	if changed := changes(t, before, tree(t, s)); len(changed) > 0 {
		t.Errorf("the dry run wrote %v", changed)
	}
	made, err := migration.Reconcile(t.Context(), s, actorA, clock)
	if !slices.Equal(made, planned) || (err == nil) != (dryErr == nil) {
		t.Errorf("changed %v, %v; the dry run said %v, %v", made, err, planned, dryErr)
	}
	after := tree(t, s)
	again, errAgain := migration.Reconcile(t.Context(), s, actorA, clock)
	if len(again) > 0 || fmt.Sprint(errAgain) != fmt.Sprint(err) {
		t.Errorf("again: %v, %v", again, errAgain)
	}
	if changed := changes(t, after, tree(t, s)); len(changed) > 0 {
		t.Errorf("again wrote %v", changed)
	}
	got := changes(t, before, after)
	var report []string
	for _, change := range made {
		report = append(report, fmt.Sprintf("%s: %s", change.Kind, change))
	}
	if err != nil {
		report = append(report, "error: "+err.Error())
	}
	got["report.json"] = text(t, report)
	return got
}

func TestReconcileFailsOnNonsense(t *testing.T) {
	for _, body := range []string{"", "[]", `{"revision": -1}`, `{"images": {"../x": {}}}`, strings.Repeat(" ", manifest.MaxBytes+1)} {
		s := mem.New()
		plant(t, s, map[string]string{"actors/a/training_data/1.png": "one", string(actor.ManifestKey("a")): body})
		_, err := migration.Reconcile(t.Context(), s, actorA, clock)
		if !errors.Is(err, migration.ErrManifest) {
			t.Fatalf("%.20q: %v", body, err)
		}
		copied := ""
		for name, content := range tree(t, s) {
			if strings.HasPrefix(name, "screentest/refused/a/manifest-") && content == body {
				copied = name
			}
		}
		if copied == "" || !strings.Contains(err.Error(), copied) {
			t.Errorf("%.20q: copied to %q, error %v", body, copied, err)
		}
	}
}

// What cannot be read is not gone.
func TestReconcileUnreadable(t *testing.T) {
	s := planted(t)
	run(t, s, migration.Options{})
	before := tree(t, s)
	refusing := refuser{s, "actors/a/training_data/1.png"}
	if changes, err := migration.Reconcile(t.Context(), refusing, actorA, clock); err != nil || len(changes) > 0 {
		t.Errorf("%v, %v", changes, err)
	}
	denied := hooked{s, "actors/a/training_data/new.png", func() error { return errors.New("permission denied") }}
	plant(t, s, map[string]string{"actors/a/training_data/new.png": "new"})
	if _, err := migration.Reconcile(t.Context(), denied, actorA, clock); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Error(err)
	}
	if changed := changes(t, before, tree(t, s)); len(changed) != 1 {
		t.Errorf("wrote %v", changed)
	}
}

// A refuser lists one object as something that cannot be read.
type refuser struct {
	store.Store
	key store.Key
}

func (r refuser) List(ctx context.Context, o store.ListOptions) (store.Page, error) {
	page, err := r.Store.List(ctx, o)
	before := len(page.Objects)
	page.Objects = slices.DeleteFunc(page.Objects, func(i store.Info) bool { return i.Key == r.key })
	if len(page.Objects) < before {
		page.Refused = append(page.Refused, store.Refusal{Name: string(r.key), Reason: "permission denied"})
	}
	return page, err
}

func TestReconcileFaults(t *testing.T) {
	trees := map[string]map[string]string{
		"disagrees": {
			"actors/a/training_data/1.png": "one",
			string(actor.ManifestKey("a")): `{"revision": 1, "total_images": 1, "images": {"2.png": {"sha256": "gone"}}}`,
		},
		"nonsense": {string(actor.ManifestKey("a")): "nonsense"},
	}
	for name, before := range trees {
		t.Run(name, func(t *testing.T) {
			flow := func(s store.Store) error {
				_, err := migration.Reconcile(t.Context(), s, actorA, clock)
				return err
			}
			open := func(t *testing.T) store.Store {
				s := mem.New()
				plant(t, s, before)
				return s
			}
			unharmed := open(t)
			wantErr := flow(unharmed)
			want := tree(t, unharmed)
			storetest.Sweep(t, open, flow, func(t *testing.T, s store.Store, _ error) {
				if err := flow(s); fmt.Sprint(err) != fmt.Sprint(wantErr) {
					t.Error(err)
				}
				if got := tree(t, s); !maps.Equal(got, want) {
					t.Errorf("got %v, want %v", got, want)
				}
			})
		})
	}
}

// Whatever the manifest lists, afterwards its images are those that are there,
// and every entry there was is still to be found.
func TestReconcileAgrees(t *testing.T) {
	file := rapid.SampledFrom([]string{"1.png", "2.png", "3.jpg", "4.PNG", "5.webp"})
	rapid.Check(t, func(rt *rapid.T) {
		images := rapid.SliceOfDistinct(file, rapid.ID[string]).Draw(rt, "images")
		missing := rapid.SliceOfDistinct(file, rapid.ID[string]).Draw(rt, "missing")
		missing = slices.DeleteFunc(missing, func(f string) bool { return slices.Contains(images, f) })
		there := rapid.SliceOfDistinct(file, rapid.ID[string]).Draw(rt, "there")

		m := manifest.Manifest{Images: entries(images), Missing: entries(missing), Revision: 1}
		files := map[string]string{string(actor.ManifestKey("a")): string(m.Encode())}
		for _, f := range there {
			files["actors/a/training_data/"+f] = f
		}
		s := mem.New()
		plant(t, s, files)
		if _, err := migration.Reconcile(t.Context(), s, actorA, clock); err != nil {
			rt.Fatal(err)
		}
		got := load(t, s, "a")
		want := slices.DeleteFunc(slices.Clone(there), func(f string) bool { return !actor.IsTrainingImage(f) })
		if !slices.Equal(slices.Sorted(maps.Keys(got.Images)), slices.Sorted(slices.Values(want))) {
			rt.Fatalf("images %v, want %v", got.Images, want)
		}
		for _, f := range slices.Concat(images, missing) {
			if got.Images[f].Prompt+got.Missing[f].Prompt != "of "+f {
				rt.Fatalf("the entry of %s is lost", f)
			}
		}
	})
}

func entries(files []string) map[string]manifest.Image {
	all := map[string]manifest.Image{}
	for _, f := range files {
		all[f] = manifest.Image{Prompt: "of " + f}
	}
	return all
}

// A roster that was just migrated needs nothing; the actors whose files nothing
// names are those for whom migration made no manifest.
func TestReconcileRoster(t *testing.T) {
	s := mem.New()
	rostertest.Put(t, s, rostertest.Archive(t, "legacy.tar.gz"), "data/")
	roster, err := actor.LoadRoster(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range roster.Actors {
		plant(t, s, map[string]string{string(actor.TrainingKey(a.Name, "x_1.png")): fmt.Sprint(i)})
	}
	migrated := run(t, s, migration.Options{}).Migrated
	made := 0
	for _, a := range roster.Actors {
		changes, err := migration.Reconcile(t.Context(), s, a, clock)
		if err != nil || len(changes) > 1 || len(changes) == 1 && changes[0].Kind != migration.Made {
			t.Errorf("%s: %v, %v", a.Name, changes, err)
		}
		made += len(changes)
	}
	if migrated == 0 || made != len(roster.Actors)-migrated {
		t.Errorf("%d migrated, then %d made, of %d", migrated, made, len(roster.Actors))
	}
}

// BenchmarkReconcile is an actor of 20 images about whom nothing is to be done.
func BenchmarkReconcile(b *testing.B) {
	s, err := dir.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	for i := range 20 {
		plant(b, s, map[string]string{string(actor.TrainingKey("a", fmt.Sprintf("%d.png", i))): strings.Repeat("x", 1<<20)})
	}
	if _, err := migration.Reconcile(b.Context(), s, actorA, clock); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if changes, err := migration.Reconcile(b.Context(), s, actorA, clock); err != nil || len(changes) > 0 {
			b.Fatal(changes, err)
		}
	}
}
