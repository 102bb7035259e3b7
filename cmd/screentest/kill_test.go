package main

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"screentest/pkg/cost"
	"screentest/pkg/evaluation"
	"screentest/pkg/judge/openai/openaitest"
)

// kills is how often the program is killed at a random moment.
const kills = 10

// goesOnWhenKilled kills the program and starts it again: it ends with the
// evaluations of an undisturbed run, pays again only for answers that were on
// their way, and leaves no half-written file and every image as it was.
func goesOnWhenKilled(t *testing.T, whole string) {
	p := newVictim(t, threeActors(t, whole))
	before := contents(t, p.tree, false)
	began := time.Now()
	p.mustFinish(t)
	length := time.Since(began)
	quiet, asked := documents(t, p.tree), p.model.Stats().Images

	p.forget(t)
	for range kills {
		cmd := p.start(t)
		time.AfterFunc(rand.N(length), func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
	}
	p.mustFinish(t)
	if disturbed := documents(t, p.tree); !maps.Equal(disturbed, quiet) {
		t.Errorf("evaluations differ from those of an undisturbed run:\n%v\n%v", disturbed, quiet)
	}

	p.forget(t)
	paid := p.killAtRequests(t, 2)
	if most := asked + paid.kills*p.inFlight; paid.images > most {
		t.Errorf("%d images asked about with %d kills, at most %d expected", paid.images, paid.kills, most)
	}
	if disturbed := documents(t, p.tree); !maps.Equal(disturbed, quiet) {
		t.Error("evaluations differ from those of an undisturbed run")
	}

	for _, by := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		p.forget(t)
		if images := p.interrupt(t, by); images != asked {
			t.Errorf("%d images asked about with one %s, want each of %d once", images, by, asked)
		}
		if disturbed := documents(t, p.tree); !maps.Equal(disturbed, quiet) {
			t.Errorf("after %s evaluations differ from those of an undisturbed run", by)
		}
	}
	p.forget(t)
	p.outlivesTheTerminal(t)

	if after := contents(t, p.tree, false); !maps.Equal(before, after) {
		t.Error("something outside screentest/ has changed")
	}
	for path, text := range contents(t, p.tree, true) {
		if !strings.HasSuffix(path, ".tmp") && !json.Valid([]byte(text)) {
			t.Errorf("%s is half written", path)
		}
	}
}

// A victim is the program on a tree, with a model of its own.
type victim struct {
	tree     string
	model    *openaitest.Server
	inFlight int         // images that requests under way can hold
	strike   func()      // called at every request, if set
	mu       *sync.Mutex // guards strike
}

func newVictim(t *testing.T, tree string) *victim {
	t.Helper()
	if err := os.WriteFile(filepath.Join(tree, "screentest.yaml"), []byte("judge: {batch: 2}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	v := &victim{tree: tree, inFlight: 2 * 2, mu: &sync.Mutex{}}
	v.model = openaitest.NewServer(t, openaitest.Options{
		Delay: 5 * time.Millisecond,
		Fault: func(openaitest.Request) openaitest.Fault {
			v.mu.Lock()
			defer v.mu.Unlock()
			if v.strike != nil {
				v.strike()
			}
			return nil
		},
	})
	return v
}

func (v *victim) start(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "--data", v.tree, "evaluate", "--all", "--concurrency", "2")
	cmd.Args[0] = "screentest" // which makes the test binary the program
	cmd.Env = append(os.Environ(), "OPENAI_API_KEY=k", "OPENAI_BASE_URL="+v.model.URL)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func (v *victim) mustFinish(t *testing.T) {
	t.Helper()
	if err := v.start(t).Wait(); err != nil {
		t.Fatal(err)
	}
}

// forget removes all that the program has written.
func (v *victim) forget(t *testing.T) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(v.tree, "screentest")); err != nil {
		t.Fatal(err)
	}
}

type bill struct{ kills, images int }

// killAtRequests kills the program whenever the model has got n requests from
// it, until it ends by itself. Were answers not on the record as soon as they
// are given, it would never end.
func (v *victim) killAtRequests(t *testing.T, n int) bill {
	t.Helper()
	before := v.model.Stats().Images
	for killed := range 200 {
		cmd := v.start(t)
		requests := 0
		v.mu.Lock()
		v.strike = func() {
			if requests++; requests > n {
				_ = cmd.Process.Kill()
			}
		}
		v.mu.Unlock()
		if err := cmd.Wait(); err == nil {
			return bill{killed, v.model.Stats().Images - before}
		}
	}
	t.Fatal("200 kills and no end")
	return bill{}
}

// strikeAt sends a signal to cmd with the third request, and waits for its end.
func (v *victim) strikeAt(cmd *exec.Cmd, by os.Signal) (status int) {
	requests := 0
	v.mu.Lock()
	v.strike = func() {
		if requests++; requests == 3 {
			_ = cmd.Process.Signal(by)
		}
	}
	v.mu.Unlock()
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode()
}

// outlivesTheTerminal starts the program as nohup does: the end of the terminal is
// then none of its business.
func (v *victim) outlivesTheTerminal(t *testing.T) {
	t.Helper()
	signal.Ignore(syscall.SIGHUP)
	defer signal.Reset(syscall.SIGHUP)
	if status := v.strikeAt(v.start(t), syscall.SIGHUP); status != statusOK {
		t.Errorf("with SIGHUP ignored: status %d, want %d", status, statusOK)
	}
}

// interrupt sends one signal in the midst of a run, lets another run finish, and
// returns how many images both asked about.
func (v *victim) interrupt(t *testing.T, by os.Signal) int {
	t.Helper()
	before := v.model.Stats().Images
	if status := v.strikeAt(v.start(t), by); status != statusFailed {
		t.Errorf("after %s: status %d, want %d", by, status, statusFailed)
	}
	v.mustFinish(t)
	return v.model.Stats().Images - before
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
