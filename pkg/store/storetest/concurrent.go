package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"screentest/pkg/store"
)

// Increment adds one to the number in the object k, n times. Run by several
// writers at once, processes even, it shows whether compare-and-swap holds.
func Increment(ctx context.Context, s store.Store, k store.Key, n int) error {
	for range n {
		err := store.Update(ctx, s, k, func(old []byte) ([]byte, error) {
			count := 0
			if old != nil {
				var err error
				if count, err = strconv.Atoi(string(old)); err != nil {
					return nil, err
				}
			}
			return []byte(strconv.Itoa(count + 1)), nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func testReadAll(t *testing.T, s store.Store) {
	v := put(t, s, "a", "body")
	body, info, err := store.ReadAll(t.Context(), s, "a", 4)
	if err != nil || string(body) != "body" || info.Version != v {
		t.Errorf("got %q, %+v, %v", body, info, err)
	}
	_, _, err = store.ReadAll(t.Context(), s, "a", 3)
	fails(t, "read beyond the limit", err, store.ErrTooLarge)
	_, _, err = store.ReadAll(t.Context(), s, "b", 3)
	fails(t, "read nothing", err, store.ErrNotFound)
}

func testUpdate(t *testing.T, s store.Store) {
	update := func(want string, wantNil bool, to string) error {
		return store.Update(t.Context(), s, "a", func(old []byte) ([]byte, error) {
			if string(old) != want || (old == nil) != wantNil {
				t.Errorf("update is given %q (nil: %t), want %q", old, old == nil, want)
			}
			return []byte(to), nil
		})
	}
	if err := errors.Join(update("", true, ""), update("", false, "one"), update("one", false, "two")); err != nil {
		t.Fatal(err)
	}
	_, before, _ := read(t.Context(), s, "a")
	if err := update("two", false, "two"); err != nil {
		t.Fatal(err)
	}
	holds(t, s, "a", "two", before.Version)
	refusal := errors.New("no")
	err := store.Update(t.Context(), s, "a", func([]byte) ([]byte, error) { return nil, refusal })
	fails(t, "update that refuses", err, refusal)
	holds(t, s, "a", "two", before.Version)
}

func testConcurrentUpdates(t *testing.T, s store.Store) {
	const writers, times = 6, 20
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			if err := Increment(t.Context(), s, "deep/in/counter", times); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	got, _, err := read(t.Context(), s, "deep/in/counter")
	if err != nil || got != strconv.Itoa(writers*times) {
		t.Errorf("%d writers counted %d times each, and the counter is at %s, %v", writers, times, got, err)
	}
}

func testOneCreates(t *testing.T, s store.Store) {
	source := put(t, s, "source", "copied")
	won := make([]string, 8)
	var group sync.WaitGroup
	for n := range won {
		group.Go(func() {
			body, err := "copied", error(nil)
			if n%2 == 0 {
				body = fmt.Sprintf("put by %d", n)
				_, err = s.Put(t.Context(), "new/deep/object", []byte(body), store.IfAbsent)
			} else {
				_, err = s.Copy(t.Context(), "source", source, "new/deep/object")
			}
			if err == nil {
				won[n] = body
			} else {
				fails(t, "create", err, store.ErrConflict)
			}
		})
	}
	group.Wait()
	got, _, err := read(t.Context(), s, "new/deep/object")
	if winner := strings.Join(won, ""); err != nil || winner != got {
		t.Errorf("the object holds %q, error %v; the writers told that they made it wrote %q", got, err, winner)
	}
}

func testReadersSeeWhole(t *testing.T, s store.Store) {
	v := put(t, s, "a/b", "A")
	done := make(chan struct{})
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				body, info, err := store.ReadAll(t.Context(), s, "a/b", 1<<20)
				if err != nil || info.Size != int64(len(body)) || len(bytes.Trim(body, string(body[:1]))) > 0 {
					t.Errorf("a part: %d bytes of %+v, error %v", len(body), info, err)
					return
				}
			}
		})
	}
	for n := range 50 {
		v = replace(t, s, "a/b", strings.Repeat(string(rune('A'+n%26)), 1+n*n*40), v)
	}
	close(done)
	group.Wait()
}
