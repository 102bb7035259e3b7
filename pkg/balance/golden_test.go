package balance_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"screentest/pkg/balance"
	"screentest/pkg/verdict"
)

var update = flag.Bool("update", false, "rewrite the plans in testdata")

// TestGolden compares the plans of the sets in testdata. Each archive holds
// limits.json (optional), set, of which readSet tells the form, and plan.json.
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) < 12 {
		t.Fatalf("%d sets in testdata (%v)", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { golden(t, path) })
	}
}

func golden(t *testing.T, path string) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	limits := unlimited
	var set []balance.Candidate
	for i, f := range archive.Files {
		switch f.Name {
		case "limits.json":
			if err := json.Unmarshal(f.Data, &limits); err != nil {
				t.Fatal(err)
			}
		case "set":
			set = readSet(t, string(f.Data))
		case "plan.json":
			got := planJSON(t, balance.Propose(set, balance.DefaultTarget(), limits, price))
			if !*update && got != string(f.Data) {
				t.Errorf("plan is\n%s\nwant\n%s", got, f.Data)
			}
			archive.Files[i].Data = []byte(got)
		default:
			t.Fatalf("what is %q?", f.Name)
		}
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// readSet reads lines "FILE STYLE QUALITY [blemishes=N] [copies=GROUP]
// [pixels=N] [bytes=N] [held] [condemned=REASON]", where style "-" is none and spaces in REASON are "_".
func readSet(t *testing.T, text string) (set []balance.Candidate) {
	t.Helper()
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		c := balance.Candidate{SHA256: "sha of " + fields[0]}
		if _, err := fmt.Sscan(line, &c.File, &c.Style, &c.Quality); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		c.Style = verdict.Style(strings.Trim(string(c.Style), "-"))
		for _, f := range fields[3:] {
			switch key, value, _ := strings.Cut(f, "="); key {
			case "blemishes":
				fmt.Sscan(value, &c.Blemishes)
			case "pixels":
				fmt.Sscan(value, &c.Pixels)
			case "bytes":
				fmt.Sscan(value, &c.Bytes)
			case "copies":
				c.Copies = value
			case "held":
				c.Held = true
			case "condemned":
				c.Condemned = append(c.Condemned, strings.ReplaceAll(value, "_", " "))
			default:
				t.Fatalf("%q: what is %q?", line, f)
			}
		}
		set = append(set, c)
	}
	return set
}

func planJSON(t *testing.T, p balance.Plan) string {
	t.Helper()
	b, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b) + "\n"
}
