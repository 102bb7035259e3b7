package store_test

import (
	"errors"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
)

// FuzzValidate: a valid key is a clean local path, and stays one under any root.
func FuzzValidate(f *testing.F) {
	for _, k := range []string{"", "a", "a/b", "a//b", "/a", "a/", "..", "a/..", "a\x00", "a b.c%2F", "é", "\xff", strings.Repeat("x", 256)} {
		f.Add(k)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if err := store.Key(s).Validate(); err != nil {
			if !errors.Is(err, store.ErrInvalidKey) {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		if path.Clean(s) != s || !filepath.IsLocal(s) || !utf8.ValidString(s) || len(s) > 1024 || strings.ContainsAny(s, "\x00\n\r") {
			t.Errorf("%q is valid", s)
		}
		if base := store.Key(s).Base(); base != path.Base(s) || store.Key(base).Validate() != nil {
			t.Errorf("base of %q is %q", s, base)
		}
	})
}

func TestUpdateGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mem.New()
		calls := 0
		err := store.Update(t.Context(), s, "a", func(old []byte) ([]byte, error) {
			calls++
			// The other writer is always faster.
			_, info, _ := store.ReadAll(t.Context(), s, "a", 100)
			_, err := s.Put(t.Context(), "a", append(old, 'x'), store.IfVersion(info.Version))
			return append(old, 'y'), err
		})
		if !errors.Is(err, store.ErrConflict) || calls != 20 {
			t.Errorf("after %d calls: %v", calls, err)
		}
		body, _, _ := store.ReadAll(t.Context(), s, "a", 100)
		if string(body) != strings.Repeat("x", 20) {
			t.Errorf("the others wrote %d times, and left %q", calls, body)
		}
	})
}

// A Put of unknown outcome is not repeated: it may have happened.
func TestUpdateReportsUnknownOutcome(t *testing.T) {
	for _, mode := range []storetest.Mode{storetest.Refused, storetest.DoneButFailed} {
		for n := range 2 {
			f := storetest.NewFaulty(mem.New())
			f.FailAt(n, mode)
			err := storetest.Increment(t.Context(), f, "a", 1)
			if !errors.Is(err, storetest.ErrInjected) || !strings.Contains(err.Error(), " a: ") || f.Count("put") != n {
				t.Errorf("operation %d %s: %v after %v", n, mode, err, f.Ops())
			}
		}
	}
}

func TestAllStopsAtError(t *testing.T) {
	s := mem.New()
	for _, k := range []store.Key{"a", "b", "c"} {
		if _, err := s.Put(t.Context(), k, nil, store.IfAbsent); err != nil {
			t.Fatal(err)
		}
	}
	f := storetest.NewFaulty(s)
	f.FailAt(1, storetest.Refused)
	var objects, failures int
	for page, err := range store.All(t.Context(), f, store.ListOptions{Limit: 1}) {
		objects += len(page.Objects)
		if err != nil {
			failures++
		}
	}
	if objects != 1 || failures != 1 || f.Count("list") != 2 {
		t.Errorf("%d objects, %d errors, %d requests", objects, failures, f.Count("list"))
	}
}
