// Package settings holds what the owner may decide: the target, what condemns an
// image, the limits, the judge and the prices. They are read from
// screentest.yaml at the root of the tree, over defaults that work without it: once
// by a command, and each time by a page of serve.
// Whoever needs a setting is handed it; nothing else reads the file.
package settings

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"screentest/pkg/balance"
	"screentest/pkg/cost"
	"screentest/pkg/inspect"
	"screentest/pkg/verdict"
)

// Settings are the decisions of one owner. The names of the fields in the file
// are those of the yaml tags; README.md explains each.
type Settings struct {
	Target     balance.Target        `yaml:"target"`
	Plan       Plan                  `yaml:"plan"`
	Images     Images                `yaml:"images"`
	Judge      Judge                 `yaml:"judge"`
	Generation Generation            `yaml:"generation"`
	Prices     map[string]cost.Price `yaml:"prices"` // dollars per million tokens, by model
	Run        Run                   `yaml:"run"`
	Mirror     string                `yaml:"mirror" json:"-"` // where the images also lie: "s3://bucket/prefix", "none", or "" if the owner has not said
}

// Plan says what condemns an image and how far a plan may go.
type Plan struct {
	Condemn      []verdict.Issue `yaml:"condemn"`       // issues that no image may keep
	QualityFloor int             `yaml:"quality_floor"` // images of a lower quality are condemned; 0 condemns none
	Limits       balance.Limits  `yaml:"limits"`
}

// Images holds what the local checks go by.
type Images struct {
	MaxBytes      int64              `yaml:"max_bytes"`
	MaxMegapixels float64            `yaml:"max_megapixels"`
	Thresholds    inspect.Thresholds `yaml:"thresholds"`
}

// Judge says who judges. The key is no setting: it comes from the environment only.
type Judge struct {
	Name            string        `yaml:"name"` // "openai" or "offline"
	Model           string        `yaml:"model"`
	BaseURL         string        `yaml:"base_url"` // of a compatible server; "" for OpenAI's own
	Dialect         string        `yaml:"dialect"`  // which fields it understands: see openai.Config; "" to go by address and model
	ReasoningEffort string        `yaml:"reasoning_effort"`
	Batch           int           `yaml:"batch"` // images in one request
	Timeout         time.Duration `yaml:"timeout"`
}

// Run says how a run over many actors behaves.
type Run struct {
	Concurrency    int     `yaml:"concurrency"`     // model requests under way at once
	MaxCost        float64 `yaml:"max_cost"`        // dollars that one command may spend; negative for no limit
	MaxDeletions   int     `yaml:"max_deletions"`   // images that one command may delete; negative for no limit
	MaxGenerations int     `yaml:"max_generations"` // images that one command may generate; negative for no limit
}

// Judges returns the names that Judge.Name may have.
func Judges() []string { return []string{"openai", "offline"} }

// Default returns the settings of an owner who has decided nothing. Prices are
// those published in November 2026.
func Default() Settings {
	return Settings{
		Target: balance.DefaultTarget(),
		Plan: Plan{
			Condemn: []verdict.Issue{
				verdict.Broken, verdict.Blurred, verdict.TooSmall, verdict.TooDark, verdict.TooBright, verdict.Duplicate,
				verdict.LookingAtCamera, verdict.Distorted, verdict.PoorQuality, verdict.OffCharacter,
			},
			QualityFloor: 2,
			Limits:       balance.Limits{Deletions: -1, Generations: -1, USD: -1},
		},
		Images: Images{MaxBytes: 64 << 20, MaxMegapixels: 50, Thresholds: inspect.DefaultThresholds},
		Judge: Judge{
			Name: "openai", Model: "gpt-6-luna", ReasoningEffort: "none", Batch: 10, Timeout: time.Minute,
		},
		Generation: defaultGeneration(),
		Prices: map[string]cost.Price{
			"gpt-6-luna":    {Input: 0.10, Cached: 0.01, Output: 0.50},
			"gpt-6.1-terra": {Input: 1, Cached: 0.05, Output: 5},
		},
		Run: Run{Concurrency: 8, MaxCost: -1, MaxDeletions: -1, MaxGenerations: -1},
	}
}

// Validate names every setting that cannot be meant.
func (s Settings) Validate() error {
	var problems []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	for name, value := range s.numbers() {
		require(!math.IsNaN(value) && !math.IsInf(value, 0), "%s: %g is no number to go by", name, value)
	}
	if err := s.Target.Validate(); err != nil {
		require(false, "target: %w", err)
	}
	for _, issue := range s.Plan.Condemn {
		require(issue.Valid(), "plan.condemn: unknown issue %q; known are %v", issue, verdict.Issues())
	}
	floor := s.Plan.QualityFloor
	require(floor >= 0 && floor <= verdict.BestQuality, "plan.quality_floor: %d is not between 0 and %d", floor, verdict.BestQuality)
	require(s.Images.MaxBytes > 0, "images.max_bytes: %d is not positive", s.Images.MaxBytes)
	require(s.Images.MaxMegapixels > 0, "images.max_megapixels: %g is not positive", s.Images.MaxMegapixels)
	for name, value := range s.Images.ratios() {
		require(value >= 0 && value <= 1, "images.thresholds.%s: %g is not between 0 and 1", name, value)
	}
	require(slices.Contains(Judges(), s.Judge.Name), "judge.name: %q is not one of %v", s.Judge.Name, Judges())
	require(s.Judge.Batch >= 1 && s.Judge.Batch <= 50, "judge.batch: %d is not between 1 and 50", s.Judge.Batch)
	require(s.Judge.Timeout > 0, "judge.timeout: %s is not positive", s.Judge.Timeout)
	s.Generation.validate(require)
	for model, p := range s.Prices {
		sum := p.Input + p.Cached + p.Output
		require(p.Input >= 0 && p.Cached >= 0 && p.Output >= 0 && !math.IsInf(sum, 0), "prices.%s: a price is negative or no number", model)
	}
	require(s.Run.Concurrency >= 1 && s.Run.Concurrency <= 256, "run.concurrency: %d is not between 1 and 256", s.Run.Concurrency)
	return errors.Join(problems...)
}

// numbers returns the settings that could be infinite or no number at all.
func (s Settings) numbers() map[string]float64 {
	g := s.Generation
	return map[string]float64{
		"plan.limits.usd":              s.Plan.Limits.USD,
		"images.max_megapixels":        s.Images.MaxMegapixels,
		"generation.usd_per_image":     g.USDPerImage,
		"generation.max_usd_per_image": g.MaxUSDPerImage,
		"generation.price.text":        g.Price.Text,
		"generation.price.image":       g.Price.Image,
		"generation.price.output":      g.Price.Output,
		"run.max_cost (max-cost)":      s.Run.MaxCost,
	}
}

func (i Images) ratios() map[string]float64 {
	t := i.Thresholds
	return map[string]float64{"sharpness": t.Sharpness, "dark": t.Dark, "bright": t.Bright, "symmetry": t.Symmetry}
}

// Price returns the price of the judging model, or an error that says where to
// put it: a cost limit cannot be kept without a price.
func (s Settings) Price() (cost.Price, error) {
	p, ok := s.Prices[s.Judge.Model]
	if !ok {
		return p, fmt.Errorf("no price for model %q: add prices.%s with input, cached and output in dollars per million tokens to %s (zeros for a server of your own)",
			s.Judge.Model, s.Judge.Model, File)
	}
	return p, nil
}
