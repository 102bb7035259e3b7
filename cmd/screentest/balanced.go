package main

import (
	"context"
	"strings"

	"screentest/pkg/actor"
	"screentest/pkg/evaluation"
	"screentest/pkg/execution"
	"screentest/pkg/run"
)

// balanceReport is what `balance` prints: the run in numbers, and each actor as
// its set now stands.
type balanceReport struct {
	run.Progress
	Generated int             `json:"generated"`
	Deleted   int             `json:"deleted"`
	Balanced  int             `json:"balanced"`
	Actors    []balancedActor `json:"actors"`
}

type balancedActor struct {
	passActor
	Generated int      `json:"generated"`
	Deleted   int      `json:"deleted"`
	Outside   []string `json:"left_outside,omitempty"` // addresses of deleted images beyond our reach
}

func (b *balancing) report(ctx context.Context, r run.Run, results map[actor.Name]execution.Result) (balanceReport, error) {
	outcomes, err := r.Outcomes(ctx, b.store)
	if err != nil {
		return balanceReport{}, err
	}
	report := balanceReport{Progress: r.Summarize(outcomes, b.app.now()), Actors: []balancedActor{}}
	for _, o := range outcomes {
		result := results[o.Actor]
		line := balancedActor{
			passActor: passActor{Name: o.Actor, State: o.State, Reason: o.Reason},
			Generated: result.Generated, Deleted: result.Deleted, Outside: result.Outside,
		}
		if e, _, err := evaluation.Load(ctx, b.store, o.Actor); err != nil {
			line.Reason = err.Error()
		} else if e != nil {
			line.Summary = summaryOf(*e)
			if e.Balanced {
				report.Balanced++
			}
		}
		report.Generated += line.Generated
		report.Deleted += line.Deleted
		report.Actors = append(report.Actors, line)
	}
	return report, nil
}

func (b *balancing) print(r balanceReport) error {
	a := b.app
	if a.json {
		if r.Actors == nil {
			r.Actors, r.Failures = []balancedActor{}, []run.Failure{}
		}
		return a.printJSON(r)
	}
	if len(r.Actors) == 0 {
		return nil
	}
	t := a.newTable("actor", "generated", "deleted", "images", "mix", "state")
	for _, line := range r.Actors {
		images, made := "", ""
		if line.Summary != nil {
			images, made = dash(line.Summary.Images), mix(line.Summary.Mix)
		}
		t.AppendRow([]any{printable(string(line.Name)), dash(line.Generated), dash(line.Deleted), images, made, standing(line.passActor)})
	}
	a.render(t)
	a.printf("\n%s: %d completed, %d failed, %d remaining; %d balanced.\n", plural(r.Total, "actor"), r.Completed, r.Failed, r.Remaining, r.Balanced)
	a.printf("%s generated, %s moved to the trash (`screentest restore` brings them back). This run: %s, $%.4f.\n",
		plural(r.Generated, "picture"), plural(r.Deleted, "image"), plural(r.Usage.Requests, "model request"), r.Usage.USD)
	for _, line := range r.Actors {
		if line.State == run.Failed || line.State == run.Interrupted {
			a.printf("%s: %s: %s\n", line.State, printable(string(line.Name)), printable(strings.ReplaceAll(line.Reason, "\n", "; ")))
		}
	}
	b.printOutside(r)
	return nil
}

// printOutside tells of objects that were left where they are.
func (b *balancing) printOutside(r balanceReport) {
	n := 0
	for _, line := range r.Actors {
		n += len(line.Outside)
	}
	if n > 0 {
		b.app.printf("note: %s of deleted images lie outside of the tree and the mirror and were left there; --json lists them.\n", plural(n, "object"))
	}
}
