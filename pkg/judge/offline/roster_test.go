package offline_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"screentest/pkg/inspect"
	"screentest/pkg/judge"
	"screentest/pkg/judge/offline"
	"screentest/pkg/verdict"
)

type labelled struct {
	Actor, File string
	Type        verdict.Style
	Decodable   bool
}

// renderRoster renders part of the labelled roster, with a seed that nothing was
// fitted on.
func renderRoster(t *testing.T) (data string, images []labelled) {
	t.Helper()
	roster := os.Getenv("SCREENTEST_ROSTER")
	if roster == "" {
		t.Skip("SCREENTEST_ROSTER does not name the labelled roster")
	}
	if testing.Short() {
		t.Skip("renders pictures for some seconds")
	}
	roster, err := filepath.Abs(roster)
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	render := exec.CommandContext(t.Context(), "go", "run", ".", "-out", out, "-seed", "77", "-long", "512", "-limit", "30",
		"-bases", filepath.Join(roster, "bases"), "-archives", roster)
	render.Dir = filepath.Join(roster, "build")
	if log, err := render.CombinedOutput(); err != nil {
		t.Fatalf("render the roster: %v\n%s", err, log)
	}
	body, err := os.ReadFile(filepath.Join(out, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var truth struct{ Images []labelled }
	if err := json.Unmarshal(body, &truth); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(out, "data"), truth.Images
}

func TestRosterStyles(t *testing.T) {
	data, images := renderRoster(t)
	j := offline.New()
	all, right := map[verdict.Style]int{}, map[verdict.Style]int{}
	for _, i := range images {
		if !i.Decodable || !offline.HeldOut(i.Actor) {
			continue
		}
		v := judgeFile(t, j, filepath.Join(data, "actors", i.Actor, "training_data", i.File))
		all[i.Type]++
		if v.Style == i.Type {
			right[i.Type]++
		}
	}
	t.Logf("right %v of %v", right, all)
	total, correct := 0, 0
	for style, n := range all {
		total, correct = total+n, correct+right[style]
		if 10*right[style] < 8*n { // few pictures; the fit program has better figures
			t.Errorf("%s: %d of %d right, want 80 %%", style, right[style], n)
		}
	}
	if total < 40 || 100*correct < 93*total {
		t.Errorf("%d of %d styles right, want 93 %% of at least 40", correct, total)
	}
}

func judgeFile(t *testing.T, j judge.Judge, file string) verdict.Verdict {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := inspect.Inspect(body, inspect.Limits{Bytes: 1 << 26, Megapixels: 10}, 0)
	if err != nil {
		t.Fatal(err)
	}
	answers, _, err := j.Judge(context.Background(), judge.Case{Images: []judge.Exhibit{{Checks: p.Checks}}})
	if err != nil || answers[0].Err != nil {
		t.Fatal(err, answers)
	}
	return answers[0].Verdict
}
