package worker

import (
	"context"
	"fmt"
	"sync"
	"time"

	"screentest/pkg/judge"
)

// How long a handler is used before the settings, the key and the roster are read
// anew, and how long a worker rests after it has found that nothing can be done.
const (
	freshFor = 5 * time.Minute
	restFor  = time.Minute
)

// An Opening makes the handler when it is first needed, and anew from time to
// time. What cannot be opened now, because the settings are not valid or the key
// is missing, costs no message: all of them wait until it can be.
type Opening struct {
	Open func(ctx context.Context) (Handler, error)
	Now  func() time.Time

	mu     sync.Mutex
	opened Handler
	err    error
	until  time.Time
}

// handler fails with judge.ErrHalt.
func (o *Opening) handler(ctx context.Context) (Handler, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.Now().Before(o.until) {
		return o.opened, o.err
	}
	h, err := o.Open(ctx)
	o.opened, o.err, o.until = h, nil, o.Now().Add(freshFor)
	if err != nil {
		o.err, o.until = fmt.Errorf("%w: the worker cannot start: %w", judge.ErrHalt, err), o.Now().Add(restFor)
	}
	return o.opened, o.err
}

// close has everything read anew after a rest: the key may have been replaced.
func (o *Opening) close(now time.Time, cause error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.err, o.until = fmt.Errorf("tried less than %s ago: %w", restFor, cause), now.Add(restFor)
}
