package evaluation_test

import (
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"screentest/pkg/balance"
	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
	"screentest/pkg/inspect"
	"screentest/pkg/settings"
	"screentest/pkg/verdict"
)

// A fingerprint is 16 × 16 of luma, then twice 8 × 8 of colour.
func fingerprint(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	raw := slices.Repeat([]byte{128}, 384)
	for i := range 256 {
		raw[i] = uint8(40 + r.IntN(160))
	}
	return raw
}

// encodedAgain is the fingerprint after a few losses, reflected that of the
// mirror image.
func encodedAgain(raw []byte) []byte {
	raw = slices.Clone(raw)
	for i := range 256 {
		raw[i] += uint8(i % 3)
	}
	return raw
}

func reflected(raw []byte) []byte {
	raw = slices.Clone(raw)
	for row := range slices.Chunk(raw[:256], 16) {
		slices.Reverse(row)
	}
	return raw
}

func withPrint(f evaluation.Fact, raw []byte) evaluation.Fact {
	f.Checks.Print = base64.StdEncoding.EncodeToString(raw)
	return f
}

// inTrash is what is known of an image that a plan deleted before the contents
// called later came.
func inTrash(f evaluation.Fact, later ...string) evaluation.Trashed {
	return evaluation.Trashed{File: f.Info.Key.Base(), SHA256: f.SHA256, Reason: "distorted", Checks: f.Checks, Later: later}
}

func TestCopiesOfWhatIsInTheTrash(t *testing.T) {
	gone := withPrint(fact("gone.png", verdict.Photorealistic, 3), fingerprint(1))
	alike := func(raw []byte) evaluation.Fact { return withPrint(fact("new.png", verdict.Photorealistic, 8), raw) }
	same := alike(fingerprint(1))
	same.SHA256 = gone.SHA256
	broken := fact("new.png", "", 0)
	broken.SHA256, broken.Checks, broken.Verdict, broken.Broken = gone.SHA256, nil, nil, "cut off"
	unmeasured, outdated := gone, gone
	unmeasured.Checks = nil
	outdated.Checks = &inspect.Checks{Version: inspect.Version - 1, Print: gone.Checks.Print}
	noCopies := settings.Default()
	noCopies.Plan.Condemn = []verdict.Issue{verdict.Broken}
	kept := decision.Ruling{Fate: decision.Keep, By: "ada"}

	for name, test := range map[string]struct {
		image      evaluation.Fact
		trashed    evaluation.Fact
		before     bool // the image was in the set before the other was deleted
		rulings    decision.Rulings
		settings   *settings.Settings
		told, goes bool
	}{
		"the same":                       {image: same, trashed: gone, told: true, goes: true},
		"encoded again":                  {image: alike(encodedAgain(fingerprint(1))), trashed: gone, told: true, goes: true},
		"mirrored":                       {image: alike(reflected(fingerprint(1))), trashed: gone, told: true, goes: true},
		"another picture":                {image: alike(fingerprint(2)), trashed: gone},
		"the same, there before":         {image: same, trashed: gone, before: true},
		"alike, there before":            {image: alike(encodedAgain(fingerprint(1))), trashed: gone, before: true},
		"the same, not measured then":    {image: same, trashed: unmeasured, told: true, goes: true},
		"alike, not measured then":       {image: alike(encodedAgain(fingerprint(1))), trashed: unmeasured},
		"alike, measured otherwise then": {image: alike(encodedAgain(fingerprint(1))), trashed: outdated},
		"the same, broken":               {image: broken, trashed: unmeasured, told: true, goes: true},
		"kept by a person":               {image: same, trashed: gone, rulings: decision.Rulings{same.SHA256: kept}, told: true},
		"copies may stay":                {image: same, trashed: gone, settings: &noCopies, told: true},
	} {
		t.Run(name, func(t *testing.T) {
			f := evaluation.Facts{Actor: "ada", Images: []evaluation.Fact{test.image, fact("sound.png", verdict.Photorealistic, 8)}, Rulings: test.rulings}
			trashed := inTrash(test.trashed, test.image.SHA256)
			if test.before {
				trashed.Later = []string{"of another"}
			}
			f.Trashed = []evaluation.Trashed{inTrash(fact("other.png", verdict.Photorealistic, 3), test.image.SHA256), trashed}
			s := settings.Default()
			if test.settings != nil {
				s = *test.settings
			}
			e := evaluation.Build(f, s)
			image := find(t, e, "new.png")
			reason := slices.Contains(image.Reasons, "duplicate: copy of gone.png in the trash, which was deleted as: distorted")
			if told := slices.Contains(image.Issues, verdict.Duplicate); told != test.told || reason != test.told || image.DuplicateOf != "" {
				t.Errorf("told %t: issues %q, reasons %q, duplicate of %q", told, image.Issues, image.Reasons, image.DuplicateOf)
			}
			if image.Keep == test.goes || image.Condemned(s.Plan) != test.goes {
				t.Errorf("keep %t, condemned %t", image.Keep, image.Condemned(s.Plan))
			}
			if want := f.Trashed[1:]; test.told && !reflect.DeepEqual(e.Trashed, want) || !test.told && len(e.Trashed) > 0 {
				t.Errorf("on record are %+v", e.Trashed)
			}
		})
	}
}

// Of two in the trash the very same is named, though the other went first.
func TestTheVerySameIsNamed(t *testing.T) {
	image := withPrint(fact("new.png", verdict.Photorealistic, 8), fingerprint(1))
	alike, same := withPrint(fact("alike.png", verdict.Photorealistic, 3), fingerprint(1)), image
	same.Info.Key = "same.png"
	e := evaluation.Build(evaluation.Facts{Actor: "ada", Images: []evaluation.Fact{image},
		Trashed: []evaluation.Trashed{inTrash(alike, image.SHA256), inTrash(same, image.SHA256)}}, settings.Default())
	if len(e.Trashed) != 1 || e.Trashed[0].File != "same.png" {
		t.Errorf("%+v", e.Trashed)
	}
}

// A copy that came back does not take the place of the twin that was kept.
func TestTheTwinThatWasKeptStays(t *testing.T) {
	twin := withPrint(fact("twin.png", verdict.Photorealistic, 5), fingerprint(1))
	back := withPrint(fact("back.png", verdict.Photorealistic, 9), encodedAgain(fingerprint(1)))
	gone := back
	gone.Info.Key = "gone.png"
	e := evaluation.Build(evaluation.Facts{Actor: "ada", Images: []evaluation.Fact{back, twin},
		Trashed: []evaluation.Trashed{inTrash(gone, back.SHA256)}}, settings.Default())
	if find(t, e, "back.png").Keep || !find(t, e, "twin.png").Keep {
		t.Errorf("plan %+v", e.Plan)
	}
}

// Where copies may stay, one is as good as any other image of its style.
func TestACopyThatMayStayIsNoWorse(t *testing.T) {
	s := settings.Default()
	s.Plan.Condemn, s.Target = nil, balance.Target{Photorealistic: 1}
	back, other := fact("b_back.png", verdict.Photorealistic, 8), fact("a_other.png", verdict.Photorealistic, 8)
	e := evaluation.Build(evaluation.Facts{Actor: "ada", Images: []evaluation.Fact{other, back},
		Trashed: []evaluation.Trashed{inTrash(back, back.SHA256)}}, s)
	if !find(t, e, "b_back.png").Keep || find(t, e, "a_other.png").Keep { // equals go by name
		t.Errorf("plan %+v", e.Plan)
	}
}

// What a person decides later is built from the evaluation alone.
func TestAnEvaluationHoldsWhatIsInTheTrash(t *testing.T) {
	back, unjudged := fact("back.png", verdict.Photorealistic, 8), fact("unjudged.png", "", 0)
	unjudged.Verdict, unjudged.Err = nil, errors.New("busy")
	want := evaluation.Build(evaluation.Facts{Actor: "ada", Images: []evaluation.Fact{back, unjudged},
		Trashed: []evaluation.Trashed{inTrash(fact("gone.png", verdict.Photorealistic, 3), back.SHA256), inTrash(back, back.SHA256)}}, settings.Default())
	facts, err := want.Facts()
	if err != nil || len(facts.Trashed) != 1 {
		t.Fatalf("%+v, %v", facts.Trashed, err)
	}
	if got := evaluation.Build(facts, settings.Default()); !reflect.DeepEqual(got, want) {
		t.Errorf("built again it is\n%+v, not\n%+v", got, want)
	}
}
