// Package storetest holds what a driver of the store port must do, as tests:
// Run is the conformance suite that every driver passes. It also holds what
// tests of other packages need of a store: Faulty counts operations and makes
// them fail, Sweep does that at every operation of a flow.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"screentest/pkg/store"
)

// Run tests that the stores of open keep the contract of package store, one
// subtest for each of its promises. open returns a new, empty store, which may
// share its medium with the others. That bytes are durable is not tested.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	tests := []struct {
		name string
		test func(t *testing.T, s store.Store)
	}{
		{"an invalid key is refused by every operation", testInvalidKeys},
		{"ordinary characters are kept", testOrdinaryCharacters},
		{"no object lies below another", testNoObjectBelowAnother},
		{"get of nothing is not found", testGetNothing},
		{"get while the object is replaced", testGetWhileReplaced},
		{"put if absent", testPutIfAbsent},
		{"put if version", testPutIfVersion},
		{"put keeps its own copy", testPutKeepsItsOwn},
		{"an empty object is an object", testEmptyObject},
		{"a large object", testLargeObject},
		{"versions agree", testVersionsAgree},
		{"equal versions mean equal bytes", testEqualVersions},
		{"copy", testCopy},
		{"copy conflicts", testCopyConflicts},
		{"delete", testDelete},
		{"a cancelled operation does nothing", testCancelled},
		{"read all", testReadAll},
		{"update", testUpdate},
		{"concurrent updates lose nothing", testConcurrentUpdates},
		{"one of many creates", testOneCreates},
		{"readers see the old or the new", testReadersSeeWhole},
		{"list of nothing", testListNothing},
		{"list every selection", testListSelections},
		{"list after deletion", testListAfterDeletion},
		{"list while others write", testListWhileOthersWrite},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.test(t, open(t)) })
	}
}

// put writes an object that does not exist yet.
func put(t *testing.T, s store.Store, k store.Key, body string) store.Version {
	t.Helper()
	return replace(t, s, k, body, "")
}

func replace(t *testing.T, s store.Store, k store.Key, body string, old store.Version) store.Version {
	t.Helper()
	v, err := s.Put(t.Context(), k, []byte(body), store.IfVersion(old))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// holds fails the test unless k holds body in version v.
func holds(t *testing.T, s store.Store, k store.Key, body string, v store.Version) {
	t.Helper()
	got, info, err := read(t.Context(), s, k)
	if err != nil {
		t.Fatal(err)
	}
	if got != body || info.Version != v {
		t.Errorf("%q holds %.40q in version %q, want %.40q in %q", k, got, info.Version, body, v)
	}
	if info.Key != k || info.Size != int64(len(body)) || info.Modified.IsZero() {
		t.Errorf("wrong description %+v of %d bytes under %q", info, len(body), k)
	}
}

func read(ctx context.Context, s store.Store, k store.Key) (string, store.Info, error) {
	o, err := s.Get(ctx, k)
	if err != nil {
		return "", store.Info{}, err
	}
	defer o.Body.Close()
	var b bytes.Buffer
	_, err = io.Copy(&b, o.Body)
	return b.String(), o.Info, err
}

// fails fails the test unless err is of the kind want.
func fails(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got error %v, want %v", what, err, want)
	}
}

// absent fails the test if k exists.
func absent(t *testing.T, s store.Store, k store.Key) {
	t.Helper()
	_, _, err := read(t.Context(), s, k)
	fails(t, "get "+string(k), err, store.ErrNotFound)
}
