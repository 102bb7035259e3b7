package execution_test

import (
	"strings"
	"testing"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/execution"
	"screentest/pkg/ledger"
	"screentest/pkg/store"
)

// A plan that was edited in the evaluation is neither taken from there nor passed
// over in silence.
func TestEditedPlan(t *testing.T) {
	st := newStudio(t, memory(), short, 0)
	if _, err := st.evaluator(st.store).Evaluate(t.Context(), st.actor); err != nil {
		t.Fatal(err)
	}
	err := store.Update(t.Context(), st.store, actor.EvaluationKey(name), func(old []byte) ([]byte, error) {
		return []byte(strings.Replace(string(old), `"bw_stylized": 1`, `"bw_stylized": 9`, 1)), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.approve(st.store); err == nil || !strings.Contains(err.Error(), "edited") {
		t.Errorf("got %v", err)
	}
	st.take(actor.LedgerKey(name))
	if err := st.approve(st.store); err == nil || !strings.Contains(err.Error(), "edited") {
		t.Errorf("without a ledger: %v", err)
	}
}

// The newest plan counts, also where the program ended before the evaluation that
// it follows from was written: an older one does not come back.
func TestOldPlanDoesNotComeBack(t *testing.T) {
	st := newStudio(t, memory(), balance.Mix{Photorealistic: 5, BWStylized: 2, ColorStylized: 1}, 0)
	st.settings.Target = balance.Target{Photorealistic: 3, BWStylized: 2, ColorStylized: 1}
	if _, err := st.evaluator(st.store).Evaluate(t.Context(), st.actor); err != nil {
		t.Fatal(err)
	}
	st.settings.Target = balance.Target{Photorealistic: 5, BWStylized: 2, ColorStylized: 2}
	ended := st.killed(moment{"before", "put", "/evaluations/"})
	if _, err := st.evaluator(ended).Evaluate(t.Context(), st.actor); err == nil {
		t.Fatal("the program did not end")
	}
	newest := st.latest()
	if err := st.approve(st.store); err != nil {
		t.Fatal(err)
	}
	if got := st.latest(); got.ID != newest.ID || got.State != ledger.Approved || len(got.Plan.Delete) > 0 {
		t.Errorf("approved is %s, which deletes %d images; the newest plan is %s", got.ID, len(got.Plan.Delete), newest.ID)
	}
}

// Nor does a plan that follows from how the set was before the newest was done.
func TestEvaluatedMeanwhile(t *testing.T) {
	st := newStudio(t, memory(), short, 0)
	if _, err := st.balance(st.killed(moment{"before", "put", "_20.png"})); err == nil {
		t.Fatal("the program did not end")
	}
	st.settings.Target.BWStylized = 5
	if _, err := st.evaluator(st.store).Evaluate(t.Context(), st.actor); err != nil {
		t.Fatal(err)
	}
	if _, err := st.executor(st.store).Perform(t.Context(), st.actor); err != nil {
		t.Fatal(err)
	}
	intent, err := execution.IntentOf(t.Context(), st.store, name, ledger.Signature{By: "test", At: st.now()})
	if err != nil || intent.Open() || intent.State != ledger.Done {
		t.Errorf("%+v, %v", intent, err)
	}
}
