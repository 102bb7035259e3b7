package execution_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/decision"
	"screentest/pkg/execution"
	"screentest/pkg/generate"
	"screentest/pkg/judge"
	"screentest/pkg/ledger"
	"screentest/pkg/store"
	"screentest/pkg/verdict"
)

// A set that was changed by hand between plan and act is left alone, and it is
// said what has changed.
func TestStale(t *testing.T) {
	file := func(n int) string { return fmt.Sprintf("%s_%d.png", name, n) }
	for what, c := range map[string]struct {
		change func(st *studio)
		says   string
	}{
		"added": {func(st *studio) {
			st.put(actor.TrainingKey(name, "new.png"), picture(verdict.BWStylized, 9, "new"))
		}, "new.png is new"},
		"deleted": {func(st *studio) { st.remove(file(3)) }, file(3) + " is gone"},
		"changed": {func(st *studio) {
			st.remove(file(3))
			st.put(actor.TrainingKey(name, file(3)), picture(verdict.BWStylized, 9, "new"))
		}, file(3) + " has other contents"},
	} {
		t.Run(what, func(t *testing.T) {
			st := newStudio(t, memory(), balance.Mix{Photorealistic: 14, BWStylized: 2, ColorStylized: 3}, 0)
			st.mustApprove()
			c.change(st)
			before := st.files()
			_, err := st.finish(st.store)
			if !errors.Is(err, execution.ErrStale) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want ErrStale with %q", err, c.says)
			}
			if !maps.Equal(before, st.files()) || len(st.camera.orders) > 0 {
				t.Error("something was done all the same")
			}
			if last := st.latest().Last(); last.Act != ledger.Stale || !strings.Contains(last.Why, c.says) {
				t.Errorf("ledger: %s %q", last.Act, last.Why)
			}
			st.mustBalance() // another evaluation, another plan
			if e := st.evaluation(); !e.Balanced {
				t.Errorf("mix %+v", e.Mix)
			}
		})
	}
}

// What a person has decided to keep is not deleted, even if the plan that deletes
// it was approved before.
func TestKeptAfterTheApproval(t *testing.T) {
	st := newStudio(t, memory(), balance.Mix{Photorealistic: 14, BWStylized: 4, ColorStylized: 3}, 0)
	st.mustApprove()
	doomed := st.latest().Plan.Delete[0]
	keep := decision.Decision{SHA256: doomed.SHA256, File: doomed.File, Kind: decision.Keep, By: "ada", Why: "the best one", At: st.now()}
	if err := decision.Add(t.Context(), st.store, name, keep); err != nil {
		t.Fatal(err)
	}
	before := st.files()
	_, err := st.finish(st.store)
	if !errors.Is(err, execution.ErrStale) || !strings.Contains(err.Error(), doomed.File+" is kept by ada: the best one") {
		t.Errorf("got %v", err)
	}
	if !maps.Equal(before, st.files()) {
		t.Error("something was done all the same")
	}
	st.mustBalance()
	if _, stays := st.files()[doomed.File]; !stays {
		t.Errorf("%s is gone", doomed.File)
	}
}

// The set changes while pictures are made: what was made stays, nothing is
// deleted.
func TestChangedWhileGenerating(t *testing.T) {
	st := newStudio(t, memory(), balance.Mix{Photorealistic: 15, BWStylized: 3, ColorStylized: 3}, 0)
	st.camera.spoil = func(generate.Order, int) (*generate.Picture, error) {
		st.remove(string(name) + "_2.png")
		return nil, nil
	}
	_, err := st.balance(st.store)
	if !errors.Is(err, execution.ErrStale) {
		t.Fatalf("got %v", err)
	}
	if sound := st.sound(); sound != (balance.Mix{Photorealistic: 14, BWStylized: 4, ColorStylized: 3}) {
		t.Errorf("the set has %+v", sound)
	}
	st.camera.spoil = nil
	st.mustBalance()
	st.clean()
}

// Verdicts were given beside the base image; with another one they say nothing.
func TestBaseImageReplaced(t *testing.T) {
	st := newStudio(t, memory(), balance.Mix{Photorealistic: 15, BWStylized: 4, ColorStylized: 3}, 1)
	st.mustApprove()
	key := store.Key("actors/" + string(name) + "/base_image/base.png")
	if err := store.Update(t.Context(), st.store, key, func([]byte) ([]byte, error) { return picture(verdict.Photorealistic, 9, "other"), nil }); err != nil {
		t.Fatal(err)
	}
	before := st.files()
	if _, err := st.finish(st.store); !errors.Is(err, execution.ErrStale) || !strings.Contains(err.Error(), "base image") {
		t.Errorf("got %v", err)
	}
	if !maps.Equal(before, st.files()) {
		t.Error("the set has changed")
	}
}

// What the plan has placed is to replace what it deletes: if it is removed by
// hand in between, nothing is deleted.
func TestReplacementRemoved(t *testing.T) {
	st := newStudio(t, memory(), short, 1)
	st.mustApprove()
	x := st.executor(st.store)
	x.Allowance = execution.NewAllowance(0, -1)
	if _, err := x.Perform(t.Context(), st.actor); !errors.Is(err, judge.ErrHalt) {
		t.Fatal(err)
	}
	placed := st.placed()[0].File
	st.remove(placed)
	before := st.files()
	if _, err := st.finish(st.store); !errors.Is(err, execution.ErrStale) || !strings.Contains(err.Error(), placed+", which this plan has placed, is gone") {
		t.Errorf("got %v", err)
	}
	if !maps.Equal(before, st.files()) {
		t.Error("something was deleted all the same")
	}
}

// What an order has cost, or can have cost, is on record also where the program
// was killed and the plan goes stale before it is taken up again.
func TestPaidAndStale(t *testing.T) {
	for what, c := range map[string]struct {
		moment
		act ledger.Act
		usd float64
	}{
		"no answer stored": {moment{"before", "put", "/generate/"}, ledger.CutOff, 0.1},
		"answer stored":    {moment{"after", "put", "/generate/"}, ledger.Received, 0.06},
	} {
		t.Run(what, func(t *testing.T) {
			st := newStudio(t, memory(), short, 0)
			if _, err := st.balance(st.killed(c.moment)); err == nil {
				t.Fatal("nothing was cut off")
			}
			st.put(actor.TrainingKey(name, "new.png"), picture(verdict.BWStylized, 9, "new"))
			if _, err := st.finish(st.store); !errors.Is(err, execution.ErrStale) {
				t.Errorf("got %v", err)
			}
			lines := slices.DeleteFunc(st.lines(), func(l ledger.Line) bool { return l.USD == 0 })
			if len(lines) != 1 || lines[0].Act != c.act || lines[0].USD != c.usd {
				t.Errorf("on record is %+v, want $%.2f as %s", lines, c.usd, c.act)
			}
		})
	}
}
