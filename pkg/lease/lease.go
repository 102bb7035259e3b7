// Package lease lets one process at a time do a piece of work, so that two never
// pay for the same thing. The claim is a small document in the tree, so it works
// wherever the tree lies. A claim that nobody contests costs two writes.
//
// While the work goes on the claim is extended. A holder that dies without
// releasing it stands in the way until the claim expires, a minute later, but
// not at all if it ran on this machine: that its process is gone is plain to see.
//
// A claim guards against paying twice, not against writing twice: a process that
// was suspended learns only on waking that it has lost its claim. Documents are
// therefore written by compare-and-swap all the same. The clocks of machines
// that share a tree may differ by five seconds.
package lease

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"time"

	"screentest/pkg/store"
)

// ErrLost is the cause for which the context of the work ends when somebody
// else may have taken the claim.
var ErrLost = errors.New("claim lost to somebody else")

const (
	term  = time.Minute      // how long a claim holds after it was last extended
	beat  = 10 * time.Second // how often it is extended
	reply = 5 * time.Second  // how long extending or releasing may take
	poll  = time.Second      // how often one who waits looks
)

// Hold runs work while it holds the claim k, and returns what work returns.
// First it waits until nobody else holds it, as long as ctx lasts. holder says
// to people who holds the claim; it need not be unique. The context of the work
// ends when the claim is lost, and Hold then fails with ErrLost even if work
// does not. An error of Hold may also mean that all was done but the claim could
// not be released.
func Hold(ctx context.Context, s store.Store, k store.Key, holder string, work func(context.Context) error) (err error) {
	c := claim{store: s, key: k, holder: holder, id: rand.Text()}
	if err := c.acquire(ctx); err != nil {
		return fmt.Errorf("claim %s: %w", k, err)
	}
	working, lose := context.WithCancelCause(ctx)
	// The claim is kept until work has returned, however long that takes after
	// ctx has ended.
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		c.keep(ctx, lose)
	}()
	defer func() {
		stop()
		<-kept
		lose(nil)
		err = errors.Join(err, c.release(context.WithoutCancel(ctx)))
	}()
	err = work(working)
	if cause := context.Cause(working); errors.Is(cause, ErrLost) {
		err = errors.Join(cause, err)
	}
	return err
}

// A claim is what we know of the document that we write.
type claim struct {
	store   store.Store
	key     store.Key
	holder  string
	id      string
	version store.Version // of the document as we wrote it or want to replace it
	until   time.Time
}

// acquire writes the claim as soon as no living holder has it.
func (c *claim) acquire(ctx context.Context) error {
	for {
		err := c.write(ctx)
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
		other, version, err := read(ctx, c.store, c.key)
		switch {
		case errors.Is(err, store.ErrNotFound), err == nil && other.over(time.Now()):
			c.version = version // "" if it was just released
			continue
		case err != nil:
			return err
		}
		c.version = ""
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s (process %d on %s): %w", other.Holder, other.PID, other.Host, context.Cause(ctx))
		case <-time.After(poll):
		}
	}
}

// write puts our claim in the place of c.version. It fails with ErrConflict if
// that is not what lies there.
func (c *claim) write(ctx context.Context) error {
	until := time.Now().Add(term)
	version, err := c.store.Put(ctx, c.key, c.document(until), store.IfVersion(c.version))
	if err != nil {
		// It may be there nevertheless, written now or by an earlier try.
		there, v, readErr := read(ctx, c.store, c.key)
		switch {
		case readErr == nil && there.ID == c.id:
			version, until = v, there.Until
		case readErr != nil && errors.Is(err, store.ErrConflict) && !errors.Is(readErr, store.ErrNotFound):
			return readErr // conflicting with whom, nobody knows
		default:
			return err
		}
	}
	c.version, c.until = version, until
	return nil
}

// keep extends the claim until ctx ends or the claim is lost. A try that fails
// is repeated while there is time; after a long sleep of the machine it is not
// too late, for writing succeeds only if nobody else has written.
func (c *claim) keep(ctx context.Context, lose context.CancelCauseFunc) {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		extending, cancel := context.WithTimeout(ctx, reply)
		err := c.write(extending)
		cancel()
		if errors.Is(err, store.ErrConflict) || err != nil && time.Until(c.until) <= beat {
			lose(fmt.Errorf("extend %s: %w: %w", c.key, ErrLost, err))
			return
		}
	}
}

// release deletes the claim if it is still ours.
func (c *claim) release(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reply)
	defer cancel()
	err := c.store.Delete(ctx, c.key, c.version)
	if err == nil {
		return nil
	}
	// The version may be another one, or the claim deleted, if we were told of a
	// failure that was none.
	there, version, readErr := read(ctx, c.store, c.key)
	switch {
	case errors.Is(readErr, store.ErrNotFound), readErr == nil && there.ID != c.id:
		return nil
	case readErr == nil:
		err = c.store.Delete(ctx, c.key, version)
	}
	if err != nil {
		return fmt.Errorf("release %s: %w", c.key, err)
	}
	return nil
}

func (c *claim) document(until time.Time) []byte {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return document{
		SchemaVersion: schemaVersion,
		ID:            c.id,
		Holder:        c.holder,
		Host:          host,
		Machine:       machine(),
		PID:           os.Getpid(),
		Until:         until.UTC(),
	}.encode()
}
