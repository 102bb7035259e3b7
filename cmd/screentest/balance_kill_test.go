package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"screentest/pkg/generate/generatetest"
	"screentest/pkg/judge/openai/openaitest"
	"screentest/pkg/ledger"
)

// balanceKills is how often the program is killed while it balances; more takes
// longer and finds more: go test ./cmd/screentest -run TestProgram/balancing -kills 5000
var balanceKills = flag.Int("kills", 200, "how often to kill the program while it balances")

// balancesWhenKilled kills the program at random moments while it performs plans,
// and starts it again, until it ends by itself; then it does so with the next copy
// of the tree. Every time all actors are balanced, all agrees, no image is lost,
// and no order was sent twice.
func balancesWhenKilled(t *testing.T, whole string) {
	kills := *balanceKills
	if testing.Short() {
		kills = 10
	}
	b := newBalancer(t, threeActors(t, whole))
	b.run(t, "evaluate", "--all")
	began := time.Now()
	quiet := b.round(t, 0)
	length := time.Since(began)
	rounds, cut := 0, 0
	for left := kills; left > 0; rounds++ {
		r := b.round(t, left, func() time.Duration { return rand.N(length/3 + 20*time.Millisecond) })
		left -= r.kills
		cut += r.acts[ledger.CutOff]
		if r.acts[ledger.Placed] != quiet.acts[ledger.Placed] || r.acts[ledger.Trashed] != quiet.acts[ledger.Trashed] {
			t.Errorf("round %d: %v, undisturbed %v", rounds, r.acts, quiet.acts)
		}
		if r.acts[ledger.CutOff] > r.kills*b.workers {
			t.Errorf("round %d: %d orders cut off by %d kills", rounds, r.acts[ledger.CutOff], r.kills)
		}
	}
	t.Logf("%d kills in %d rounds, %d orders cut off", kills, rounds, cut)
}

// A balancer is the program on copies of a tree, with a model that judges and
// makes pictures.
type balancer struct {
	base, tree string
	model      *openaitest.Server
	workers    int
}

func newBalancer(t *testing.T, tree string) *balancer {
	t.Helper()
	settings := "judge: {batch: 50}\ngeneration: {size: 256x256, quality: low, tries: 20}\ntarget: {photorealistic: 3, bw_stylized: 3, color_stylized: 3}\n"
	if err := os.WriteFile(filepath.Join(tree, "screentest.yaml"), []byte(settings), 0o666); err != nil {
		t.Fatal(err)
	}
	b := &balancer{base: tree, tree: tree, workers: 3}
	b.model = openaitest.NewServer(t, openaitest.Options{Verdict: generatetest.Verdict, Picture: generatetest.Picture, Delay: 2 * time.Millisecond})
	return b
}

func (b *balancer) command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], append([]string{"--data", b.tree}, args...)...)
	cmd.Args[0] = "screentest" // which makes the test binary the program
	cmd.Env = append(os.Environ(), "OPENAI_API_KEY=k", "OPENAI_BASE_URL="+b.model.URL)
	return cmd
}

// run runs a command that must succeed.
func (b *balancer) run(t *testing.T, args ...string) []byte {
	t.Helper()
	var out, complaint bytes.Buffer
	cmd := b.command(args...)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s\n%s", args, err, &out, &complaint)
	}
	return out.Bytes()
}

// A round is what became of one copy of the tree.
type round struct {
	kills int
	acts  map[ledger.Act]int
}

// round balances a new copy of the tree, killed up to kills times after as long as
// moment says, and checks what came of it.
func (b *balancer) round(t *testing.T, kills int, moment ...func() time.Duration) round {
	t.Helper()
	b.tree = filepath.Join(t.TempDir(), "tree")
	if err := os.CopyFS(b.tree, os.DirFS(b.base)); err != nil {
		t.Fatal(err)
	}
	before := hashes(t, b.tree)
	sent := b.model.Stats().Edits.Requests
	args := []string{"balance", "--all", "--yes", "--mirror", "none"}
	r := round{}
	for ; r.kills < kills; r.kills++ {
		cmd := b.command(args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(moment[0](), func() { _ = cmd.Process.Kill() })
		err := cmd.Wait()
		timer.Stop()
		if err == nil {
			break
		}
	}
	b.run(t, args...)
	b.run(t, "verify", "--mirror", "none")
	var report passReport
	if err := json.Unmarshal(b.run(t, "evaluate", "--all", "--json"), &report); err != nil || report.Balanced != len(report.Actors) {
		t.Errorf("%d of %d actors are balanced, %v", report.Balanced, len(report.Actors), err)
	}
	after := hashes(t, b.tree)
	for sum, file := range before {
		if after[sum] == "" {
			t.Errorf("%s is lost", file)
		}
	}
	r.acts = acts(t, b.tree)
	if sent := b.model.Stats().Edits.Requests - sent; sent > r.acts[ledger.Ordered] || r.acts[ledger.Received] > sent {
		t.Errorf("%d orders were sent; the ledger knows %v", sent, r.acts)
	}
	return r
}

// hashes returns the contents of all pictures of the tree, in the sets or in the
// trash, by hash.
func hashes(t *testing.T, tree string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, own := range []bool{false, true} {
		for path, content := range contents(t, tree, own) {
			if strings.HasSuffix(strings.ToLower(path), "g") { // png, jpg, jpeg
				found[openaitest.SHA256([]byte(content))] = path
			}
		}
	}
	return found
}

// acts counts the lines of all ledgers of the tree.
func acts(t *testing.T, tree string) map[ledger.Act]int {
	t.Helper()
	count := map[ledger.Act]int{}
	for path, text := range contents(t, tree, true) {
		if !strings.HasSuffix(path, ".jsonl") {
			continue
		}
		received := map[string]int{}
		for line := range strings.Lines(text) {
			var l ledger.Line
			if err := json.Unmarshal([]byte(line), &l); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			count[l.Act]++
			if l.Act == ledger.Placed || l.Act == ledger.Trashed || l.Act == ledger.Ordered {
				received[string(l.Act)+l.Step+string(rune('0'+l.Try))]++
			}
		}
		for step, n := range maps.All(received) {
			if n > 1 {
				t.Errorf("%s: %s %d times", path, step, n)
			}
		}
	}
	return count
}
