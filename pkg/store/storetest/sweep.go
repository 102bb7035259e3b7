package storetest

import (
	"testing"

	"screentest/pkg/store"
)

// Sweep proves that a flow can be started again whatever happened to it. It
// runs flow on a new store with operation 0 failing, then 1, 2 and so on, in
// both modes, until one runs through without meeting its fault. After each,
// rerun gets the same store with no fault left: it runs the flow again and
// checks that all is as it should be. failed is what the flow returned, nil if
// it survived the fault by itself.
//
// Short tests, which run under the race detector, take every third operation; the
// others take each.
func Sweep(t *testing.T, open func(t *testing.T) store.Store,
	flow func(s store.Store) error, rerun func(t *testing.T, s store.Store, failed error)) {
	t.Helper()
	stride := 1
	if testing.Short() {
		stride = 3
	}
	for _, mode := range []Mode{Refused, DoneButFailed} {
		for n := 0; ; n += stride {
			s := open(t)
			faulty := NewFaulty(s)
			faulty.FailAt(n, mode)
			failed := flow(faulty)
			t.Logf("operation %d %s: %v", n, mode, failed)
			rerun(t, s, failed)
			if len(faulty.Ops()) <= n {
				break
			}
			if n >= 1000 {
				t.Fatal("still operations after 1000: does the flow end?")
			}
		}
	}
}
