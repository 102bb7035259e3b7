package storetest

import (
	"context"
	"io"
	"strings"
	"testing"

	"screentest/pkg/store"
)

func testInvalidKeys(t *testing.T, s store.Store) {
	v := put(t, s, "ok", "body")
	for _, k := range []store.Key{
		"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", "a/./b", "./a",
		"a\x00b", "a\nb", "a/\x7f", "\xff", "a/\xc3", store.Key(strings.Repeat("a", 256)), store.Key(strings.Repeat("a/", 512) + "a"),
	} {
		_, err := s.Put(t.Context(), k, nil, store.IfAbsent)
		fails(t, "put", err, store.ErrInvalidKey)
		_, err = s.Get(t.Context(), k)
		fails(t, "get", err, store.ErrInvalidKey)
		_, err = s.Copy(t.Context(), k, v, "copy")
		fails(t, "copy from", err, store.ErrInvalidKey)
		_, err = s.Copy(t.Context(), "ok", v, k)
		fails(t, "copy to", err, store.ErrInvalidKey)
		fails(t, "delete", s.Delete(t.Context(), k, v), store.ErrInvalidKey)
	}
	holds(t, s, "ok", "body", v)
	listed(t, s, store.ListOptions{}, "ok")
}

func testOrdinaryCharacters(t *testing.T, s store.Store) {
	keys := []store.Key{
		"a b/ c ", "a%2Fb", "a+b", "...", ".hidden", "a..b/..c", "back\\slash", "C:", "-rf", "~", "*?[x]", "'\"$(x)`",
		"Zoë/naïve.png", "演員/顔.jpg", "👩‍🎤", "a=b&c", "#1;2", "<x>", "|", store.Key(strings.Repeat("x", 255)),
	}
	for _, k := range keys {
		v := put(t, s, k, "body of "+string(k))
		holds(t, s, k, "body of "+string(k), v)
	}
	page, err := s.List(t.Context(), store.ListOptions{})
	if err != nil || len(page.Objects) != len(keys) {
		t.Errorf("%d keys listed of %d, error %v", len(page.Objects), len(keys), err)
	}
	for _, o := range page.Objects {
		holds(t, s, o.Key, "body of "+string(o.Key), o.Version)
	}
}

// A driver may or may not notice, but it must not lose the first object.
func testNoObjectBelowAnother(t *testing.T, s store.Store) {
	first, v := []store.Key{"a", "b/c/d"}, map[store.Key]store.Version{}
	for _, k := range first {
		v[k] = put(t, s, k, string(k))
	}
	for _, k := range []store.Key{"a/x", "a/x/y", "b", "b/c"} {
		if _, err := s.Put(t.Context(), k, nil, store.IfAbsent); err != nil {
			fails(t, "put "+string(k), err, store.ErrInvalidKey)
			absent(t, s, k)
		}
		if _, err := s.Copy(t.Context(), "a", v["a"], k+"2"); err != nil {
			fails(t, "copy to "+string(k), err, store.ErrInvalidKey)
		}
	}
	for _, k := range first {
		holds(t, s, k, string(k), v[k])
	}
}

func testGetNothing(t *testing.T, s store.Store) {
	absent(t, s, "a")
	absent(t, s, "a/b/c")
	put(t, s, "a/b/c", "")
	absent(t, s, "a/b") // has objects below it, but is none
	absent(t, s, "a/b/c2")
	absent(t, s, "a/b/c/d")
}

func testGetWhileReplaced(t *testing.T, s store.Store) {
	body := strings.Repeat("old", 100_000)
	v := put(t, s, "a/b", body)
	o, err := s.Get(t.Context(), "a/b")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Body.Close()
	newer := replace(t, s, "a/b", "new", v)
	if err := s.Delete(t.Context(), "a/b", newer); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(o.Body)
	if err != nil || string(got) != body || o.Version != v {
		t.Errorf("read %d bytes of version %q, error %v; want %d of %q", len(got), o.Version, err, len(body), v)
	}
}

func testPutIfAbsent(t *testing.T, s store.Store) {
	v := put(t, s, "a/b", "one")
	holds(t, s, "a/b", "one", v)
	_, err := s.Put(t.Context(), "a/b", []byte("two"), store.IfAbsent)
	fails(t, "put over an object", err, store.ErrConflict)
	_, err = s.Put(t.Context(), "a/b", []byte("one"), store.IfVersion(""))
	fails(t, "put the same bytes over an object", err, store.ErrConflict)
	holds(t, s, "a/b", "one", v)
}

func testPutIfVersion(t *testing.T, s store.Store) {
	first := put(t, s, "a/b", "one")
	second := replace(t, s, "a/b", "two, longer", first)
	holds(t, s, "a/b", "two, longer", second)
	_, err := s.Put(t.Context(), "a/b", []byte("three"), store.IfVersion(first))
	fails(t, "put over a newer version", err, store.ErrConflict)
	holds(t, s, "a/b", "two, longer", second)
	third := replace(t, s, "a/b", "", second)
	holds(t, s, "a/b", "", third)
	for _, k := range []store.Key{"a/c", "x/y/z"} {
		_, err = s.Put(t.Context(), k, []byte("one"), store.IfVersion(first))
		fails(t, "put over a version of what is absent", err, store.ErrConflict)
	}
	listed(t, s, store.ListOptions{}, "a/b")
	listed(t, s, store.ListOptions{Delimited: true}, "a/")
}

func testPutKeepsItsOwn(t *testing.T, s store.Store) {
	body := []byte("body")
	v, err := s.Put(t.Context(), "a", body, store.IfAbsent)
	if err != nil {
		t.Fatal(err)
	}
	copy(body, "BODY")
	holds(t, s, "a", "body", v)
}

func testEmptyObject(t *testing.T, s store.Store) {
	v, err := s.Put(t.Context(), "a", nil, store.IfAbsent)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, s, "a", "", v)
	_, err = s.Put(t.Context(), "a", nil, store.IfAbsent)
	fails(t, "put over an empty object", err, store.ErrConflict)
}

func testLargeObject(t *testing.T, s store.Store) {
	body := strings.Repeat("0123456789abcdef", 1<<18) // 4 MiB
	v := put(t, s, "a", body)
	holds(t, s, "a", body, v)
	copied, err := s.Copy(t.Context(), "a", v, "b")
	if err != nil {
		t.Fatal(err)
	}
	holds(t, s, "b", body, copied)
}

func testVersionsAgree(t *testing.T, s store.Store) {
	v := put(t, s, "a", "one")
	v = replace(t, s, "a", "two", v)
	copied, err := s.Copy(t.Context(), "a", v, "b")
	if err != nil {
		t.Fatal(err)
	}
	want := map[store.Key]store.Version{"a": v, "b": copied}
	page, err := s.List(t.Context(), store.ListOptions{})
	if err != nil || len(page.Objects) != 2 {
		t.Fatalf("list: %+v, %v", page, err)
	}
	for _, o := range page.Objects {
		if o.Version != want[o.Key] || o.Size != 3 || o.Modified.IsZero() {
			t.Errorf("list says %+v, Put and Copy said %q", o, want[o.Key])
		}
		holds(t, s, o.Key, "two", want[o.Key])
	}
}

// The bodies are equally long, and they come as fast as the driver takes them.
func testEqualVersions(t *testing.T, s store.Store) {
	seen := map[store.Version]string{}
	var v store.Version
	for n := range 60 {
		body := string(rune('0' + n))
		v = replace(t, s, "a", body, v)
		if before, ok := seen[v]; ok && before != body {
			t.Fatalf("write %d: version %q was that of %q, and is now that of %q", n, v, before, body)
		}
		seen[v] = body
		if n%3 == 2 {
			if err := s.Delete(t.Context(), "a", v); err != nil {
				t.Fatal(err)
			}
			v = ""
		}
	}
}

func testCopy(t *testing.T, s store.Store) {
	v := put(t, s, "a/b", "body")
	copied, err := s.Copy(t.Context(), "a/b", v, "c/d/e")
	if err != nil {
		t.Fatal(err)
	}
	holds(t, s, "c/d/e", "body", copied)
	holds(t, s, "a/b", "body", v)
	changed := replace(t, s, "c/d/e", "changed", copied)
	holds(t, s, "a/b", "body", v)
	holds(t, s, "c/d/e", "changed", changed)
}

func testCopyConflicts(t *testing.T, s store.Store) {
	old := put(t, s, "a", "old")
	v := replace(t, s, "a", "new", old)
	_, err := s.Copy(t.Context(), "a", old, "b")
	fails(t, "copy of an older state", err, store.ErrConflict)
	_, err = s.Copy(t.Context(), "a", "", "b")
	fails(t, "copy of the state of nothing", err, store.ErrConflict)
	_, err = s.Copy(t.Context(), "gone", v, "b")
	fails(t, "copy of nothing", err, store.ErrNotFound)
	absent(t, s, "b")
	there := put(t, s, "b", "there")
	_, err = s.Copy(t.Context(), "a", v, "b")
	fails(t, "copy over an object", err, store.ErrConflict)
	_, err = s.Copy(t.Context(), "a", v, "a")
	fails(t, "copy over itself", err, store.ErrConflict)
	holds(t, s, "a", "new", v)
	holds(t, s, "b", "there", there)
}

func testDelete(t *testing.T, s store.Store) {
	fails(t, "delete nothing", s.Delete(t.Context(), "a/b", "v"), store.ErrNotFound)
	old := put(t, s, "a/b", "old")
	v := replace(t, s, "a/b", "new", old)
	fails(t, "delete an older state", s.Delete(t.Context(), "a/b", old), store.ErrConflict)
	fails(t, "delete the state of nothing", s.Delete(t.Context(), "a/b", ""), store.ErrConflict)
	fails(t, "delete what has objects below it", s.Delete(t.Context(), "a", v), store.ErrNotFound)
	holds(t, s, "a/b", "new", v)
	if err := s.Delete(t.Context(), "a/b", v); err != nil {
		t.Fatal(err)
	}
	absent(t, s, "a/b")
	fails(t, "delete twice", s.Delete(t.Context(), "a/b", v), store.ErrNotFound)
	_, err := s.Put(t.Context(), "a/b", nil, store.IfVersion(v))
	fails(t, "put over what was deleted", err, store.ErrConflict)
	again := put(t, s, "a/b", "again")
	holds(t, s, "a/b", "again", again)
}

func testCancelled(t *testing.T, s store.Store) {
	v := put(t, s, "a", "one")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.List(ctx, store.ListOptions{})
	fails(t, "list", err, context.Canceled)
	_, err = s.Get(ctx, "a")
	fails(t, "get", err, context.Canceled)
	_, err = s.Put(ctx, "a", []byte("two"), store.IfVersion(v))
	fails(t, "put", err, context.Canceled)
	_, err = s.Copy(ctx, "a", v, "b")
	fails(t, "copy", err, context.Canceled)
	fails(t, "delete", s.Delete(ctx, "a", v), context.Canceled)
	holds(t, s, "a", "one", v)
	listed(t, s, store.ListOptions{}, "a")
}
