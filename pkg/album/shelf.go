package album

import (
	"context"
	"path"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"screentest/pkg/actor"
	"screentest/pkg/store"
)

// A shelf holds what was made of the documents of one kind, one for each actor. A
// document is opened again when its version is another one.
type shelf[T any] struct {
	store store.Store
	key   func(actor.Name) store.Key
	// open reads the document of an actor. What it makes of one that cannot be read
	// is shown, and forgotten by the next look.
	open func(context.Context, actor.Name) (T, error)
	held map[actor.Name]copied[T]
}

// copied is what was made of a document of that version.
type copied[T any] struct {
	version store.Version
	made    T
}

// readers is how many documents of a kind are opened at once: enough to hide the
// latency of a bucket.
const readers = 16

// refresh brings the shelf up to date by one listing.
func (s *shelf[T]) refresh(ctx context.Context) error {
	held := map[actor.Name]copied[T]{}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	suffix := path.Ext(string(s.key("")))
	prefix := strings.TrimSuffix(string(s.key("")), suffix)
	for listed, err := range store.All(ctx, s.store, store.ListOptions{Prefix: prefix}) {
		if err != nil {
			return err
		}
		for _, info := range listed.Objects {
			name := actor.Name(strings.TrimSuffix(info.Key.Base(), suffix))
			if old, ok := s.held[name]; ok && old.version == info.Version {
				mu.Lock()
				held[name] = old
				mu.Unlock()
				continue
			}
			group.Go(func() error {
				made, err := s.open(ctx, name)
				read := copied[T]{info.Version, made}
				if err != nil {
					read.version = ""
				}
				mu.Lock()
				held[name] = read
				mu.Unlock()
				return ctx.Err()
			})
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	s.held = held
	return nil
}
