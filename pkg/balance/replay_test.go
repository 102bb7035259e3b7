package balance_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"screentest/pkg/actor/rostertest"
	"screentest/pkg/balance"
	"screentest/pkg/verdict"
)

// The faults that a plan can have. The same checker is used on our plans and on
// those of the predecessor, which shows that it can find them.
const (
	missesTarget        = "misses its target"
	deletesAndGenerates = "deletes and generates the same style"
	deletesFromShort    = "deletes from a style that is already short"
)

// faultsOf returns the faults of a plan. It holds for sets whose images are all
// sound; condemned images may go from a short style.
func faultsOf(current, deleted, generated, target balance.Mix) (faults []string) {
	var misses, both, short bool
	for _, s := range verdict.Styles() {
		misses = misses || current.Of(s)-deleted.Of(s)+generated.Of(s) != target.Of(s)
		both = both || deleted.Of(s) > 0 && generated.Of(s) > 0
		short = short || deleted.Of(s) > 0 && current.Of(s) < target.Of(s)
	}
	for fault, found := range map[string]bool{missesTarget: misses, deletesAndGenerates: both, deletesFromShort: short} {
		if found {
			faults = append(faults, fault)
		}
	}
	return faults
}

// A recorded plan of the predecessor, and the judgements it was made from.
type recorded struct {
	Actor   string `json:"actor_id"`
	Current struct {
		Mix balance.Mix `json:"distribution"`
	} `json:"current_state"`
	Target struct {
		Mix balance.Mix `json:"distribution"`
	} `json:"target_state"`
	Delete []struct {
		Style verdict.Style `json:"type"`
	} `json:"files_to_delete"`
	Generate []struct {
		Style verdict.Style `json:"type"`
		Count int           `json:"count"`
	} `json:"images_to_generate"`
	Judgements []struct {
		Number  int           `json:"image_number"`
		Style   verdict.Style `json:"type"`
		Quality int           `json:"quality_score"`
	} `json:"image_classifications"`
}

func (r recorded) faults() []string {
	var deleted, generated []balance.Candidate
	for _, d := range r.Delete {
		deleted = append(deleted, balance.Candidate{Style: d.Style})
	}
	for _, g := range r.Generate {
		for range g.Count {
			generated = append(generated, balance.Candidate{Style: g.Style})
		}
	}
	return faultsOf(r.Current.Mix, balance.MixOf(deleted), balance.MixOf(generated), r.Target.Mix)
}

func (r recorded) set() []balance.Candidate {
	var set []balance.Candidate
	for _, j := range r.Judgements {
		file := fmt.Sprintf("%s_%02d.png", r.Actor, j.Number)
		set = append(set, balance.Candidate{File: file, SHA256: "sha of " + file, Style: j.Style, Quality: j.Quality})
	}
	return set
}

// TestReplay makes our plans from the judgements of 107 real plans, and measures
// both plans with the same checker.
func TestReplay(t *testing.T) {
	plans := readRecorded(t)
	theirs, balanced := map[string]int{}, 0
	for _, r := range plans {
		for _, f := range r.faults() {
			theirs[f]++
		}
		set, target := r.set(), balance.DefaultTarget()
		p := balance.Propose(set, target, unlimited, 0)
		if balance.Balanced(set, target) {
			balanced++
			if !p.Empty() {
				t.Errorf("%s: the set is balanced, yet the plan is %+v", r.Actor, p)
			}
			continue
		}
		if faults := faultsOf(balance.MixOf(set), deleted(p), p.Generate, target); len(faults) > 0 {
			t.Errorf("%s: our plan %s: %+v", r.Actor, strings.Join(faults, ", "), p)
		}
		if mix := balance.MixOf(perform(set, p, 0)); mix != target {
			t.Errorf("%s: our plan lands on %+v", r.Actor, mix)
		}
	}
	t.Logf("%d plans, faults of the predecessor: %v; ours: none; sets already balanced: %d", len(plans), theirs, balanced)
	want := map[string]int{missesTarget: 94, deletesAndGenerates: 57, deletesFromShort: 67}
	if len(plans) != 107 || fmt.Sprint(theirs) != fmt.Sprint(want) {
		t.Errorf("measured %d plans with %v, want 107 with %v", len(plans), theirs, want)
	}
}

func readRecorded(t *testing.T) (plans []recorded) {
	t.Helper()
	for name, text := range rostertest.Archive(t, "plans.tar.gz") {
		if !strings.HasSuffix(name, "_action_plan.json") {
			continue
		}
		var r recorded
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		plans = append(plans, r)
	}
	return plans
}
