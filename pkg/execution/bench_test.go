package execution_test

import (
	"testing"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/evaluation"
	"screentest/pkg/execution"
	"screentest/pkg/ledger"
	"screentest/pkg/settings"
	"screentest/pkg/store/dir"
	"screentest/pkg/store/storetest"
)

// BenchmarkBookkeeping performs plans of three pictures and three deletions in a
// directory, with pictures that take no time to make, judge or decode: what is
// left is the ledger, the manifest, the trash and the files.
func BenchmarkBookkeeping(b *testing.B) {
	var operations int
	for b.Loop() {
		b.StopTimer()
		s, err := dir.Open(b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		st := newStudio(b, s, balance.Mix{Photorealistic: 14, BWStylized: 2, ColorStylized: 2}, 2)
		st.camera.free = true // no probe for room, which is stored once for a whole run
		if _, err := st.evaluator(s).Evaluate(b.Context(), st.actor); err != nil {
			b.Fatal(err)
		}
		if err := st.approve(s); err != nil {
			b.Fatal(err)
		}
		counted := storetest.NewFaulty(s)
		x := st.executor(counted)
		b.StartTimer()
		result, err := x.Perform(b.Context(), st.actor)
		if err != nil || result.Generated != 3 || result.Deleted != 3 {
			b.Fatal(result, err)
		}
		operations = len(counted.Ops())
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/actor")
	b.ReportMetric(float64(operations)/6, "ops/step")
}

// BenchmarkNothingToDo is what a message costs whose work is done.
func BenchmarkNothingToDo(b *testing.B) {
	s, err := dir.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	st := newStudio(b, s, balance.Mix{Photorealistic: 14, BWStylized: 2, ColorStylized: 2}, 2)
	st.mustBalance()
	for b.Loop() {
		if _, err := st.executor(s).Perform(b.Context(), st.actor); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPlanning draws the conclusions from the verdicts on 20 images and puts
// the plan on a ledger.
func BenchmarkPlanning(b *testing.B) {
	s, err := dir.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	st := newStudio(b, s, balance.Mix{Photorealistic: 14, BWStylized: 2, ColorStylized: 2}, 2)
	if _, err := st.evaluator(s).Evaluate(b.Context(), st.actor); err != nil {
		b.Fatal(err)
	}
	e := st.evaluation()
	set, err := actor.LoadSet(b.Context(), s, st.actor)
	if err != nil {
		b.Fatal(err)
	}
	facts := evaluation.Facts{Actor: name, Judge: e.Judge, Base: e.Base}
	for i, image := range e.Images {
		facts.Images = append(facts.Images, evaluation.Fact{Info: set.Images[i], SHA256: image.SHA256, Broken: "for the benchmark"})
	}
	for b.Loop() {
		made := evaluation.Build(facts, settings.Default())
		if err := ledger.New(s, name).Propose(b.Context(), made.Plan, made.Contents(), ledger.Signature{By: "bench", At: st.now()}); err != nil {
			b.Fatal(err)
		}
		if _, err := execution.IntentOf(b.Context(), s, name, ledger.Signature{By: "bench", At: st.now()}); err != nil {
			b.Fatal(err)
		}
	}
}
