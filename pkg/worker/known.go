package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/event"
	"screentest/pkg/judge"
	"screentest/pkg/store"
	"screentest/pkg/sweep"
)

// newsAfter is how old what a worker knows of the roster and of sweeps may be.
const newsAfter = time.Minute

// Members knows the names in the roster. It keeps nothing but the names, and
// reads the roster again when it does not know somebody.
type Members struct {
	Store store.Store
	Now   func() time.Time

	mu    sync.Mutex
	names map[actor.Name]bool
	read  time.Time
}

// Has reports whether the actor of j is in the roster, or was when it was read. That
// it is not is believed only of a roster that was read after j was sent: an actor and
// its images may have come since.
func (m *Members) Has(ctx context.Context, j event.Job) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := m.Now(); !m.names[j.Actor] && (!m.read.After(j.Sent) || now.Sub(m.read) >= newsAfter) {
		names := map[actor.Name]bool{}
		for a, err := range actor.Stream(ctx, m.Store) {
			if err != nil {
				return false, fmt.Errorf("%w: %w", judge.ErrHalt, err)
			}
			names[a.Name] = true
		}
		m.names, m.read = names, now
	}
	return m.names[j.Actor], nil
}

// Sweeps knows which sweeps were stopped.
type Sweeps struct {
	Store store.Store
	Now   func() time.Time

	mu      sync.Mutex
	run     string
	stopped bool
	read    time.Time
}

// Stopped reports whether a person has stopped the sweep that asks for j. A sweep
// of which there is no record any more counts as stopped.
func (w *Sweeps) Stopped(ctx context.Context, j event.Job) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.run == j.Run && w.Now().Sub(w.read) < newsAfter {
		return w.stopped, nil
	}
	h, err := sweep.Load(ctx, w.Store, j.Mode, j.Run)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return false, err
	}
	w.run, w.stopped, w.read = j.Run, err != nil || !h.StoppedAt.IsZero(), w.Now()
	return w.stopped, nil
}
