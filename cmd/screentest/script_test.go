package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"screentest/pkg/judge/openai/openaitest"
	"screentest/pkg/sample"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"screentest": main})
}

// The sample is rendered once for all tests of the program.
func TestProgram(t *testing.T) {
	tree := filepath.Join(t.TempDir(), "sample")
	if _, err := sample.Write(t.Context(), tree, sample.Options{Seed: 1, Actors: 9}); err != nil {
		t.Fatal(err)
	}
	t.Run("scripts", func(t *testing.T) { runScripts(t, tree) })
	t.Run("requests", func(t *testing.T) { costsFewRequests(t, tree) })
	t.Run("killed", func(t *testing.T) { goesOnWhenKilled(t, tree) })
	t.Run("balancing", func(t *testing.T) { balancesWhenKilled(t, tree) })
}

// runScripts runs every command as a user does; the scripts are in
// testdata/script. $SAMPLE is the sample, which they copy and must not change,
// $ACTOR one of its actors, and $MODEL a vision model that accepts the key
// sk-secret and counts its requests (see countRequests). The environment leads to
// an S3 server with the empty bucket "actors" (see upload).
func runScripts(t *testing.T, tree string) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			model := openaitest.NewServer(t, openaitest.Options{Key: "sk-secret"})
			e.Values[modelKey{}] = model
			e.Setenv("MODEL", model.URL)
			e.Setenv("ACTOR", "0000_nordic_21_female")
			e.Setenv("SAMPLE", tree)
			e.Setenv("OPENAI_API_KEY", "")
			e.Setenv("OPENAI_BASE_URL", "")
			startBucket(t, e)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"cptree":   copyTree,
			"requests": countRequests,

			"upload":          upload,
			"sameevaluations": sameEvaluations,
		},
	})
}

// copyTree: cptree SRC DST.
func copyTree(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: cptree SRC DST")
	}
	ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(ts.MkAbs(args[0]))))
}

type modelKey struct{}

// countRequests: requests N asserts how many requests the model has had so far.
func countRequests(ts *testscript.TestScript, neg bool, args []string) {
	got := ts.Value(modelKey{}).(*openaitest.Server).Stats().Requests
	if want := fmt.Sprint(got); len(args) != 1 || (args[0] == want) == neg {
		ts.Fatalf("the model has had %d requests, want %v", got, args)
	}
}
