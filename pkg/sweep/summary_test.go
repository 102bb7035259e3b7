package sweep_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/run"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/sweep"
)

// A finished store has the outcomes of n actors, of whom every tenth has failed and
// every hundredth was interrupted before. They exist only while they are looked at.
type finished struct {
	*mem.Store
	n                    int
	prefix               store.Key
	listing, reading     time.Duration // how long each takes
	listings, reads, now atomic.Int64
	most                 atomic.Int64 // reads at the same time
}

func (f *finished) states(i int) []run.State {
	var states []run.State
	if i%100 == 0 {
		states = append(states, run.Interrupted)
	}
	if i%10 == 1 {
		return append(states, run.Failed)
	}
	return append(states, run.Completed)
}

// List answers a listing of outcomes, five hundred actors at a time.
func (f *finished) List(ctx context.Context, o store.ListOptions) (store.Page, error) {
	if o.Prefix != string(f.prefix)+"outcomes/" {
		return f.Store.List(ctx, o)
	}
	f.listings.Add(1)
	time.Sleep(f.listing)
	var first int
	_, _ = fmt.Sscan(o.After, &first)
	last := min(first+500, f.n)
	var page store.Page
	for i := first; i < last; i++ {
		for _, state := range f.states(i) {
			page.Objects = append(page.Objects, store.Info{Key: store.Key(fmt.Sprintf("%soutcomes/%07d_actor/%s.json", f.prefix, i, state)), Size: 1, Version: "1"})
		}
	}
	if last < f.n {
		page.Next = fmt.Sprint(last)
	}
	return page, nil
}

func (f *finished) Get(ctx context.Context, k store.Key) (store.Object, error) {
	rest, isOutcome := strings.CutPrefix(string(k), string(f.prefix)+"outcomes/")
	if !isOutcome {
		return f.Store.Get(ctx, k)
	}
	f.reads.Add(1)
	if now := f.now.Add(1); now > f.most.Load() {
		f.most.Store(now)
	}
	defer f.now.Add(-1)
	time.Sleep(f.reading)
	name, file, _ := strings.Cut(rest, "/")
	o := run.Outcome{SchemaVersion: 1, Actor: actor.Name(name), State: run.State(strings.TrimSuffix(file, ".json")), Usage: cost.Usage{Requests: 1}}
	if o.State == run.Failed {
		o.Reason = "the judge could not be asked about " + name
	}
	body, err := json.Marshal(o)
	return store.Object{Info: store.Info{Key: k, Size: int64(len(body))}, Body: io.NopCloser(strings.NewReader(string(body)))}, err
}

// finish returns a store with the sweep "large" of n actors, which ends at the next
// look.
func finish(t *testing.T, n int) *finished {
	t.Helper()
	s := &finished{Store: mem.New(), n: n, prefix: "screentest/runs/dry-run/large/"}
	header, err := json.Marshal(sweep.Header{SchemaVersion: 1, ID: "large", Mode: run.DryRun, StartedAt: noon, Total: n, Listed: true})
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, s.prefix+"sweep.json", string(header))
	return s
}

// The readers never wait for a listing but the first, so that a look takes as long
// as counting and reading do.
func TestListingsAreAheadOfTheReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := finish(t, 20_000)
		s.listing, s.reading = 62*time.Millisecond, 20*time.Millisecond
		start := time.Now()
		out, err := sweep.Look(t.Context(), s, sweep.LookInput{RunID: "large", Mode: run.DryRun}, noon)
		if err != nil || !out.Done || out.Summary.Usage.Requests != 20_200 {
			t.Fatalf("%+v, %v", out, err)
		}
		counting, reading := 40*s.listing, s.listing+20_200*s.reading/96
		if took := time.Since(start); took > (counting+reading)*11/10 {
			t.Errorf("the look took %v, counting %v and reading %v", took, counting, reading)
		}
	})
}

// A reader that fails ends the look; the next one makes it good.
func TestSummarizingFails(t *testing.T) {
	s := finish(t, 5_000)
	broken := errors.New("no answer")
	_, err := sweep.Look(t.Context(), unread{s, broken}, sweep.LookInput{RunID: "large", Mode: run.DryRun}, noon)
	if !errors.Is(err, broken) {
		t.Errorf("outcomes that cannot be read: %v", err)
	}
	if out, err := sweep.Look(t.Context(), s, sweep.LookInput{RunID: "large", Mode: run.DryRun}, noon); err != nil || out.Summary.Usage.Requests != 5_050 {
		t.Errorf("%+v, %v", out, err)
	}
}

// unread is a store none of whose outcomes can be read.
type unread struct {
	store.Store
	err error
}

func (u unread) Get(ctx context.Context, k store.Key) (store.Object, error) {
	if strings.Contains(string(k), "/outcomes/") {
		return store.Object{}, u.err
	}
	return u.Store.Get(ctx, k)
}

// A quarter of a million are summed up in one look, in memory that does not grow with
// them, each read once. How many the function has time for follows from what one takes
// (make bench-lambda), and is checked in infra/stack.
func TestALookSumsUpWhatIsThere(t *testing.T) {
	const actors, outcomes = 250_000, 252_500
	if testing.Short() {
		t.Skip("so many outcomes take some seconds")
	}
	s := finish(t, actors)
	debug.FreeOSMemory() // of the tests before
	out, err := sweep.Look(t.Context(), s, sweep.LookInput{RunID: "large", Mode: run.DryRun}, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if out.Settled() != actors || !out.Done || out.Summary.Usage.Requests != outcomes ||
		len(out.Summary.Failures) != 1 || out.Summary.Failures[0].Actors != actors/10 {
		t.Errorf("%+v %+v", out, out.Summary)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if peak := m.HeapSys - m.HeapReleased; peak > 100<<20 || s.reads.Load() != outcomes || s.listings.Load() != 2*actors/500 || s.most.Load() > 100 {
		t.Errorf("%d MB of heap, %d reads, %d at once, %d listings", peak>>20, s.reads.Load(), s.most.Load(), s.listings.Load())
	}
	t.Logf("%d reads, %d at once, %d MB of heap", s.reads.Load(), s.most.Load(), (m.HeapSys-m.HeapReleased)>>20)
}
