package migration_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"screentest/pkg/migration"
	"screentest/pkg/store"
	"screentest/pkg/store/dir"
	"screentest/pkg/store/mem"
)

var update = flag.Bool("update", false, "rewrite what the scenarios in testdata expect")

// Files of a scenario under this name say what the migration is to write.
const wanted = "want/"

func clock() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func run(t testing.TB, s store.Store, o migration.Options) migration.Report {
	t.Helper()
	o.Now = clock
	r, err := migration.Run(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// tree returns every object of s.
func tree(t testing.TB, s store.Store) map[string]string {
	t.Helper()
	files := map[string]string{}
	for page, err := range store.All(t.Context(), s, store.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range page.Objects {
			body, _, err := store.ReadAll(t.Context(), s, object.Key, store.MaxDocument)
			if err != nil {
				t.Fatal(err)
			}
			files[string(object.Key)] = string(body)
		}
	}
	return files
}

func plant(t testing.TB, s store.Store, files map[string]string) {
	t.Helper()
	for name, body := range files {
		if _, err := s.Put(t.Context(), store.Key(name), []byte(body), store.IfAbsent); err != nil {
			t.Fatal(err)
		}
	}
}

// changes returns what is in after and was not the same in before.
func changes(t testing.TB, before, after map[string]string) map[string]string {
	t.Helper()
	changed := map[string]string{}
	for name, body := range before {
		if _, ok := after[name]; !ok {
			t.Errorf("%s is gone, it held %s", name, body)
		}
	}
	for name, body := range after {
		if before[name] != body {
			changed[name] = body
		}
	}
	return changed
}

func text(t testing.TB, r any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestScenarios migrates each tree of testdata three times: dry, in earnest, and
// again.
func TestScenarios(t *testing.T) { scenarios(t, "testdata/*.txtar", migrateThrice) }

// scenarios calls do with the tree of each archive and compares what it returns,
// which is what was written and a report, with what the archive expects.
func scenarios(t *testing.T, pattern string, do func(t *testing.T, before map[string]string) map[string]string) {
	archives, err := filepath.Glob(pattern)
	if err != nil || len(archives) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			before, want := map[string]string{}, map[string]string{}
			for _, file := range archive.Files {
				if name, ok := strings.CutPrefix(file.Name, wanted); ok {
					want[name] = string(file.Data)
				} else {
					before[file.Name] = string(file.Data)
				}
			}
			got := do(t, before)
			if *update {
				rewrite(t, path, archive, got)
				return
			}
			for _, name := range slices.Sorted(maps.Keys(got)) {
				if got[name] != want[name] {
					t.Errorf("%s is\n%s\nwant\n%s", name, got[name], want[name])
				}
			}
			if len(got) != len(want) {
				t.Errorf("%d files written, want %d", len(got), len(want))
			}
		})
	}
}

// migrateThrice returns what was written, and the report.
func migrateThrice(t *testing.T, before map[string]string) map[string]string {
	onDisk, err := dir.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	for _, s := range []store.Store{mem.New(), onDisk} {
		plant(t, s, before)
		dry := text(t, run(t, s, migration.Options{DryRun: true}))
		if changed := changes(t, before, tree(t, s)); len(changed) > 0 {
			t.Errorf("the dry run wrote %v", changed)
		}
		r := run(t, s, migration.Options{})
		if report := text(t, r); report != dry {
			t.Errorf("the report is\n%s\nof the dry run\n%s", report, dry)
		}
		after := tree(t, s)
		again := run(t, s, migration.Options{})
		if again.Migrated != 0 || again.Already != r.Already+r.Migrated || again.Images != 0 || again.Recovered != 0 {
			t.Errorf("again: %s", text(t, again))
		}
		if changed := changes(t, after, tree(t, s)); len(changed) > 0 {
			t.Errorf("the second run wrote %v", changed)
		}
		got = changes(t, before, after)
		got["report.json"] = text(t, r)
	}
	return got
}

func rewrite(t *testing.T, path string, archive *txtar.Archive, got map[string]string) {
	t.Helper()
	expectation := func(f txtar.File) bool { return strings.HasPrefix(f.Name, wanted) }
	archive.Files = slices.DeleteFunc(archive.Files, expectation)
	for _, name := range slices.Sorted(maps.Keys(got)) {
		archive.Files = append(archive.Files, txtar.File{Name: wanted + name, Data: []byte(got[name])})
	}
	if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
		t.Fatal(err)
	}
}
