package event_test

import (
	"os"
	"testing"
	"time"

	"screentest/pkg/event"
	"screentest/pkg/run"
)

func TestEndings(t *testing.T) {
	at := time.UnixMilli(1795352400456).UTC()
	for name, want := range map[string]event.Ending{
		"aborted.json":       {Run: "sweep-2", Mode: run.DryRun, Status: event.Aborted, Why: "ABORTED: wrong day", At: at},
		"aborted-early.json": {Run: "sweep-3", Mode: run.DryRun, Status: event.Aborted, At: at},
		"failed.json":        {Run: "sweep-1", Mode: run.DryRun, Status: event.Failed, Why: "Stalled: no actor was finished in 20 looks; 3 remain", At: at},
		"timed-out.json":     {Run: "sweep-1", Status: event.TimedOut, Why: "States.Timeout", At: at},
		"succeeded.json":     {Run: "sweep-1", Mode: run.DryRun, Status: "SUCCEEDED", At: at},
	} {
		payload, err := os.ReadFile("../../events/progress/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := event.DecodeEnding(payload); err != nil || got != want || !event.IsEnding(payload) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, want)
		}
	}
	call, err := os.ReadFile("../../events/progress/look.json")
	if err != nil || event.IsEnding(call) {
		t.Errorf("a call of the state machine is taken for an event, %v", err)
	}
	for _, payload := range []string{
		``, `[]`, `{}`, `{"source":"aws.s3","detail-type":"Step Functions Execution Status Change","detail":{"name":"x","status":"FAILED"}}`,
		`{"source":"aws.states","detail-type":"another","detail":{"name":"x","status":"FAILED"}}`,
		`{"source":"aws.states","detail-type":"Step Functions Execution Status Change","detail":{"status":"FAILED"}}`,
		`{"source":"aws.states","detail-type":"Step Functions Execution Status Change","detail":{"name":"x"}}`,
	} {
		if got, err := event.DecodeEnding([]byte(payload)); err == nil {
			t.Errorf("%s is taken for %+v", payload, got)
		}
	}
}

// The input is whatever somebody has started the state machine with.
func TestModesOfEndings(t *testing.T) {
	for input, want := range map[string]run.Mode{
		`{}`: run.DryRun, `{\"mode\":\"execute\"}`: run.Execute, `{\"mode\":\"yes\"}`: "", `{\"mode\":5}`: "", `[]`: "", `{`: "",
	} {
		payload := `{"source":"aws.states","detail-type":"Step Functions Execution Status Change","detail":{"name":"x","status":"FAILED","input":"` + input + `"}}`
		if e, err := event.DecodeEnding([]byte(payload)); err != nil || e.Mode != want {
			t.Errorf("%s: %+v, %v; want %q", input, e, err, want)
		}
	}
}

func FuzzDecodeEnding(f *testing.F) {
	for _, name := range []string{"aborted.json", "timed-out.json", "look.json"} {
		payload, err := os.ReadFile("../../events/progress/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		if e, err := event.DecodeEnding(payload); err == nil && (e.Run == "" || e.Status == "" || !event.IsEnding(payload)) {
			t.Errorf("%q is taken for %+v", payload, e)
		}
	})
}
