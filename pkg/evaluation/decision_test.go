package evaluation_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
	"screentest/pkg/ledger"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/verdict"
)

// decided builds with rulings about contents, which fact names after the files.
func decided(rulings decision.Rulings, facts ...evaluation.Fact) evaluation.Evaluation {
	return evaluation.Build(evaluation.Facts{Actor: "ada", Images: facts, Rulings: rulings}, settings.Default())
}

func TestAPersonOutranksTheJudge(t *testing.T) {
	unjudged := fact("unjudged.png", "", 0)
	unjudged.Verdict, unjudged.Err = nil, errors.New("refused for safety")
	condemned := fact("condemned.png", "", 0)
	condemned.Verdict, condemned.Err = nil, errors.New("refused for safety")
	e := decided(decision.Rulings{
		"kept.png":      {Fate: decision.Keep, By: "ada"},
		"floor.png":     {Fate: decision.Keep, By: "ada"},
		"spoilt.png":    {Fate: decision.Condemn, By: "ada", Why: "red eyes"},
		"drawn.png":     {Style: verdict.BWStylized, By: "ada"},
		"unjudged.png":  {Style: verdict.ColorStylized, By: "ada"},
		"condemned.png": {Fate: decision.Condemn, By: "ada"},
	},
		fact("kept.png", verdict.Photorealistic, 8, verdict.Distorted),
		fact("floor.png", verdict.Photorealistic, 1),
		fact("spoilt.png", verdict.Photorealistic, 9),
		fact("drawn.png", verdict.Photorealistic, 8),
		unjudged, condemned,
	)
	for file, want := range map[string]struct {
		keep  bool
		style verdict.Style
	}{
		"kept.png": {true, verdict.Photorealistic}, "floor.png": {true, verdict.Photorealistic},
		"spoilt.png": {false, verdict.Photorealistic}, "drawn.png": {true, verdict.BWStylized},
		"unjudged.png": {true, verdict.ColorStylized}, "condemned.png": {false, ""},
	} {
		image := find(t, e, file)
		if image.Keep != want.keep || image.Style != want.style || image.Judged != evaluation.OK || image.Decision == nil {
			t.Errorf("%s: %+v", file, image)
		}
	}
	if len(e.Unjudged()) != 0 || len(e.Plan.Delete) != 2 || e.Plan.Generate.BWStylized != 3 || e.Plan.Generate.ColorStylized != 2 {
		t.Errorf("plan %+v", e.Plan)
	}
	if spoilt := find(t, e, "spoilt.png"); !slices.Contains(spoilt.Reasons, "condemned by ada: red eyes") {
		t.Errorf("reasons %q", spoilt.Reasons)
	}
}

func TestKeepingAloneJudgesNothing(t *testing.T) {
	open := fact("open.png", "", 0)
	open.Verdict, open.Err = nil, errors.New("the model was busy")
	e := decided(decision.Rulings{"open.png": {Fate: decision.Keep, By: "ada"}}, open)
	if len(e.Unjudged()) != 1 || !e.Plan.Empty() {
		t.Errorf("kept without a style, yet planned for: %+v", e.Plan)
	}
}

func TestTheCopyThatAPersonKeepsStays(t *testing.T) {
	a, b := fact("a.png", verdict.Photorealistic, 9), fact("b.png", verdict.Photorealistic, 4)
	a.Checks.Print, b.Checks.Print = print, print
	e := decided(decision.Rulings{"b.png": {Fate: decision.Keep, By: "ada"}}, a, b)
	if got := find(t, e, "a.png"); got.Keep || got.DuplicateOf != "b.png" {
		t.Errorf("the better copy: %+v", got)
	}
	if got := find(t, e, "b.png"); !got.Keep || got.DuplicateOf != "" {
		t.Errorf("the kept copy: %+v", got)
	}
}

func TestAnEvaluationHoldsWhatItWasBuiltFrom(t *testing.T) {
	broken, unjudged, oversized := fact("broken.png", "", 0), fact("unjudged.png", "", 0), fact("large.png", "", 0)
	broken.Checks, broken.Verdict, broken.Broken = nil, nil, "cut off"
	unjudged.Verdict, unjudged.Err = nil, errors.New("busy")
	oversized.Checks, oversized.Verdict, oversized.Err = nil, nil, errors.New("too large")
	rulings := decision.Rulings{"b.png": {Style: verdict.BWStylized, By: "ada"}, "unjudged.png": {Fate: decision.Condemn, By: "ada"}}
	want := decided(rulings, fact("a.png", verdict.Photorealistic, 8, verdict.Symmetrical), fact("b.png", verdict.Photorealistic, 3), broken, unjudged, oversized)
	facts, err := want.Facts()
	if err != nil {
		t.Fatal(err)
	}
	facts.Rulings = rulings
	if got := evaluation.Build(facts, settings.Default()); !reflect.DeepEqual(got, want) {
		t.Errorf("built again it is\n%+v, not\n%+v", got, want)
	}
}

func save(t *testing.T, s store.Store, e evaluation.Evaluation) {
	t.Helper()
	_, version, err := evaluation.Load(t.Context(), s, actor.Name(e.Actor))
	if err != nil {
		t.Fatal(err)
	}
	if err := evaluation.Save(t.Context(), s, e, version); err != nil {
		t.Fatal(err)
	}
}

func decide(t *testing.T, s store.Store, d decision.Decision) {
	t.Helper()
	d.By, d.SHA256 = "ada", strings.Repeat("a", 64)
	if err := decision.Add(t.Context(), s, "ada", d); err != nil {
		t.Fatal(err)
	}
}

func TestRebuildFollowsADecisionAndItsWithdrawal(t *testing.T) {
	s := mem.New()
	poor := fact("poor.png", verdict.Photorealistic, 1)
	poor.SHA256 = strings.Repeat("a", 64)
	before := build(poor)
	save(t, s, before)
	decide(t, s, decision.Decision{Kind: decision.Keep})
	e, err := evaluation.Rebuild(t.Context(), s, "ada", settings.Default(), ledger.Signature{By: "ada", At: time.Unix(1, 0)})
	if err != nil || !e.Images[0].Keep || e.Decisions == "" || e.Basis != before.Basis {
		t.Errorf("%+v, %v", e, err)
	}
	if stored, _, err := evaluation.Load(t.Context(), s, "ada"); err != nil || !stored.Images[0].Keep {
		t.Errorf("on record: %+v, %v", stored, err)
	}
	decide(t, s, decision.Decision{Kind: decision.Withdraw})
	if e, err = evaluation.Rebuild(t.Context(), s, "ada", settings.Default(), ledger.Signature{By: "ada"}); err != nil || e.Before == nil || e.Before.Delete != 0 {
		t.Errorf("%+v, %v", e.Before, err)
	}
	if e.Before = nil; !reflect.DeepEqual(e, before) {
		t.Errorf("after the withdrawal\n%+v, not\n%+v", e, before)
	}
}

func TestRebuildUnderOtherSettingsIsProvisional(t *testing.T) {
	s := mem.New()
	save(t, s, build(fact("a.png", verdict.Photorealistic, 8)))
	other := settings.Default()
	other.Target.Photorealistic = 0
	e, err := evaluation.Rebuild(t.Context(), s, "ada", other, ledger.Signature{By: "ada", At: time.Unix(1, 0)})
	if err != nil || e.Basis != "" || len(e.Plan.Delete) != 1 {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestRebuildNeedsTheRecord(t *testing.T) {
	s := mem.New()
	if _, err := evaluation.Rebuild(t.Context(), s, "ada", settings.Default(), ledger.Signature{By: "ada", At: time.Unix(1, 0)}); err == nil {
		t.Error("an actor without an evaluation is rebuilt")
	}
	old := build(fact("a.png", verdict.Photorealistic, 8))
	old.Images[0].Verdict = nil
	save(t, s, old)
	if _, err := evaluation.Rebuild(t.Context(), s, "ada", settings.Default(), ledger.Signature{By: "ada", At: time.Unix(1, 0)}); err == nil {
		t.Error("an evaluation without verdicts is rebuilt")
	}
}

func TestAnApprovedPlanGivesWayToADecision(t *testing.T) {
	s := mem.New()
	poor := fact("poor.png", verdict.Photorealistic, 1)
	poor.SHA256 = strings.Repeat("a", 64)
	save(t, s, build(poor))
	sign := ledger.Signature{By: "ada", At: time.Unix(1, 0)}
	if _, err := evaluation.Rebuild(t.Context(), s, "ada", settings.Default(), sign); err != nil {
		t.Fatal(err)
	}
	book, err := ledger.Load(t.Context(), s, "ada")
	if err != nil {
		t.Fatal(err)
	}
	first, _ := book.Latest()
	if err := book.Approve(t.Context(), first.ID, sign); err != nil {
		t.Fatal(err)
	}
	decide(t, s, decision.Decision{Kind: decision.Keep})
	e, err := evaluation.Rebuild(t.Context(), s, "ada", settings.Default(), sign)
	if err != nil {
		t.Fatal(err)
	}
	if book, err = ledger.Load(t.Context(), s, "ada"); err != nil {
		t.Fatal(err)
	}
	all := book.Proposals()
	if len(all) != 2 || all[0].State != ledger.Stale || all[1].State != ledger.Proposed || all[1].Plan.ID != e.Plan.ID || len(e.Plan.Delete) != 0 {
		t.Errorf("%+v", all)
	}
}
