package settings_test

import (
	"math"
	"strings"
	"testing"

	"screentest/pkg/cost"
	"screentest/pkg/evaluation"
	"screentest/pkg/judge"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
)

func load(t *testing.T, text string) (settings.Settings, map[string]bool, error) {
	t.Helper()
	s := mem.New()
	if _, err := s.Put(t.Context(), settings.File, []byte(text), store.IfAbsent); err != nil {
		t.Fatal(err)
	}
	return settings.Load(t.Context(), s)
}

func TestDefaultsAreValid(t *testing.T) {
	if err := settings.Default().Validate(); err != nil {
		t.Error(err)
	}
	if _, err := settings.Default().Price(); err != nil {
		t.Error(err)
	}
}

func TestAnAbsentOrEmptyFileDecidesNothing(t *testing.T) {
	set, decided, err := settings.Load(t.Context(), mem.New())
	if err != nil || len(decided) != 0 || set.Target != settings.Default().Target {
		t.Errorf("absent: %v, %v, %v", set.Target, decided, err)
	}
	set, decided, err = load(t, "# nothing but a comment\n")
	if err != nil || len(decided) != 0 || set.Target != settings.Default().Target {
		t.Errorf("empty: %v, %v, %v", set.Target, decided, err)
	}
}

func TestTheFileLiesOverTheDefaults(t *testing.T) {
	set, decided, err := load(t, `
target: {bw_stylized: 7}
images: {thresholds: {short_side: 300}}
judge: {timeout: 90s}
prices: {house: {input: 1, output: 2}}
plan: {condemn: []}
`)
	if err != nil {
		t.Fatal(err)
	}
	if set.Target.BWStylized != 7 || set.Target.Photorealistic != settings.Default().Target.Photorealistic {
		t.Errorf("target %+v", set.Target)
	}
	if set.Images.Thresholds.ShortSide != 300 || set.Images.Thresholds.Symmetry != settings.Default().Images.Thresholds.Symmetry {
		t.Errorf("thresholds %+v", set.Images.Thresholds)
	}
	if set.Judge.Timeout.String() != "1m30s" || len(set.Plan.Condemn) != 0 {
		t.Errorf("judge %+v, condemn %v", set.Judge, set.Plan.Condemn)
	}
	if set.Prices["house"].Output != 2 || len(set.Prices) != len(settings.Default().Prices)+1 {
		t.Errorf("prices %+v", set.Prices)
	}
	if !decided["target.bw_stylized"] || decided["target.photorealistic"] || !decided["prices.house.input"] {
		t.Errorf("decided %v", decided)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"tagret: {}":                 "tagret",
		"target: [1, 2]":             "screentest.yaml",
		"target: {bw_stylized: x":    "screentest.yaml",
		"- list":                     "screentest.yaml",
		"target: {bw_stylized: 1.5}": "target.bw_stylized: 1.5 is not a whole number",
	} {
		if _, _, err := load(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q in it", text, err, want)
		}
	}
}

func TestValidateNamesEverySettingThatCannotBeMeant(t *testing.T) {
	for name, change := range map[string]func(*settings.Settings){
		"target":                   func(s *settings.Settings) { s.Target.Photorealistic = -1 },
		"plan.condemn":             func(s *settings.Settings) { s.Plan.Condemn = append(s.Plan.Condemn, "ugly") },
		"plan.quality_floor":       func(s *settings.Settings) { s.Plan.QualityFloor = 11 },
		"images.max_bytes":         func(s *settings.Settings) { s.Images.MaxBytes = 0 },
		"images.max_megapixels":    func(s *settings.Settings) { s.Images.MaxMegapixels = 0 },
		"judge.name":               func(s *settings.Settings) { s.Judge.Name = "oracle" },
		"judge.batch":              func(s *settings.Settings) { s.Judge.Batch = 0 },
		"judge.timeout":            func(s *settings.Settings) { s.Judge.Timeout = 0 },
		"generation.usd_per_image": func(s *settings.Settings) { s.Generation.USDPerImage = -1 },
		"generation.name":          func(s *settings.Settings) { s.Generation.Name = "painter" },
		"generation.model":         func(s *settings.Settings) { s.Generation.Model = "" },
		"generation.size":          func(s *settings.Settings) { s.Generation.Size = "large" },
		"generation.quality":       func(s *settings.Settings) { s.Generation.Quality = "best" },
		"generation.format":        func(s *settings.Settings) { s.Generation.Format = "webp" },
		"generation.timeout":       func(s *settings.Settings) { s.Generation.Timeout = 0 },
		"generation.tries":         func(s *settings.Settings) { s.Generation.Tries = 0 },
		"generation.max_usd":       func(s *settings.Settings) { s.Generation.MaxUSDPerImage = -1 },
		"generation.price":         func(s *settings.Settings) { s.Generation.Price.Image = -1 },
		"generation.price.output":  func(s *settings.Settings) { s.Generation.Price.Output = math.Inf(1) },
		"plan.limits.usd":          func(s *settings.Settings) { s.Plan.Limits.USD = math.Inf(1) },
		"run.max_cost":             func(s *settings.Settings) { s.Run.MaxCost = math.NaN() },
		"images.thresholds.dark":   func(s *settings.Settings) { s.Images.Thresholds.Dark = 5 },
		"prices.house":             func(s *settings.Settings) { s.Prices["house"] = cost.Price{Input: math.Inf(1)} },
		"run.concurrency":          func(s *settings.Settings) { s.Run.Concurrency = 0 },
	} {
		set := settings.Default()
		change(&set)
		if err := set.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEverySettingHasAName(t *testing.T) {
	values, err := settings.Default().Values()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, v := range values {
		names[v.Name] = true
	}
	for _, want := range []string{"target.photorealistic", "plan.condemn", "plan.limits.usd", "images.thresholds.short_side", "run.max_cost", "run.max_deletions", "generation.price.text"} {
		if !names[want] {
			t.Errorf("no %s in %v", want, names)
		}
	}
}

// Evaluations are expensive to look at again by hand: only what changes a plan
// may make them obsolete.
func TestHowPicturesAreMadeLeavesEvaluationsValid(t *testing.T) {
	basis := func(g settings.Generation) string {
		set := settings.Default()
		set.Generation = g
		return evaluation.Basis(judge.ID{Name: "offline"}, set)
	}
	before := settings.Default().Generation
	dearer := before
	dearer.USDPerImage *= 2
	if basis(dearer) == basis(before) {
		t.Error("the price of an image limits plans, and yet it does not count")
	}
	if basis(settings.Generation{USDPerImage: before.USDPerImage}) != basis(before) {
		t.Error("evaluations depend on how pictures are made")
	}
}
