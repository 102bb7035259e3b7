package event_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"screentest/pkg/event"
	"screentest/pkg/run"
)

var job = event.Job{Kind: event.Evaluate, Actor: "Zoë 演員", Mode: run.DryRun, Run: "sweep-1", Cause: "c"}

func TestAJobSurvivesTheQueue(t *testing.T) {
	m := job.Message()
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	got, err := event.DecodeJob(m.Body)
	want := job
	want.SchemaVersion = 1
	if err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

func TestJobsOfAnActorAreAGroupAndEachHasItsID(t *testing.T) {
	first := job.Message()
	edits := map[string]func(*event.Job){
		"kind":  func(j *event.Job) { j.Kind = event.Balance },
		"mode":  func(j *event.Job) { j.Mode = run.Execute },
		"run":   func(j *event.Job) { j.Run = "sweep-2" },
		"cause": func(j *event.Job) { j.Cause = "d" },
		"turn":  func(j *event.Job) { j.Turn = 1 },
	}
	for name, edit := range edits {
		other := job
		edit(&other)
		if m := other.Message(); m.Group != first.Group || m.ID == first.ID {
			t.Errorf("another %s: group %s, ID %s", name, m.Group, m.ID)
		}
	}
	other := job
	other.Actor = "b"
	if m := other.Message(); m.Group == first.Group || m.ID == first.ID {
		t.Error("another actor is the same group")
	}
	if job.Message() != first {
		t.Error("one job gives two messages")
	}
}

// Two jobs are the same request whatever has become of them so far.
func TestRequest(t *testing.T) {
	other := job
	other.Cause, other.Sent = "d", time.Now()
	other.History = event.History{Turn: 1, Tries: 2, Stale: 3, Rests: 4, Waited: 5, NotBefore: time.Now()}
	if other.Request() != job.Request() {
		t.Errorf("%+v is another request than %+v", other.Request(), job.Request())
	}
	for name, edit := range map[string]func(*event.Job){
		"kind": func(j *event.Job) { j.Kind = event.Balance }, "actor": func(j *event.Job) { j.Actor = "b" },
		"mode": func(j *event.Job) { j.Mode = run.Execute }, "run": func(j *event.Job) { j.Run = "" }, "set": func(j *event.Job) { j.Set = "s" },
	} {
		other := job
		if edit(&other); other.Request() == job.Request() {
			t.Errorf("another %s is the same request", name)
		}
	}
}

// Only what a later version wrote may mean something.
func TestALaterVersion(t *testing.T) {
	for body, want := range map[string]bool{
		`{"schema_version":2,"actor":7}`: true, `{"schema_version":2,"kind":"paint"}`: true, `{"schema_version":0}`: false, `{`: false,
	} {
		if _, err := event.DecodeJob(body); err == nil || errors.Is(err, event.ErrNewer) != want {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestDecodeJobRefuses(t *testing.T) {
	body := job.Message().Body
	for _, test := range []struct{ old, new, says string }{
		{`"schema_version":1`, `"schema_version":0`, "schema version 0"},
		{`"schema_version":1`, `"schema_version":2`, "schema version 2"},
		{`"cause":"c"`, `"cause":"c","waited":-1`, "negative"},
		{`"cause":"c"`, `"cause":"c","stale":-1`, "negative"},
		{`"evaluate"`, `"paint"`, "kind"},
		{`"dry-run"`, `"yes"`, "mode"},
		{`"sweep-1"`, `"../x"`, "run"},
		{`"cause":"c"`, `"cause":""`, "cause"},
		{`Zoë 演員`, `../../etc`, "leads out"},
		{`Zoë 演員`, ``, "empty"},
		{body, `[]`, "cannot unmarshal"},
		{body, ``, "unexpected end"},
	} {
		changed := strings.Replace(body, test.old, test.new, 1)
		if _, err := event.DecodeJob(changed); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: error %v, want %q", changed, err, test.says)
		}
	}
}

func TestBatch(t *testing.T) {
	files, err := filepath.Glob(samples + "/[eb]*a*r/*.json")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file)) + "/" + filepath.Base(file)
		items, err := event.Batch(sample(t, name))
		if strings.Contains(name, "nameless") {
			if err == nil {
				t.Errorf("%s: an item without a name is taken", name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, i := range items {
			if i.ItemID == "" || i.Receipt == "" || i.Group == "" || i.ID == "" || i.Body == "" || i.Receives < 1 {
				t.Errorf("%s: %+v", name, i)
			}
		}
	}
}

func FuzzBatch(f *testing.F) {
	f.Add(sample(f, "evaluator/batch-poison.json"))
	f.Add(sample(f, "evaluator/nameless.json"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		items, err := event.Batch(payload)
		for _, i := range items {
			if err != nil || i.ItemID == "" || i.Receipt == "" || i.Group == "" {
				t.Errorf("%+v, %v", i, err)
			}
		}
	})
}

func FuzzDecodeJob(f *testing.F) {
	f.Add(job.Message().Body)
	f.Add(`{"schema_version":1,"kind":"balance"}`)
	f.Fuzz(func(t *testing.T, body string) {
		j, err := event.DecodeJob(body)
		if err != nil {
			return
		}
		if again, err := event.DecodeJob(j.Message().Body); err != nil || again != j {
			t.Errorf("%+v became %+v, %v", j, again, err)
		}
	})
}
