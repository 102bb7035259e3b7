package evaluation_test

import (
	"strings"
	"testing"

	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
	"screentest/pkg/settings"
	"screentest/pkg/verdict"
)

func TestNothingIsPlannedForADamagedSet(t *testing.T) {
	broken := func(file string, damaged bool) evaluation.Fact {
		f := fact(file, "", 0)
		f.Checks, f.Verdict, f.Broken, f.Damaged = nil, nil, "no PNG or JPEG", damaged
		return f
	}
	sound := fact("sound.png", verdict.Photorealistic, 8)
	condemned := decision.Rulings{"a.png": {Fate: decision.Condemn, By: "ada"}}
	for name, test := range map[string]struct {
		images  []evaluation.Fact
		rulings decision.Rulings
		want    string // "" where the plan is made
	}{
		"all broken":                        {images: []evaluation.Fact{broken("a.png", false), broken("b.png", false)}, want: "every file is broken, 2 of 2"},
		"one broken":                        {images: []evaluation.Fact{broken("a.png", false), sound}},
		"one broken since it was listed":    {images: []evaluation.Fact{broken("a.png", true), broken("b.png", false), sound}, want: "others when the manifest listed them: 1 of 3, first a.png"},
		"none broken":                       {images: []evaluation.Fact{sound}},
		"no image":                          {},
		"broken, and a person condemned it": {images: []evaluation.Fact{broken("a.png", true), sound}, rulings: condemned},
		"all broken, and a person condemned one": {
			images: []evaluation.Fact{broken("a.png", true), broken("b.png", false)}, rulings: condemned,
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := evaluation.Build(evaluation.Facts{Actor: "ada", Images: test.images, Rulings: test.rulings}, settings.Default())
			facts, err := e.Facts()
			if err != nil {
				t.Fatal(err)
			}
			facts.Rulings = test.rulings
			for _, e := range []evaluation.Evaluation{e, evaluation.Build(facts, settings.Default())} {
				if got := e.Damage(); (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
					t.Errorf("damage %q, want %q", got, test.want)
				}
				if planned := !e.Plan.Empty(); planned != (test.want == "") || !planned && !strings.Contains(strings.Join(e.Plan.Limited, ""), test.want) {
					t.Errorf("plan %+v", e.Plan)
				}
			}
		})
	}
}
