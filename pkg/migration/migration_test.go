package migration_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"screentest/pkg/actor"
	"screentest/pkg/manifest"
	"screentest/pkg/migration"
	"screentest/pkg/store"
	"screentest/pkg/store/dir"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
)

// sound is a tree of one actor with an image that metadata names.
var sound = map[string]string{
	"actorsData.json":                          `[{"name": "a"}]`,
	"actors/a/training_data/1.png":             "one",
	"actors/a/training_data/2.png":             "two",
	"actors/a/training_data/response.json":     `{"output": {"output": {"s3_image_urls": ["s3://bucket/1.png"]}}}`,
	"actors/b/training_data/manifest_backup.x": "not looked at",
}

func planted(t testing.TB) *mem.Store {
	t.Helper()
	s := mem.New()
	plant(t, s, sound)
	return s
}

func load(t testing.TB, s store.Store, n actor.Name) *manifest.Manifest {
	t.Helper()
	m, _, err := manifest.Load(t.Context(), s, n)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMeasures(t *testing.T) {
	picture := image.NewRGBA(image.Rect(0, 0, 31, 17))
	var asPNG, asJPEG bytes.Buffer
	if err := errors.Join(png.Encode(&asPNG, picture), jpeg.Encode(&asJPEG, picture, nil)); err != nil {
		t.Fatal(err)
	}
	// The header of a PNG, with its length and checksum, ends after 33 bytes.
	tests := []struct {
		name, body    string
		width, height int
	}{
		{"sound.png", asPNG.String(), 31, 17},
		{"sound.jpg", asJPEG.String(), 31, 17},
		{"jpeg.png", asJPEG.String(), 31, 17},
		{"truncated.png", asPNG.String()[:40], 31, 17},
		{"header.png", asPNG.String()[:20], 0, 0},
		{"text.png", "no picture", 0, 0},
		{"empty.png", "", 0, 0},
		{"long.png", asPNG.String() + strings.Repeat("x", 1<<20), 31, 17},
	}
	s := planted(t)
	for _, test := range tests {
		plant(t, s, map[string]string{"actors/a/training_data/" + test.name: test.body})
	}
	run(t, s, migration.Options{})
	images := load(t, s, "a").Images
	for _, test := range tests {
		got := images[test.name]
		sum := fmt.Sprintf("%x", sha256.Sum256([]byte(test.body)))
		if got.SHA256 != sum || got.Bytes == nil || *got.Bytes != int64(len(test.body)) || got.Width != test.width || got.Height != test.height {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

func TestProgressCountsActorsWithADirectory(t *testing.T) {
	var seen []string
	progress := func(done, total int) { seen = append(seen, fmt.Sprintf("%d/%d", done, total)) }
	r := run(t, planted(t), migration.Options{Progress: progress, Concurrency: 1})
	if last := seen[len(seen)-1]; len(seen) > len(r.Actors) || last != fmt.Sprintf("%d/%d", len(seen), len(seen)) {
		t.Errorf("progress %v over %d actors", seen, len(r.Actors))
	}
}

func TestWithoutRoster(t *testing.T) {
	_, err := migration.Run(t.Context(), mem.New(), migration.Options{Now: clock})
	if !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
}

func TestHugeMetadata(t *testing.T) {
	s := planted(t)
	plant(t, s, map[string]string{"actors/a/training_data/prompt_metadata.json": strings.Repeat(" ", manifest.MaxBytes+1)})
	r := run(t, s, migration.Options{})
	if r.Failed != 1 || !strings.Contains(r.Failures[0].Reason, "too large") {
		t.Error(text(t, r))
	}
}

// A hooked store calls before ahead of each operation on one key.
type hooked struct {
	store.Store
	key    store.Key
	before func() error
}

func (h hooked) Get(ctx context.Context, k store.Key) (store.Object, error) {
	if k == h.key {
		if err := h.before(); err != nil {
			return store.Object{}, err
		}
	}
	return h.Store.Get(ctx, k)
}

func (h hooked) Put(ctx context.Context, k store.Key, body []byte, c store.Condition) (store.Version, error) {
	if k == h.key {
		if err := h.before(); err != nil {
			return "", err
		}
	}
	return h.Store.Put(ctx, k, body, c)
}

func TestUnreadableImage(t *testing.T) {
	s := planted(t)
	denied := hooked{s, "actors/a/training_data/1.png", func() error { return errors.New("permission denied") }}
	r := run(t, denied, migration.Options{})
	if r.Failed != 1 || !strings.Contains(r.Failures[0].Reason, "permission denied") {
		t.Error(text(t, r))
	}
	if changed := changes(t, sound, tree(t, s)); len(changed) > 0 {
		t.Errorf("wrote %v", changed)
	}
	if r := run(t, s, migration.Options{}); r.Migrated != 1 {
		t.Errorf("once it can be read: %s", text(t, r))
	}
}

// Of two migrations at once the faster wins and the other finds its manifest.
func TestTwoAtOnce(t *testing.T) {
	s := planted(t)
	raced := false
	slower := hooked{s, actor.ManifestKey("a"), func() error {
		if !raced {
			raced = true
			if r := run(t, s, migration.Options{}); r.Migrated != 1 {
				t.Error(text(t, r))
			}
		}
		return nil
	}}
	r := run(t, slower, migration.Options{})
	if r.Already != 1 || r.Migrated != 0 || r.Failed != 0 || load(t, s, "a").Revision != 1 {
		t.Error(text(t, r))
	}
}

// An image that goes while it is being migrated is no image.
func TestImageGoes(t *testing.T) {
	s := planted(t)
	const key = "actors/a/training_data/2.png"
	gone := hooked{s, key, func() error {
		_, info, err := store.ReadAll(t.Context(), s, key, 1<<20)
		if err != nil {
			return err
		}
		return s.Delete(t.Context(), key, info.Version)
	}}
	r := run(t, gone, migration.Options{})
	if m := load(t, s, "a"); r.Migrated != 1 || len(m.Images) != 1 || len(m.Missing) != 0 {
		t.Errorf("%s\n%+v", text(t, r), m)
	}
}

// Whatever operation fails, and however, a second run ends in the same tree.
func TestFaults(t *testing.T) {
	unharmed := planted(t)
	run(t, unharmed, migration.Options{})
	want := tree(t, unharmed)
	open := func(t *testing.T) store.Store { return planted(t) }
	flow := func(s store.Store) error {
		r, err := migration.Run(t.Context(), s, migration.Options{Now: clock})
		if err == nil && r.Failed > 0 {
			err = errors.New(r.Failures[0].Reason)
		}
		return err
	}
	storetest.Sweep(t, open, flow, func(t *testing.T, s store.Store, failed error) {
		if failed != nil && !strings.Contains(failed.Error(), storetest.ErrInjected.Error()) {
			t.Error(failed)
		}
		if err := flow(s); err != nil {
			t.Error(err)
		}
		got := tree(t, s)
		if changed := changes(t, want, got); len(changed) > 0 || len(got) != len(want) {
			t.Errorf("after %v: %v", failed, changed)
		}
	})
}

func TestCancelled(t *testing.T) {
	s := planted(t)
	ctx, cancel := context.WithCancel(t.Context())
	stopping := hooked{s, "actors/a/training_data/1.png", func() error { cancel(); return ctx.Err() }}
	r, err := migration.Run(ctx, stopping, migration.Options{Now: clock})
	if !errors.Is(err, context.Canceled) || r.Failed != 0 || r.Migrated != 0 {
		t.Errorf("%v: %s", err, text(t, r))
	}
	if changed := changes(t, sound, tree(t, s)); len(changed) > 0 {
		t.Errorf("wrote %v", changed)
	}
}

// Every image that is there or is named is in the manifest exactly once, and
// every value that any source gives is still to be found.
func TestNothingIsLost(t *testing.T) {
	file := rapid.SampledFrom([]string{"1.png", "2.png", "3.jpg", "4.PNG", "5.webp"})
	prompt := rapid.SampledFrom([]string{`""`, `"a"`, `"b"`, `null`})
	entry := rapid.Custom(func(t *rapid.T) string {
		return fmt.Sprintf(`{"prompt": %s, "extra": %s}`, prompt.Draw(t, "prompt"), prompt.Draw(t, "extra"))
	})
	rapid.Check(t, func(rt *rapid.T) {
		byHand := rapid.MapOfN(file, entry, 0, 3).Draw(rt, "manifest")
		prompts := rapid.MapOfN(file, entry, 0, 3).Draw(rt, "prompts")
		urls := rapid.SliceOfN(file, 0, 4).Draw(rt, "urls")
		there := rapid.SliceOfNDistinct(file, 1, 3, rapid.ID[string]).Draw(rt, "there")

		s := mem.New()
		files := map[string]string{
			"actorsData.json":                             `[{"name": "a"}]`,
			"actors/a/training_data/manifest.json":        imagesOf(byHand),
			"actors/a/training_data/prompt_metadata.json": imagesOf(prompts),
			"actors/a/training_data/response.json":        urlsOf(urls),
		}
		for _, f := range there {
			files["actors/a/training_data/"+f] = f
		}
		plant(t, s, files)
		if r := run(t, s, migration.Options{}); r.Migrated == 0 {
			rt.Skip("nothing to migrate")
		}
		m := load(t, s, "a")
		for _, f := range there {
			if _, ok := m.Images[f]; ok != actor.IsTrainingImage(f) {
				rt.Fatalf("%s is there, in the images: %t", f, ok)
			}
		}
		for _, source := range []map[string]string{byHand, prompts} {
			for f, want := range source {
				checkKept(rt, m, f, want)
			}
		}
		for _, f := range urls {
			checkKept(rt, m, f, `{"s3_url": "s3://bucket/`+f+`"}`)
		}
	})
}

func imagesOf(entries map[string]string) string {
	var all []string
	for f, e := range entries {
		all = append(all, fmt.Sprintf("%q: %s", f, e))
	}
	return `{"images": {` + strings.Join(all, ",") + `}}`
}

func urlsOf(files []string) string {
	var all []string
	for _, f := range files {
		all = append(all, fmt.Sprintf("%q", "s3://bucket/"+f))
	}
	return `{"output": {"output": {"s3_image_urls": [` + strings.Join(all, ",") + `]}}}`
}

// checkKept looks for every value of the entry want of a file.
func checkKept(t *rapid.T, m *manifest.Manifest, file, want string) {
	present, there := m.Images[file]
	missing, named := m.Missing[file]
	if there == named {
		t.Fatalf("%s: among the images %t, among the missing %t", file, there, named)
	}
	if named {
		present = missing
	}
	fields, err := manifest.ParseObject([]byte(want))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fields {
		value := string(f.Value)
		kept := value == `""` || value == "null" || string(present.Object().Get(f.Key)) == value
		for _, contradicting := range present.Conflicts[f.Key] {
			kept = kept || string(contradicting) == value
		}
		if !kept {
			t.Fatalf("%s: %s %s is lost: %+v", file, f.Key, value, present)
		}
	}
}

// Whatever the metadata holds, nothing crashes, the actor has one outcome, and
// what was there is untouched.
func FuzzMetadata(f *testing.F) {
	f.Add(`{"images": {"1.png": {"prompt": "x", "index": 0}, "../x": {}}}`, sound["actors/a/training_data/response.json"])
	f.Add(`{"images": null}`, `{"output": {"output": {"s3_image_urls": ["https://b.s3.amazonaws.com/1.png", "s3://b/1.png"]}}}`)
	f.Add(`{"images": {"1.png": {"sources": {"a": 1}}}}`, `{"output": 1}`)
	f.Add(`[]`, ``)
	f.Fuzz(func(t *testing.T, prompts, response string) {
		s := mem.New()
		before := map[string]string{
			"actorsData.json":                             `[{"name": "a"}]`,
			"actors/a/training_data/1.png":                "one",
			"actors/a/training_data/prompt_metadata.json": prompts,
			"actors/a/training_data/response.json":        response,
		}
		plant(t, s, before)
		r := run(t, s, migration.Options{})
		if r.Migrated+r.WithoutMetadata+r.Failed != 1 {
			t.Error(text(t, r))
		}
		changed := changes(t, before, tree(t, s))
		if len(changed) != r.Migrated {
			t.Errorf("%s\nwrote %v", text(t, r), changed)
		}
		if r.Migrated == 1 && len(load(t, s, "a").Images) != 1 {
			t.Error(changed)
		}
	})
}

// Metadata that is there but cannot be read fails the actor: once there is a
// manifest of ours, nobody would look at it again.
func TestUnreadableMetadata(t *testing.T) {
	root := t.TempDir()
	s, err := dir.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	plant(t, s, sound)
	outside := filepath.Join(t.TempDir(), "outside.json")
	link := filepath.Join(root, "actors/a/training_data/prompt_metadata.json")
	if err := errors.Join(os.WriteFile(outside, []byte("{}"), 0o600), os.Symlink(outside, link)); err != nil {
		t.Fatal(err)
	}
	r := run(t, s, migration.Options{})
	if r.Failed != 1 || !strings.Contains(r.Failures[0].Reason, "prompt_metadata.json") {
		t.Error(text(t, r))
	}
}
