package dir_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"screentest/pkg/store"
	"screentest/pkg/store/dir"
	"screentest/pkg/store/storetest"
)

func open(t testing.TB, path string) *dir.Store {
	t.Helper()
	s, err := dir.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, t.TempDir()) })
}

func TestOpenNothing(t *testing.T) {
	for _, path := range []string{"nothing here", "dir_test.go"} {
		if _, err := dir.Open(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("open %s: %v", path, err)
		}
	}
}

func write(t *testing.T, path, body string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o777))
	must(t, os.WriteFile(path, []byte(body), 0o666))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// files returns every file below path with its content.
func files(t *testing.T, path string) map[string]string {
	t.Helper()
	found := map[string]string{}
	must(t, filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		body, err := os.ReadFile(p)
		found[strings.TrimPrefix(p, path+"/")] = string(body)
		return err
	}))
	return found
}

func page(t *testing.T, s store.Store, o store.ListOptions) (names, refused []string) {
	t.Helper()
	for p, err := range store.All(t.Context(), s, o) {
		must(t, err)
		for _, i := range p.Objects {
			names = append(names, string(i.Key))
		}
		names = append(names, p.Prefixes...)
		for _, r := range p.Refused {
			refused = append(refused, r.Name+": "+r.Reason)
		}
	}
	return names, refused
}

// linked is a tree with every sort of link and oddity, beside a file that must
// stay unknown to it.
func linked(t *testing.T) (root string) {
	t.Helper()
	outer := t.TempDir()
	write(t, filepath.Join(outer, "outside/secret"), "secret")
	root = filepath.Join(outer, "root")
	write(t, filepath.Join(root, "a/file"), "inside")
	write(t, filepath.Join(root, "b/other"), "other")
	for link, target := range map[string]string{
		"a/to-file":      "../b/other",
		"a/to-dir":       "../b",
		"a/up":           "..",
		"a/out-file":     "../../outside/secret",
		"a/out-dir":      "../../outside",
		"a/absolute":     filepath.Join(root, "a/file"),
		"a/out-absolute": filepath.Join(outer, "outside/secret"),
		"a/nowhere":      "nothing",
		"a/circle":       "circle",
	} {
		must(t, os.Symlink(target, filepath.Join(root, link)))
	}
	must(t, syscall.Mkfifo(filepath.Join(root, "a/pipe"), 0o666))
	must(t, os.Chmod(filepath.Join(root, "a/pipe"), 0o600)) // whatever the umask
	must(t, os.Mkdir(filepath.Join(root, "a/directory.png"), 0o777))
	write(t, filepath.Join(root, "a/new\nline"), "")
	return root
}

func TestListLinks(t *testing.T) {
	s := open(t, linked(t))
	leaves := ": symbolic link that leaves the tree or goes in a circle"
	another := ": symbolic link to another directory of the tree, whose files would have two keys and be deleted under one; put them here, or mount the directory"
	wantRefused := []string{
		"a/absolute" + leaves,
		"a/circle" + leaves,
		"a/new\nline: its name cannot be a key",
		"a/nowhere: symbolic link that leads nowhere",
		"a/out-absolute" + leaves,
		"a/out-dir" + leaves,
		"a/out-file" + leaves,
		"a/pipe: not a regular file but prw-------",
		"a/to-dir" + another,
		"a/to-file: symbolic link; only regular files count",
		"a/up" + another,
	}
	for _, limit := range []int{0, 1, 2} {
		names, refused := page(t, s, store.ListOptions{Limit: limit})
		if want := []string{"a/file", "b/other"}; !slices.Equal(names, want) {
			t.Errorf("limit %d: listed\n%q, want\n%q", limit, names, want)
		}
		if !slices.Equal(refused, wantRefused) {
			t.Errorf("limit %d: refused\n%q, want\n%q", limit, refused, wantRefused)
		}
	}
	names, refused := page(t, s, store.ListOptions{Prefix: "a/out-dir/s"})
	if len(names) > 0 || !slices.Equal(refused, []string{"a/out-dir" + leaves}) {
		t.Errorf("below a link that leaves: %q, %q", names, refused)
	}
}

func TestListNameThatIsNotUTF8(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "bad\xffname"), nil, 0o666); err != nil {
		t.Skip("this file system takes only UTF-8:", err)
	}
	names, refused := page(t, open(t, root), store.ListOptions{})
	if want := []string{"bad\uFFFDname: its name cannot be a key"}; len(names) > 0 || !slices.Equal(refused, want) {
		t.Errorf("listed %q, refused %q", names, refused)
	}
}

func TestLinkToAFile(t *testing.T) {
	root := linked(t)
	s, ctx := open(t, root), t.Context()
	if body, _, err := store.ReadAll(ctx, s, "a/to-file", 100); err != nil || string(body) != "other" {
		t.Errorf("%q, %v", body, err)
	}
	// A link that is an object is replaced, and what it led to stays.
	must(t, store.Update(ctx, s, "a/to-file", func([]byte) ([]byte, error) { return []byte("replaced"), nil }))
	got := files(t, root)
	for path, want := range map[string]string{"a/to-file": "replaced", "b/other": "other"} {
		if got[path] != want {
			t.Errorf("%s holds %q, want %q", path, got[path], want)
		}
	}
}

// The whole tree may be linked: then every file still has one key.
func TestLinkToTheTree(t *testing.T) {
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(linked(t), link))
	s := open(t, link)
	if names, _ := page(t, s, store.ListOptions{}); !slices.Equal(names, []string{"a/file", "b/other"}) {
		t.Errorf("listed %q", names)
	}
	_, err := s.Put(t.Context(), "new/object", []byte("new"), store.IfAbsent)
	must(t, err)
}

// TestNothingEscapes tries every operation on every key that leads out, to what
// has another key, or to something that is not an object.
func TestNothingEscapes(t *testing.T) {
	root := linked(t)
	s, ctx := open(t, root), t.Context()
	_, file, err := store.ReadAll(ctx, s, "a/file", 100)
	must(t, err)
	before := files(t, filepath.Dir(root))
	for _, k := range []store.Key{
		"a/out-file", "a/out-dir/secret", "a/out-dir/new", "a/out-dir/new/deeper", "a/absolute", "a/out-absolute",
		"a/circle", "a/circle/x", "a/pipe", "a/to-dir/other", "a/to-dir/new", "a/to-dir/new/deeper", "a/up/b/other", "a/.screentest-put.tmp", ".screentest-put.tmp/x", "../outside/secret",
	} {
		_, err := s.Get(ctx, k)
		refused(t, "get", k, err)
		for _, c := range []store.Condition{store.IfAbsent, store.IfVersion(file.Version)} {
			_, err = s.Put(ctx, k, []byte("x"), c)
			refused(t, "put", k, err)
		}
		_, err = s.Copy(ctx, k, file.Version, "copy")
		refused(t, "copy from", k, err)
		_, err = s.Copy(ctx, "a/file", file.Version, k)
		refused(t, "copy to", k, err)
		if err := s.Delete(ctx, k, file.Version); err == nil {
			t.Errorf("delete %s succeeds", k)
		}
	}
	if after := files(t, filepath.Dir(root)); len(after) != len(before) || after["outside/secret"] != "secret" {
		t.Errorf("files were %q, are %q", before, after)
	}
}

func refused(t *testing.T, what string, k store.Key, err error) {
	t.Helper()
	if !errors.Is(err, store.ErrInvalidKey) {
		t.Errorf("%s %q: %v, want %v", what, k, err, store.ErrInvalidKey)
	}
}

func TestPipeAsDirectory(t *testing.T) {
	s := open(t, linked(t))
	if _, err := s.Get(t.Context(), "a/pipe/x"); err == nil {
		t.Error("get below a pipe succeeds")
	}
	_, err := s.Put(t.Context(), "a/pipe/x", nil, store.IfAbsent)
	refused(t, "put", "a/pipe/x", err)
	if names, refused := page(t, s, store.ListOptions{Prefix: "a/pipe/"}); len(names) > 0 {
		t.Errorf("below a pipe: %q, %q", names, refused)
	}
}

func TestEmptyDirectoriesAreNoPrefixes(t *testing.T) {
	root := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(root, "actors/empty/training_data"), 0o777))
	write(t, filepath.Join(root, "actors/full/training_data/1.png"), "")
	must(t, os.MkdirAll(filepath.Join(root, "actors/odd"), 0o777))
	must(t, os.Symlink("nothing", filepath.Join(root, "actors/odd/link")))
	names, refused := page(t, open(t, root), store.ListOptions{Prefix: "actors/", Delimited: true})
	if !slices.Equal(names, []string{"actors/full/"}) ||
		!slices.Equal(refused, []string{"actors/odd/link: symbolic link that leads nowhere"}) {
		t.Errorf("listed %q, refused %q", names, refused)
	}
}
