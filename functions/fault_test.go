package functions_test

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/judge/openai/openaitest"
	"screentest/pkg/queue"
	"screentest/pkg/store/dir"
	"screentest/pkg/store/s3/s3test"
)

// members returns the actors of the sample that have images, by name.
func members(t *testing.T) []actor.Name {
	t.Helper()
	s, err := dir.Open(tree)
	if err != nil {
		t.Fatal(err)
	}
	roster, err := actor.LoadRoster(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	found, err := actor.Detect(t.Context(), s, roster)
	if err != nil {
		t.Fatal(err)
	}
	var names []actor.Name
	for _, set := range found.Sets {
		names = append(names, set.Actor.Name)
	}
	return names
}

// quiet is what an undisturbed run leaves of two actors, and what it asks.
func quiet(t *testing.T, names ...actor.Name) (documents map[actor.Name]string, answers int) {
	t.Helper()
	p := newPipeline(t, openaitest.Options{}, names...)
	p.tell(t, nil)
	p.work(t, 1)
	return p.documents(t, names...), p.model.Stats().Reported.Requests
}

// The fault matrix: whatever happens on the way, the end is that of a quiet run,
// with nothing lost and nothing paid twice.
func TestFaults(t *testing.T) {
	names := []actor.Name{first, members(t)[1]}
	documents, answers := quiet(t, names...)
	tests := map[string]struct {
		model openaitest.Options
		spoil func(t *testing.T, p *pipeline) // before anything is told
		edit  func([][]byte) [][]byte         // of the events
		more  int                             // answers that may be lost and paid for again
	}{
		"every event twice and backwards": {edit: func(events [][]byte) [][]byte {
			twice := slices.Concat(events, events)
			slices.Reverse(twice)
			return twice
		}},
		"poison messages": {spoil: func(t *testing.T, p *pipeline) {
			for _, body := range []string{"{", "[]", `{"schema_version":0,"kind":"evaluate","actor":"x"}`} {
				p.send(t, queue.Message{Group: queue.Token(body), ID: queue.Token(body), Body: body})
			}
		}},
		"S3 is busy": {spoil: func(_ *testing.T, p *pipeline) {
			p.every(7, func(w http.ResponseWriter, r *http.Request) { refuse(w, 503, "SlowDown") })
		}},
		"S3 denies what is not there": {spoil: func(_ *testing.T, p *pipeline) {
			p.Fault = func(w http.ResponseWriter, r *http.Request) bool {
				key, below := strings.CutPrefix(r.URL.Path, "/"+s3test.Bucket+"/")
				if _, err := p.S3.Read(key); r.Method != http.MethodGet || !below || key == "" || err == nil {
					return false
				}
				refuse(w, 403, "AccessDenied")
				return true
			}
		}},
		"every other write loses a race": {spoil: func(_ *testing.T, p *pipeline) {
			p.everyPut(2, func(w http.ResponseWriter, r *http.Request) { refuse(w, 412, "PreconditionFailed") })
		}},
		"conflicting writes": {spoil: func(_ *testing.T, p *pipeline) {
			p.everyPut(3, func(w http.ResponseWriter, r *http.Request) { refuse(w, 409, "ConditionalRequestConflict") })
		}},
		"the model has too many requests": {model: openaitest.Options{Fault: func(r openaitest.Request) openaitest.Fault {
			if r.N%2 == 1 {
				return openaitest.RateLimited("0.01")
			}
			return nil
		}}},
		"killed before the evaluation is written": {spoil: killAt("/evaluations/")},
		"killed before the verdicts are written":  {spoil: killAt("/verdicts/"), more: 2},
		"killed while pictures are read":          {spoil: killAt("/training_data/")},
		"short of time": {model: openaitest.Options{Delay: 300 * time.Millisecond}, spoil: func(t *testing.T, p *pipeline) {
			p.settings(t, "timeout: 1s")
			p.functions["evaluator"].Timeout = 1200 * time.Millisecond
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPipeline(t, test.model, names...)
			if test.spoil != nil {
				test.spoil(t, p)
			}
			p.tell(t, test.edit)
			p.work(t, 48)
			if got := p.documents(t, names...); !maps.Equal(got, documents) {
				t.Errorf("other documents than of a quiet run:\n%v\n%v", got, documents)
			}
			if paid := p.model.Stats().Reported.Requests; paid > answers+test.more {
				t.Errorf("%d answers were paid for, %d in a quiet run", paid, answers)
			}
			if alive, dead := p.left(t); alive != 0 || dead != 0 {
				t.Errorf("%d messages left, %d dead", alive, dead)
			}
		})
	}
}

// every spoils one in n requests to S3.
func (p *pipeline) every(n int, answer http.HandlerFunc) {
	p.spoil(n, func(r *http.Request) bool { return r.Header.Get("X-Amz-Target") == "" }, answer)
}

func (p *pipeline) everyPut(n int, answer http.HandlerFunc) {
	p.spoil(n, func(r *http.Request) bool { return r.Method == http.MethodPut }, answer)
}

// spoil draws lots, the same in every run: in turns, the same write would be spoilt
// each time it is tried.
func (p *pipeline) spoil(n int, which func(*http.Request) bool, answer http.HandlerFunc) {
	var mu sync.Mutex
	lots := rand.New(rand.NewPCG(1, uint64(n)))
	p.Fault = func(w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if !which(r) || lots.IntN(n) != 0 {
			return false
		}
		answer(w, r)
		return true
	}
}

// killAt kills the evaluator at its first request for such an object.
func killAt(part string) func(*testing.T, *pipeline) {
	return func(_ *testing.T, p *pipeline) {
		var once sync.Once
		p.Fault = func(_ http.ResponseWriter, r *http.Request) (killed bool) {
			write := r.Method == http.MethodPut || strings.Contains(part, "training")
			if strings.Contains(r.URL.Path, part) && write {
				once.Do(func() { p.functions["evaluator"].Kill(); killed = true })
			}
			return killed
		}
	}
}

// A quota that is used up harms nobody: when it is there again, a new process
// finds every message.
func TestAQuotaOutage(t *testing.T) {
	var out atomic.Bool
	out.Store(true)
	names := []actor.Name{first, members(t)[1]}
	documents, _ := quiet(t, names...)
	p := newPipeline(t, openaitest.Options{Fault: func(openaitest.Request) openaitest.Fault {
		if out.Load() {
			return openaitest.InsufficientQuota()
		}
		return nil
	}}, names...)
	p.tell(t, nil)
	p.work(t, 72)
	if alive, dead := p.left(t); alive == 0 || dead != 0 {
		t.Errorf("after three days %d messages wait and %d are dead", alive, dead)
	}
	if said := p.log.line(`"Halted":1`); !strings.Contains(said, "insufficient_quota") {
		t.Errorf("the metric that rings the alarm says %q", said)
	}
	out.Store(false)
	p.functions["evaluator"].Kill()
	p.work(t, 24)
	if got := p.documents(t, names...); !maps.Equal(got, documents) {
		t.Error("other documents than of a quiet run")
	}
	if alive, dead := p.left(t); alive != 0 || dead != 0 {
		t.Errorf("%d messages left, %d dead", alive, dead)
	}
}

// A provider that is down for hours costs nobody a message either.
func TestAProviderThatIsDown(t *testing.T) {
	var down atomic.Bool
	down.Store(true)
	p := newPipeline(t, openaitest.Options{Fault: func(openaitest.Request) openaitest.Fault {
		if down.Load() {
			return openaitest.With("X-Should-Retry", "false", openaitest.Error(503, "server_error", "down"))
		}
		return nil
	}}, first)
	p.tell(t, nil)
	p.work(t, 2)
	if alive, dead := p.left(t); alive == 0 || dead != 0 {
		t.Errorf("after two hours %d messages wait and %d are dead", alive, dead)
	}
	down.Store(false)
	p.work(t, 24)
	if alive, dead := p.left(t); alive != 0 || dead != 0 || len(p.evaluated(t, first).Unjudged()) > 0 {
		t.Errorf("%d messages left, %d dead, or not all is judged", alive, dead)
	}
}

// Who judges without a model needs no key to evaluate, whoever would generate.
func TestTheOfflineJudgeNeedsNoKey(t *testing.T) {
	p := newPipeline(t, openaitest.Options{}, first)
	p.put(t, "screentest.yaml", []byte("judge: {name: offline}\n"))
	p.Key = ""
	p.tell(t, nil)
	p.work(t, 1)
	if alive, dead := p.left(t); alive != 0 || dead != 0 || !p.has(string(actor.EvaluationKey(first))) {
		t.Errorf("%d messages left, %d dead, or not evaluated", alive, dead)
	}
}

// A secret without a value, and settings that mean nothing, keep the messages, and
// are said where the dashboard shows it.
func TestNothingIsLostWhileTheWorkerCannotStart(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(*pipeline)
		says  string
	}{
		"no key":       {func(p *pipeline) { p.Key = "" }, "has no value"},
		"revoked key":  {func(p *pipeline) { p.Key = "sk-revoked" }, "401"},
		"bad settings": {func(p *pipeline) { p.put(t, "screentest.yaml", []byte("judge: {batch: 0}\n")) }, "judge.batch"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPipeline(t, openaitest.Options{}, first)
			test.spoil(p)
			p.tell(t, nil)
			p.work(t, 24)
			if said := p.log.line(`"Halted":1`); !strings.Contains(said, test.says) || strings.Contains(said, "sk-") {
				t.Errorf("the metric says %q, want %q and no key", said, test.says)
			}
			if alive, dead := p.left(t); alive == 0 || dead != 0 {
				t.Errorf("%d messages wait, %d are dead", alive, dead)
			}
			p.Key = "sk-secret"
			p.settings(t, "timeout: 1m")
			p.functions["evaluator"].Kill()
			p.work(t, 24)
			if alive, dead := p.left(t); alive != 0 || dead != 0 || !p.has(string(actor.EvaluationKey(first))) {
				t.Errorf("%d messages left, %d dead", alive, dead)
			}
		})
	}
}
