package main

import (
	"testing"

	"screentest/pkg/balance"
	"screentest/pkg/evaluation"
	"screentest/pkg/run"
)

// The table of evaluate and the pages say the same of an actor.
func TestAPlanThatLimitsMadeSmallerIsStillAPlan(t *testing.T) {
	smaller := balance.Plan{Generate: balance.Target{BWStylized: 1}, Limited: []string{"3 left out"}}
	for want, e := range map[string]evaluation.Evaluation{
		"unbalanced": {Plan: smaller},
		"limited":    {Plan: balance.Plan{Limited: []string{"all left out"}}},
		"balanced":   {Balanced: true},
	} {
		if got := standing(passActor{State: run.Completed, Summary: summaryOf(e)}); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := standing(passActor{State: run.Failed, Summary: summaryOf(evaluation.Evaluation{Balanced: true})}); got != "failed" {
		t.Errorf("failed is called %s", got)
	}
}
