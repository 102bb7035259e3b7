package actor_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"screentest/pkg/actor"
	"screentest/pkg/actor/rostertest"
	"screentest/pkg/store"
	"screentest/pkg/store/dir"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
)

func TestIsTrainingImage(t *testing.T) {
	for file, want := range map[string]bool{
		"a.png": true, "a.PNG": true, "a.JpEg": true, "a.b.jpg": true, "ž 1.jpg": true,
		"a.webp": false, "a.png.tmp": false, "png": false, "a": false, "": false,
		"request.png": false, "my_response_1.jpg": false, "a_metadata_preview.png": false,
	} {
		if got := actor.IsTrainingImage(file); got != want {
			t.Errorf("%q: %t", file, got)
		}
	}
}

func names(objects []store.Info) string {
	var files []string
	for _, o := range objects {
		files = append(files, o.Key.Base())
	}
	return strings.Join(files, " ")
}

func TestLoadSet(t *testing.T) {
	s := mem.New()
	for _, file := range []string{
		"training_data/b.png", "training_data/a.JPG", "training_data/request.png", "training_data/old/c.png",
		"training_data/x.png/inside.png", "training_data/manifest.json", "training_data/response.json",
		"training_data/prompt_metadata.json", "training_data/training_response.json",
		"base_image/0.webp", "base_image/2.jpeg", "base_image/1.png", "base_image/old/0.png", "d.png",
	} {
		put(t, s, store.Key("actors/a/"+file), file)
	}
	put(t, s, "actors/ab/training_data/z.png", "of another actor")
	set, err := actor.LoadSet(t.Context(), s, actor.Actor{Name: "a"})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%s; %s; %s", names(set.Images), names(set.Legacy), names(set.Base))
	if want := "a.JPG b.png; prompt_metadata.json response.json; 0.webp 1.png 2.jpeg"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if set.Manifest == nil || set.Manifest.Key != actor.ManifestKey("a") {
		t.Errorf("manifest %+v", set.Manifest)
	}
	if base, ok := set.BaseImage(); !ok || base.Key.Base() != "1.png" {
		t.Errorf("base image %+v, %t", base, ok)
	}
	if base, ok := (actor.Set{Base: set.Base[:1]}).BaseImage(); ok {
		t.Errorf("base image %+v", base)
	}
}

func TestLoadSetOfManyPages(t *testing.T) {
	s := mem.New()
	for i := range 2500 {
		put(t, s, actor.TrainingKey("a", fmt.Sprintf("%04d.png", i)), "")
	}
	set, err := actor.LoadSet(t.Context(), s, actor.Actor{Name: "a"})
	if err != nil || len(set.Images) != 2500 {
		t.Errorf("%d images, %v", len(set.Images), err)
	}
}

const roster = `[{"name":"with"},{"name":"without"},{"name":"nowhere"},{"name":"a b.c %2F ž"},{"name":"../x"}]`

func tree(t testing.TB, s store.Store) store.Store {
	t.Helper()
	put(t, s, actor.RosterKey, roster)
	put(t, s, "actors/with/training_data/1.png", "")
	put(t, s, "actors/without/training_data/notes.txt", "")
	put(t, s, "actors/a b.c %2F ž/training_data/1.jpeg", "")
	put(t, s, "actors/stranger/training_data/1.png", "")
	put(t, s, "actors/stray.png", "")
	return s
}

func detect(t testing.TB, s store.Store) actor.Detection {
	t.Helper()
	r, err := actor.LoadRoster(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	d, err := actor.Detect(t.Context(), s, r)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func summary(d actor.Detection) string {
	var sets, absent []string
	for _, set := range d.Sets {
		sets = append(sets, string(set.Actor.Name))
	}
	for _, a := range d.Absent {
		absent = append(absent, string(a.Name))
	}
	return fmt.Sprintf("%q, absent %q, unregistered %q", sets, absent, d.Unregistered)
}

func TestDetect(t *testing.T) {
	onDisk, err := dir.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []store.Store{mem.New(), onDisk} {
		d := detect(t, tree(t, s))
		want := `["a b.c %2F ž" "with"], absent ["nowhere" "without"], unregistered ["stranger"]`
		if got := summary(d); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Reason, "leads out") {
			t.Errorf("problems %+v", d.Problems)
		}
	}
}

// A directory is no image, whatever its name, and what a link outside the tree
// points to is not of the tree.
func TestDetectOnDisk(t *testing.T) {
	root := t.TempDir()
	s, err := dir.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	tree(t, s)
	outside := filepath.Join(t.TempDir(), "outside.png")
	training := filepath.Join(root, "actors", "without", "training_data")
	for _, err := range []error{
		os.WriteFile(outside, []byte("x"), 0o600),
		os.Mkdir(filepath.Join(training, "x.png"), 0o700),
		os.Symlink(outside, filepath.Join(training, "link.png")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	d := detect(t, s)
	if len(d.Unreadable) != 1 || d.Unreadable[0].Actor.Name != "without" || d.Unreadable[0].Unreadable() == nil {
		t.Errorf("an actor whose only image is refused must not pass for one without images: %+v", d.Unreadable)
	}
	reported := func(p actor.Problem) bool { return strings.Contains(p.Where, "link.png") }
	if !slices.ContainsFunc(d.Problems, reported) {
		t.Errorf("the link is not reported: %+v", d.Problems)
	}
}

// A set that could not be listed must not pass for one that is empty.
func TestDetectFailsWithAnyListing(t *testing.T) {
	open := func(t *testing.T) store.Store { return tree(t, mem.New()) }
	r, err := actor.LoadRoster(t.Context(), open(t))
	if err != nil {
		t.Fatal(err)
	}
	flow := func(s store.Store) error {
		d, err := actor.Detect(t.Context(), s, r)
		if err == nil && len(d.Sets) != 2 {
			return fmt.Errorf("silently detected %s", summary(d))
		}
		return err
	}
	storetest.Sweep(t, open, flow, func(t *testing.T, s store.Store, failed error) {
		if failed != nil && !errors.Is(failed, storetest.ErrInjected) {
			t.Error(failed)
		}
		if err := flow(s); err != nil {
			t.Error(err)
		}
	})
}

// TestRealRoster detects the 98 actors whose manifests were made by hand, from
// empty files under the names that those give.
func TestRealRoster(t *testing.T) {
	s := mem.New()
	rostertest.Put(t, s, rostertest.Archive(t, "legacy.tar.gz"), "data/")
	for name, body := range rostertest.Archive(t, "migrated.tar.gz") {
		parts := strings.Split(name, "/")
		if !strings.HasPrefix(name, "data/") {
			continue
		}
		var manifest struct{ Images map[string]any }
		if err := json.Unmarshal(body, &manifest); err != nil {
			t.Fatal(err)
		}
		for file := range manifest.Images {
			put(t, s, actor.TrainingKey(actor.Name(parts[2]), file), "")
		}
	}
	d, images := detect(t, s), 0
	for _, set := range d.Sets {
		images += len(set.Images)
	}
	if len(d.Sets) != 98 || images != 1030 || len(d.Sets)+len(d.Absent) != 288 || len(d.Problems) != 0 {
		t.Errorf("detected %d sets with %d images, %d absent, problems %+v, want 98, 1030, 190, none",
			len(d.Sets), images, len(d.Absent), d.Problems)
	}
}
