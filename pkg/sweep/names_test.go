package sweep_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/run"
	"screentest/pkg/sweep"
)

// What a call means by its actors; "" where it must be refused, by a name that the
// state machine knows.
func TestWhoIsMeant(t *testing.T) {
	all := everybody
	for actors, want := range map[string]map[run.Mode][]actor.Name{
		`,"actors":"all"`:    {run.DryRun: all, run.Execute: all},
		``:                   {run.DryRun: all, run.Execute: all},
		`,"actors":[]`:       {run.DryRun: all},
		`,"actors":["zoë"]`:  {run.DryRun: {"zoë"}, run.Execute: {"zoë"}},
		`,"actors":null`:     {},
		`,"actors":""`:       {},
		`,"actors":"zoë"`:    {},
		`,"actors":[""]`:     {},
		`,"actors":[null]`:   {},
		`,"actors":[["a"]]`:  {},
		`,"actors":{"a":1}`:  {},
		`,"actors":false`:    {},
		`,"actors":["a"],`:   {},
		`,"actors":["all"]`:  {},
		`,"actors":["a",""]`: {},
	} {
		for _, mode := range []run.Mode{run.DryRun, run.Execute} {
			queue := &sent{}
			o := sweep.Orchestrator{Store: tree(t), Queue: queue, Now: func() time.Time { return noon }}
			in, err := sweep.DecodePage([]byte(`{"run_id":"r1","mode":"` + string(mode) + `","cursor":""` + actors + `}`))
			if err == nil {
				_, err = o.Page(t.Context(), in)
			}
			_, invalid := err.(sweep.Invalid)
			if !slices.Equal(queue.actors(), want[mode]) || (err != nil) != (want[mode] == nil) || err != nil && !invalid {
				t.Errorf("%s of %s asks for %q, %T %v; want %q", mode, actors, queue.actors(), err, err, want[mode])
			}
		}
	}
}

func TestNamesAreWrittenAsTheyAreRead(t *testing.T) {
	for _, names := range []sweep.Names{nil, {}, {"a", "all"}} {
		text, err := json.Marshal(sweep.PageInput{RunID: "r1", Mode: run.DryRun, Actors: names})
		if err != nil {
			t.Fatal(err)
		}
		in, err := sweep.DecodePage(text)
		if err != nil || (in.Actors == nil) != (names == nil) || !slices.Equal(in.Actors, names) {
			t.Errorf("%s is read as %q, %v", text, in.Actors, err)
		}
	}
}
