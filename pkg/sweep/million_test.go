package sweep_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/event"
	"screentest/pkg/queue"
	"screentest/pkg/run"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/sweep"
)

// A crowd is a tree of n actors with images each that exists only as far as it is
// looked at, and that counts the listings.
type crowd struct {
	*mem.Store
	n, images int
	listings  atomic.Int64
}

func (c *crowd) name(i int) string { return fmt.Sprintf("%07d_actor", i) }

// List answers a listing of actors/; its cursor is the number of the next object.
func (c *crowd) List(ctx context.Context, o store.ListOptions) (store.Page, error) {
	if o.Prefix != actor.Directory {
		return c.Store.List(ctx, o)
	}
	c.listings.Add(1)
	var first int
	_, _ = fmt.Sscan(o.After, &first)
	last := min(first+1000, c.n*c.images)
	var page store.Page
	for i := first; i < last; i++ {
		key := actor.TrainingKey(actor.Name(c.name(i/c.images)), fmt.Sprintf("%02d.png", i%c.images))
		page.Objects = append(page.Objects, store.Info{Key: key, Size: 1, Version: "1"})
	}
	if last < c.n*c.images {
		page.Next = fmt.Sprint(last)
	}
	return page, nil
}

func (c *crowd) Get(ctx context.Context, k store.Key) (store.Object, error) {
	if k != actor.RosterKey {
		return c.Store.Get(ctx, k)
	}
	return store.Object{Info: store.Info{Key: k}, Body: io.NopCloser(&rosterText{crowd: c, rest: strings.NewReader("[")})}, nil
}

// rosterText is the roster of a crowd, written while it is read.
type rosterText struct {
	crowd *crowd
	next  int
	rest  io.Reader
}

func (r *rosterText) Read(p []byte) (int, error) {
	n, err := r.rest.Read(p)
	if n > 0 || err != io.EOF || r.next > r.crowd.n {
		return n, err
	}
	var b bytes.Buffer
	for range min(1000, r.crowd.n-r.next) {
		if r.next > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"name":%q,"age":30}`, r.crowd.name(r.next))
		r.next++
	}
	if r.next == r.crowd.n {
		b.WriteByte(']')
		r.next++
	}
	r.rest = &b
	return r.Read(p)
}

// counted counts messages and remembers one bit of each.
type counted struct {
	messages atomic.Int64
	seen     []atomic.Bool
	twice    atomic.Int64
}

func (c *counted) Send(_ context.Context, messages ...queue.Message) error {
	for _, m := range messages {
		job, err := event.DecodeJob(m.Body)
		if err != nil {
			return err
		}
		var i int
		if _, err := fmt.Sscanf(string(job.Actor), "%07d_actor", &i); err != nil {
			return err
		}
		c.messages.Add(1)
		if c.seen[i].Swap(true) {
			c.twice.Add(1)
		}
	}
	return nil
}

// A roster of a million actors with three images each: as many messages as
// actors, a state of constant size, few calls, and memory that does not grow.
func TestAMillionActors(t *testing.T) {
	if testing.Short() {
		t.Skip("a million messages take half a minute")
	}
	const actors = 1_000_000
	tree := &crowd{Store: mem.New(), n: actors, images: 3}
	queue := &counted{seen: make([]atomic.Bool, actors)}
	o := sweep.Orchestrator{Store: tree, Queue: queue, Now: time.Now, Listings: 1000}
	in := sweep.PageInput{RunID: "million", Mode: run.DryRun}
	var peak uint64
	calls := 0
	for {
		out, err := o.Page(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		calls++
		in.Cursor = out.Cursor
		if len(in.Cursor) > 200 {
			t.Fatalf("a cursor of %d bytes: %s", len(in.Cursor), in.Cursor)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapSys-m.HeapReleased)
		if out.Done {
			break
		}
	}
	h, err := sweep.Load(t.Context(), tree, run.DryRun, "million")
	if err != nil || h.Total != actors || queue.messages.Load() != actors || queue.twice.Load() != 0 {
		t.Errorf("%d messages, %d of them twice, header %+v, %v", queue.messages.Load(), queue.twice.Load(), h, err)
	}
	if calls >= 1000 || peak > 200<<20 {
		t.Errorf("%d calls, %d MB of heap", calls, peak>>20)
	}
	t.Logf("%d calls, %d listings, %d MB of heap at most", calls, tree.listings.Load(), peak>>20)
}
