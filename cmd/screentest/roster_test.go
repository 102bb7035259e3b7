package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"

	"screentest/pkg/actor/rostertest"
	"screentest/pkg/balance"
	"screentest/pkg/judge/openai/openaitest"
	"screentest/pkg/migration"
	"screentest/pkg/score"
)

// The whole way on the real roster, with pictures of a seed that the offline
// judge was never fitted on.
func TestRoster(t *testing.T) {
	if testing.Short() {
		t.Skip("renders and judges 1,253 pictures, and makes 1,200")
	}
	data, truth := rostertest.Render(t, 77, 512)

	var actors actorsReport
	decoded(t, &actors, "--data", data, "actors", "--json")
	if actors.Roster != 288 || actors.Detected != 113 || actors.Images != 1253 {
		t.Errorf("actors: %d, %d, %d; want 288, 113, 1253", actors.Roster, actors.Detected, actors.Images)
	}
	var first, second migration.Report
	decoded(t, &first, "--data", data, "migrate", "--json")
	decoded(t, &second, "--data", data, "migrate", "--json")
	if first.Migrated != 98 || first.WithoutMetadata != 15 || first.Failed != 0 || first.Images != 1030 || first.Recovered != 75 {
		t.Errorf("migrate: %+v", first)
	}
	if second.Migrated != 0 || second.Already != 98 {
		t.Errorf("migrate again: %d migrated, %d already", second.Migrated, second.Already)
	}
	var evaluated, again passReport
	decoded(t, &evaluated, "--data", data, "evaluate", "--all", "--judge", "offline", "--json")
	decoded(t, &again, "--data", data, "evaluate", "--all", "--judge", "offline", "--json")
	if evaluated.Completed != 113 || evaluated.Images != 1253 || again.Skipped != 113 {
		t.Errorf("evaluate: %d completed, %d images; again: %d skipped", evaluated.Completed, evaluated.Images, again.Skipped)
	}
	var scored score.Report
	decoded(t, &scored, "--data", data, "score", "--truth", truth, "--held-out", "--json")
	checkScore(t, scored)
	closesTheLoop(t, data)
}

// checkScore holds the offline judge to what it promises on actors it has not
// seen.
func checkScore(t *testing.T, r score.Report) {
	t.Helper()
	atLeast := func(what string, share *float64, want float64) {
		if share == nil || *share < want {
			t.Errorf("%s: %v, want %v", what, share, want)
		}
	}
	t.Logf("held out: %d images, styles %.3f", r.Images, *r.Styles.Accuracy)
	atLeast("styles right", r.Styles.Accuracy, 0.90)
	for _, issue := range r.Issues {
		atLeast("recall of "+string(issue.Issue), issue.Recall, 0.90)
	}
	for _, kind := range r.Copies {
		atLeast("found of "+string(kind.Kind), kind.Recall, 0.90)
	}
	if *r.Sound.WronglyShare > 0.03 {
		t.Errorf("%.3f of the sound images are condemned wrongly", *r.Sound.WronglyShare)
	}
}

// decoded runs one command in this process and decodes what it prints.
func decoded(t *testing.T, into any, args ...string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if status := execute(t.Context(), args, &stdout, &stderr); status != statusOK {
		t.Fatalf("%v: status %d\n%s", args, status, &stderr)
	}
	if err := json.Unmarshal(stdout.Bytes(), into); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, &stdout)
	}
}

// closesTheLoop: every set becomes what the target says, all agrees, a second run
// does nothing, and restoring brings back every byte.
func closesTheLoop(t *testing.T, data string) {
	program := build(t)
	must := func(into any, args ...string) {
		t.Helper()
		cmd := exec.Command(program, append([]string{"--data", data}, args...)...)
		var complaint bytes.Buffer
		cmd.Stderr = &complaint
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, &complaint)
		}
		if err := json.Unmarshal(out, into); err != nil {
			t.Fatalf("%v: %v", args, err)
		}
	}
	toBalance := []string{"evaluate", "--all", "--execute", "--yes", "--judge", "offline", "--generator", "offline", "--mirror", "none", "--json"}
	before := pictures(t, data)

	var first, second struct {
		Evaluation passReport     `json:"evaluation"`
		Balance    *balanceReport `json:"balance"`
	}
	must(&first, toBalance...)
	done := first.Balance
	if done == nil || done.Failed > 0 || done.Completed+first.Evaluation.Balanced != 113 || done.Balanced != done.Completed {
		t.Fatalf("%d balanced before; %+v", first.Evaluation.Balanced, done)
	}
	for _, line := range done.Actors {
		if line.Summary.Mix != balanceTarget {
			t.Errorf("%s: %+v", line.Name, line.Summary.Mix)
		}
	}
	t.Logf("%d pictures generated, %d images deleted", done.Generated, done.Deleted)
	must(&second, toBalance...)
	if second.Balance == nil || second.Balance.Total > 0 || second.Evaluation.Skipped != 113 {
		t.Errorf("a second run: %d skipped, %+v", second.Evaluation.Skipped, second.Balance)
	}
	var verified verifyReport
	must(&verified, "verify", "--mirror", "none", "--json")
	if verified.Findings > 0 || verified.Images < 113*20 {
		t.Errorf("verify: %d findings in %d images", verified.Findings, verified.Images)
	}
	var restored trashReport
	must(&restored, "restore", "--all", "--mirror", "none", "--json")
	if restored.Images != done.Deleted || len(restored.Problems) > 0 {
		t.Errorf("restored %d of %d, problems %v", restored.Images, done.Deleted, restored.Problems)
	}
	after := pictures(t, data)
	for path, sum := range before {
		if after[path] != sum {
			t.Errorf("%s is not what it was", path)
		}
	}
	must(&verified, "verify", "--mirror", "none", "--json")
}

var balanceTarget = balance.DefaultTarget()

// build returns the program built without the race detector, under which a
// thousand pictures take a quarter of an hour.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "screentest")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return program
}

// pictures returns the hash of every file outside of the program's own directory,
// but for the manifests.
func pictures(t *testing.T, data string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for path, content := range contents(t, data, false) {
		if filepath.Base(path) != "manifest.json" {
			found[path] = openaitest.SHA256([]byte(content))
		}
	}
	return found
}
