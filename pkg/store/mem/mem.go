// Package mem is the in-memory driver of the store port, for tests. It keeps
// the whole contract and refuses what any other driver would refuse, so that a
// test that passes on it also passes on a directory or a bucket. It knows
// nothing of links or permissions, so it never lists a Refusal. Wrap it in
// storetest.NewFaulty to count operations and to make them fail.
package mem

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"screentest/pkg/store"
)

type object struct {
	store.Info
	body []byte // never changed once it is here
}

// Store is a tree in memory.
type Store struct {
	mu      sync.Mutex
	objects map[store.Key]object
	written int // number of writes, the source of versions
}

// New returns an empty store.
func New() *Store { return &Store{objects: map[store.Key]object{}} }

var _ store.Store = (*Store)(nil)

// List implements store.Store.
func (s *Store) List(ctx context.Context, o store.ListOptions) (store.Page, error) {
	if err := ctx.Err(); err != nil {
		return store.Page{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := o.Limit
	if limit <= 0 {
		limit = 1000
	}
	var page store.Page
	last := o.After
	for _, k := range slices.Sorted(maps.Keys(s.objects)) {
		name, folded := fold(k, o)
		if name <= last || !strings.HasPrefix(name, o.Prefix) {
			continue
		}
		if len(page.Objects)+len(page.Prefixes) == limit {
			page.Next = last
			break
		}
		if folded {
			page.Prefixes = append(page.Prefixes, name)
		} else {
			page.Objects = append(page.Objects, s.objects[k].Info)
		}
		last = name
	}
	return page, nil
}

// fold returns the name under which a listing shows k, and whether that name
// stands for all the keys that begin with it.
func fold(k store.Key, o store.ListOptions) (name string, folded bool) {
	rest, ok := strings.CutPrefix(string(k), o.Prefix)
	if first, _, more := strings.Cut(rest, "/"); o.Delimited && ok && more {
		return o.Prefix + first + "/", true
	}
	return string(k), false
}

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, k store.Key) (store.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.find(ctx, k)
	if err != nil {
		return store.Object{}, fmt.Errorf("get %s: %w", k, err)
	}
	return store.Object{Info: o.Info, Body: io.NopCloser(bytes.NewReader(o.body))}, nil
}

// Put implements store.Store.
func (s *Store) Put(ctx context.Context, k store.Key, body []byte, c store.Condition) (store.Version, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.put(ctx, k, bytes.Clone(body), c)
	if err != nil {
		return "", fmt.Errorf("put %s: %w", k, err)
	}
	return v, nil
}

// Copy implements store.Store.
func (s *Store) Copy(ctx context.Context, src store.Key, v store.Version, dst store.Key) (store.Version, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.find(ctx, src)
	if err == nil && from.Version != v {
		err = store.ErrConflict
	}
	if err != nil {
		return "", fmt.Errorf("copy %s: %w", src, err)
	}
	copied, err := s.put(ctx, dst, from.body, store.IfAbsent)
	if err != nil {
		return "", fmt.Errorf("copy %s to %s: %w", src, dst, err)
	}
	return copied, nil
}

// Delete implements store.Store.
func (s *Store) Delete(ctx context.Context, k store.Key, v store.Version) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.find(ctx, k)
	if err == nil && o.Version != v {
		err = store.ErrConflict
	}
	if err != nil {
		return fmt.Errorf("delete %s: %w", k, err)
	}
	delete(s.objects, k)
	return nil
}

func (s *Store) find(ctx context.Context, k store.Key) (object, error) {
	if err := ctx.Err(); err != nil {
		return object{}, err
	}
	if err := k.Validate(); err != nil {
		return object{}, err
	}
	o, ok := s.objects[k]
	if !ok {
		return object{}, store.ErrNotFound
	}
	return o, nil
}

func (s *Store) put(ctx context.Context, k store.Key, body []byte, c store.Condition) (store.Version, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if err := k.Validate(); err != nil {
		return "", err
	}
	if s.objects[k].Version != c.Version() {
		return "", store.ErrConflict
	}
	for other := range s.objects {
		if strings.HasPrefix(string(k), string(other)+"/") || strings.HasPrefix(string(other), string(k)+"/") {
			return "", fmt.Errorf("%w: %s lies in its way", store.ErrInvalidKey, other)
		}
	}
	s.written++
	v := store.Version(strconv.Itoa(s.written))
	s.objects[k] = object{store.Info{Key: k, Size: int64(len(body)), Version: v, Modified: time.Now()}, body}
	return v, nil
}
