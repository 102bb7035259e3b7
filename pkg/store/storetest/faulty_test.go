package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
)

// A Faulty store without faults is a store like any other.
func TestFaultyConforms(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.Store { return storetest.NewFaulty(mem.New()) })
}

// everything does each operation once; it goes on after failures.
func everything(ctx context.Context, s store.Store) []error {
	_, listed := s.List(ctx, store.ListOptions{Prefix: "p"})
	_, got := s.Get(ctx, "old")
	_, put := s.Put(ctx, "new", nil, store.IfAbsent)
	_, copied := s.Copy(ctx, "old", "1", "copy")
	return []error{listed, got, put, copied, s.Delete(ctx, "old", "1")}
}

func TestFaults(t *testing.T) {
	want := []storetest.Op{{Name: "list", Key: "p"}, {Name: "get", Key: "old"}, {Name: "put", Key: "new"}, {Name: "copy", Key: "copy"}, {Name: "delete", Key: "old"}}
	for _, mode := range []storetest.Mode{storetest.Refused, storetest.DoneButFailed} {
		for n, op := range want {
			t.Run(fmt.Sprintf("%s %s", op.Name, mode), func(t *testing.T) {
				s := mem.New()
				if _, err := s.Put(t.Context(), "old", nil, store.IfAbsent); err != nil {
					t.Fatal(err)
				}
				f := storetest.NewFaulty(s)
				f.FailAt(n, mode)
				for i, err := range everything(t.Context(), f) {
					if failed := errors.Is(err, storetest.ErrInjected); failed != (i == n) {
						t.Errorf("%s: %v", want[i].Name, err)
					}
				}
				if !slices.Equal(f.Ops(), want) {
					t.Errorf("recorded %v", f.Ops())
				}
				checkEffect(t, s, op.Name, mode)
			})
		}
	}
}

// checkEffect: all was done but for the operation that was refused.
func checkEffect(t *testing.T, s store.Store, failed string, mode storetest.Mode) {
	t.Helper()
	want := map[store.Key]bool{"new": true, "copy": true, "old": false}
	if name, ok := map[string]store.Key{"put": "new", "copy": "copy", "delete": "old"}[failed]; ok && mode == storetest.Refused {
		want[name] = !want[name]
	}
	for k, there := range want {
		if _, err := s.Get(t.Context(), k); (err == nil) != there {
			t.Errorf("%s: %v, want it there: %t", k, err, there)
		}
	}
}

// TestSweep sweeps a flow of two writes: in either mode each of them fails once,
// then a run meets no fault, and every run is followed by another.
func TestSweep(t *testing.T) {
	if testing.Short() {
		t.Skip("a short sweep leaves operations out")
	}
	failures, runs := 0, 0
	flow := func(s store.Store) error {
		runs++
		for _, k := range []store.Key{"a", "b"} {
			if _, err := s.Put(t.Context(), k, nil, store.IfAbsent); err != nil && !errors.Is(err, store.ErrConflict) {
				return err
			}
		}
		return nil
	}
	storetest.Sweep(t, func(*testing.T) store.Store { return mem.New() }, flow, func(t *testing.T, s store.Store, failed error) {
		if failed != nil {
			failures++
		}
		if err := flow(s); err != nil {
			t.Error(err)
		}
		for _, k := range []store.Key{"a", "b"} {
			if _, err := s.Get(t.Context(), k); err != nil {
				t.Error(err)
			}
		}
	})
	if failures != 4 || runs != 2*(2+1)*2 {
		t.Errorf("%d failures in %d runs", failures, runs)
	}
}
