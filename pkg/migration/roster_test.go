package migration_test

import (
	"strings"
	"testing"

	"screentest/pkg/actor"
	"screentest/pkg/actor/rostertest"
	"screentest/pkg/manifest"
	"screentest/pkg/migration"
	"screentest/pkg/store/mem"
)

// TestRealRoster compares with the 98 manifests that a migration of the real
// system made by hand, of which 16 had prompts.
func TestRealRoster(t *testing.T) {
	legacy, byHand := rostertest.Archive(t, "legacy.tar.gz"), rostertest.Archive(t, "migrated.tar.gz")
	s := mem.New()
	rostertest.Put(t, s, legacy, "data/")
	rostertest.Put(t, s, byHand, "migration_input/data/") // what one actor had when it was migrated
	golden := map[actor.Name]*manifest.Manifest{}
	for name, body := range byHand {
		if !strings.HasPrefix(name, "data/") {
			continue
		}
		m, err := manifest.Decode(body)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		n := actor.Name(strings.Split(name, "/")[2])
		golden[n] = m
		for file := range m.Images {
			plant(t, s, map[string]string{string(actor.TrainingKey(n, file)): file})
		}
	}
	r := run(t, s, migration.Options{})
	if r.Migrated != 98 || r.Failed != 0 || r.Skipped != 190 || r.Images != 1030 || len(r.Conflicts) != 0 {
		t.Errorf("migrated %d, failed %d, skipped %d, images %d, conflicts %v, want 98, 0, 190, 1030, none",
			r.Migrated, r.Failed, r.Skipped, r.Images, r.Conflicts)
	}
	checkRecovered(t, r)
	prompted := 0
	for n, want := range golden {
		got := load(t, s, n)
		if compare(t, got, want) {
			prompted++
		}
	}
	if prompted != 16 {
		t.Errorf("%d actors have prompts, want 16", prompted)
	}
	if again := run(t, s, migration.Options{}); again.Migrated != 0 || again.Already != 98 || again.Failed != 0 {
		t.Errorf("again: migrated %d, already %d, failed %d", again.Migrated, again.Already, again.Failed)
	}
}

// checkRecovered: of 1,105 images, the migration by hand lost 75 of 9 actors.
func checkRecovered(t *testing.T, r migration.Report) {
	t.Helper()
	actors := 0
	for _, a := range r.Actors {
		if a.Recovered > 0 {
			actors++
		}
	}
	if r.Recovered != 75 || actors != 9 || r.Images+r.Missing != 1105 {
		t.Errorf("recovered %d in %d actors, of %d images, want 75 in 9 of 1105", r.Recovered, actors, r.Images+r.Missing)
	}
}

// compare holds a manifest against one made by hand, whose times and, where it
// knew none, indexes are those of the moment. It reports whether there are prompts.
func compare(t *testing.T, got, want *manifest.Manifest) bool {
	t.Helper()
	prompted := strings.Contains(string(want.Generations[0].Metadata), "prompt_metadata")
	if got.ActorID != want.ActorID || len(got.Images) != len(want.Images) {
		t.Errorf("%s: %d images of %s, want %d", want.ActorID, len(got.Images), got.ActorID, len(want.Images))
	}
	for file, w := range want.Images {
		g, ok := got.Images[file]
		same := ok && g.S3URL == w.S3URL && g.Prompt == w.Prompt && g.PromptPreview == w.PromptPreview &&
			*g.GenerationID == *w.GenerationID && g.GenerationType == w.GenerationType && g.SHA256 != ""
		if prompted {
			same = same && g.GeneratedAt == w.GeneratedAt && *g.Index == *w.Index
		} else {
			same = same && g.GeneratedAt == ""
		}
		if !same {
			t.Errorf("%s, %s: %+v, want %+v", want.ActorID, file, g, w)
		}
	}
	return prompted
}
