package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"screentest/pkg/actor"
	"screentest/pkg/album"
	"screentest/pkg/balance"
	"screentest/pkg/evaluation"
	"screentest/pkg/run"
	"screentest/pkg/store"
)

// passReport is what `evaluate` prints: the run in numbers and the actors as
// they now stand on record.
type passReport struct {
	run.Progress
	Images   int         `json:"images"`
	Balanced int         `json:"balanced"`
	Delete   int         `json:"delete"`
	Generate int         `json:"generate"`
	Actors   []passActor `json:"actors"`
}

type passActor struct {
	Name    actor.Name         `json:"name"`
	State   run.State          `json:"state"`
	Reason  string             `json:"reason,omitempty"`
	Summary *evaluationSummary `json:"evaluation,omitempty"`
}

type evaluationSummary struct {
	Images   int            `json:"images"`
	Mix      balance.Mix    `json:"mix"`
	Balanced bool           `json:"balanced"`
	Delete   int            `json:"delete"`
	Generate balance.Target `json:"generate"`
	Limited  string         `json:"limited,omitempty"`
	Problems []string       `json:"problems,omitempty"`
	state    album.State    // in the words of the pages
}

func (a *app) reportPass(ctx context.Context, s store.Store, r run.Run) (passReport, error) {
	outcomes, err := r.Outcomes(ctx, s)
	if err != nil {
		return passReport{}, err
	}
	report := passReport{Progress: r.Summarize(outcomes, a.now()), Actors: []passActor{}}
	for _, o := range outcomes {
		line := passActor{Name: o.Actor, State: o.State, Reason: o.Reason}
		e, _, err := evaluation.Load(ctx, s, o.Actor)
		if err != nil {
			line.Reason = err.Error() // of this actor; the others are reported all the same
		}
		report.add(line, e)
	}
	return report, nil
}

// add counts an actor in; e is nil where there is no evaluation of it.
func (r *passReport) add(line passActor, e *evaluation.Evaluation) {
	if e != nil {
		line.Summary = summaryOf(*e)
		r.Images += len(e.Images)
		r.Delete += len(e.Plan.Delete)
		r.Generate += e.Plan.Generate.Total()
		if e.Balanced {
			r.Balanced++
		}
	}
	r.Actors = append(r.Actors, line)
}

func summaryOf(e evaluation.Evaluation) *evaluationSummary {
	return &evaluationSummary{
		Images: len(e.Images), Mix: e.Mix, Balanced: e.Balanced, Delete: len(e.Plan.Delete),
		Generate: e.Plan.Generate, Limited: strings.Join(e.Plan.Limited, "; "), Problems: e.Problems,
		state: album.StateOf(e),
	}
}

func (a *app) printPass(r passReport) {
	t := a.newTable("actor", "images", "mix", "delete", "generate", "state")
	for _, line := range r.Actors {
		name := printable(string(line.Name))
		e := line.Summary
		if e == nil {
			t.AppendRow([]any{name, "", "", "", "", string(line.State)})
			continue
		}
		t.AppendRow([]any{name, e.Images, mix(e.Mix), dash(e.Delete), dash(e.Generate.Total()), standing(line)})
	}
	a.render(t)
	a.printf("\nMix: photorealistic/bw_stylized/color_stylized. Only screentest/ was written to.\n")
	a.printf("%s: %d evaluated, %d unchanged, %d failed, %d remaining.\n",
		plural(r.Total, "actor"), r.Completed, r.Skipped, r.Failed, r.Remaining)
	a.printf("%s in %s, %d balanced. The plans: delete %d, generate %d.\n",
		plural(r.Images, "image"), plural(r.evaluated(), "set"), r.Balanced, r.Delete, r.Generate)
	a.printf("This run: %s, $%.4f.\n", plural(r.Usage.Requests, "model request"), r.Usage.USD)
	for _, line := range r.Actors {
		a.printNotes(line)
	}
	if i := slices.IndexFunc(r.Actors, func(line passActor) bool { return line.Summary != nil }); i >= 0 {
		key := actor.EvaluationKey(r.Actors[i].Name)
		a.printf("Why, image by image: %s\n", printable(strings.TrimSuffix(a.data, "/")+"/"+string(key)))
	}
}

// printNotes tells what else a person should know of an actor.
func (a *app) printNotes(line passActor) {
	name := printable(string(line.Name))
	if line.State == run.Failed {
		a.printf("failed: %s: %s\n", name, printable(line.Reason))
	}
	if line.Summary == nil {
		return
	}
	for _, problem := range line.Summary.Problems {
		a.printf("note: %s: %s\n", name, printable(problem))
	}
}

// evaluated counts the sets that have an evaluation on record.
func (r passReport) evaluated() int {
	n := 0
	for _, line := range r.Actors {
		if line.Summary != nil {
			n++
		}
	}
	return n
}

func mix(m balance.Mix) string {
	return fmt.Sprintf("%d/%d/%d", m.Photorealistic, m.BWStylized, m.ColorStylized)
}

// dash leaves zeros out of a table, so that what is to be done stands out.
func dash(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

// standing says how the actor was left, in the words of the pages.
func standing(line passActor) string {
	if line.State == run.Failed || line.State == run.Interrupted || line.Summary == nil {
		return string(line.State)
	}
	return string(line.Summary.state)
}
