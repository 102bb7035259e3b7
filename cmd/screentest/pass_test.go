package main

import (
	"testing"

	"screentest/pkg/album"
	"screentest/pkg/balance"
	"screentest/pkg/evaluation"
	"screentest/pkg/run"
)

// The table of evaluate and the pages have one word for one standing.
func TestAnActorStandsInTheTableAsOnThePages(t *testing.T) {
	one := []balance.Deletion{{File: "a.png"}}
	for want, e := range map[album.State]evaluation.Evaluation{
		album.Balanced:   {Balanced: true, Plan: balance.Plan{Limited: []string{"kept"}}},
		album.Limited:    {Plan: balance.Plan{Limited: []string{"1 of 2 not deleted"}}},
		album.Unbalanced: {Plan: balance.Plan{Delete: one, Limited: []string{"1 of 2 not deleted"}}},
	} {
		if got := standing(passActor{State: run.Completed, Summary: summaryOf(e)}); got != string(want) {
			t.Errorf("%s is called %s", want, got)
		}
	}
	if got := standing(passActor{State: run.Failed, Summary: summaryOf(evaluation.Evaluation{})}); got != "failed" {
		t.Errorf("one that failed is called %s", got)
	}
}
