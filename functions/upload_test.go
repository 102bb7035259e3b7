package functions_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/judge/openai/openaitest"
	"screentest/pkg/run"
	"screentest/pkg/sweep"
)

const first actor.Name = "0000_nordic_21_female"

func TestAnUploadedImageIsJudged(t *testing.T) {
	p := newPipeline(t, openaitest.Options{}, first)
	images := len(files(t, first)) - 1 // the base image is no training image
	p.tell(t, nil)
	p.work(t, 1)
	seen := p.model.Stats()
	if !p.has(string(actor.EvaluationKey(first))) || seen.Images > images || seen.Requests > 2+images/10 {
		t.Errorf("%d images uploaded in one burst: %+v; want one evaluation's worth of requests", images, seen)
	}
	p.tell(t, nil) // the events of what was written
	if alive, dead := p.left(t); alive != 0 || dead != 0 {
		t.Errorf("%d messages because of our own writing, %d dead", alive, dead)
	}

	one := files(t, first)[1]
	p.put(t, strings.Replace(one, "training_data/", "training_data/new ü+", 1), read(t, files(t, first)[2]))
	p.tell(t, nil)
	p.work(t, 1)
	if again := p.model.Stats(); again.Requests != seen.Requests {
		t.Errorf("a copy under another name was asked about: %+v, then %+v", seen, again)
	}
	if body := p.documents(t, first)[first]; !strings.Contains(body, "new ü+") {
		t.Errorf("the copy is not in the evaluation: %s", body)
	}
}

// What an actor costs in requests to S3. Settings and roster are read once a
// process.
func TestAnActorCostsFewRequests(t *testing.T) {
	p := newPipeline(t, openaitest.Options{}, first)
	images := len(files(t, first)) - 1
	cost := func(name actor.Name, cause string) (n int) {
		p.S3.Counts()
		p.send(t, job(name, cause).Message())
		p.work(t, 1)
		for _, count := range p.S3.Counts() {
			n += count
		}
		return n
	}
	if n := cost("0001_nobody", "warm"); n != 2 {
		t.Errorf("settings and roster: %d requests", n)
	}
	// The base image, list, decisions, evaluation, verdicts, ledger, and what is written: verdicts
	// for each case of ten images, the plan, and the evaluation.
	most := images + 8 + (images+9)/10
	if n := cost(first, "a"); n > most {
		t.Errorf("%d images: %d requests, want %d at most", images, n, most)
	}
	if n := cost(first, "b"); n > 3 {
		t.Errorf("nothing has changed: %d requests, want three at most", n)
	}
	// In a sweep, which has listed the sets and is itself looked up once a minute.
	var page sweep.PageOutput
	p.call(t, "orchestrator", sweep.PageInput{RunID: "r1", Mode: run.DryRun, Actors: []actor.Name{}}, &page)
	p.S3.Counts()
	p.work(t, 1)
	n := 0
	for _, count := range p.S3.Counts() {
		n += count
	}
	if page.Sent != 1 || n > 1+3 {
		t.Errorf("nothing has changed, in a sweep of %d: %d requests, want three at most and the sweep's header", page.Sent, n)
	}
}

// The stack reckons with so many requests under way, whatever the settings say.
func TestAnEvaluatorAsksNoMoreAtOnceThanTheStackSays(t *testing.T) {
	names := members(t)[:3]
	p := newPipeline(t, openaitest.Options{Delay: 300 * time.Millisecond}, names...)
	p.functions["evaluator"].Env["SCREENTEST_REQUESTS_AT_ONCE"] = "2"
	for _, name := range names {
		p.send(t, job(name, "a").Message())
	}
	p.work(t, 1)
	if n := p.model.Stats().MaxConcurrent; n != 2 {
		t.Errorf("%d requests under way at once for three actors, want 2", n)
	}
}

// Every sample is a payload that the shipped function takes.
func TestSamplesOfUpload(t *testing.T) {
	p := newPipeline(t, openaitest.Options{})
	p.Events()
	for _, file := range samples(t, "upload") {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(file, ".json") {
			continue // Lambda itself passes on nothing that is not JSON
		}
		body = []byte(strings.NewReplacer(`"key": "`, `"key": "tree/`).Replace(string(body)))
		if _, err := p.functions["upload"].Invoke(t.Context(), body); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	alive, _ := p.left(t)
	p.functions["upload"].Kill() // so that all it has printed is here
	if malformed := p.log.count(`"Malformed":1`); alive < 10 || malformed != 5 {
		t.Errorf("%d messages, %d malformed", alive, malformed)
	}
}

func TestSamplesOfTheOthers(t *testing.T) {
	p := newPipeline(t, openaitest.Options{}, first)
	fails := []string{"nameless.json", "wrong-mode.json", "wrong-run.json", "unknown-run.json", "actors.json", "other-kind.json",
		"actors-empty.json", "actors-null.json", "actors-text.json"}
	for _, function := range []string{"evaluator", "balancer", "orchestrator", "progress"} {
		for _, file := range samples(t, function) {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := p.functions[function].Invoke(t.Context(), body)
			if slices.Contains(fails, filepath.Base(file)) != (err != nil) {
				t.Errorf("%s: %s, %v", file, answer, err)
			}
			if err != nil && !strings.Contains(file, "nameless") && !strings.HasPrefix(err.Error(), "Invalid: ") {
				t.Errorf("%s: %v; the state machine would repeat that", file, err)
			}
		}
	}
	if !p.has(string(actor.EvaluationKey(first))) {
		t.Error("the actor of the samples was not evaluated")
	}
}

func samples(t *testing.T, function string) []string {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("../events/%s/*", function))
	if err != nil || len(files) < 2 {
		t.Fatalf("%d samples of %s, %v", len(files), function, err)
	}
	return files
}
