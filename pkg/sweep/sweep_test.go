package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/event"
	"screentest/pkg/queue"
	"screentest/pkg/run"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
	"screentest/pkg/sweep"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// sent keeps the messages of a sweep by ID, as a queue does that drops repeated ones.
type sent struct {
	mu   sync.Mutex
	jobs map[string]event.Job
	fail error
}

func (s *sent) Send(_ context.Context, messages ...queue.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.jobs == nil {
		s.jobs = map[string]event.Job{}
	}
	for _, m := range messages {
		if s.fail != nil {
			return s.fail
		}
		job, err := event.DecodeJob(m.Body)
		if err := errors.Join(err, m.Validate()); err != nil {
			return err
		}
		s.jobs[m.ID] = job
	}
	return nil
}

func (s *sent) actors() (names []actor.Name) {
	for _, job := range s.jobs {
		names = append(names, job.Actor)
	}
	slices.Sort(names)
	return names
}

func put(t *testing.T, s store.Store, k store.Key, body string) {
	t.Helper()
	if _, err := s.Put(t.Context(), k, []byte(body), store.IfAbsent); err != nil {
		t.Fatal(err)
	}
}

// tree has five actors with images, of whom "stranger" is not in the roster, and
// two without. Names are such that objects of one could come between another's.
func tree(t *testing.T) *mem.Store {
	s := mem.New()
	put(t, s, actor.RosterKey, `[{"name":"bare"},{"name":"zoë"},{"name":"a"},{"name":"a b"},{"name":"a-b"},{"name":"gone"}]`)
	for _, name := range []actor.Name{"a", "a b", "a-b", "zoë", "stranger"} {
		for i := range 3 {
			put(t, s, actor.TrainingKey(name, fmt.Sprintf("%d.png", i)), "x")
		}
	}
	put(t, s, "actors/bare/base_image/base.png", "x")
	put(t, s, "actors/bare/training_data/response.png", "x")
	return s
}

var everybody = []actor.Name{"a", "a b", "a-b", "zoë"}

// pages drives the orchestrator to its end, every call twice.
func pages(t *testing.T, o sweep.Orchestrator, in sweep.PageInput) (sweep.PageOutput, int) {
	t.Helper()
	for calls := 1; ; calls++ {
		out, err := o.Page(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		again, err := o.Page(t.Context(), in)
		if err != nil || again != out {
			t.Fatalf("the same call again: %+v, %v; want %+v", again, err, out)
		}
		if out.Done || calls == 100 {
			return out, calls
		}
		in.Cursor = out.Cursor
	}
}

// paged makes the listings of a store short.
type paged struct {
	store.Store
	limit int
}

func (p paged) List(ctx context.Context, o store.ListOptions) (store.Page, error) {
	o.Limit = p.limit
	return p.Store.List(ctx, o)
}

func TestEveryActorIsAskedForOnce(t *testing.T) {
	for _, limit := range []int{1, 2, 3, 1000} {
		queue := &sent{}
		s := tree(t)
		o := sweep.Orchestrator{Store: paged{s, limit}, Queue: queue, Now: func() time.Time { return noon }, Listings: 1}
		out, calls := pages(t, o, sweep.PageInput{RunID: "r1", Mode: run.Execute})
		if !slices.Equal(queue.actors(), everybody) || out.Total != 4 {
			t.Errorf("%d to a page, %d calls: asked for %q, total %d", limit, calls, queue.actors(), out.Total)
		}
		for _, job := range queue.jobs {
			if job.Kind != event.Evaluate || job.Mode != run.Execute || job.Run != "r1" {
				t.Errorf("%+v", job)
			}
		}
		h, err := sweep.Latest(t.Context(), s)
		if err != nil || h == nil || h.ID != "r1" || h.Total != 4 || !h.Listed || !h.StartedAt.Equal(noon) {
			t.Errorf("header %+v, %v", h, err)
		}
	}
}

// What a page knows of a set it has seen from beginning to end, so that the worker
// need not list it again. Of a set that lies on two pages it says nothing.
func TestSetsAreMarkedThatWereSeenWhole(t *testing.T) {
	marked := 0
	for _, limit := range []int{1, 2, 3, 4, 5, 7, 1000} {
		for _, listings := range []int{1, 2, 3} {
			queue := &sent{}
			s := tree(t)
			put(t, s, "actors/a/base_image/base.png", "x")
			put(t, s, "actors/a-b/training_data/manifest.json", "{}")
			o := sweep.Orchestrator{Store: paged{s, limit}, Queue: queue, Now: time.Now, Listings: listings}
			pages(t, o, sweep.PageInput{RunID: "r1", Mode: run.DryRun})
			for _, job := range queue.jobs {
				set, err := actor.LoadSet(t.Context(), s, actor.Actor{Name: job.Actor})
				if err != nil || job.Set != "" && job.Set != set.Mark() {
					t.Errorf("%d to a page, %d pages to a call: %s is marked %q, want %q, %v", limit, listings, job.Actor, job.Set, set.Mark(), err)
				}
				if job.Set != "" {
					marked++
				} else if limit == 1000 {
					t.Errorf("%s was on one page and is not marked", job.Actor)
				}
			}
		}
	}
	if marked < 20 {
		t.Errorf("only %d sets were marked", marked)
	}
}

func TestSomeActors(t *testing.T) {
	queue := &sent{}
	o := sweep.Orchestrator{Store: tree(t), Queue: queue, Now: time.Now}
	in := sweep.PageInput{RunID: "r1", Mode: run.DryRun, Actors: []actor.Name{"zoë", "bare", "zoë"}}
	out, calls := pages(t, o, in)
	if want := []actor.Name{"bare", "zoë"}; calls != 1 || out.Total != 2 || !slices.Equal(queue.actors(), want) {
		t.Errorf("%d calls, %+v, %q", calls, out, queue.actors())
	}
	in.Actors = append(in.Actors, "nobody")
	var invalid sweep.Invalid
	if _, err := o.Page(t.Context(), in); !errors.As(err, &invalid) || !strings.Contains(err.Error(), `["nobody"]`) {
		t.Errorf("an actor that is not in the roster: %v", err)
	}
}

func TestWhatCannotBeMeantIsInvalid(t *testing.T) {
	o := sweep.Orchestrator{Store: tree(t), Queue: &sent{}, Now: time.Now}
	for _, in := range []sweep.PageInput{
		{RunID: "r1", Mode: "yes"}, {RunID: "", Mode: run.DryRun}, {RunID: "../r", Mode: run.DryRun},
		{RunID: "r1", Mode: run.DryRun, Cursor: "nonsense"}, {RunID: "r1", Mode: run.DryRun, Cursor: "-1/a/b"},
	} {
		_, err := o.Page(t.Context(), in)
		if _, invalid := err.(sweep.Invalid); !invalid { // by name, as the state machine sees it
			t.Errorf("%+v: %T %v", in, err, err)
		}
	}
	_, err := sweep.Look(t.Context(), tree(t), sweep.LookInput{RunID: "none", Mode: run.DryRun}, noon)
	if _, invalid := err.(sweep.Invalid); !invalid {
		t.Errorf("a sweep that never was: %T %v", err, err)
	}
}

func TestNothingIsLostWhereThePageFails(t *testing.T) {
	var queue *sent
	in := sweep.PageInput{RunID: "r1", Mode: run.DryRun}
	page := func(s store.Store) (sweep.PageOutput, error) {
		o := sweep.Orchestrator{Store: s, Queue: queue, Now: func() time.Time { return noon }}
		return o.Page(context.Background(), in)
	}
	storetest.Sweep(t,
		func(t *testing.T) store.Store { queue = &sent{}; return tree(t) },
		func(s store.Store) error { _, err := page(s); return err },
		func(t *testing.T, s store.Store, _ error) {
			out, err := page(s)
			if err != nil || out.Total != 4 || !slices.Equal(queue.actors(), everybody) {
				t.Errorf("%+v, %v, %q", out, err, queue.actors())
			}
		})
	queue = &sent{fail: errors.New("no")}
	if _, err := page(tree(t)); err == nil {
		t.Error("messages that were not taken went unnoticed")
	}
}

func record(t *testing.T, s store.Store, name actor.Name, state run.State, usd float64, reason string, at time.Time) {
	t.Helper()
	o := run.Outcome{Actor: name, State: state, Reason: reason, Usage: cost.Usage{USD: usd}, At: at}
	if err := sweep.Record(t.Context(), s, run.DryRun, "r1", o); err != nil {
		t.Fatal(err)
	}
}

func look(t *testing.T, s store.Store) sweep.LookOutput {
	t.Helper()
	out, err := sweep.Look(t.Context(), s, sweep.LookInput{RunID: "r1", Mode: run.DryRun}, noon)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestASweepEndsWhenEveryActorIsSettled(t *testing.T) {
	s := tree(t)
	o := sweep.Orchestrator{Store: s, Queue: &sent{}, Now: func() time.Time { return noon }}
	pages(t, o, sweep.PageInput{RunID: "r1", Mode: run.DryRun})
	if out := look(t, s); out.Done || out.Remaining != 4 || out.Total != 4 {
		t.Errorf("at first: %+v", out)
	}
	record(t, s, "a", run.Interrupted, 1, "", noon)
	record(t, s, "a", run.Failed, 2, "first", noon.Add(1))
	record(t, s, "a b", run.Failed, 4, "actors/a b/training_data: gone", noon)
	record(t, s, "a b", run.Failed, 8, "actors/a b/training_data: gone", noon.Add(1))
	record(t, s, "a b", run.Failed, 8, "actors/a b/training_data: gone", noon.Add(1)) // the same again
	record(t, s, "a-b", run.Completed, 16, "", noon)
	record(t, s, "a-b", run.Skipped, 0, "unchanged", noon)
	if out := look(t, s); out.Done || out.Tally != (sweep.Tally{Completed: 1, Failed: 2}) || out.Remaining != 1 || out.Summary != nil {
		t.Errorf("under way: %+v", out)
	}
	record(t, s, "a", run.Completed, 32, "", noon.Add(2))
	record(t, s, "zoë", run.Failed, 0, "actors/zoë/training_data: gone", noon)
	out := look(t, s)
	if !out.Done || out.Tally != (sweep.Tally{Completed: 2, Failed: 2}) || out.Summary == nil {
		t.Fatalf("at last: %+v", out)
	}
	want := []sweep.Reason{{Reason: "actors/ACTOR/training_data: gone", Actors: 2, Example: out.Summary.Failures[0].Example}}
	if out.Summary.Usage.USD != 63 || !slices.Equal(out.Summary.Failures, want) {
		t.Errorf("summary %+v, want $63 and %+v", out.Summary, want)
	}
	if again := look(t, s); again.Summary.Usage != out.Summary.Usage || !again.Done {
		t.Errorf("again: %+v", again)
	}
}

func TestAStoppedSweepIsDone(t *testing.T) {
	s := tree(t)
	o := sweep.Orchestrator{Store: s, Queue: &sent{}, Now: time.Now}
	pages(t, o, sweep.PageInput{RunID: "r1", Mode: run.DryRun})
	record(t, s, "a", run.Completed, 1, "", noon)
	if h, err := sweep.Stop(t.Context(), s, "r1", noon); err != nil || !h.StoppedAt.Equal(noon) {
		t.Fatalf("%+v, %v", h, err)
	}
	if out := look(t, s); !out.Done || out.Completed != 1 || out.Remaining != 3 || out.Summary.Usage.USD != 1 {
		t.Errorf("%+v", out)
	}
	if _, err := sweep.Stop(t.Context(), s, "r2", noon); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("stopping a sweep that never was: %v", err)
	}
}

// The state machine gives up after 1,500 looks and keeps 25,000 events.
func TestWaitsGrow(t *testing.T) {
	s := tree(t)
	o := sweep.Orchestrator{Store: s, Queue: &sent{}, Now: time.Now}
	pages(t, o, sweep.PageInput{RunID: "r1", Mode: run.DryRun})
	waited, before := 0, 0
	for waits := range 1500 {
		out, err := sweep.Look(t.Context(), s, sweep.LookInput{RunID: "r1", Mode: run.DryRun, Waits: waits}, noon)
		if err != nil || out.WaitSeconds < max(10, before) || out.WaitSeconds > 900 {
			t.Fatalf("wait %d: %d s after %d, %v", waits, out.WaitSeconds, before, err)
		}
		before = out.WaitSeconds
		waited += before
	}
	if days := waited / 86400; days < 14 {
		t.Errorf("1,500 looks are over in %d days", days)
	}
}

func TestReasonsAreLimited(t *testing.T) {
	s := tree(t)
	o := sweep.Orchestrator{Store: s, Queue: &sent{}, Now: time.Now}
	pages(t, o, sweep.PageInput{RunID: "r1", Mode: run.DryRun})
	for i := range 200 {
		record(t, s, actor.Name(fmt.Sprint("n", i)), run.Failed, 0, fmt.Sprint("reason ", i), noon)
	}
	out := look(t, s)
	sum := 0
	for _, r := range out.Summary.Failures {
		sum += r.Actors
	}
	if n := len(out.Summary.Failures); n > 51 || sum != 200 {
		t.Errorf("%d reasons for %d actors", n, sum)
	}
}
