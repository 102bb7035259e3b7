package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"screentest/pkg/actor/rostertest"
	"screentest/pkg/migration"
	"screentest/pkg/score"
)

// The whole way on the real roster, with pictures of a seed that the offline
// judge was never fitted on.
func TestRoster(t *testing.T) {
	if testing.Short() {
		t.Skip("renders and judges 1,253 pictures")
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
