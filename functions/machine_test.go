package functions_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"screentest/pkg/judge/openai/openaitest"
	"screentest/pkg/lambdatest"
	"screentest/pkg/sweep"
)

// definition writes the state machine of the stack to a file, with names that it
// takes for those of resources.
func definition(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../infra/stack/sweep.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "sweep.asl.json")
	names := strings.NewReplacer(
		"${Orchestrator}", "arn:aws:lambda:eu-west-1:111122223333:function:orchestrator",
		"${Progress}", "arn:aws:lambda:eu-west-1:111122223333:function:progress",
		"${ListExecutions}", "arn:aws:states:::aws-sdk:sfn:listExecutions",
		"${PutObject}", "arn:aws:states:::aws-sdk:s3:putObject",
		"${StoppedKey}", "States.Format('screentest/runs/{}/{}/stopped.json', $.mode, $.run_id)",
	)
	if err := os.WriteFile(file, []byte(names.Replace(string(text))), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// A machine plays the tasks of the state machine with the shipped functions, and
// lets the evaluator work a little between two looks.
type machine struct {
	*pipeline
	settled []int
	records []string // where the machine wrote down that it failed
}

func (m *machine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	input, err := io.ReadAll(r.Body)
	if err == nil {
		input, err = m.task(r, input)
	}
	var failed *lambdatest.CallError
	switch {
	case errors.As(err, &failed):
		w.WriteHeader(http.StatusInternalServerError)
		_ = json.NewEncoder(w).Encode(failed)
	case err != nil:
		http.Error(w, fmt.Sprintf(`{"errorType": "Unknown", "errorMessage": %q}`, err), http.StatusInternalServerError)
	default:
		_, _ = w.Write(input)
	}
}

func (m *machine) task(r *http.Request, input []byte) ([]byte, error) {
	name, err := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), "/"))
	if err != nil {
		return nil, err
	}
	switch name {
	case "Look for another sweep":
		return []byte(`{"Executions": [{}]}`), nil
	case "Send a page":
		return m.functions["orchestrator"].Invoke(r.Context(), input)
	case "Look at progress":
		return m.look(r, input)
	case "Record the failure":
		var put struct{ Key string }
		err := json.Unmarshal(input, &put)
		m.records = append(m.records, put.Key)
		return []byte(`{}`), err
	}
	return nil, fmt.Errorf("nobody plays the task %q", name)
}

func (m *machine) look(r *http.Request, input []byte) ([]byte, error) {
	mapping := lambdatest.Mapping{Queue: m.Evaluations, Batch: 5, Invoke: m.functions["evaluator"].Invoke}
	if _, err := mapping.Poll(r.Context()); err != nil {
		return nil, err
	}
	m.Advance(60e9)
	answer, err := m.functions["progress"].Invoke(r.Context(), input)
	if err != nil {
		return nil, err
	}
	var out sweep.LookOutput
	err = json.Unmarshal(answer, &out)
	m.settled = append(m.settled, out.Settled())
	return answer, err
}

type ending struct {
	Output       sweep.LookOutput
	Error, Cause string
}

// run starts the state machine with an input and waits for its end.
func (m *machine) run(t *testing.T, input string) ending {
	t.Helper()
	const tools = "../infra/node_modules/"
	if _, err := os.Stat(tools + "aws-local-stepfunctions"); err != nil {
		t.Skip("SKIP: what runs state machines is not there; make infra-test installs it")
	}
	server := httptest.NewServer(m)
	defer server.Close()
	cmd := exec.Command(tools+".bin/node", "../infra/check/run.mjs", definition(t), server.URL)
	cmd.Stdin = strings.NewReader(input)
	cmd.Stderr = os.Stderr
	printed, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var e ending
	if err := json.Unmarshal(printed, &e); err != nil {
		t.Fatalf("%v: %s", err, printed)
	}
	return e
}

func TestASweepByItsStateMachine(t *testing.T) {
	m := &machine{pipeline: newPipeline(t, openaitest.Options{})}
	m.uploadTree(t, tree)
	m.settings(t, "timeout: 1m")
	e := m.run(t, `{}`)
	if e.Error != "" || !e.Output.Done || e.Output.Total != 9 || e.Output.Settled() != 9 || e.Output.Failed != 0 || e.Output.Summary == nil {
		t.Errorf("%+v; want 9 actors, each settled, and a summary", e)
	}
	if len(m.settled) < 2 || !slices.IsSorted(m.settled) {
		t.Errorf("settled at each look: %d; want it to rise", m.settled)
	}
	if alive, dead := m.left(t); alive != 0 || dead != 0 {
		t.Errorf("%d messages left, %d dead", alive, dead)
	}
}

// Nobody is never taken for everybody: what a script has left empty ends at once,
// with the reason on record, and not after six tries.
func TestASweepOfNobodyIsRecordedAsFailed(t *testing.T) {
	m := &machine{pipeline: newPipeline(t, openaitest.Options{})}
	m.uploadTree(t, tree)
	for actors, says := range map[string]string{
		`["9999_nobody"]`: "9999_nobody", `[""]`: "not in the roster", `[]`: "an empty list",
		`null`: "null", `""`: "a list of names", `"0000_nordic_21_female"`: "a list of names", `{}`: "a list of names",
	} {
		m.records = nil
		e := m.run(t, `{"mode": "execute", "actors": `+actors+`}`)
		if e.Error != "Invalid" || !strings.Contains(e.Cause, says) {
			t.Errorf("%s: %+v", actors, e)
		}
		if want := []string{"screentest/runs/execute/one/stopped.json"}; !slices.Equal(m.records, want) {
			t.Errorf("%s: recorded %q, want %q", actors, m.records, want)
		}
		if alive, dead := m.left(t); alive+dead != 0 {
			t.Fatalf("%s: %d messages were sent", actors, alive+dead)
		}
	}
}
