package evaluator_test

import (
	"errors"
	"strings"
	"testing"

	"screentest/pkg/actor"
	"screentest/pkg/evaluator"
	"screentest/pkg/migration"
	"screentest/pkg/store/storetest"
)

const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"

// A file that was whole when the manifest listed it has not arrived; nothing is
// bought in its place. Once it is back, all is as before.
func TestWhatDidNotArriveIsNotReplaced(t *testing.T) {
	s := newScene(t, map[string][]byte{"one.png": small(1), "two.png": small(2), "three.png": small(3)})
	if _, err := migration.Reconcile(t.Context(), s.store, ada, s.now); err != nil {
		t.Fatal(err)
	}
	if e := s.evaluate(false); !e.Balanced {
		t.Fatalf("%+v", e.Plan)
	}
	s.put("two.png", []byte(pointer))
	for range 2 { // the second time it is no more in order than the first
		result, err := s.evaluator(s.store, false).Evaluate(t.Context(), ada)
		if !errors.Is(err, evaluator.ErrDamaged) || !strings.Contains(err.Error(), "two.png: bring back") || !result.Evaluation.Plan.Empty() {
			t.Errorf("%v, plan %+v", err, result.Evaluation.Plan)
		}
	}
	if _, proposed := s.book().Latest(); proposed {
		t.Error("a plan was put forward")
	}
	s.put("two.png", small(2))
	if e := s.evaluate(false); !e.Balanced {
		t.Errorf("%+v", e.Plan)
	}
}

// A file that was broken when it was listed is what it always was. The manifest
// is asked only where something is broken.
func TestWhatWasListedBrokenIsReplaced(t *testing.T) {
	s := newScene(t, map[string][]byte{"one.png": small(1), "two.png": small(2), "three.png": []byte(pointer)})
	if _, err := migration.Reconcile(t.Context(), s.store, ada, s.now); err != nil {
		t.Fatal(err)
	}
	for _, reads := range []int{1, 0} {
		counted := storetest.NewFaulty(s.store)
		result, err := s.evaluator(counted, false).Evaluate(t.Context(), ada)
		if err != nil || len(result.Evaluation.Plan.Delete) != 1-len(s.trash()) {
			t.Errorf("%v, plan %+v", err, result.Evaluation.Plan)
		}
		got := 0
		for _, op := range counted.Ops() {
			if op.Name == "get" && op.Key == actor.ManifestKey(ada.Name) {
				got++
			}
		}
		if got != reads {
			t.Errorf("the manifest was read %d times, want %d", got, reads)
		}
		if reads > 0 {
			s.perform()
		}
	}
}
