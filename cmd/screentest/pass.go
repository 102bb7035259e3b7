package main

import (
	"context"
	"fmt"
	"strings"

	"screentest/pkg/actor"
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
	Name     actor.Name             `json:"name"`
	State    run.State              `json:"state"`
	Reason   string                 `json:"reason,omitempty"`
	Summary  *evaluationSummary     `json:"evaluation,omitempty"`
	document *evaluation.Evaluation // nil where there is none
}

type evaluationSummary struct {
	Images   int            `json:"images"`
	Mix      balance.Mix    `json:"mix"`
	Balanced bool           `json:"balanced"`
	Delete   int            `json:"delete"`
	Generate balance.Target `json:"generate"`
	Limited  string         `json:"limited,omitempty"`
}

func (a *app) reportPass(ctx context.Context, s store.Store, r run.Run) (passReport, error) {
	outcomes, err := r.Outcomes(ctx, s)
	if err != nil {
		return passReport{}, err
	}
	progress, err := r.Progress(ctx, s, a.now())
	if err != nil {
		return passReport{}, err
	}
	report := passReport{Progress: progress, Actors: []passActor{}}
	for _, o := range outcomes {
		line := passActor{Name: o.Actor, State: o.State, Reason: o.Reason}
		if line.document, _, err = evaluation.Load(ctx, s, o.Actor); err != nil {
			return passReport{}, err
		}
		report.add(line)
	}
	if a.json {
		return report, a.printJSON(report)
	}
	a.printPass(report)
	return report, nil
}

func (r *passReport) add(line passActor) {
	if e := line.document; e != nil {
		line.Summary = &evaluationSummary{
			Images: len(e.Images), Mix: e.Mix, Balanced: e.Balanced, Delete: len(e.Plan.Delete),
			Generate: e.Plan.Generate, Limited: strings.Join(e.Plan.Limited, "; "),
		}
		r.Images += len(e.Images)
		r.Delete += len(e.Plan.Delete)
		r.Generate += e.Plan.Generate.Total()
		if e.Balanced {
			r.Balanced++
		}
	}
	r.Actors = append(r.Actors, line)
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
	t.Render()
	a.printf("\nMix and target are photorealistic/bw_stylized/color_stylized. Nothing was changed but screentest/.\n")
	a.printf("%s: %d evaluated, %d unchanged, %d failed, %d remaining; %s, $%.4f.\n",
		plural(r.Total, "actor"), r.Completed, r.Skipped, r.Failed, r.Remaining, plural(r.Usage.Requests, "model request"), r.Usage.USD)
	a.printf("%s judged; %d sets balanced; the plans would delete %d and generate %d.\n",
		plural(r.Images, "image"), r.Balanced, r.Delete, r.Generate)
	for _, f := range r.Failures {
		a.printf("failed: %s: %s\n", printable(string(f.Actor)), printable(f.Reason))
	}
	if len(r.Actors) > 0 {
		a.printf("Why, image by image: %s/%s\n", strings.TrimSuffix(a.data, "/"), actor.EvaluationKey(r.Actors[0].Name))
	}
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

func standing(line passActor) string {
	switch {
	case line.State == run.Failed:
		return "failed"
	case line.Summary.Balanced:
		return "balanced"
	case line.Summary.Limited != "":
		return "limited"
	}
	return "out of balance"
}
