package openai_test

import (
	"math"
	"testing"

	"screentest/pkg/cost"
	"screentest/pkg/judge/openai"
)

// Published: an actor of twenty images costs about $0.0015 on gpt-6-luna.
func TestExpected(t *testing.T) {
	luna := cost.Price{Input: 0.10, Cached: 0.01, Output: 0.50}
	actor := openai.Expected(20, 2, luna)
	if actor.USD < 0.001 || actor.USD > 0.0025 || actor.Requests != 2 || actor.Images != 20 {
		t.Errorf("an actor: %+v", actor)
	}
	thousand := openai.Expected(20_000, 2000, luna)
	if ratio := thousand.USD / actor.USD; math.Abs(ratio-1000) > 50 {
		t.Errorf("a thousand actors cost %.0f times as much as one", ratio)
	}
	if none := openai.Expected(0, 0, luna); none != (cost.Usage{}) {
		t.Errorf("nothing: %+v", none)
	}
}
