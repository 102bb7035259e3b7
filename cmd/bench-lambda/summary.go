package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/run"
	"screentest/pkg/sweep"
)

// outcomes is how many the last look of a sweep sums up here.
const outcomes = 20_000

// measureSummary ends a sweep: what it takes is what limits how large one may be.
func measureSummary(bin string) error {
	a, err := newAccount()
	if err != nil {
		return err
	}
	defer a.close()
	if err := a.settle(); err != nil {
		return err
	}
	f := a.function(bin, "progress")
	began := time.Now()
	answer, err := f.Invoke(context.Background(), []byte(`{"run_id": "bench", "mode": "dry-run", "waits": 0}`))
	took := time.Since(began)
	f.Close()
	var out sweep.LookOutput
	if err == nil {
		err = json.Unmarshal(answer, &out)
	}
	if err != nil || !out.Done || out.Summary.Usage.Requests != outcomes {
		return fmt.Errorf("the sweep has not ended: %+v, %w", out, err)
	}
	fmt.Printf("\nthe last look of a sweep, %d outcomes, in %.1f s\n", outcomes, took.Seconds())
	fmt.Printf("  processor an outcome (≤ 0.5 ms): %.3f ms\n", f.Used().Seconds()*1000/outcomes)
	return nil
}

// settle puts a sweep on record whose actors have all been completed.
func (a *account) settle() error {
	for i := range outcomes {
		o := run.Outcome{SchemaVersion: run.SchemaVersion, Actor: actor.Name(fmt.Sprintf("%07d_actor", i)), State: run.Completed,
			At: time.Unix(1_800_000_000, 0), Usage: cost.Usage{Requests: 1, USD: 0.0015}}
		body, err := json.Marshal(o)
		if err == nil {
			err = a.write(fmt.Sprintf("screentest/runs/dry-run/bench/outcomes/%s/completed.json", o.Actor), body)
		}
		if err != nil {
			return err
		}
	}
	header := sweep.Header{SchemaVersion: sweep.SchemaVersion, ID: "bench", Mode: run.DryRun, StartedAt: time.Unix(1_800_000_000, 0), Total: outcomes, Listed: true}
	text, err := json.Marshal(header)
	if err == nil {
		err = a.write("screentest/runs/dry-run/bench/sweep.json", text)
	}
	return err
}
