package evaluation_test

import (
	"testing"
	"time"

	"screentest/pkg/verdict"
)

func TestAnEvaluationTellsTheLastChange(t *testing.T) {
	first := build(fact("a.png", verdict.Photorealistic, 8))
	first.EvaluatedAt = time.Unix(1, 0)
	second := build(fact("a.png", verdict.Photorealistic, 8), fact("b.png", verdict.BWStylized, 8))
	second.EvaluatedAt = time.Unix(2, 0)
	second.Follow(&first)
	if b := second.Before; b == nil || b.Images != 1 || !b.EvaluatedAt.Equal(first.EvaluatedAt) {
		t.Fatalf("%+v", b)
	}
	third := build(fact("a.png", verdict.Photorealistic, 8), fact("b.png", verdict.BWStylized, 9))
	third.Follow(&second)
	if third.Before == nil || third.Before.Images != 1 {
		t.Errorf("without a change in numbers: %+v", third.Before)
	}
	if first.Follow(nil); first.Before != nil {
		t.Errorf("the first follows %+v", first.Before)
	}
}
