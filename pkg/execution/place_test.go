package execution_test

import (
	"fmt"
	"strings"
	"testing"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/generate"
	"screentest/pkg/ledger"
	"screentest/pkg/manifest"
	"screentest/pkg/restore"
	"screentest/pkg/store"
	"screentest/pkg/verdict"
)

// A picture that resembles one of the set, one in the trash or the base image
// does not enter.
func TestCopiesDoNotEnter(t *testing.T) {
	file := func(n int) string { return fmt.Sprintf("%s_%d.png", name, n) }
	for what, c := range map[string]struct {
		mix  balance.Mix
		twin func(o generate.Order) []byte
	}{
		"of the set": {balance.Mix{Photorealistic: 13, BWStylized: 3, ColorStylized: 3},
			func(generate.Order) []byte { return picture(verdict.BWStylized, 5, file(14)) }},
		"of the base image": {balance.Mix{Photorealistic: 12, BWStylized: 4, ColorStylized: 3},
			func(o generate.Order) []byte { return o.Base }},
		"of what is in the trash": {surplus,
			func(generate.Order) []byte { return picture(verdict.Photorealistic, 5, doomed) }},
	} {
		t.Run(what, func(t *testing.T) {
			st := newStudio(t, memory(), c.mix, 0)
			st.camera.spoil = func(o generate.Order, n int) (*generate.Picture, error) {
				if n > 1 {
					return nil, nil
				}
				return &generate.Picture{Data: c.twin(o), Extension: ".png"}, nil
			}
			if c.mix == surplus {
				st.mustBalance() // one goes
				st.remove(file(2))
			}
			st.mustBalance()
			if acts := st.acts(); acts[ledger.Unfit] != 1 || acts[ledger.Placed] != 1 {
				t.Errorf("ledger: %v", acts)
			}
			for _, line := range st.lines() {
				if line.Act == ledger.Unfit && !strings.Contains(line.Why, "a copy of") {
					t.Errorf("unfit: %s", line.Why)
				}
			}
		})
	}
}

// A name has the number after the highest that was ever used, wherever that is on
// record; a number that is none does no harm.
func TestNames(t *testing.T) {
	for what, c := range map[string]struct {
		prepare func(t *testing.T, st *studio)
		want    int
	}{
		"in the set": {func(*testing.T, *studio) {}, 20},
		"only in the ledger": {func(t *testing.T, st *studio) {
			st.put(actor.TrainingKey(name, string(name)+"_30.png"), picture(verdict.Photorealistic, 1, "bad"))
			st.settings.Target.BWStylized = 3
			st.mustBalance() // it goes to the trash
			st.settings.Target.BWStylized = 4
			c := restore.Config{Store: st.store, By: "ada", Now: st.now}
			if r, err := c.Empty(t.Context(), name, st.now()); err != nil || len(r.Images) != 1 {
				t.Fatal(r, err)
			}
		}, 31},
		"missing": {func(t *testing.T, st *studio) {
			metadata := store.Key("actors/" + string(name) + "/training_data/prompt_metadata.json")
			err := store.Update(t.Context(), st.store, metadata, func([]byte) ([]byte, error) {
				return []byte(`{"images":{"` + string(name) + `_40.png":{"prompt":"of old"}}}`), nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}, 41},
		"the largest number": {func(_ *testing.T, st *studio) {
			st.remove(string(name) + "_1.png")
			st.put(actor.TrainingKey(name, "x_9223372036854775807.png"), picture(verdict.Photorealistic, 6, "x"))
		}, 20},
		"a date": {func(_ *testing.T, st *studio) {
			st.remove(string(name) + "_1.png")
			st.put(actor.TrainingKey(name, "x_20261122120000.png"), picture(verdict.Photorealistic, 6, "x"))
		}, 20},
	} {
		t.Run(what, func(t *testing.T) {
			st := newStudio(t, memory(), short, 0)
			c.prepare(t, st)
			st.mustBalance()
			if got, want := st.placed()[0].File, fmt.Sprintf("%s_%d.png", name, c.want); got != want {
				t.Errorf("the picture is %s, want %s", got, want)
			}
		})
	}
}

// What is said of a picture tells who made it, and that the offline generator did.
func TestEntry(t *testing.T) {
	for free, kind := range map[bool]string{false: "generated", true: "generated_offline"} {
		st := newStudio(t, memory(), short, 0)
		st.camera.free = free
		st.mustBalance()
		m, _, err := manifest.Load(t.Context(), st.store, name)
		if err != nil {
			t.Fatal(err)
		}
		entry := m.Images[st.placed()[0].File]
		last := m.Generations[len(m.Generations)-1]
		if entry.GenerationType != kind || last.Type != kind || last.ImageCount != 1 || *entry.GenerationID != last.ID {
			t.Errorf("%s: the entry is %+v, the generation %+v", kind, entry, last)
		}
		if entry.Prompt == "" || *entry.Index != 20 || entry.Width != widths[verdict.BWStylized] || entry.SHA256 != st.files()[st.placed()[0].File] {
			t.Errorf("%s: the entry is %+v", kind, entry)
		}
	}
}

// A manifest that makes no sense is never written over, and a copy is kept.
func TestManifestOfNonsense(t *testing.T) {
	st := newStudio(t, memory(), short, 0)
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

// The same goes where the program was killed in the middle of a step: once the
// manifest is as it was, or gone altogether, the plan is finished.
func TestManifestLostInMidStep(t *testing.T) {
	for what, nonsense := range map[string]string{"nonsense": `{"images": 7}`, "gone": ""} {
		t.Run(what, func(t *testing.T) {
			st := newStudio(t, memory(), short, 0)
			if _, err := st.balance(st.killed(moment{"after", "put", "_20.png"})); err == nil {
				t.Fatal("nothing was cut off")
			}
			st.take(actor.ManifestKey(name))
			if nonsense != "" {
				st.put(actor.ManifestKey(name), []byte(nonsense))
				if _, err := st.finish(st.store); err == nil || !strings.Contains(err.Error(), "screentest/refused/") {
					t.Errorf("got %v", err)
				}
				st.take(actor.ManifestKey(name))
			}
			if _, err := st.finish(st.store); err != nil {
				t.Fatal(err)
			}
			if len(st.camera.orders) != 1 || st.latest().State != ledger.Done {
				t.Errorf("%d orders, the plan is %s", len(st.camera.orders), st.latest().State)
			}
			st.clean()
		})
	}
}
