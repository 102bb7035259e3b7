package worker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/evaluation"
	"screentest/pkg/event"
	"screentest/pkg/judge"
	"screentest/pkg/metric"
	"screentest/pkg/mirror"
	"screentest/pkg/queue/mem"
	"screentest/pkg/run"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	memstore "screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
	"screentest/pkg/sweep"
	"screentest/pkg/verdict"
	"screentest/pkg/worker"
)

// model is a judge that costs a dollar an image and counts them by content.
type model struct {
	mu     sync.Mutex
	asked  map[string]int
	fail   func() error
	refuse func() bool
}

func (*model) ID() judge.ID     { return judge.ID{Name: "model", Model: "m", Rubric: "1"} }
func (*model) PreviewSize() int { return 64 }
func (*model) BatchSize() int   { return 2 }

func (m *model) Judge(_ context.Context, c judge.Case) ([]judge.Answer, cost.Usage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		if err := m.fail(); err != nil {
			return nil, cost.Usage{Requests: 1}, err
		}
	}
	var answers []judge.Answer
	if m.refuse != nil && m.refuse() {
		for _, x := range c.Images {
			answers = append(answers, judge.Answer{SHA256: x.SHA256, Err: judge.ErrRefused})
		}
		return answers, cost.Usage{Requests: 1}, nil
	}
	for _, x := range c.Images {
		m.asked[x.SHA256]++
		answers = append(answers, judge.Answer{SHA256: x.SHA256, Verdict: verdict.Verdict{Style: verdict.Photorealistic, Quality: 7}})
	}
	return answers, cost.Usage{Requests: 1, Images: len(answers), InputTokens: 10, USD: float64(len(answers))}, nil
}

func (m *model) total() (n int) {
	for _, times := range m.asked {
		n += times
	}
	return n
}

// picture returns a PNG that depends on seed alone.
func picture(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	m := image.NewRGBA(image.Rect(0, 0, 300, 300))
	var tiles [100]color.RGBA
	for i := range tiles {
		tiles[i] = color.RGBA{uint8(r.UintN(256)), uint8(r.UintN(256)), uint8(r.UintN(256)), 255}
	}
	for y := range 300 {
		for x := range 300 {
			m.SetRGBA(x, y, tiles[y/30*10+x/30])
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func write(t *testing.T, s store.Store, k store.Key, body []byte) {
	t.Helper()
	if err := store.Update(t.Context(), s, k, func([]byte) ([]byte, error) { return body, nil }); err != nil {
		t.Fatal(err)
	}
}

// tree has the actors ada and bea with n pictures each.
func tree(t *testing.T, n int) store.Store {
	s := memstore.New()
	write(t, s, actor.RosterKey, []byte(`[{"name":"ada"},{"name":"bea"}]`))
	for a, name := range []actor.Name{"ada", "bea"} {
		for i := range n {
			write(t, s, actor.TrainingKey(name, fmt.Sprintf("%d.png", i)), picture(uint64(100*a+i)))
		}
	}
	return s
}

// evaluations is a stage whose worker evaluates.
func evaluations(t *testing.T, s store.Store, m *model) *stage {
	st := newStage(t)
	if m.asked == nil {
		m.asked = map[string]int{}
	}
	st.worker.Opening.Open = func(context.Context) (worker.Handler, error) {
		clock := func() time.Time { return st.now }
		return worker.NewEvaluations(s, m, settings.Default(), mirror.Remote{}, st.dead, metric.New(&st.log, "test", clock), clock), nil
	}
	return st
}

func evaluated(t *testing.T, s store.Store, n actor.Name) *evaluation.Evaluation {
	t.Helper()
	e, _, err := evaluation.Load(t.Context(), s, n)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestAnUploadIsEvaluated(t *testing.T) {
	s, m := tree(t, 3), &model{}
	st := evaluations(t, s, m)
	st.send(t, "ada")
	if p := st.poll(t); p.Deleted != 1 || evaluated(t, s, "ada") == nil || m.total() != 3 {
		t.Errorf("%+v, %d images asked about: %s", p, m.total(), &st.log)
	}
	if evaluated(t, s, "bea") != nil {
		t.Error("bea was evaluated, for whom nobody asked")
	}
	for _, want := range []string{`"ActorsCompleted":1`, `"ImagesJudged":3`, `"Dollars":3`, `"TokensIn":20`} {
		if !strings.Contains(st.log.String(), want) {
			t.Errorf("no %s in %s", want, &st.log)
		}
	}
}

func TestAStrangerIsDropped(t *testing.T) {
	s, m := tree(t, 1), &model{}
	write(t, s, actor.TrainingKey("stranger", "a.png"), picture(7))
	st := evaluations(t, s, m)
	st.send(t, "stranger", "ada")
	if p := st.poll(t); p.Deleted != 2 || m.total() != 1 || evaluated(t, s, "stranger") != nil {
		t.Errorf("%+v, %d images asked about", p, m.total())
	}
}

func TestAnObjectThatIsGoneIsDone(t *testing.T) {
	s, m := tree(t, 0), &model{}
	st := evaluations(t, s, m)
	st.send(t, "ada")
	if p := st.poll(t); p.Deleted != 1 || m.total() != 0 {
		t.Errorf("%+v: %s", p, &st.log)
	}
}

// What a message costs in requests to S3, beside reading the roster once a process.
func TestWhatIsDoneAlreadyCostsThreeRequests(t *testing.T) {
	s := storetest.NewFaulty(tree(t, 3))
	st := evaluations(t, s, &model{})
	st.send(t, "ada")
	st.poll(t)
	first := len(s.Ops())
	st.now = st.now.Add(time.Second)
	st.send(t, "ada")
	st.poll(t)
	if again := s.Ops()[first:]; len(again) != 3 {
		t.Errorf("%v, want the decisions, the list, the evaluation", again)
	}
	if cases := 2; first != 1+4+3+cases+3 { // roster; decisions, list, evaluation, verdicts; images; a put for each case; ledger, plan, evaluation
		t.Errorf("the first time: %d: %v", first, s.Ops()[:first])
	}
}

// A sweep has listed the sets, so an actor that has not changed costs the
// decisions, the evaluation and its outcome.
func TestASweepCostsAnUnchangedActorThreeRequests(t *testing.T) {
	s := storetest.NewFaulty(tree(t, 3))
	m := &model{}
	st := evaluations(t, s, m)
	st.send(t, "ada", "bea")
	st.settle(t)
	begin(t, s, st)
	before := len(s.Ops())
	st.poll(t) // reads the header of the sweep, once a minute
	if ops := s.Ops()[before:]; len(ops) != 1+2*3 || m.total() != 6 {
		t.Errorf("%d requests for two actors, %d images asked about: %v", len(ops), m.total(), ops)
	}
	if out := look(t, s); !out.Done || out.Skipped != 2 {
		t.Errorf("%+v", out)
	}
}

// An image that is replaced after the sweep has listed its set is evaluated for the
// event that tells of it, and one that is replaced before is found by the sweep.
func TestWhatChangesDuringASweepIsEvaluated(t *testing.T) {
	s, m := tree(t, 3), &model{}
	st := evaluations(t, s, m)
	st.send(t, "ada", "bea")
	st.settle(t)
	write(t, s, actor.TrainingKey("ada", "0.png"), picture(50)) // of which no event tells
	begin(t, s, st)
	write(t, s, actor.TrainingKey("bea", "0.png"), picture(51))
	st.send(t, "bea")
	st.settle(t)
	if out := look(t, s); !out.Done || out.Settled() != 2 || m.total() != 8 {
		t.Errorf("%+v, %d images asked about; want the six and the two that are new", out, m.total())
	}
	for _, name := range []actor.Name{"ada", "bea"} {
		set, err := actor.LoadSet(t.Context(), s, actor.Actor{Name: name})
		e := evaluated(t, s, name)
		if err != nil || !e.Current(set, e.Basis) || !e.CurrentFor(set.Mark(), e.Basis) {
			t.Errorf("the evaluation of %s is not of its set, %v", name, err)
		}
	}
}

func sweepJob(name actor.Name) event.Job {
	return event.Job{Kind: event.Evaluate, Actor: name, Mode: run.DryRun, Run: "r1", Cause: "sweep"}
}

// begin starts the sweep r1 of everybody, on the queue of st.
func begin(t *testing.T, s store.Store, st *stage) {
	t.Helper()
	o := sweep.Orchestrator{Store: s, Queue: st.queue, Now: func() time.Time { return st.now }}
	if out, err := o.Page(t.Context(), sweep.PageInput{RunID: "r1", Mode: run.DryRun}); err != nil || !out.Done {
		t.Fatalf("%+v, %v", out, err)
	}
}

func look(t *testing.T, s store.Store) sweep.LookOutput {
	t.Helper()
	out, err := sweep.Look(t.Context(), s, sweep.LookInput{RunID: "r1", Mode: run.DryRun}, time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestASweepCompletesEveryActorOnce(t *testing.T) {
	s, m := tree(t, 3), &model{}
	st := evaluations(t, s, m)
	begin(t, s, st)
	st.settle(t)
	if out := look(t, s); !out.Done || out.Completed != 2 || out.Summary.Usage.USD != 6 {
		t.Errorf("%+v %+v: %s", out, out.Summary, &st.log)
	}
	st.now = st.now.Add(time.Hour)
	if err := st.queue.Send(t.Context(), sweepJob("ada").Message()); err != nil { // delivered again
		t.Fatal(err)
	}
	st.settle(t)
	if out := look(t, s); out.Completed != 2 || out.Skipped != 0 || m.total() != 6 {
		t.Errorf("after a repeated message: %+v, %d images", out, m.total())
	}
}

func TestAStoppedSweepIsDropped(t *testing.T) {
	s, m := tree(t, 3), &model{}
	st := evaluations(t, s, m)
	begin(t, s, st)
	if _, err := sweep.Stop(t.Context(), s, "r1", st.now); err != nil {
		t.Fatal(err)
	}
	st.settle(t)
	if out := look(t, s); m.total() != 0 || !out.Done || out.Remaining != 2 {
		t.Errorf("%d images asked about, %+v", m.total(), out)
	}
}

// An actor whose images cannot be judged is tried again until the tries are used up.
func TestAnActorThatFailsIsOnTheRecord(t *testing.T) {
	s, m := tree(t, 3), &model{}
	st := evaluations(t, s, m)
	m.fail = func() error { return errors.New("the answer made no sense") }
	begin(t, s, st)
	st.settle(t)
	out := look(t, s)
	if !out.Done || out.Failed != 2 || len(out.Summary.Failures) != 1 || out.Summary.Failures[0].Actors != 2 {
		t.Errorf("%+v %+v", out, out.Summary)
	}
	if _, dead := st.left(t); dead != 2 || out.Summary.Usage.Requests != 2*5*2 {
		t.Errorf("%d dead letters, %d requests; want five tries of two cases for each actor", dead, out.Summary.Usage.Requests)
	}
	last, err := worker.LastFailure(t.Context(), s, "ada")
	if err != nil || last == nil || !strings.Contains(last.Reason, "made no sense") {
		t.Errorf("last failure %+v, %v", last, err)
	}
	if none, err := worker.LastFailure(t.Context(), s, "nobody"); none != nil || err != nil {
		t.Errorf("of nobody: %+v, %v", none, err)
	}
}

// What the model declines to look at is asked once; then a person decides.
func TestARefusalIsNotTriedAgain(t *testing.T) {
	s, m := tree(t, 2), &model{}
	st := evaluations(t, s, m)
	asked := 0
	m.refuse = func() bool { asked++; return true }
	begin(t, s, st)
	st.settle(t)
	out := look(t, s)
	if _, dead := st.left(t); dead != 0 || out.Failed != 2 || asked != 2 {
		t.Errorf("%d dead letters, %+v, asked %d times; want once for each actor", dead, out, asked)
	}
}

// What did not arrive is not asked for again and again, and no sweep takes the
// evaluation that says so for a good one.
func TestADamagedSetFailsOnce(t *testing.T) {
	s, m := tree(t, 2), &model{}
	for _, file := range []string{"0.png", "1.png"} {
		write(t, s, actor.TrainingKey("ada", file), []byte("<Error>"))
	}
	for range 2 {
		st := evaluations(t, s, m)
		begin(t, s, st)
		st.settle(t)
		if out, _ := look(t, s), evaluated(t, s, "ada"); out.Failed != 1 || out.Settled() != 2 {
			t.Errorf("%+v", out)
		}
		if _, dead := st.left(t); dead != 0 {
			t.Errorf("%d dead letters", dead)
		}
		last, err := worker.LastFailure(t.Context(), s, "ada")
		if err != nil || last == nil || !strings.Contains(last.Reason, "every file is broken, 2 of 2") {
			t.Errorf("last failure %+v, %v", last, err)
		}
	}
}

// Fail operation after operation: what the queue brings again repairs all of it,
// with nothing lost and nothing paid twice.
func TestEveryFaultOfAWorkerIsRepaired(t *testing.T) {
	quiet, m := tree(t, 3), &model{}
	st := evaluations(t, quiet, m)
	begin(t, quiet, st)
	st.settle(t)
	storetest.Sweep(t,
		func(t *testing.T) store.Store {
			m = &model{}
			s := tree(t, 3)
			begin(t, s, evaluations(t, s, m))
			return s
		},
		func(s store.Store) error {
			st = evaluations(t, s, m)
			for _, name := range []actor.Name{"ada", "bea"} {
				if err := st.queue.Send(t.Context(), sweepJob(name).Message()); err != nil {
					return err
				}
			}
			st.settle(t)
			return nil
		},
		func(t *testing.T, s store.Store, _ error) {
			out := look(t, s)
			if !out.Done || out.Settled() != 2 || out.Failed != 0 || m.total() != 6 {
				t.Errorf("%+v, %d images asked about, want 6, each once", out, m.total())
			}
			for _, name := range []actor.Name{"ada", "bea"} {
				if got, want := lasting(t, s, name), lasting(t, quiet, name); got != want {
					t.Errorf("the evaluation of %s differs:\n%s\n%s", name, got, want)
				}
			}
			if alive, dead := st.left(t); alive != 0 || dead != 0 {
				t.Errorf("%d messages alive, %d dead", alive, dead)
			}
		})
}

// lasting is an evaluation without what differs from run to run.
func lasting(t *testing.T, s store.Store, n actor.Name) string {
	t.Helper()
	e := evaluated(t, s, n)
	if e == nil {
		t.Fatalf("%s has no evaluation", n)
	}
	e.EvaluatedAt, e.Usage, e.Before = time.Time{}, cost.Usage{}, nil
	for i := range e.Images {
		e.Images[i].Version = ""
	}
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestUploads(t *testing.T) {
	tests := map[string]int{
		"notification-2.1.json": 1, "bridge-created.json": 1, "bridge-deleted.json": 1, "duplicate.json": 1, "out-of-order.json": 2,
		"key-utf8.json": 1, "not-for-us.json": 0, "other-bucket.json": 0, "partly-broken.json": 1,
		"empty.json": 0, "test-event.json": 0, "unknown.json": 0, "not-json.txt": 0, "bridge-other-source.json": 0,
	}
	for name, want := range tests {
		payload, err := os.ReadFile("../../events/upload/" + name)
		if err != nil {
			t.Fatal(err)
		}
		q := mem.New(mem.Options{Now: time.Now})
		var log bytes.Buffer
		u := worker.Uploads{
			Bucket: "actors", Mode: run.Execute, Queue: q, Log: slog.New(slog.NewJSONHandler(&log, nil)), Metrics: metric.New(&log, "test", time.Now),
		}
		for range 2 { // delivered twice, an event counts once
			if err := u.Handle(t.Context(), payload); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		deliveries, err := q.Receive(t.Context(), 10)
		if err != nil || len(deliveries) != want {
			t.Errorf("%s: %d messages, %v; want %d", name, len(deliveries), err, want)
		}
		for _, d := range deliveries {
			if j, err := event.DecodeJob(d.Body); err != nil || j.Mode != run.Execute || j.Kind != event.Evaluate {
				t.Errorf("%s: %+v, %v", name, j, err)
			}
		}
	}
}
