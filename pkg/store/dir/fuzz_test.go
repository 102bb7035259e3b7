package dir_test

import (
	"maps"
	"path/filepath"
	"testing"

	"screentest/pkg/store"
)

// FuzzKeys does everything with a key, in a tree that has links out of it: what
// lies beside the tree is neither read nor changed, and what a Put writes is
// what a List shows and a Get returns.
func FuzzKeys(f *testing.F) {
	for _, k := range []string{
		"a/file", "new", "a/to-dir/x", "a/out-dir/secret", "a/out-file", "../outside/secret", "/outside/secret", "a/../../outside/secret",
		"a/up/../../outside/secret", "a/out-dir/../outside/secret", "a/file/x", "a", "", "a\x00/b", "a/pipe", "a/directory.png", "ü/%2F",
	} {
		f.Add(k)
	}
	f.Fuzz(func(t *testing.T, key string) {
		root := linked(t)
		outside := filepath.Join(filepath.Dir(root), "outside")
		s, ctx, k := open(t, root), t.Context(), store.Key(key)
		before := files(t, outside)
		read := func() (string, store.Info, error) {
			body, info, err := store.ReadAll(ctx, s, k, 100)
			if string(body) == "secret" {
				t.Errorf("%q reads what lies outside", key)
			}
			return string(body), info, err
		}
		_, old, _ := read()
		v, err := s.Put(ctx, k, []byte("put"), store.IfVersion(old.Version))
		if body, info, readErr := read(); err == nil && (readErr != nil || body != "put" || info.Version != v) {
			t.Errorf("%q was put, and reads %q, %v", key, body, readErr)
		}
		s.List(ctx, store.ListOptions{Prefix: key})
		s.List(ctx, store.ListOptions{Prefix: key + "/", Delimited: true})
		s.Copy(ctx, k, v, "copy/of")
		s.Copy(ctx, k, v, k+"2")
		if deleteErr := s.Delete(ctx, k, v); err == nil && deleteErr != nil {
			t.Errorf("%q was put, and cannot be deleted: %v", key, deleteErr)
		}
		if after := files(t, outside); !maps.Equal(before, after) {
			t.Errorf("%q changes what lies outside: %q", key, after)
		}
	})
}
