package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"screentest/pkg/store"
)

// tree is a set of keys whose byte order is not that of a walk through
// directories: '-' and '.' come before '/', '0' comes after.
var tree = []store.Key{
	"a-b/c", "a.b", "a.b2", "a/b", "a/b.c", "a/b0", "a/c-/x", "a/c/d/e", "a/c/d/f", "a/c0", "a0", "a0b/c/d/e/f",
	"actors/ann lee/training_data/1.png", "actors/ann lee/training_data/2.png", "actors/ann/training_data/1.png",
	"actors/ann2/x", "actors/Zoë/y", "b%2Fc", "b/c", "é/ü", "�",
}

// all returns every object and prefix of a listing, page by page.
func all(t *testing.T, s store.Store, o store.ListOptions) (names []string) {
	t.Helper()
	for page, err := range store.All(t.Context(), s, o) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, check(t, page, o)...)
	}
	return names
}

// check returns the names in a page in their order.
func check(t *testing.T, page store.Page, o store.ListOptions) (names []string) {
	t.Helper()
	for _, object := range page.Objects {
		names = append(names, string(object.Key))
	}
	if !slices.IsSorted(names) || !slices.IsSorted(page.Prefixes) {
		t.Errorf("%+v: not in byte order: %q, %q", o, names, page.Prefixes)
	}
	names = append(names, page.Prefixes...)
	slices.Sort(names)
	if o.Limit > 0 && len(names) > o.Limit {
		t.Errorf("%+v: %d names in a page", o, len(names))
	}
	if len(names) == 0 && page.Next != "" {
		t.Errorf("%+v: an empty page with a next one", o)
	}
	if len(page.Refused) > 0 {
		t.Errorf("%+v: refused %+v", o, page.Refused)
	}
	return names
}

func listed(t *testing.T, s store.Store, o store.ListOptions, want ...string) {
	t.Helper()
	if got := all(t, s, o); !slices.Equal(got, want) {
		t.Errorf("list %+v:\n got %q\nwant %q", o, got, want)
	}
}

// expected is what a listing of tree holds, worked out in the simplest way.
func expected(o store.ListOptions) (names []string) {
	for _, k := range tree {
		rest, ok := strings.CutPrefix(string(k), o.Prefix)
		if !ok {
			continue
		}
		name := string(k)
		if i := strings.Index(rest, "/"); o.Delimited && i >= 0 {
			name = o.Prefix + rest[:i+1]
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func testListNothing(t *testing.T, s store.Store) {
	for _, prefix := range []string{"", "a", "a/", "a/b/c"} {
		listed(t, s, store.ListOptions{Prefix: prefix})
		listed(t, s, store.ListOptions{Prefix: prefix, Delimited: true})
	}
}

func testListSelections(t *testing.T, s store.Store) {
	for _, k := range tree {
		put(t, s, k, string(k))
	}
	// Prefixes that no key can have select nothing.
	prefixes := []string{"/", "//", "..", "../", "a/../a/", "./a", "a//", "a/./", "a/b/", "a/b/c", "nothing/here", "\x00", "a/\x00/"}
	for _, k := range tree {
		for i := range len(k) + 1 {
			prefixes = append(prefixes, string(k[:i]))
		}
	}
	slices.Sort(prefixes)
	for _, prefix := range slices.Compact(prefixes) {
		for _, delimited := range []bool{false, true} {
			for _, limit := range []int{0, 1, 2, 3, len(tree)} {
				o := store.ListOptions{Prefix: prefix, Delimited: delimited, Limit: limit}
				listed(t, s, o, expected(o)...)
			}
		}
	}
}

func testListAfterDeletion(t *testing.T, s store.Store) {
	put(t, s, "a", "")
	v := put(t, s, "b/c/d", "")
	if err := s.Delete(t.Context(), "b/c/d", v); err != nil {
		t.Fatal(err)
	}
	listed(t, s, store.ListOptions{}, "a")
	listed(t, s, store.ListOptions{Delimited: true}, "a") // a prefix without objects is none
	listed(t, s, store.ListOptions{Prefix: "b/", Delimited: true})
}

func testListWhileOthersWrite(t *testing.T, s store.Store) {
	versions := map[string]store.Version{}
	var want []string
	for n := range 20 {
		stays, goes := fmt.Sprintf("d%d/stays", n), fmt.Sprintf("d%d/goes", n)
		put(t, s, store.Key(stays), "")
		versions[goes] = put(t, s, store.Key(goes), "")
		want = append(want, stays)
	}
	slices.Sort(want)
	var got []string
	pages := 0
	for page, err := range store.All(t.Context(), s, store.ListOptions{Limit: 3}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Objects {
			switch o.Key.Base() {
			case "stays":
				got = append(got, string(o.Key))
			case "goes":
				if err := s.Delete(t.Context(), o.Key, versions[string(o.Key)]); err != nil {
					t.Fatal(err)
				}
			}
		}
		pages++
		put(t, s, store.Key(fmt.Sprintf("a%d", pages)), "")
		if pages < 5 {
			put(t, s, store.Key(fmt.Sprintf("z%d", pages)), "")
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("of the objects that stayed, listed\n%q, want\n%q", got, want)
	}
}
