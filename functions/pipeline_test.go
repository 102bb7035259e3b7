package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/cloudtest"
	"screentest/pkg/event"
	"screentest/pkg/judge/openai/openaitest"
	"screentest/pkg/lambdatest"
	"screentest/pkg/queue"
	"screentest/pkg/run"
	"screentest/pkg/sample"
	"screentest/pkg/sweep"
)

// The functions, as they are shipped but for this machine's processor, and a
// sample tree. Both are made once.
var bin, tree string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "functions-")
	if err == nil {
		bin, tree = dir, filepath.Join(dir, "tree")
		_, err = sample.Write(context.Background(), tree, sample.Options{Seed: 1, Actors: 9})
	}
	status := 1
	if err := errors.Join(err, build(dir)); err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		status = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(status)
}

func build(dir string) error {
	mains, err := filepath.Glob("*/main.go")
	if err != nil {
		return err
	}
	for _, main := range mains {
		name := filepath.Dir(main)
		cmd := exec.Command("go", "build", "-tags", "lambda.norpc", "-trimpath", "-o", filepath.Join(dir, name, "bootstrap"), "./"+name)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if log, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", name, err, log)
		}
	}
	return nil
}

// A pipeline is an account with the functions in it: what is uploaded goes the
// whole way, through real processes, requests and answers.
type pipeline struct {
	*cloudtest.Cloud
	model     *openaitest.Server
	functions map[string]*lambdatest.Function
	log       *logs
}

// logs is what the functions print.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), text)
}

// line returns the first line that holds text.
func (l *logs) line(text string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		if strings.Contains(line, text) {
			return line
		}
	}
	return ""
}

// newPipeline has the roster of the sample, and no images but those of start.
func newPipeline(t *testing.T, model openaitest.Options, start ...actor.Name) *pipeline {
	model.Key = "sk-secret"
	p := &pipeline{
		Cloud: cloudtest.New(30 * time.Second), model: openaitest.NewServer(t, model),
		functions: map[string]*lambdatest.Function{}, log: &logs{},
	}
	t.Cleanup(p.Close)
	for _, name := range []string{"upload", "orchestrator", "evaluator", "balancer", "progress"} {
		f := &lambdatest.Function{Path: filepath.Join(bin, name, "bootstrap"), Env: p.Environment(), Log: p.log, Timeout: 10 * time.Minute}
		t.Cleanup(func() { f.Close() })
		p.functions[name] = f
	}
	p.keepRoles(t)
	t.Cleanup(func() {
		if t.Failed() {
			said := p.log.text.String()
			t.Logf("the functions said last:\n%s", said[max(0, len(said)-3000):])
		}
	})
	p.put(t, string(actor.RosterKey), read(t, string(actor.RosterKey)))
	p.settings(t, "timeout: 1m")
	for _, name := range start {
		p.upload(t, name)
	}
	return p
}

// settings writes the owner's settings, with more for the judge.
func (p *pipeline) settings(t *testing.T, judge string) {
	p.put(t, "screentest.yaml", []byte("judge: {base_url: "+p.model.URL+", dialect: openai, batch: 10, "+judge+"}\n"))
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(tree, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func (p *pipeline) put(t *testing.T, name string, body []byte) {
	t.Helper()
	if err := p.Upload(name, body); err != nil {
		t.Fatal(err)
	}
}

// files returns what the sample has of an actor.
func files(t *testing.T, name actor.Name) []string {
	t.Helper()
	var all []string
	for _, dir := range []string{"base_image", "training_data"} {
		found, err := filepath.Glob(filepath.Join(tree, "actors", string(name), dir, "*.*g"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range found {
			if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() {
				continue // the sample has traps
			}
			rel, err := filepath.Rel(tree, file)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, filepath.ToSlash(rel))
		}
	}
	if len(all) < 5 {
		t.Fatalf("%s has only %q", name, all)
	}
	return all
}

// upload puts all images of an actor into the bucket.
func (p *pipeline) upload(t *testing.T, name actor.Name) {
	t.Helper()
	for _, file := range files(t, name) {
		p.put(t, file, read(t, file))
	}
}

// tell calls the function upload with every event that has happened, in an order
// and as often as edit says.
func (p *pipeline) tell(t *testing.T, edit func([][]byte) [][]byte) {
	t.Helper()
	events := p.Events()
	if edit != nil {
		events = edit(events)
	}
	for _, e := range events {
		if _, err := p.functions["upload"].Invoke(t.Context(), e); err != nil {
			t.Fatalf("upload: %v", err)
		}
	}
}

// work lets the evaluator work until its queue is empty, or hours have passed.
// What becomes of a batch is in the queues; a function that breaks is part of it.
func (p *pipeline) work(t *testing.T, hours int) {
	t.Helper()
	mapping := lambdatest.Mapping{Queue: p.Evaluations, Batch: 5, Invoke: p.functions["evaluator"].Invoke}
	for range hours * 60 {
		depth, err := p.Evaluations.Depth(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if depth.Total() == 0 {
			return
		}
		polled, err := mapping.Poll(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if polled.Messages == 0 {
			p.Advance(time.Minute)
		}
	}
}

// left returns how many messages wait and how many are dead.
func (p *pipeline) left(t *testing.T) (alive, dead int) {
	t.Helper()
	for _, q := range []struct {
		queue queue.Queue
		count *int
	}{{p.Evaluations, &alive}, {p.EvaluationsDead, &dead}} {
		depth, err := q.queue.Depth(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		*q.count = depth.Total()
	}
	return alive, dead
}

// call invokes a function of the sweep as the state machine does.
func (p *pipeline) call(t *testing.T, function string, in, out any) {
	t.Helper()
	payload, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := p.functions[function].Invoke(t.Context(), payload)
	if err != nil {
		t.Fatalf("%s(%s): %v", function, payload, err)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		t.Fatal(err)
	}
}

// sweep goes through the states of the sweep, each call twice. between is called
// before each look.
func (p *pipeline) sweep(t *testing.T, id string, between func()) (sweep.LookOutput, []int) {
	t.Helper()
	page := sweep.PageOutput{}
	for !page.Done {
		in := sweep.PageInput{RunID: id, Mode: run.DryRun, Cursor: page.Cursor, Actors: []actor.Name{}}
		var again sweep.PageOutput
		p.call(t, "orchestrator", in, &page)
		if p.call(t, "orchestrator", in, &again); again != page {
			t.Errorf("the same page: %+v, then %+v", page, again)
		}
	}
	var settled []int
	for waits := range 1000 {
		between()
		var out, again sweep.LookOutput
		p.call(t, "progress", sweep.LookInput{RunID: id, Mode: run.DryRun, Waits: waits}, &out)
		p.call(t, "progress", sweep.LookInput{RunID: id, Mode: run.DryRun, Waits: waits}, &again)
		settled = append(settled, out.Settled())
		if again.Tally != out.Tally || again.Done != out.Done {
			t.Errorf("the same look: %+v, then %+v", out, again)
		}
		if out.Done {
			return out, settled
		}
	}
	t.Fatal("the sweep does not end")
	return sweep.LookOutput{}, nil
}

// documents returns the evaluations in the bucket without what differs from run
// to run.
func (p *pipeline) documents(t *testing.T, names ...actor.Name) map[actor.Name]string {
	t.Helper()
	all := map[actor.Name]string{}
	for _, name := range names {
		body, err := p.S3.Read(cloudtest.Prefix + "/" + string(actor.EvaluationKey(name)))
		if err != nil {
			t.Fatalf("evaluation of %s: %v", name, err)
		}
		var e map[string]any
		if err := json.Unmarshal(body, &e); err != nil {
			t.Fatal(err)
		}
		delete(e, "evaluated_at")
		delete(e, "usage")
		delete(e, "before") // what came before depends on what went wrong
		lasting, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(lasting)
	}
	return all
}

// has reports whether the bucket has an object.
func (p *pipeline) has(name string) bool {
	_, err := p.S3.Read(cloudtest.Prefix + "/" + name)
	return err == nil
}

// send puts a message into the queue of the evaluator as it stands.
func (p *pipeline) send(t *testing.T, m queue.Message) {
	t.Helper()
	if err := p.Evaluations.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

func job(name actor.Name, cause string) event.Job {
	return event.Job{Kind: event.Evaluate, Actor: name, Mode: run.DryRun, Cause: cause}
}

// refuse answers as S3 does when it will not.
func refuse(w http.ResponseWriter, code int, kind string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(code)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>a fault of the test</Message></Error>", kind)
}
