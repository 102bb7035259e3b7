package worker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/event"
	"screentest/pkg/judge"
	"screentest/pkg/lambdatest"
	"screentest/pkg/metric"
	"screentest/pkg/queue/mem"
	"screentest/pkg/run"
	"screentest/pkg/worker"
)

// A stage is a worker on a queue, in a time of its own. It is its handler too:
// each actor is an action.
type stage struct {
	now     time.Time
	queue   *mem.Queue
	dead    *mem.Queue
	worker  *worker.Worker
	mapping lambdatest.Mapping
	log     logs
	act     map[actor.Name]func(ctx context.Context) error
	opening error

	mu      sync.Mutex
	did     []actor.Name
	runs    []string // of what it did
	gaveUp  []actor.Name
	opened  int
	timeout time.Duration // of an invocation
}

// logs is what is logged and measured, by several goroutines.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newStage(t *testing.T) *stage {
	s := &stage{now: time.Unix(1_800_000_000, 0), act: map[actor.Name]func(context.Context) error{}, timeout: time.Hour}
	clock := func() time.Time { return s.now }
	s.dead = mem.New(mem.Options{Now: clock})
	s.queue = mem.New(mem.Options{Visibility: time.Hour, MaxReceives: 5, Dead: s.dead, Now: clock})
	s.worker = &worker.Worker{
		Queue: s.queue, Kind: event.Evaluate, Now: clock, Log: slog.New(slog.NewJSONHandler(&s.log, nil)), Metrics: metric.New(&s.log, "test", clock),
		Opening: worker.Opening{Now: clock, Open: func(context.Context) (worker.Handler, error) { s.opened++; return s, s.opening }},
	}
	s.mapping = lambdatest.Mapping{Queue: s.queue, Batch: 10, Invoke: func(ctx context.Context, payload []byte) ([]byte, error) {
		ctx, cancel := context.WithTimeout(ctx, s.timeout)
		defer cancel()
		return invoke(s.worker)(ctx, payload)
	}}
	return s
}

// invoke calls a worker as its function does.
func invoke(w *worker.Worker) func(context.Context, []byte) ([]byte, error) {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		response, err := w.Handle(ctx, payload)
		if err != nil {
			return nil, err
		}
		return json.Marshal(response)
	}
}

func (s *stage) Do(ctx context.Context, j event.Job) error {
	s.mu.Lock()
	s.did, s.runs = append(s.did, j.Actor), append(s.runs, j.Run)
	s.mu.Unlock()
	if act := s.act[j.Actor]; act != nil {
		return act(ctx)
	}
	return nil
}

func (s *stage) GiveUp(_ context.Context, j event.Job, _ error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gaveUp = append(s.gaveUp, j.Actor)
	return nil
}

func (s *stage) Reserve() time.Duration { return 20 * time.Millisecond }

func (s *stage) send(t *testing.T, names ...actor.Name) {
	t.Helper()
	for i, name := range names {
		j := event.Job{Kind: event.Evaluate, Actor: name, Mode: run.DryRun, Cause: fmt.Sprint(s.now.UnixNano(), i)}
		if err := s.queue.Send(t.Context(), j.Message()); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *stage) poll(t *testing.T) lambdatest.Polled {
	t.Helper()
	p, err := s.mapping.Poll(t.Context())
	if err = errors.Join(err, p.Err); err != nil {
		t.Fatal(err)
	}
	return p
}

// left returns how many messages there are in the queue and among the dead.
func (s *stage) left(t *testing.T) (int, int) {
	t.Helper()
	alive, err := s.queue.Depth(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dead, err := s.dead.Depth(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return alive.Total(), dead.Total()
}

// settle polls until nothing is left, while days go by.
func (s *stage) settle(t *testing.T) {
	t.Helper()
	for range 10_000 {
		if alive, _ := s.left(t); alive == 0 {
			return
		}
		s.poll(t)
		s.now = s.now.Add(time.Minute)
	}
	t.Fatal("messages are left after a week")
}

func (s *stage) times(n actor.Name) int {
	count := 0
	for _, did := range s.did {
		if did == n {
			count++
		}
	}
	return count
}

func TestABurstForOneActorIsOneJob(t *testing.T) {
	s := newStage(t)
	s.send(t, "ada", "ada", "bea", "ada", "ada")
	if p := s.poll(t); p.Deleted != 5 || s.times("ada") != 1 || s.times("bea") != 1 {
		t.Errorf("%+v, did %q", p, s.did)
	}
}

func TestWhatPassesComesAgainLater(t *testing.T) {
	s := newStage(t)
	failures := 2
	s.act["ada"] = func(context.Context) error {
		if failures--; failures >= 0 {
			return errors.New("503")
		}
		return nil
	}
	s.send(t, "ada", "bea")
	if p := s.poll(t); p.Deleted != 1 {
		t.Errorf("%+v, want bea done", p)
	}
	if s.poll(t); s.times("ada") != 1 {
		t.Error("it came again at once")
	}
	s.settle(t)
	if _, dead := s.left(t); s.times("ada") != 3 || s.times("bea") != 1 || dead != 0 || len(s.gaveUp) != 0 {
		t.Errorf("did %q, %d dead, gave up on %q", s.did, dead, s.gaveUp)
	}
}

// A partial response names the first failed message of a group and all after it.
func TestNothingOvertakes(t *testing.T) {
	s := newStage(t)
	s.act["ada"] = func(context.Context) error { return errors.New("503") }
	s.sendAs(t, "1", "2", "3")
	s.send(t, "bea")
	if p := s.poll(t); p.Messages != 4 || p.Deleted != 3 || s.times("ada") != 1 {
		t.Errorf("%+v, did %q; want bea done, and copies of two that follow", p, s.did)
	}
	if alive, _ := s.left(t); alive != 3 {
		t.Errorf("%d messages, want all of ada's", alive)
	}
}

func TestWhatFailsForGoodIsRecordedAndDropped(t *testing.T) {
	s := newStage(t)
	s.act["ada"] = func(context.Context) error { return worker.Failed{Cause: errors.New("refused")} }
	s.send(t, "ada", "bea")
	if p := s.poll(t); p.Deleted != 2 || !slices.Equal(s.gaveUp, []actor.Name{"ada"}) {
		t.Errorf("%+v, gave up on %q", p, s.gaveUp)
	}
}

func TestWhatKeepsFailingLiesWithTheDeadAndOnTheRecord(t *testing.T) {
	for name, act := range map[string]func(context.Context) error{
		"error": func(context.Context) error { return errors.New("503") },
		"panic": func(context.Context) error { panic("poison") },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.act["ada"] = act
			s.send(t, "ada", "bea")
			s.settle(t)
			if _, dead := s.left(t); dead != 1 || s.times("ada") != 5 || s.times("bea") != 1 || !slices.Equal(s.gaveUp, []actor.Name{"ada"}) {
				t.Errorf("%d dead, did %q, gave up on %q", dead, s.did, s.gaveUp)
			}
		})
	}
}

func TestAPoisonMessageHarmsNobody(t *testing.T) {
	s := newStage(t)
	s.send(t, "ada")
	for i, body := range []string{"{", `{"schema_version":0}`, `[]`} {
		m := event.Job{Kind: event.Evaluate, Actor: "poison", Mode: run.DryRun, Cause: fmt.Sprint(i)}.Message()
		m.Body = body
		if err := s.queue.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	wrong := event.Job{Kind: event.Balance, Actor: "eve", Mode: run.Execute, Cause: "c"}
	if err := s.queue.Send(t.Context(), wrong.Message()); err != nil {
		t.Fatal(err)
	}
	if p := s.poll(t); p.Deleted != 5 || !slices.Equal(s.did, []actor.Name{"ada"}) {
		t.Errorf("%+v, did %q", p, s.did)
	}
	if n := strings.Count(s.log.String(), `"Malformed":1`); n != 4 {
		t.Errorf("%d malformed messages counted, want 4", n)
	}
}

// An outage of days: nobody ends with the dead letters, few tries are wasted, and
// all is done when it is over.
func TestAnOutageCostsNoMessage(t *testing.T) {
	s := newStage(t)
	halt := func(context.Context) error { return fmt.Errorf("%w: quota", judge.ErrHalt) }
	names := []actor.Name{"a", "b", "c", "d", "e", "f"}
	for _, n := range names {
		s.act[n] = halt
	}
	s.send(t, names...)
	for range 3 * 24 * 60 {
		s.poll(t)
		s.now = s.now.Add(time.Minute)
	}
	alive, dead := s.left(t)
	if alive != 6 || dead != 0 || len(s.gaveUp) != 0 {
		t.Errorf("%d alive, %d dead, gave up on %q", alive, dead, s.gaveUp)
	}
	tries := len(s.did)
	if tries > 6*3*24 {
		t.Errorf("%d tries in three days", tries)
	}
	clear(s.act)
	s.settle(t)
	if _, dead := s.left(t); dead != 0 || len(s.did) != tries+6 {
		t.Errorf("%d dead, %d jobs after the outage, want 6", dead, len(s.did)-tries)
	}
}

// halted reports whether the metric was written, with a cause in words.
func (s *stage) halted(cause string) bool {
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(line, `"Halted":1`) && strings.Contains(line, cause) {
			return true
		}
	}
	return false
}

// Each batch for which nothing can be done is counted, also while one rests, and
// a batch of which only some fail is not.
func TestAHaltIsCountedWithItsCause(t *testing.T) {
	s := newStage(t)
	s.act["a"] = func(context.Context) error { return errors.New("503") }
	s.send(t, "a", "b")
	if s.poll(t); s.halted("") {
		t.Errorf("one actor's failure is counted as everybody's: %s", &s.log)
	}
	s.act["c"] = func(context.Context) error { return fmt.Errorf("%w: insufficient_quota", judge.ErrHalt) }
	s.send(t, "c")
	if s.poll(t); !s.halted("insufficient_quota") {
		t.Errorf("no quota, and nobody hears of it: %s", &s.log)
	}
	s.log.text.Reset()
	s.send(t, "d")
	if s.poll(t); !s.halted("insufficient_quota") {
		t.Errorf("a moment later nobody hears of it: %s", &s.log)
	}
}

func TestAfterAHaltNobodyElseIsTried(t *testing.T) {
	s := newStage(t)
	s.act["a"] = func(context.Context) error { return fmt.Errorf("%w: quota", judge.ErrHalt) }
	s.send(t, "a")
	s.poll(t)
	s.send(t, "b", "c")
	if s.poll(t); len(s.did) != 1 {
		t.Errorf("did %q", s.did)
	}
	s.now = s.now.Add(2 * time.Minute)
	s.send(t, "d")
	if s.poll(t); !slices.Contains(s.did, "d") || s.opened != 2 {
		t.Errorf("did %q, opened %d times; want a new start", s.did, s.opened)
	}
}

// Settings that do not validate, or a key that is missing, do not eat the queue.
func TestAWorkerThatCannotStartKeepsTheMessages(t *testing.T) {
	s := newStage(t)
	s.opening = errors.New("judge.batch: 0 is not between 1 and 50")
	s.worker.Warm(t.Context())
	if !s.halted("judge.batch: 0") {
		t.Errorf("at start it says %s", &s.log)
	}
	s.send(t, "a", "b")
	for range 24 * 60 {
		s.poll(t)
		s.now = s.now.Add(time.Minute)
	}
	if alive, dead := s.left(t); alive != 2 || dead != 0 || len(s.did) != 0 {
		t.Errorf("%d alive, %d dead, did %q", alive, dead, s.did)
	}
	s.opening = nil
	s.settle(t)
	if len(s.did) != 2 {
		t.Errorf("did %q", s.did)
	}
}

func TestTheHandlerIsRenewed(t *testing.T) {
	s := newStage(t)
	for range 12 {
		s.send(t, "a")
		s.poll(t)
		s.now = s.now.Add(time.Minute)
	}
	if s.opened != 3 {
		t.Errorf("opened %d times in twelve minutes, want 3", s.opened)
	}
}

// What is cut short by the end of the invocation goes on in a new message, and
// never ends with the dead letters as long as it comes forward.
func TestTheRestIsContinued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // so that no invocation is short of time because the machine is
		s := newStage(t)
		s.timeout = 40 * time.Millisecond
		steps := 8
		s.act["ada"] = func(ctx context.Context) error {
			if steps--; steps > 0 {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		s.send(t, "ada")
		s.settle(t)
		if _, dead := s.left(t); dead != 0 || s.times("ada") != 8 || len(s.gaveUp) != 0 {
			t.Errorf("%d dead, did %q, gave up on %q", dead, s.did, s.gaveUp)
		}
		s.act["bea"] = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		s.send(t, "bea")
		s.settle(t)
		if s.times("bea") != 21 || !slices.Equal(s.gaveUp, []actor.Name{"bea"}) {
			t.Errorf("%d tries, gave up on %q; want an end to it", s.times("bea"), s.gaveUp)
		}
	})
}

func TestNothingIsBegunWithoutTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.timeout = 40 * time.Millisecond
		s.act["ada"] = func(ctx context.Context) error { <-ctx.Done(); return nil } // in time, and no sooner
		s.send(t, "ada")
		other := event.Job{Kind: event.Evaluate, Actor: "ada", Mode: run.Execute, Cause: "c"}
		if err := s.queue.Send(t.Context(), other.Message()); err != nil {
			t.Fatal(err)
		}
		if p := s.poll(t); s.times("ada") != 1 || p.Deleted != 2 {
			t.Errorf("%+v, did %q", p, s.did)
		}
		if s.settle(t); s.times("ada") != 2 {
			t.Errorf("did %q; want the second job, later", s.did)
		}
	})
}

func TestWhatIsNoBatchIsAnError(t *testing.T) {
	s := newStage(t)
	if _, err := s.worker.Handle(t.Context(), []byte(`{"Records":[{}]}`)); err == nil {
		t.Error("an item without a name is taken")
	}
	if r, err := s.worker.Handle(t.Context(), []byte(`{}`)); err != nil || r.BatchItemFailures == nil {
		t.Errorf("an empty batch: %+v, %v", r, err)
	}
}
