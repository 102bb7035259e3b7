package restore_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"screentest/pkg/ledger"
	"screentest/pkg/mirror"
	"screentest/pkg/restore"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
)

// later is after everything in these tests; what memory writes is dated now.
var later = time.Now().Add(1000 * 24 * time.Hour)

func leftover(plan, name string) store.Key {
	return store.Key("screentest/generated/ann/" + plan + "/generate/photorealistic/" + name)
}

// withLeftovers is deleted with two answers of the generator that its plan left.
func withLeftovers(t *testing.T) (s *mem.Store, plan string) {
	t.Helper()
	s = mem.New()
	open(t, s)
	plan = perform(t, s, noon, ledger.Done, standing...)
	put(t, s, leftover(plan, "1-1.json"), "unfit")
	put(t, s, leftover(plan, "2-1.json"), "late")
	return s, plan
}

// emptied fails the test unless nothing is left but the set, and the ledger has a
// line for each image and each answer.
func emptied(t *testing.T, s store.Store) {
	t.Helper()
	left := slices.DeleteFunc(keys(t, s, ""), func(k string) bool { return strings.HasPrefix(k, "actors/") || k == string(ledgerKey) })
	if len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	if got, want := acts(t, s, ledger.Emptied), []string{"", "", "a.png", "b.png", "c.png", "d.png"}; !slices.Equal(got, want) {
		t.Errorf("the ledger says that %q were emptied, want %q", got, want)
	}
	if got := keys(t, s, "actors/"); !slices.Equal(got, []string{string(image("kept.png")), string(manifestKey)}) {
		t.Errorf("the set is %q", got)
	}
}

func TestEmpty(t *testing.T) {
	s, plan := withLeftovers(t)
	faulty := storetest.NewFaulty(s)
	report, err := config(faulty).Empty(t.Context(), "ann", later)
	want := []string{"a.png", "b.png", "c.png", "d.png", "generate/photorealistic/1-1.json", "generate/photorealistic/2-1.json"}
	if err != nil || len(report.Problems) > 0 || !slices.Equal(files(report), want) {
		t.Fatalf("%+v, %v", report, err)
	}
	if i := report.Images[4]; i != (restore.Image{Proposal: plan, File: "generate/photorealistic/1-1.json", Bytes: 5, Unused: true}) {
		t.Errorf("%+v", i)
	}
	if i := report.Images[1]; i != (restore.Image{Proposal: plan, File: "b.png", SHA256: hash("BB"), Bytes: 2}) {
		t.Errorf("%+v", i)
	}
	if !slices.Equal(report.Left, []string{"https://example.com/c.png"}) {
		t.Errorf("left %q", report.Left)
	}
	emptied(t, s)
	ops := faulty.Ops()
	said := slices.Index(ops, storetest.Op{Name: "put", Key: ledgerKey})
	gone := slices.IndexFunc(ops, func(o storetest.Op) bool { return o.Name == "delete" })
	if said < 0 || gone < said {
		t.Errorf("deleted before it was on record: %v", ops)
	}
	book, err := ledger.Load(t.Context(), s, "ann")
	must(t, err)
	if latest, _ := book.Latest(); latest.Last().Act != ledger.Done || len(latest.Lines) < 12 {
		t.Errorf("the lines do not belong to the steps of the plan: %+v", latest)
	}
	again, err := config(s).Empty(t.Context(), "ann", later)
	if err != nil || len(again.Images)+len(again.Problems) > 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
}

func TestEmptyOnlyTheOld(t *testing.T) {
	s := mem.New()
	open(t, s)
	perform(t, s, noon, ledger.Done, standing[0])
	young := perform(t, s, noon.Add(time.Hour), ledger.Failed, standing[1])
	put(t, s, leftover(young, "1-1.json"), "unfit")
	report, err := config(s).Empty(t.Context(), "ann", noon.Add(time.Hour))
	if err != nil || len(report.Problems) > 0 || !slices.Equal(files(report), []string{"a.png"}) {
		t.Errorf("%+v, %v", report, err)
	}
	restored, err := config(s).Restore(t.Context(), "ann", all)
	if err != nil || !slices.Equal(files(restored), []string{"b.png"}) || read(t, s, leftover(young, "1-1.json")) != "unfit" {
		t.Errorf("%+v, %v", restored, err)
	}
}

// An answer may still be wanted as long as its plan has not ended.
func TestEmptyLeavesWhatMayBeWanted(t *testing.T) {
	s, _ := withLeftovers(t)
	put(t, s, leftover("nobody's", "1-1.json"), "paid for")
	put(t, s, "screentest/generated/anna/x/1-1.json", "another's")
	report, err := config(s).Empty(t.Context(), "ann", later)
	if err != nil || len(report.Images) != 6 || len(report.Problems) != 1 || report.Problems[0].Where != string(leftover("nobody's", "1-1.json")) {
		t.Errorf("%+v, %v", report, err)
	}
	if left := keys(t, s, "screentest/generated/"); len(left) != 2 {
		t.Errorf("left %q", left)
	}
}

func TestEmptyWithoutMirror(t *testing.T) {
	s, _ := withLeftovers(t)
	c := config(s)
	c.Remote = mirror.Remote{}
	report, err := c.Empty(t.Context(), "ann", later)
	if err != nil || len(report.Images) != 4 || len(report.Problems) != 2 || !strings.Contains(report.Problems[0].Reason, "--mirror s3://") {
		t.Errorf("%+v, %v", report, err)
	}
	if got := acts(t, s, ledger.Emptied); slices.Contains(got, "a.png") {
		t.Errorf("the ledger says that %q were emptied", got)
	}
	c.Remote.Waived = true
	if report, err = c.Empty(t.Context(), "ann", later); err != nil || len(report.Images) != 2 || len(report.Left) != 2 {
		t.Errorf("%+v, %v", report, err)
	}
	if got := keys(t, s, string(inMirror)); len(got) != 2 {
		t.Errorf("the mirror was touched: %q", got)
	}
}

// An image that is missing is emptied with its receipt, or the receipt would stay
// for ever.
func TestEmptyWithoutImage(t *testing.T) {
	s, _ := withLeftovers(t)
	remove(t, s, store.Key(keys(t, s, "screentest/trash/")[0]))
	report, err := config(s).Empty(t.Context(), "ann", later)
	if err != nil || len(report.Problems) > 0 || len(report.Images) != 6 {
		t.Errorf("%+v, %v", report, err)
	}
	emptied(t, s)
}

// An image that was restored, and taken from the set again before the trash let go
// of it, is not lost: the trash holds the last copy, and gives it back.
func TestLastCopyIsKept(t *testing.T) {
	s, plan := withLeftovers(t)
	book, err := ledger.Load(t.Context(), s, "ann")
	must(t, err)
	line := ledger.Line{At: noon, By: "tester", Act: ledger.Restored, Proposal: plan, Step: ledger.DeletionKey(plan, "a.png"), File: "a.png", SHA256: hash("A")}
	must(t, book.Append(t.Context(), func() ([]ledger.Line, error) { return []ledger.Line{line}, nil }))
	report, err := config(s).Restore(t.Context(), "ann", restore.Selection{Files: []string{"a.png"}})
	if err != nil || len(report.Images) != 1 || read(t, s, image("a.png")) != "A" {
		t.Errorf("%+v, %v: the set has %q", report, err, read(t, s, image("a.png")))
	}
}

func TestSweepEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := func(t *testing.T) store.Store {
			s, _ := withLeftovers(t)
			return s
		}
		flow := func(s store.Store) error {
			_, err := config(s).Empty(t.Context(), "ann", later)
			return err
		}
		storetest.Sweep(t, start, flow, func(t *testing.T, s store.Store, _ error) {
			report, err := config(s).Empty(t.Context(), "ann", later)
			if err != nil || len(report.Problems) > 0 {
				t.Errorf("the rerun: %+v, %v", report, err)
			}
			emptied(t, s)
		})
	})
}

// Restoring finishes what a killed emptying has announced, and the other way
// round; nothing comes back that the record says is gone for good.
func TestOneActFinishesTheOther(t *testing.T) {
	for _, act := range []ledger.Act{ledger.Emptied, ledger.Restored} {
		s, plan := withLeftovers(t)
		book, err := ledger.Load(t.Context(), s, "ann")
		must(t, err)
		line := ledger.Line{At: noon, By: "tester", Act: act, Proposal: plan, Step: plan + "/delete/a.png", File: "a.png", SHA256: hash("A")}
		must(t, book.Append(t.Context(), func() ([]ledger.Line, error) { return []ledger.Line{line}, nil }))
		if act == ledger.Restored {
			put(t, s, image("a.png"), "A")
		}
		before := read(t, s, image("a.png"))
		report, err := config(s).Restore(t.Context(), "ann", restore.Selection{Files: []string{"b.png"}})
		if err != nil || len(report.Problems) > 0 || slices.Contains(files(report), "a.png") != (act == ledger.Restored) {
			t.Errorf("%s: %+v, %v", act, report, err)
		}
		if read(t, s, image("a.png")) != before {
			t.Errorf("%s: the image has come or gone", act)
		}
		if left := keys(t, s, "screentest/trash/"); len(left) != 4 || len(keys(t, s, string(inMirror))) != 1 {
			t.Errorf("%s: the trash holds %q", act, left)
		}
	}
}
