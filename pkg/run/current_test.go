package run_test

import (
	"testing"
	"time"

	"screentest/pkg/run"
	"screentest/pkg/store/mem"
)

func TestTheRunUnderWayIsTheCurrentOne(t *testing.T) {
	s := mem.New()
	current := func(now time.Time, mode run.Mode) {
		t.Helper()
		r, err := run.Current(t.Context(), s, now)
		if err != nil || r == nil || r.Mode != mode {
			t.Errorf("%+v, %v; want one of %s", r, err, mode)
		}
	}
	if r, err := run.Current(t.Context(), s, noon); r != nil || err != nil {
		t.Errorf("of none: %+v, %v", r, err)
	}
	act, err := run.Start(t.Context(), s, run.Run{Mode: run.Execute}, false, noon)
	if err != nil {
		t.Fatal(err)
	}
	current(noon, run.Execute)
	look := start(t, s, noon.Add(time.Minute))
	current(noon.Add(time.Minute), run.DryRun)
	if _, err := look.End(t.Context(), s, noon.Add(2*time.Minute), nil); err != nil {
		t.Fatal(err)
	}
	current(noon.Add(3*time.Minute), run.Execute) // it goes on
	current(noon.Add(30*time.Hour), run.DryRun)   // it was killed, as far as anybody knows
	if _, err := act.End(t.Context(), s, noon.Add(3*time.Minute), nil); err != nil {
		t.Fatal(err)
	}
	current(noon.Add(4*time.Minute), run.DryRun)
}
