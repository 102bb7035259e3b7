package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"screentest/pkg/actor"
	"screentest/pkg/cloudtest"
	"screentest/pkg/cost"
	"screentest/pkg/event"
	"screentest/pkg/queue"
	"screentest/pkg/run"
	"screentest/pkg/sample"
	"screentest/pkg/store/dir"
	"screentest/pkg/store/s3"
	"screentest/pkg/sweep"
)

// operator is an account with the sample in its bucket. Its sweeps are done by the
// test: what the functions do is tested with them.
type operator struct {
	*cloudtest.Cloud
	tree  *s3.Store
	names []actor.Name // who has images
}

type operatorKey struct{}

func TestOnAWS(t *testing.T) {
	where := filepath.Join(t.TempDir(), "sample")
	if _, err := sample.Write(t.Context(), where, sample.Options{Seed: 1, Actors: 9}); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/aws",
		Setup: func(e *testscript.Env) error {
			o := &operator{Cloud: cloudtest.New(0)}
			e.Defer(o.Close)
			e.Values[operatorKey{}] = o
			e.Setenv("OPENAI_API_KEY", "")
			e.Setenv("ACTOR", "0000_nordic_21_female")
			e.Setenv("DATA", o.Data())
			e.Setenv("SAMPLE", where)
			for name, value := range o.Environment() {
				e.Setenv(name, value)
				t.Setenv(name, value)
			}
			return o.fill(t, where)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"dead": addDead, "lost": addLost, "later": later, "started": started, "aborted": aborted, "ended": ended, "orchestrate": orchestrate, "settle": settle,
			"answer": answer, "forget": forgetExecutions, "cptree": copyTree,
		},
	})
}

func (o *operator) fill(t *testing.T, tree string) error {
	if err := o.S3.Upload(os.DirFS(tree), cloudtest.Prefix); err != nil {
		return err
	}
	s, err := dir.Open(tree)
	if err != nil {
		return err
	}
	roster, err := actor.LoadRoster(t.Context(), s)
	if err != nil {
		return err
	}
	found, err := actor.Detect(t.Context(), s, roster)
	for _, set := range found.Sets {
		o.names = append(o.names, set.Actor.Name)
	}
	if err != nil {
		return err
	}
	o.tree, err = s3.Open(t.Context(), o.Data())
	return err
}

func operatorOf(ts *testscript.TestScript) *operator { return ts.Value(operatorKey{}).(*operator) }

// addDead: dead N puts messages among the dead letters of the evaluations.
func addDead(ts *testscript.TestScript, _ bool, args []string) {
	var n int
	if _, err := fmt.Sscan(args[0], &n); err != nil {
		ts.Fatalf("%v", err)
	}
	o := operatorOf(ts)
	for i := range n {
		j := event.Job{Kind: event.Evaluate, Actor: o.names[i], Mode: run.DryRun, Cause: "c"}
		ts.Check(o.EvaluationsDead.Send(context.Background(), j.Message()))
	}
}

// addLost: lost FILE... puts events among those that no function could handle.
func addLost(ts *testscript.TestScript, _ bool, files []string) {
	for _, file := range files {
		body := ts.ReadFile(file)
		m := queue.Message{Group: queue.Token(file), ID: queue.Token(file, fmt.Sprint(time.Now())), Body: body}
		ts.Check(operatorOf(ts).EventsDead.Send(context.Background(), m))
	}
}

// later lets the deliveries end that are under way.
func later(ts *testscript.TestScript, _ bool, _ []string) { operatorOf(ts).Advance(time.Hour) }

// started: started PATTERN... asserts what the last execution was started with.
func started(ts *testscript.TestScript, _ bool, patterns []string) {
	o := operatorOf(ts)
	name := o.last(ts)
	all := o.Executions()
	last := all[len(all)-1]
	for _, p := range patterns {
		if !regexp.MustCompile(p).MatchString(last.Input) {
			ts.Fatalf("%s was started with %s, not with %s", name, last.Input, p)
		}
	}
}

// last is the name of the execution that was started last.
func (o *operator) last(ts *testscript.TestScript) string {
	all := o.Executions()
	if len(all) == 0 {
		ts.Fatalf("nothing was started")
	}
	return all[len(all)-1].Name
}

// orchestrate does what the execution that was started last does first.
func orchestrate(ts *testscript.TestScript, _ bool, _ []string) {
	o := operatorOf(ts)
	orchestrator := sweep.Orchestrator{Store: o.tree, Queue: o.Evaluations, Now: time.Now}
	out, err := orchestrator.Page(context.Background(), sweep.PageInput{RunID: o.last(ts), Mode: run.DryRun})
	ts.Check(err)
	if !out.Done || out.Total != len(o.names) {
		ts.Fatalf("%+v", out)
	}
}

// settle brings the last sweep to its end: one actor has failed.
func settle(ts *testscript.TestScript, _ bool, _ []string) {
	o := operatorOf(ts)
	id := o.last(ts)
	for i, name := range o.names {
		outcome := run.Outcome{Actor: name, State: run.Completed, At: time.Now(), Usage: cost.Usage{Requests: 1, USD: 0.5}}
		if i == 0 {
			outcome.State, outcome.Reason, outcome.Usage = run.Failed, "the answer made no sense", cost.Usage{}
		}
		ts.Check(sweep.Record(context.Background(), o.tree, run.DryRun, id, outcome))
	}
	out, err := sweep.Look(context.Background(), o.tree, sweep.LookInput{RunID: id, Mode: run.DryRun}, time.Now())
	ts.Check(err)
	if !out.Done {
		ts.Fatalf("%+v", out)
	}
	o.Succeed(id)
}

// ended does what the function does that hears of the ends of executions; with
// "lost" it cannot, and the events are set aside.
func ended(ts *testscript.TestScript, _ bool, args []string) {
	o := operatorOf(ts)
	for _, payload := range o.Endings() {
		if len(args) > 0 {
			m := queue.Message{Group: "ended", ID: queue.Token(string(payload)), Body: string(payload)}
			ts.Check(o.EventsDead.Send(context.Background(), m))
			continue
		}
		out, err := sweep.Answer(context.Background(), o.tree, payload, time.Now())
		ts.Check(err)
		if !out.Done || out.Summary == nil {
			ts.Fatalf("%+v", out)
		}
	}
}

// aborted asserts that the execution that was started last was stopped, and none
// that had come to its end.
func aborted(ts *testscript.TestScript, _ bool, _ []string) {
	o := operatorOf(ts)
	for _, e := range o.Executions() {
		if e.Status == "RUNNING" || (e.Status == "SUCCEEDED" && e.Name == o.last(ts)) {
			ts.Fatalf("%s is %s", e.Name, e.Status)
		}
	}
}

// answer: answer ACTION JSON has Step Functions answer the next ACTION with that.
func answer(ts *testscript.TestScript, _ bool, args []string) {
	o := operatorOf(ts)
	o.Fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("X-Amz-Target") != "AWSStepFunctions."+args[0] {
			return false
		}
		o.Fault = nil
		if strings.Contains(args[1], "__type") {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = w.Write([]byte(args[1]))
		return true
	}
}

// forgetExecutions does what Step Functions does with executions after 90 days.
func forgetExecutions(ts *testscript.TestScript, _ bool, _ []string) { operatorOf(ts).Forget() }
