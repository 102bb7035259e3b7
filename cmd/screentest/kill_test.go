package main

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"screentest/pkg/cost"
	"screentest/pkg/evaluation"
	"screentest/pkg/judge/openai/openaitest"
)

// kills is how often the program is killed at a random moment.
const kills = 12

// goesOnWhenKilled kills the program at random moments and starts it again: it
// ends with the evaluations of an undisturbed run, pays again only for answers
// that were on their way, and leaves no half-written file and every image as it
// was.
func goesOnWhenKilled(t *testing.T, whole string) {
	tree := threeActors(t, whole)
	before := contents(t, tree, false)
	model := openaitest.NewServer(t, openaitest.Options{Delay: 20 * time.Millisecond})
	start := func() *exec.Cmd {
		cmd := exec.Command(os.Args[0], "--data", tree, "evaluate", "--all", "--concurrency", "2")
		cmd.Args[0] = "screentest" // which makes the test binary the program
		cmd.Env = append(os.Environ(), "OPENAI_API_KEY=k", "OPENAI_BASE_URL="+model.URL)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}

	began := time.Now()
	if err := start().Wait(); err != nil {
		t.Fatal(err)
	}
	length := time.Since(began)
	quiet, asked := documents(t, tree), model.Stats().Images
	if err := os.RemoveAll(filepath.Join(tree, "screentest")); err != nil {
		t.Fatal(err)
	}

	for range kills {
		cmd := start()
		time.AfterFunc(rand.N(length), func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
	}
	if err := start().Wait(); err != nil {
		t.Fatal(err)
	}
	if disturbed := documents(t, tree); !maps.Equal(disturbed, quiet) {
		t.Errorf("evaluations differ from those of an undisturbed run:\n%v\n%v", disturbed, quiet)
	}
	const onTheirWay = 2 * 10 // concurrency × images in a request
	if again := model.Stats().Images - asked; again > asked+kills*onTheirWay {
		t.Errorf("%d images asked about, %d in an undisturbed run", again, asked)
	}
	if after := contents(t, tree, false); !maps.Equal(before, after) {
		t.Error("something outside screentest/ has changed")
	}
	for path, text := range contents(t, tree, true) {
		if !strings.HasSuffix(path, ".tmp") && !json.Valid([]byte(text)) {
			t.Errorf("%s is half written", path)
		}
	}
}

// threeActors copies the tree with the pictures of three actors.
func threeActors(t *testing.T, whole string) string {
	t.Helper()
	tree := filepath.Join(t.TempDir(), "tree")
	if err := os.CopyFS(tree, os.DirFS(whole)); err != nil {
		t.Fatal(err)
	}
	dirs, err := filepath.Glob(filepath.Join(tree, "actors", "*"))
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, dir := range dirs {
		images, _ := os.ReadDir(filepath.Join(dir, "training_data"))
		if len(images) > 10 && kept < 3 {
			kept++
		} else if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	return tree
}

// contents returns every file of the tree, either those of the program's own
// directory or all others.
func contents(t *testing.T, tree string, own bool) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(tree, func(path string, entry os.DirEntry, err error) error {
		rel, _ := filepath.Rel(tree, path)
		if err != nil || entry.IsDir() || strings.HasPrefix(rel, "screentest"+string(filepath.Separator)) != own {
			return err
		}
		text, err := os.ReadFile(path)
		files[rel] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// documents returns the evaluations without what may differ between runs.
func documents(t *testing.T, tree string) map[string]string {
	t.Helper()
	documents := map[string]string{}
	for path, text := range contents(t, tree, true) {
		if !slices.Contains(strings.Split(filepath.ToSlash(path), "/"), "evaluations") {
			continue
		}
		var e evaluation.Evaluation
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		e.EvaluatedAt, e.Usage = time.Time{}, cost.Usage{}
		stripped, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		documents[path] = string(stripped)
	}
	if len(documents) != 3 {
		t.Fatalf("%d evaluations, want 3", len(documents))
	}
	return documents
}
