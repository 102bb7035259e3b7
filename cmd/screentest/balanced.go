package main

import (
	"context"
	"strings"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/evaluation"
	"screentest/pkg/execution"
	"screentest/pkg/run"
)

// balanceReport is what `balance` prints: the run in numbers, and each actor as
// its set now stands.
type balanceReport struct {
	run.Progress
	Spent      cost.Usage         `json:"spent"` // by this command; usage is what the run has spent, also before it was interrupted
	Generated  int                `json:"generated"`
	Deleted    int                `json:"deleted"`
	Balanced   int                `json:"balanced"`
	Actors     []balancedActor    `json:"actors"`
	Left       []execution.Intent `json:"left"`       // plans that were rejected or have failed
	Unreadable []run.Failure      `json:"unreadable"` // actors whose record cannot be read
}

// nothing is the report where nothing was to be done, or was not wanted.
func (b *balancing) nothing() balanceReport {
	r := balanceReport{
		Actors: []balancedActor{}, Left: append([]execution.Intent{}, b.closed...), Unreadable: append([]run.Failure{}, b.broken...),
	}
	r.Failures = []run.Failure{}
	return r
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
	report := b.nothing()
	report.Progress = r.Summarize(outcomes, b.app.now())
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
	a.printf("%s generated, %s moved to the trash (`screentest restore` brings them back). Spent by this command: %s, $%.4f.\n",
		plural(r.Generated, "picture"), plural(r.Deleted, "image"), plural(r.Spent.Requests, "model request"), r.Spent.USD)
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
		b.app.printf("note: left outside of the tree and the mirror: %s of deleted images; --json lists them.\n", plural(n, "object"))
	}
}
