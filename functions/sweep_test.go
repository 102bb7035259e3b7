package functions_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/actor/rostertest"
	"screentest/pkg/cloudtest"
	"screentest/pkg/judge/openai/openaitest"
	"screentest/pkg/lambdatest"
	"screentest/pkg/run"
	"screentest/pkg/sweep"
)

// uploadTree puts a whole tree into the bucket, without events.
func (p *pipeline) uploadTree(t *testing.T, dir string) {
	t.Helper()
	if err := p.S3.Upload(os.DirFS(dir), cloudtest.Prefix); err != nil {
		t.Fatal(err)
	}
	p.Events()
}

// checkSweep sweeps, a few batches between two looks, and checks the numbers.
func checkSweep(t *testing.T, p *pipeline, id string, actors int) {
	t.Helper()
	mapping := lambdatest.Mapping{Queue: p.Evaluations, Batch: 5, Invoke: p.functions["evaluator"].Invoke}
	out, settled := p.sweep(t, id, func() {
		for range 3 {
			if _, err := mapping.Poll(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		p.Advance(60e9)
	})
	if out.Total != actors || out.Settled() != actors || out.Failed != 0 || out.Remaining != 0 || out.Summary == nil {
		t.Errorf("%+v %+v; want %d actors, each settled", out, out.Summary, actors)
	}
	if !slices.IsSorted(settled) || len(settled) < 2 {
		t.Errorf("settled at each look: %d; want it to rise", settled)
	}
	stats := p.model.Stats()
	if out.Completed == actors && out.Summary.Usage.Images != stats.Images {
		t.Errorf("the summary has %d images, the model saw %d", out.Summary.Usage.Images, stats.Images)
	}
	if alive, dead := p.left(t); alive != 0 || dead != 0 {
		t.Errorf("%d messages left, %d dead", alive, dead)
	}
}

func TestASweepOfTheSample(t *testing.T) {
	p := newPipeline(t, openaitest.Options{})
	p.uploadTree(t, tree)
	p.settings(t, "timeout: 1m")
	checkSweep(t, p, "sweep-1", 9)
	names := members(t)[:3]
	quiet, _ := quiet(t, names...)
	if got := p.documents(t, names...); !maps.Equal(got, quiet) {
		t.Error("a sweep whose every call came twice leaves other documents than uploads that came once")
	}
	asked := p.model.Stats().Requests
	checkSweep(t, p, "sweep-2", 9)
	if again := p.model.Stats().Requests; again != asked {
		t.Errorf("the second sweep asked the model %d times", again-asked)
	}
}

func TestASweepOfTheRoster(t *testing.T) {
	if testing.Short() {
		t.Skip("renders and judges 1,253 pictures")
	}
	data, _ := rostertest.Render(t, 78, 512)
	p := newPipeline(t, openaitest.Options{})
	p.uploadTree(t, data)
	p.settings(t, "timeout: 1m")
	checkSweep(t, p, "sweep-1", 113)
	p.Events()
	checkSweep(t, p, "sweep-2", 113)
}

// Uploads go on during a sweep and do no harm.
func TestUploadsBesideASweep(t *testing.T) {
	p := newPipeline(t, openaitest.Options{}, first)
	p.uploadTree(t, tree)
	p.settings(t, "timeout: 1m")
	out, _ := p.sweep(t, "sweep-1", func() {
		p.put(t, string(actor.TrainingKey(first, "late.png")), read(t, files(t, first)[1]))
		p.tell(t, nil)
		p.work(t, 1)
	})
	if out.Settled() != 9 || out.Failed != 0 {
		t.Errorf("%+v", out)
	}
	if _, dead := p.left(t); dead != 0 {
		t.Errorf("%d dead letters", dead)
	}
}

// A sweep that somebody aborts in the console has an end on record, told twice or
// not, and what is still queued of it asks the model nothing.
func TestASweepThatIsAborted(t *testing.T) {
	p := newPipeline(t, openaitest.Options{})
	p.uploadTree(t, tree)
	p.settings(t, "timeout: 1m")
	var page sweep.PageOutput
	p.call(t, "orchestrator", sweep.PageInput{RunID: "sweep-2", Mode: run.DryRun, Actors: []actor.Name{}}, &page)
	p.Advance(time.Minute)
	mapping := lambdatest.Mapping{Queue: p.Evaluations, Batch: 5, Invoke: p.functions["evaluator"].Invoke}
	if _, err := mapping.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	payload, err := os.ReadFile("../events/progress/aborted.json")
	if err != nil {
		t.Fatal(err)
	}
	var answers []string
	for range 2 {
		answer, err := p.functions["progress"].Invoke(t.Context(), payload)
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, string(answer))
	}
	var out sweep.LookOutput
	if err := json.Unmarshal([]byte(answers[0]), &out); err != nil || answers[0] != answers[1] {
		t.Errorf("%v: told twice it answers %q", err, answers)
	}
	asked := p.model.Stats()
	if !out.Done || out.End != sweep.Aborted || out.Completed != 5 || out.Remaining != 4 || out.Summary.Usage.Images != asked.Images {
		t.Errorf("%+v %+v; want five of nine, and what they cost", out, out.Summary)
	}
	p.functions["evaluator"].Kill() // which may have looked a moment ago
	p.work(t, 1)
	if alive, dead := p.left(t); alive != 0 || dead != 0 || p.model.Stats().Requests != asked.Requests {
		t.Errorf("%d messages left, %d dead, %d requests more", alive, dead, p.model.Stats().Requests-asked.Requests)
	}
}
