package verify_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/evaluation"
	"screentest/pkg/ledger"
	"screentest/pkg/store"
	"screentest/pkg/verify"
)

// evaluated puts an evaluation on record that found these images, by file.
func (w *world) evaluated(at time.Time, images map[string]string) {
	w.Helper()
	e := evaluation.Evaluation{SchemaVersion: evaluation.SchemaVersion, Actor: "ada", EvaluatedAt: at}
	for file, body := range images {
		e.Images = append(e.Images, evaluation.Image{File: file, SHA256: sum(body)})
	}
	w.check(evaluation.Save(w.Context(), w.store, e, ""))
}

// emptied takes the directory of the set away, with all that is in it.
func (w *world) emptied() {
	w.Helper()
	for key := range contents(w.TB, w.store) {
		if strings.HasPrefix(key, string(actor.TrainingKey("ada", ""))) {
			remove(w.TB, w.store, store.Key(key))
		}
	}
}

func TestLostImages(t *testing.T) {
	later := clock().Add(time.Hour)
	tests := []struct {
		name   string
		change func(w *world)
		want   []string
	}{
		{"a set that was changed", func(w *world) { w.trashed(); w.emptied() }, []string{"lost_image 1.png"}},
		{"with what was placed", func(w *world) { p, _ := w.placed(); w.end(p, ledger.Failed); w.emptied() },
			[]string{"lost_image 1.png", "lost_image 2.png", "lost_image 3.png", "leftover screentest/generated/ada/PLAN/generate/bw_stylized/1-2.json"}},
		{"with what was restored", func(w *world) {
			p, r := w.trashed()
			w.record(p, 1, ledger.Line{Act: ledger.Restored, File: r.File, SHA256: r.SHA256})
			remove(w.TB, w.store, r.ImageKey())
			remove(w.TB, w.store, r.Key())
			w.emptied()
		}, []string{"lost_image 1.png", "lost_image 2.png"}},
		{"but not what was deleted for good", func(w *world) {
			p, r := w.trashed()
			w.record(p, 1, ledger.Line{Act: ledger.Emptied, File: r.File, SHA256: r.SHA256})
			remove(w.TB, w.store, r.ImageKey())
			remove(w.TB, w.store, r.Key())
			w.emptied()
		}, []string{"lost_image 1.png"}},
		{"a set for which a plan was proposed", func(w *world) { w.approved(); w.emptied() }, []string{"lost_image 1.png", "lost_image 2.png"}},
		{"a set that was evaluated", func(w *world) { w.evaluated(clock(), map[string]string{"1.png": "one"}); w.emptied() }, []string{"lost_image 1.png"}},
		{"an evaluation that knows less than the acts since", func(w *world) {
			w.evaluated(clock().Add(-time.Hour), map[string]string{"1.png": "one", "9.png": "nine"})
			p, _ := w.placed()
			w.end(p, ledger.Failed)
			w.emptied()
		}, []string{"lost_image 1.png", "lost_image 2.png", "lost_image 3.png", "leftover screentest/generated/ada/PLAN/generate/bw_stylized/1-2.json"}},
		{"an evaluation made since a person took one out", func(w *world) {
			w.trashed()
			w.gone("1.png")
			w.reconcile()
			w.evaluated(later, nil)
		}, nil},
		{"an image under another name", func(w *world) { w.trashed(); w.gone("1.png"); w.image("7.png", "one"); w.reconcile() }, nil},
		{"other contents, and the manifest agrees", func(w *world) {
			w.trashed()
			w.gone("1.png")
			w.reconcile()
			w.image("1.png", "other")
			remove(w.TB, w.store, actor.ManifestKey("ada"))
			w.reconcile()
		}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := settled(t)
			test.change(w)
			report, err := verify.Actor(t.Context(), w.config(), ada)
			w.check(err)
			if got := told(w, report.Findings); !slices.Equal(got, test.want) {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

// An image is told once; that its entry was mended does not hide that it is gone.
func TestRepairHidesNoLoss(t *testing.T) {
	w := settled(t)
	w.trashed()
	w.gone("1.png")
	seen, err := verify.Actor(t.Context(), w.config(), ada)
	w.check(err)
	if got := told(w, seen.Findings); !slices.Equal(got, []string{"entry_without_object 1.png"}) {
		t.Errorf("found %q", got)
	}
	for _, want := range [][]string{{"entry_without_object 1.png"}, nil} {
		report, err := verify.Repair(t.Context(), w.config(), ada)
		w.check(err)
		if got := told(w, report.Mended); !slices.Equal(got, want) {
			t.Errorf("mended %q, want %q", got, want)
		}
		if got := told(w, report.Findings); !slices.Equal(got, []string{"lost_image 1.png"}) {
			t.Errorf("left %q", got)
		}
	}
}
