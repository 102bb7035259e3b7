package restore_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/ledger"
	"screentest/pkg/mirror"
	"screentest/pkg/restore"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
)

// half has everything that Empty tells apart: old and young images, one that is
// not in the mirror that is named, answers of plans that have ended and of none,
// and what killed runs have recorded and not finished.
func half(t *testing.T) *mem.Store {
	t.Helper()
	s, plan := withLeftovers(t)
	put(t, s, leftover("nobody's", "1-1.json"), "paid for")
	put(t, s, image("young.png"), "young")
	perform(t, s, noon.Add(time.Hour), ledger.Failed, deletion{file: "young.png", body: "young"})
	put(t, s, image("d.png"), "DDDD")
	book, err := ledger.Load(t.Context(), s, "ann")
	must(t, err)
	for file, act := range map[string]ledger.Act{"c.png": ledger.Emptied, "d.png": ledger.Restored} {
		line := ledger.Line{At: noon, By: "tester", Act: act, Proposal: plan, Step: ledger.DeletionKey(plan, file), File: file}
		must(t, book.Append(t.Context(), func() ([]ledger.Line, error) { return []ledger.Line{line}, nil }))
	}
	return s
}

// What Empty then does is what Preview says, with and without the mirror.
func TestPreviewSaysWhatEmptyDoes(t *testing.T) {
	for name, test := range map[string]struct {
		before time.Time
		remote func(*restore.Config)
		want   int
	}{
		"everything":      {later, func(*restore.Config) {}, 6},
		"the old":         {noon.Add(time.Minute), func(*restore.Config) {}, 3},
		"nothing":         {noon.Add(-time.Hour), func(*restore.Config) {}, 1},
		"no mirror named": {later, func(c *restore.Config) { c.Remote = mirror.Remote{} }, 4},
		"mirror waived":   {later, func(c *restore.Config) { c.Remote = mirror.Remote{Waived: true} }, 6},
	} {
		t.Run(name, func(t *testing.T) {
			faulty := storetest.NewFaulty(half(t))
			c := config(faulty)
			test.remote(&c)
			said, err := c.Preview(t.Context(), "ann", test.before)
			if err != nil || len(said.Images) != test.want {
				t.Fatalf("%+v, %v", said, err)
			}
			if n := faulty.Count("put") + faulty.Count("copy") + faulty.Count("delete"); n > 0 {
				t.Errorf("to look wrote something: %v", faulty.Ops())
			}
			done, err := c.Empty(t.Context(), "ann", test.before)
			must(t, err)
			if !slices.Equal(said.Images, done.Images) {
				t.Errorf("said  %+v\n done %+v", said.Images, done.Images)
			}
			if got, want := where(said.Problems), where(done.Problems); !slices.Equal(got, want) {
				t.Errorf("said that it leaves %q, left %q", got, want)
			}
		})
	}
}

func where(problems []actor.Problem) (all []string) {
	for _, p := range problems {
		all = append(all, p.Where)
	}
	return all
}

func TestPreviewOfWhatIsUnderWay(t *testing.T) {
	s := mem.New()
	open(t, s)
	plan := perform(t, s, noon, "", standing[0])
	put(t, s, leftover(plan, "1-1.json"), "wanted")
	if report, err := config(s).Preview(t.Context(), "ann", later); err == nil || !strings.Contains(err.Error(), plan) {
		t.Errorf("%+v, %v", report, err)
	}
	images, problems, err := restore.Unused(t.Context(), s, "ann", later)
	if err != nil || len(images)+len(problems) > 0 {
		t.Errorf("%+v, %+v, %v", images, problems, err)
	}
}

func TestUnused(t *testing.T) {
	s := half(t)
	images, problems, err := restore.Unused(t.Context(), s, "ann", later)
	if err != nil || len(images) != 2 || !images[0].Unused || !slices.Equal(where(problems), []string{string(leftover("nobody's", "1-1.json"))}) {
		t.Errorf("%+v, %+v, %v", images, problems, err)
	}
	if images, problems, err = restore.Unused(t.Context(), s, "ann", noon.Add(-time.Hour)); err != nil || len(images)+len(problems) > 0 {
		t.Errorf("%+v, %+v, %v", images, problems, err)
	}
}

func TestActors(t *testing.T) {
	s := mem.New()
	for _, key := range []store.Key{
		"screentest/trash/bob/p/images/1.png", "screentest/trash/cid/p/images/1.png",
		store.Key("screentest/generated/" + strings.Repeat("n", 255) + "/1.json"), "screentest/generated/ann/p/1.json", "screentest/generated/cid/p/1.json", "screentest/ledger/dan.jsonl",
	} {
		put(t, s, key, "x")
	}
	names, problems, err := restore.Actors(t.Context(), s)
	if err != nil || !slices.Equal(names, []actor.Name{"ann", "bob", "cid"}) || len(problems) != 1 {
		t.Errorf("%q, %+v, %v", names, problems, err)
	}
}
