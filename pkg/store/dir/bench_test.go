package dir_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"screentest/pkg/store"
)

// BenchmarkPut is a document of the usual size, replaced durably.
func BenchmarkPut(b *testing.B) {
	s := open(b, b.TempDir())
	body := make([]byte, 8<<10)
	var v store.Version
	for b.Loop() {
		var err error
		if v, err = s.Put(b.Context(), "screentest/evaluations/a.json", body, store.IfVersion(v)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPutParallel is 16 writers of new documents in one directory.
func BenchmarkPutParallel(b *testing.B) {
	s := open(b, b.TempDir())
	body := make([]byte, 8<<10)
	var n atomic.Int64
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			k := store.Key(fmt.Sprintf("screentest/evaluations/%d.json", n.Add(1)))
			if _, err := s.Put(b.Context(), k, body, store.IfAbsent); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkList(b *testing.B) {
	s := open(b, b.TempDir())
	for n := range 2000 {
		k := store.Key(fmt.Sprintf("actors/actor_%03d/training_data/%04d.png", n%113, n))
		if _, err := s.Put(b.Context(), k, nil, store.IfAbsent); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("all", func(b *testing.B) { list(b, s, store.ListOptions{}, 2000) })
	b.Run("folded", func(b *testing.B) { list(b, s, store.ListOptions{Prefix: "actors/", Delimited: true}, 113) })
	b.Run("one actor", func(b *testing.B) { list(b, s, store.ListOptions{Prefix: "actors/actor_007/training_data/"}, 18) })
}

func list(b *testing.B, s store.Store, o store.ListOptions, want int) {
	for b.Loop() {
		n := 0
		for page, err := range store.All(b.Context(), s, o) {
			if err != nil {
				b.Fatal(err)
			}
			n += len(page.Objects) + len(page.Prefixes)
		}
		if n != want {
			b.Fatalf("listed %d, want %d", n, want)
		}
	}
}
