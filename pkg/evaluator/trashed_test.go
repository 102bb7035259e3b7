package evaluator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"screentest/pkg/actor"
	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
	"screentest/pkg/ledger"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/store/storetest"
	"screentest/pkg/trash"
	"screentest/pkg/verdict"
)

// afterAPlan is a scene whose plan has deleted twin.jpg as a copy of one.png, and
// spare.png as surplus.
func afterAPlan(t *testing.T) *scene {
	s := newScene(t, map[string][]byte{
		"one.png": small(1), "twin.jpg": encodedAgain(small(1), false), "two.png": small(2), "spare.png": small(3), "three.png": small(4),
	})
	for _, file := range []string{"one.png", "two.png", "three.png"} { // else quality and name decide
		sum, _ := s.find(file)
		s.decide(sum, decision.Keep)
	}
	s.evaluate(false)
	s.perform()
	if receipts := s.trash(); len(receipts) != 2 || receipts[0].File != "twin.jpg" || receipts[1].File != "spare.png" {
		t.Fatalf("in the trash: %d images, first %s: %s", len(receipts), receipts[0].File, receipts[0].Reason)
	}
	return s
}

func TestWhatAPlanKeptIsNoCopyOfWhatItDeleted(t *testing.T) {
	s := afterAPlan(t)
	for _, fresh := range []bool{false, true} {
		if e := s.evaluate(fresh); len(told(e)) > 0 || !e.Balanced || !e.Plan.Empty() {
			t.Errorf("fresh %t: told %q, plan %+v", fresh, told(e), e.Plan)
		}
	}
	s.put("four.png", small(5))
	if e := s.evaluate(false); len(told(e)) > 0 {
		t.Errorf("with a new image: told %q", told(e))
	}
}

func TestWhatWasDeletedDoesNotComeBack(t *testing.T) {
	for file, data := range map[string][]byte{
		"again.png": small(3), "spare.png": small(3), "again.jpg": encodedAgain(small(3), false), "turned.jpg": encodedAgain(small(3), true),
	} {
		t.Run(file, func(t *testing.T) {
			s := afterAPlan(t)
			s.evaluate(false)
			s.put(file, data)
			e := s.evaluate(false)
			back := imageOf(t, e, file)
			if !slices.Equal(told(e), []string{file}) || back.Keep || back.DuplicateOf != "" {
				t.Errorf("told %q, %+v", told(e), back)
			}
			want := "duplicate: copy of spare.png in the trash, which was deleted as: surplus: 4 photorealistic"
			if !slices.ContainsFunc(back.Reasons, func(r string) bool { return strings.HasPrefix(r, want) }) {
				t.Errorf("reasons %q", back.Reasons)
			}
			s.perform()
			if e := s.evaluate(false); !e.Balanced || !e.Plan.Empty() {
				t.Errorf("after the plan: %+v", e.Plan)
			}
		})
	}
}

// The decision is followed without looking into the trash again, and the other
// way round.
func TestAPersonKeepsWhatCameBack(t *testing.T) {
	s := afterAPlan(t)
	s.evaluate(false)
	s.put("again.png", small(3))
	sum := imageOf(t, s.evaluate(false), "again.png").SHA256
	for _, kind := range []decision.Kind{decision.Keep, decision.Withdraw} {
		s.decide(sum, kind)
		sign := ledger.Signature{By: "ada", At: s.now()}
		rebuilt, err := evaluation.Rebuild(t.Context(), s.store, ada.Name, s.settings, sign)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range []evaluation.Evaluation{rebuilt, s.evaluate(true)} {
			if got := imageOf(t, e, "again.png"); got.Keep != (kind == decision.Keep) || !slices.Contains(got.Issues, verdict.Duplicate) {
				t.Errorf("%s: keep %t, reasons %q", kind, got.Keep, got.Reasons)
			}
		}
	}
}

// Somebody wanted it, though another that is like it stays in the trash. Deleted
// once more it may not come back by itself again.
func TestWhatWasRestoredIsNoCopy(t *testing.T) {
	s := afterAPlan(t)
	s.put("again.jpg", encodedAgain(small(3), false))
	s.evaluate(false)
	s.perform()
	s.restore("again.jpg")
	if e := s.evaluate(false); len(told(e)) > 0 {
		t.Errorf("restored, and told %q", told(e))
	}
	s.perform() // it goes as surplus
	s.put("once more.jpg", encodedAgain(small(3), false))
	if e := s.evaluate(false); !slices.Equal(told(e), []string{"once more.jpg"}) {
		t.Errorf("told %q", told(e))
	}
}

// A plan may let in what it deletes, if copies may stay at the time.
func TestWhatAPlanPlacedIsNoCopyOfWhatItDeleted(t *testing.T) {
	s := newScene(t, map[string][]byte{"one.png": small(1), "two.png": small(2), "three.png": small(3)})
	s.settings.Plan.Condemn, s.camera.picture = nil, encodedAgain(small(1), false)
	s.decide(imageOf(t, s.evaluate(false), "one.png").SHA256, decision.Condemn)
	s.evaluate(false)
	s.perform()
	s.settings.Plan.Condemn = settings.Default().Plan.Condemn
	if e := s.evaluate(false); len(s.trash()) != 1 || len(told(e)) > 0 || !e.Balanced || !e.Plan.Empty() {
		t.Errorf("%d in the trash, told %q, plan %+v", len(s.trash()), told(e), e.Plan)
	}
}

// Nothing is known of what was in the set when a plan deleted that the ledger
// does not know.
func TestAReceiptOfAnUnknownPlanIsNotCompared(t *testing.T) {
	s := afterAPlan(t)
	stray := s.trash()[1]
	data, _, err := store.ReadAll(t.Context(), s.store, stray.ImageKey(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := trash.Drop(t.Context(), s.store, stray); err != nil {
		t.Fatal(err)
	}
	stray.Proposal = "unknown"
	s.put("again.png", data)
	_, version := s.find("again.png")
	if err := trash.Keep(t.Context(), s.store, stray, actor.TrainingKey(ada.Name, "again.png"), version); err != nil {
		t.Fatal(err)
	}
	if e := s.evaluate(false); len(told(e)) > 0 {
		t.Errorf("told %q", told(e))
	}
}

func TestFaultsOfTheTrashAreRepairedByARerun(t *testing.T) {
	var s *scene
	start := func(t *testing.T) store.Store {
		s = afterAPlan(t)
		s.evaluate(false)
		s.put("again.png", small(3))
		return s.store
	}
	flow := func(on store.Store) error {
		_, err := s.evaluator(on, false).Evaluate(t.Context(), ada)
		return err
	}
	storetest.Sweep(t, start, flow, func(t *testing.T, _ store.Store, _ error) {
		e := s.evaluate(false)
		if latest, _ := s.book().Latest(); !slices.Equal(told(e), []string{"again.png"}) || latest.Plan.ID != e.Plan.ID {
			t.Errorf("told %q, plan %s, on the ledger %s", told(e), e.Plan.ID, latest.Plan.ID)
		}
	})
}

// An evaluation can be thrown away; the next one knows of the trash all the same.
func TestWhatWasDeletedIsKnownWithoutAnEvaluation(t *testing.T) {
	s := afterAPlan(t)
	s.evaluate(false)
	s.put("again.png", small(3))
	key := actor.EvaluationKey(ada.Name)
	_, info, err := store.ReadAll(t.Context(), s.store, key, store.MaxDocument)
	if err == nil {
		err = s.store.Delete(t.Context(), key, info.Version)
	}
	if err != nil {
		t.Fatal(err)
	}
	if e := s.evaluate(false); !slices.Equal(told(e), []string{"again.png"}) {
		t.Errorf("told %q", told(e))
	}
}

// The trash is read only for images that came into the set after a plan had
// deleted some, and the ledger once.
func TestTheTrashCostsFewRequests(t *testing.T) {
	requests := func(s *scene) (trash, ledgers int) {
		counted := storetest.NewFaulty(s.store)
		if _, err := s.evaluator(counted, false).Evaluate(t.Context(), ada); err != nil {
			t.Fatal(err)
		}
		for _, op := range counted.Ops() {
			if strings.Contains(string(op.Key), "screentest/trash/") {
				trash++
			}
			if op.Name == "get" && op.Key == actor.LedgerKey(ada.Name) {
				ledgers++
			}
		}
		return trash, ledgers
	}
	check := func(when string, s *scene, wantTrash, wantLedgers int) {
		t.Helper()
		if trash, ledgers := requests(s); trash != wantTrash || ledgers != wantLedgers {
			t.Errorf("%s: %d requests for the trash, want %d; %d for the ledger, want %d", when, trash, wantTrash, ledgers, wantLedgers)
		}
	}
	s := newScene(t, map[string][]byte{"a.png": small(1)})
	check("the first evaluation", s, 0, 1)
	s.put("b.png", small(2))
	check("without trash", s, 0, 1)

	s = afterAPlan(t)
	check("after a plan", s, 0, 1)
	check("unchanged", s, 0, 0)
	s.put("four.png", small(5))
	check("with a new image", s, 3, 1) // one list, two receipts
	s.restore("twin.jpg")
	s.restore("spare.png")
	check("with the trash restored", s, 0, 1)
}

// Whatever came into a set, was brought back, or was condemned: after the plan is
// performed, nothing is left to be done. Only what came back is ever told to be
// a copy of what is in the trash.
func TestAfterAnyPlanNothingIsPlanned(t *testing.T) {
	if testing.Short() {
		t.Skip("performs a hundred plans")
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := newScene(t, map[string][]byte{"0.png": small(1), "1.jpg": encodedAgain(small(1), false)})
		s.evaluate(false)
		uploads := map[string]bool{}
		for round := range rapid.IntRange(1, 3).Draw(rt, "rounds") {
			for n := range rapid.IntRange(0, 3).Draw(rt, "events") {
				s.event(rt, uint64(100*round+10*n+10), uploads)
			}
			e := s.evaluate(false)
			for _, file := range told(e) {
				if !uploads[file] {
					rt.Errorf("%s: %q", file, imageOf(t, e, file).Reasons)
				}
			}
			if !e.Plan.Empty() {
				s.perform()
			}
			for _, fresh := range []bool{false, true} {
				if e := s.evaluate(fresh); !e.Balanced || !e.Plan.Empty() || len(told(e)) > 0 {
					rt.Errorf("round %d, fresh %t: balanced %t, told %q, plan %+v", round, fresh, e.Balanced, told(e), e.Plan)
				}
			}
		}
	})
}

// event lets something happen to the set. Uploads are the files that hold what
// was in the trash, put there by hand.
func (s *scene) event(rt *rapid.T, seed uint64, uploads map[string]bool) {
	receipts := s.trash()
	name := fmt.Sprintf("%d.png", seed)
	what := rapid.SampledFrom([]string{"new", "condemned", "restored", "the same", "encoded again", "mirrored"}).Draw(rt, "event")
	switch {
	case what == "condemned":
		set := s.evaluate(false).Images
		s.decide(rapid.SampledFrom(set).Draw(rt, "image").SHA256, decision.Condemn)
	case what == "new" || len(receipts) == 0:
		s.put(name, small(seed))
		s.put("near "+name, encodedAgain(small(seed), seed%20 == 0))
	case what == "restored":
		file := rapid.SampledFrom(receipts).Draw(rt, "receipt").File
		s.restore(file)
		delete(uploads, file)
	default:
		data, _, err := store.ReadAll(s.t.Context(), s.store, rapid.SampledFrom(receipts).Draw(rt, "receipt").ImageKey(), 1<<20)
		if err != nil {
			s.t.Fatal(err)
		}
		if what != "the same" {
			data = encodedAgain(data, what == "mirrored")
		}
		s.put(name, data)
		uploads[name] = true
	}
}
