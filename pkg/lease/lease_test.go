package lease_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"screentest/pkg/lease"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
)

const key store.Key = "screentest/run/claim.json"

// hold holds the claim for a while of the bubble's time.
func hold(ctx context.Context, s store.Store, while time.Duration) error {
	return lease.Hold(ctx, s, key, "test", func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(while):
			return nil
		}
	})
}

type document map[string]any

// ours returns the document of a claim by this process.
func ours(t *testing.T) (d document) {
	t.Helper()
	s := mem.New()
	err := lease.Hold(t.Context(), s, key, "the other", func(ctx context.Context) error {
		d = stored(t, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func stored(t *testing.T, s store.Store) (d document) {
	t.Helper()
	body, _, err := store.ReadAll(t.Context(), s, key, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d document) with(name string, value any) document {
	d = maps.Clone(d)
	d[name] = value
	return d
}

// lay writes d whatever lies there.
func (d document) lay(t *testing.T, s store.Store) {
	t.Helper()
	body, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Update(t.Context(), s, key, func([]byte) ([]byte, error) { return body, nil }); err != nil {
		t.Fatal(err)
	}
}

func gone(t *testing.T, s store.Store) {
	t.Helper()
	if body, _, err := store.ReadAll(t.Context(), s, key, 1000); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the claim is still there: %s, %v", body, err)
	}
}

func deadProcess(t *testing.T) int {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^$")
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	return c.ProcessState.Pid()
}

func TestUncontested(t *testing.T) {
	s := storetest.NewFaulty(mem.New())
	failure := errors.New("of the work")
	err := lease.Hold(t.Context(), s, key, "evaluate ann", func(ctx context.Context) error { return failure })
	if !errors.Is(err, failure) {
		t.Errorf("got %v, want what the work returned", err)
	}
	if want := []storetest.Op{{Name: "put", Key: key}, {Name: "delete", Key: key}}; !slices.Equal(s.Ops(), want) {
		t.Errorf("operations %v, want %v", s.Ops(), want)
	}
}

func TestDocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := ours(t)
		host, _ := os.Hostname()
		want := document{"schema_version": 1.0, "holder": "the other", "host": host, "pid": float64(os.Getpid()),
			"until": time.Now().Add(time.Minute).UTC().Format(time.RFC3339), "id": d["id"], "machine": d["machine"]}
		if !maps.Equal(d, want) {
			t.Errorf("document %v, want %v", d, want)
		}
		if d["machine"] == "" || d["id"] == ours(t)["id"] {
			t.Errorf("machine or id identify nothing: %v", d)
		}
	})
}

func TestReleasedWhenWorkPanics(t *testing.T) {
	s := mem.New()
	func() {
		defer func() { recover() }()
		lease.Hold(t.Context(), s, key, "test", func(context.Context) error { panic("no") })
	}()
	gone(t, s)
}

func TestOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mem.New()
		var working, done atomic.Int32
		var group sync.WaitGroup
		for range 5 {
			group.Go(func() {
				err := lease.Hold(t.Context(), s, key, "test", func(ctx context.Context) error {
					if working.Add(1) > 1 {
						t.Error("two hold the claim")
					}
					time.Sleep(10 * time.Minute) // far beyond the term
					working.Add(-1)
					done.Add(1)
					return ctx.Err()
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if done.Load() != 5 {
			t.Errorf("%d of 5 got the claim", done.Load())
		}
		gone(t, s)
	})
}

func TestTakeOver(t *testing.T) {
	mine := ours(t)
	dead := mine.with("pid", deadProcess(t))
	tests := []struct {
		name   string
		there  document
		expiry time.Duration
		atOnce bool
	}{
		{"expired", mine, -time.Second, true},
		{"its process is dead", dead, time.Minute, true},
		{"its process lives", mine, 40 * time.Second, false},
		{"of another machine, where its process may live", dead.with("machine", "elsewhere"), 40 * time.Second, false},
		{"of nobody knows which machine", dead.with("machine", ""), 40 * time.Second, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := mem.New()
				start := time.Now()
				test.there.with("until", start.Add(test.expiry)).lay(t, s)
				if err := hold(t.Context(), s, 0); err != nil {
					t.Fatal(err)
				}
				waited := time.Since(start)
				if test.atOnce && waited > 0 || !test.atOnce && (waited < test.expiry || waited > test.expiry+2*time.Second) {
					t.Errorf("taken over after %s", waited)
				}
				gone(t, s)
			})
		})
	}
}

func TestCancelledWhileWaiting(t *testing.T) {
	there := ours(t)
	synctest.Test(t, func(t *testing.T) {
		s := mem.New()
		there.with("until", time.Now().Add(time.Hour)).lay(t, s)
		ctx, cancel := context.WithTimeout(t.Context(), 30500*time.Millisecond)
		defer cancel()
		err := hold(ctx, s, 0)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "the other") || !strings.Contains(err.Error(), string(key)) {
			t.Errorf("got %v", err)
		}
		if got := stored(t, s); got["id"] != there["id"] {
			t.Errorf("the other's claim became %v", got)
		}
	})
}

// The claim outlives the context it was taken with, until the work has stopped.
func TestKeptWhileWorkStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mem.New()
		ctx, cancel := context.WithCancel(t.Context())
		err := lease.Hold(ctx, s, key, "test", func(ctx context.Context) error {
			cancel()
			time.Sleep(5 * time.Minute)
			until, err := time.Parse(time.RFC3339, stored(t, s)["until"].(string))
			if err != nil || time.Until(until) <= 0 {
				t.Errorf("the claim was not extended: until %s, %v", until, err)
			}
			return ctx.Err()
		})
		if !errors.Is(err, context.Canceled) || errors.Is(err, lease.ErrLost) {
			t.Errorf("got %v", err)
		}
		gone(t, s)
	})
}

func TestLost(t *testing.T) {
	other := ours(t)
	synctest.Test(t, func(t *testing.T) {
		s := mem.New()
		err := lease.Hold(t.Context(), s, key, "test", func(ctx context.Context) error {
			start := time.Now()
			other.with("until", start.Add(time.Hour)).lay(t, s)
			<-ctx.Done()
			if waited := time.Since(start); waited > 10*time.Second || !errors.Is(context.Cause(ctx), lease.ErrLost) {
				t.Errorf("the work's context ended after %s: %v", waited, context.Cause(ctx))
			}
			return nil
		})
		if !errors.Is(err, lease.ErrLost) {
			t.Errorf("got %v", err)
		}
		if got := stored(t, s); got["id"] != other["id"] {
			t.Errorf("the other's claim became %v", got)
		}
	})
}

// When the store cannot be reached the work ends before others may begin.
func TestLostWithStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := storetest.NewFaulty(mem.New())
		for n := 1; n < 100; n++ {
			s.FailAt(n, storetest.Refused)
		}
		err := hold(t.Context(), s, time.Hour)
		if waited := time.Since(start); !errors.Is(err, lease.ErrLost) || waited > 55*time.Second || waited < 30*time.Second {
			t.Errorf("after %s: %v", waited, err)
		}
	})
}

// An extension that was reported as failed, and could not be checked either, is
// not taken for somebody else's claim.
func TestOwnExtensionIsRecognized(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := storetest.NewFaulty(mem.New())
		s.FailAt(1, storetest.DoneButFailed) // the first extension
		s.FailAt(2, storetest.Refused)       // reading it
		s.FailAt(4, storetest.Refused)       // reading it again, after the conflict of the second
		if err := hold(t.Context(), s, 10*time.Minute); err != nil {
			t.Error(err, s.Ops())
		}
		gone(t, s)
	})
}

func TestSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		work := func(s store.Store) error { return hold(t.Context(), s, 2*time.Minute) }
		storetest.Sweep(t, func(*testing.T) store.Store { return mem.New() }, work, func(t *testing.T, s store.Store, failed error) {
			start := time.Now()
			if err := work(s); err != nil {
				t.Error(err)
			}
			if waited := time.Since(start); waited > 4*time.Minute {
				t.Errorf("the rerun took %s", waited)
			}
			gone(t, s)
		})
	})
}

func TestNotAClaim(t *testing.T) {
	mine := ours(t)
	newer, _ := json.Marshal(mine.with("schema_version", 2))
	nameless, _ := json.Marshal(mine.with("id", ""))
	everybody, _ := json.Marshal(mine.with("pid", -1))
	for _, body := range []string{"", "{}", "[]", "half of {", string(newer), string(nameless), string(everybody), strings.Repeat(" ", 1<<20)} {
		s := mem.New()
		if _, err := s.Put(t.Context(), key, []byte(body), store.IfAbsent); err != nil {
			t.Fatal(err)
		}
		err := lease.Hold(t.Context(), s, key, "test", func(context.Context) error {
			t.Error("the work is done")
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), string(key)) {
			t.Errorf("%.30q: %v", body, err)
		}
		if got, _, err := store.ReadAll(t.Context(), s, key, 1<<20); err != nil || string(got) != body {
			t.Errorf("%.30q became %.30q, %v", body, got, err)
		}
	}
}

func FuzzDocument(f *testing.F) {
	f.Add([]byte(`{"schema_version":1,"id":"x","holder":"h","host":"h","machine":"","pid":1,"until":"2026-01-02T03:04:05Z"}`))
	f.Add([]byte(`{"schema_version":1,"id":"x","pid":1,"until":"9999-12-31T23:59:59Z"}`))
	f.Add([]byte(`{"pid":"1"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, body []byte) {
		synctest.Test(t, func(t *testing.T) {
			s := mem.New()
			if _, err := s.Put(t.Context(), key, body, store.IfAbsent); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			err := hold(ctx, s, 0)
			got, _, readErr := store.ReadAll(t.Context(), s, key, store.MaxDocument)
			if err == nil && !errors.Is(readErr, store.ErrNotFound) || err != nil && string(got) != string(body) {
				t.Errorf("hold: %v; then the claim is %q, %v", err, got, readErr)
			}
		})
	})
}
