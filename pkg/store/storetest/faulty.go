package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"

	"screentest/pkg/store"
)

// ErrInjected is the failure that a Faulty store reports. It is none of the
// kinds of package store, so to the caller the outcome is unknown.
var ErrInjected = errors.New("injected fault")

// A Mode is what happens to an operation that is made to fail.
type Mode string

// Faults come in pairs: code that survives one of them often fails the other.
const (
	Refused       Mode = "refused"                  // nothing happens
	DoneButFailed Mode = "done, reported as failed" // it happens, and the caller is told ErrInjected
)

// An Op is one operation that a store was asked for.
type Op struct {
	Name string    // list, get, put, copy or delete
	Key  store.Key // of a list the prefix, of a copy the destination
}

// Faulty passes operations on to another store, records them, and makes the one
// that a test names fail.
type Faulty struct {
	store store.Store

	mu    sync.Mutex
	ops   []Op
	fails map[int]Mode // by position in ops
}

// NewFaulty wraps s. Until FailAt is called nothing fails.
func NewFaulty(s store.Store) *Faulty { return &Faulty{store: s, fails: map[int]Mode{}} }

var _ store.Store = (*Faulty)(nil)

// FailAt makes operation n fail, counted from 0 since NewFaulty.
func (f *Faulty) FailAt(n int, m Mode) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails[n] = m
}

// Ops returns the operations so far, failed ones included.
func (f *Faulty) Ops() []Op {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.ops)
}

// Count returns how many operations of that name were asked for so far.
func (f *Faulty) Count(name string) int {
	n := 0
	for _, op := range f.Ops() {
		if op.Name == name {
			n++
		}
	}
	return n
}

// record notes an operation and returns its fault, "" for none.
func (f *Faulty) record(name string, k store.Key) Mode {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ops = append(f.ops, Op{name, k})
	return f.fails[len(f.ops)-1]
}

// do runs an operation as its fault has it.
func do[T any](f *Faulty, name string, k store.Key, operation func() (T, error)) (T, error) {
	var none T
	mode := f.record(name, k)
	if mode == Refused {
		return none, ErrInjected
	}
	result, err := operation()
	if mode == DoneButFailed {
		return none, ErrInjected
	}
	return result, err
}

// List implements store.Store.
func (f *Faulty) List(ctx context.Context, o store.ListOptions) (store.Page, error) {
	return do(f, "list", store.Key(o.Prefix), func() (store.Page, error) { return f.store.List(ctx, o) })
}

// Get implements store.Store. To read changes nothing, so both modes are one.
func (f *Faulty) Get(ctx context.Context, k store.Key) (store.Object, error) {
	if f.record("get", k) != "" {
		return store.Object{}, ErrInjected
	}
	return f.store.Get(ctx, k)
}

// Put implements store.Store.
func (f *Faulty) Put(ctx context.Context, k store.Key, body []byte, c store.Condition) (store.Version, error) {
	return do(f, "put", k, func() (store.Version, error) { return f.store.Put(ctx, k, body, c) })
}

// Copy implements store.Store.
func (f *Faulty) Copy(ctx context.Context, src store.Key, v store.Version, dst store.Key) (store.Version, error) {
	return do(f, "copy", dst, func() (store.Version, error) { return f.store.Copy(ctx, src, v, dst) })
}

// Delete implements store.Store.
func (f *Faulty) Delete(ctx context.Context, k store.Key, v store.Version) error {
	_, err := do(f, "delete", k, func() (struct{}, error) { return struct{}{}, f.store.Delete(ctx, k, v) })
	return err
}
