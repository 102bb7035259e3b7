package execution_test

import (
	"testing"

	"screentest/pkg/balance"
	"screentest/pkg/ledger"
)

// A plan can be withdrawn wherever it was cut off: nothing stays half done, nothing
// is lost, and what is left of it is not done.
func TestWithdrawn(t *testing.T) {
	mix := balance.Mix{Photorealistic: 15, BWStylized: 3, ColorStylized: 3}
	for _, m := range []moment{
		{"before", "put", "-1.json"}, {"after", "put", "-1.json"}, {"before", "put", "_22.png"}, {"after", "put", "_22.png"},
		{"before", "copy", ""}, {"after", "copy", ""}, {"before", "delete", "/training_data/"}, {"after", "delete", "/training_data/"},
	} {
		t.Run(m.when+" "+m.op+m.part, func(t *testing.T) {
			st := newStudio(t, memory(), mix, 0)
			before := st.files()
			if _, err := st.balance(st.killed(m)); err == nil {
				t.Fatal("nothing was cut off")
			}
			p, err := st.executor(st.store).Reject(t.Context(), st.actor, "second thoughts")
			if err != nil || st.latest().State != ledger.Rejected || st.latest().ID != p.ID {
				t.Fatalf("%v: the plan is %s", err, st.latest().State)
			}
			st.clean()
			orders := len(st.camera.orders)
			if r, err := st.executor(st.store).Perform(t.Context(), st.actor); err != nil || r.Proposal != "" || len(st.camera.orders) != orders {
				t.Errorf("it went on: %+v, %v", r, err)
			}
			_, contents := st.everything()
			for file, sum := range before {
				if !contents[sum] {
					t.Errorf("%s is lost", file)
				}
			}
		})
	}
}
