package main

import (
	"strings"
	"testing"

	"screentest/pkg/balance"
	"screentest/pkg/execution"
	"screentest/pkg/settings"
)

// Plans are performed as they stand; that they go beyond a limit of now is said.
func TestThePreviewNamesPlansBeyondTheLimits(t *testing.T) {
	intent := execution.Intent{Actor: "ada", Delete: make([]balance.Deletion, 2), Generate: balance.Target{BWStylized: 3}}
	for _, test := range []struct {
		limits balance.Limits
		want   []string
	}{
		{balance.Limits{Deletions: -1, Generations: -1}, nil},
		{balance.Limits{Deletions: 2, Generations: 3}, nil},
		{balance.Limits{Deletions: 0, Generations: 2}, []string{"ada: the plan deletes 2 and was made before plan.limits.deletions was 0", "ada: the plan generates 3 and was made before plan.limits.generations was 2"}},
	} {
		var out strings.Builder
		set := settings.Default()
		set.Plan.Limits = test.limits
		b := &balancing{app: &app{stdout: &out}, settings: set, intents: []execution.Intent{intent}}
		b.preview()
		if got := strings.Count(out.String(), "note: "); got != len(test.want) {
			t.Errorf("%+v: %d notes", test.limits, got)
		}
		for _, want := range test.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%+v: it is not said: %q in\n%s", test.limits, want, out.String())
			}
		}
	}
}
