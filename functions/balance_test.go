package functions_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/cloudtest"
	"screentest/pkg/evaluation"
	"screentest/pkg/generate/generatetest"
	"screentest/pkg/judge/openai/openaitest"
	"screentest/pkg/lambdatest"
	"screentest/pkg/run"
	"screentest/pkg/sweep"
)

// newBalancing is a pipeline that executes, with a model that draws.
func newBalancing(t *testing.T, start ...actor.Name) *pipeline {
	p := newPipeline(t, openaitest.Options{Verdict: generatetest.Verdict, Picture: generatetest.Picture})
	p.functions["upload"].Env["SCREENTEST_UPLOAD_MODE"] = "execute"
	p.put(t, "screentest.yaml", []byte("judge: {base_url: "+p.model.URL+", dialect: openai}\n"+
		"generation: {base_url: "+p.model.URL+", size: 256x256}\nmirror: none\n"))
	for _, name := range start {
		p.upload(t, name)
		p.migrated(t, name)
	}
	return p
}

// migrated gives an actor a manifest of its images, as `screentest migrate` would.
func (p *pipeline) migrated(t *testing.T, name actor.Name) {
	t.Helper()
	images := map[string]any{}
	for _, file := range files(t, name) {
		if base, ok := strings.CutPrefix(file, "actors/"+string(name)+"/training_data/"); ok {
			images[base] = map[string]any{}
		}
	}
	manifest, err := json.Marshal(map[string]any{"actor_id": name, "revision": 1, "total_images": len(images), "generations": []any{}, "images": images})
	if err != nil {
		t.Fatal(err)
	}
	p.put(t, string(actor.ManifestKey(name)), manifest)
}

// balance lets evaluator and balancer work until both queues are empty, or hours
// have passed.
func (p *pipeline) balance(t *testing.T, hours int) {
	t.Helper()
	balances := lambdatest.Mapping{Queue: p.Balances, Batch: 1, Invoke: p.functions["balancer"].Invoke}
	for range hours * 60 {
		p.work(t, 1)
		depth, err := p.Balances.Depth(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if depth.Total() == 0 {
			return
		}
		polled, err := balances.Poll(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if polled.Messages == 0 {
			p.Advance(time.Minute)
		}
	}
}

// evaluated returns the evaluation on record.
func (p *pipeline) evaluated(t *testing.T, name actor.Name) evaluation.Evaluation {
	t.Helper()
	body, err := p.S3.Read(cloudtest.Prefix + "/" + string(actor.EvaluationKey(name)))
	if err != nil {
		t.Fatal(err)
	}
	var e evaluation.Evaluation
	if err := json.Unmarshal(body, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// The loop ends: what is generated causes events, whose evaluation asks the model
// nothing and plans nothing.
func TestTheLoopEnds(t *testing.T) {
	p := newBalancing(t, first)
	p.tell(t, nil)
	p.balance(t, 24)
	balanced := p.model.Stats()
	if balanced.Edits.Requests == 0 {
		t.Fatalf("nothing was generated: %+v", balanced)
	}
	if alive, dead := p.left(t); alive != 0 || dead != 0 {
		t.Fatalf("%d messages left, %d dead", alive, dead)
	}
	events := p.Events()
	images := slices.DeleteFunc(slices.Clone(events), func(e []byte) bool { return !strings.Contains(string(e), "/training_data/") })
	if len(images) < balanced.Edits.Requests {
		t.Errorf("%d events for %d pictures", len(images), balanced.Edits.Requests)
	}
	for _, e := range events {
		if _, err := p.functions["upload"].Invoke(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	p.balance(t, 24)
	after := p.model.Stats()
	if after.Requests != balanced.Requests || after.Edits.Requests != balanced.Edits.Requests {
		t.Errorf("the events of our own pictures cost requests: %+v, then %+v", balanced, after)
	}
	if e := p.evaluated(t, first); !e.Balanced || len(e.Images) != 20 || !e.Plan.Empty() {
		t.Errorf("%d images, balanced %t, plan %+v", len(e.Images), e.Balanced, e.Plan)
	}
	for _, e := range p.Events() {
		if strings.Contains(string(e), "/training_data/") {
			t.Errorf("the second round has changed a set: %s", e)
		}
	}
}

// Limits are those of an upload: what they left out waits, however many events
// tell of what was done.
func TestLimitsHoldForAnUpload(t *testing.T) {
	p := newBalancing(t, first)
	p.put(t, "screentest.yaml", []byte("judge: {base_url: "+p.model.URL+", dialect: openai}\n"+
		"generation: {base_url: "+p.model.URL+", size: 256x256}\nmirror: none\nplan: {limits: {generations: 1, deletions: 0}}\n"))
	p.tell(t, nil)
	p.balance(t, 24)
	for range 2 {
		if n := p.model.Stats().Edits.Requests; n != 1 {
			t.Errorf("%d pictures were ordered for one upload, want one", n)
		}
		p.tell(t, func(events [][]byte) [][]byte { return slices.Concat(events, events) })
		p.balance(t, 24)
	}
}

// A balancer that is killed, or told twice, does everything once.
func TestABalancerIsKilled(t *testing.T) {
	p := newBalancing(t, first)
	p.tell(t, nil)
	p.work(t, 1)
	killed := 0
	balances := lambdatest.Mapping{Queue: p.Balances, Batch: 1, Invoke: p.functions["balancer"].Invoke}
	for _, after := range []time.Duration{400, 700, 1000} {
		timer := time.AfterFunc(after*time.Millisecond, p.functions["balancer"].Kill)
		if polled, err := balances.Poll(t.Context()); err != nil {
			t.Fatal(err)
		} else if polled.Err != nil {
			killed++
		}
		timer.Stop()
		p.Advance(time.Hour) // until the message is seen again
	}
	p.balance(t, 24)
	p.tell(t, nil)
	p.balance(t, 24)
	e := p.evaluated(t, first)
	if !e.Balanced || len(e.Images) != 20 {
		t.Errorf("%d images, balanced %t after %d kills", len(e.Images), e.Balanced, killed)
	}
	if _, dead := p.left(t); dead != 0 {
		t.Errorf("%d dead letters", dead)
	}
	t.Logf("killed %d times, %+v", killed, p.model.Stats().Edits)
}

// A sweep that executes settles an actor when its plan has been performed.
func TestASweepThatExecutes(t *testing.T) {
	p := newBalancing(t, first, members(t)[1])
	p.Events()
	var page sweep.PageOutput
	p.call(t, "orchestrator", sweep.PageInput{RunID: "x1", Mode: run.Execute}, &page)
	look := func() (out sweep.LookOutput) {
		p.call(t, "progress", sweep.LookInput{RunID: "x1", Mode: run.Execute}, &out)
		return out
	}
	p.work(t, 1)
	if out := look(); out.Done || out.Completed != 0 {
		t.Errorf("evaluated and not balanced: %+v", out)
	}
	p.balance(t, 24)
	out := look()
	if !out.Done || out.Completed != 2 || out.Summary.Usage.USD <= 0 || out.Summary.Usage.Images < 20 {
		t.Errorf("%+v %+v", out, out.Summary)
	}
}

// A judge and a generator at different addresses have a key each, and neither
// server ever sees the other's. With one key for both nothing is ordered.
func TestEveryKeyGoesToItsOwnAddress(t *testing.T) {
	p := newBalancing(t, first)
	var mu sync.Mutex
	keys := map[string]bool{}
	studio := openaitest.New(openaitest.Options{Key: "sk-pictures", Picture: generatetest.Picture})
	pictures := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		keys[r.Header.Get("Authorization")] = true
		mu.Unlock()
		studio.ServeHTTP(w, r)
	}))
	t.Cleanup(pictures.Close)
	p.put(t, "screentest.yaml", []byte("judge: {base_url: "+p.model.URL+", dialect: openai}\n"+
		"generation: {base_url: "+pictures.URL+", size: 256x256}\nmirror: none\n"))
	p.tell(t, nil)
	p.balance(t, 2)
	if said := p.log.line(`"Halted":1`); len(keys) != 0 || !strings.Contains(said, "there is one key") {
		t.Errorf("with one key for two servers the other was sent %v; the metric says %q", keys, said)
	}
	p.Key = `{"judge": "sk-secret", "generator": "sk-pictures"}`
	for _, name := range []string{"evaluator", "balancer"} {
		p.functions[name].Kill()
	}
	p.balance(t, 48)
	p.tell(t, nil)
	p.balance(t, 24)
	if e := p.evaluated(t, first); !e.Balanced || len(keys) != 1 || !keys["Bearer sk-pictures"] {
		t.Errorf("balanced %t, the generator was sent %v", e.Balanced, keys)
	}
	if p.model.Stats().Edits.Requests != 0 {
		t.Error("the judge was asked for pictures")
	}
}
