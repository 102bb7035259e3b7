package decision_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/decision"
	"screentest/pkg/note"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
	"screentest/pkg/verdict"
)

var (
	sumA = strings.Repeat("a", 64)
	sumB = strings.Repeat("b", 64)
)

func decide(kind decision.Kind, style verdict.Style) decision.Decision {
	return decision.Decision{SHA256: sumA, File: "a.png", Kind: kind, Style: style, By: "ada", Why: "because", At: time.Unix(1e9, 0).UTC()}
}

func TestTheLastDecisionCounts(t *testing.T) {
	keep, condemn, withdraw := decide(decision.Keep, ""), decide(decision.Condemn, ""), decide(decision.Withdraw, "")
	drawing, photo := decide(decision.Style, verdict.BWStylized), decide(decision.Style, verdict.Photorealistic)
	for name, test := range map[string]struct {
		history []decision.Decision
		fate    decision.Kind
		style   verdict.Style
		settles bool
	}{
		"nothing":            {nil, "", "", false},
		"keep":               {[]decision.Decision{keep}, decision.Keep, "", false},
		"condemn":            {[]decision.Decision{condemn}, decision.Condemn, "", true},
		"second thoughts":    {[]decision.Decision{condemn, keep}, decision.Keep, "", false},
		"style beside fate":  {[]decision.Decision{keep, drawing}, decision.Keep, verdict.BWStylized, true},
		"style again":        {[]decision.Decision{drawing, photo}, "", verdict.Photorealistic, true},
		"withdrawn":          {[]decision.Decision{keep, drawing, withdraw}, "", "", false},
		"after a withdrawal": {[]decision.Decision{keep, withdraw, drawing}, "", verdict.BWStylized, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := mem.New()
			for _, d := range test.history {
				if err := decision.Add(t.Context(), s, "ada", d); err != nil {
					t.Fatal(err)
				}
			}
			now, err := decision.Load(t.Context(), s, "ada")
			got := now[sumA]
			if err != nil || got.Fate != test.fate || got.Style != test.style || got.Settles() != test.settles {
				t.Errorf("%+v, %v", got, err)
			}
			history, err := decision.History(t.Context(), s, "ada")
			if err != nil || len(history) != len(test.history) {
				t.Errorf("%d decisions in the history, %v", len(history), err)
			}
		})
	}
}

func TestWhatCannotBeMeantIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*decision.Decision){
		"kind":           func(d *decision.Decision) { d.Kind = "burn" },
		"style":          func(d *decision.Decision) { d.Kind, d.Style = decision.Style, "cubist" },
		"style of keep":  func(d *decision.Decision) { d.Style = verdict.BWStylized },
		"no content":     func(d *decision.Decision) { d.SHA256 = "" },
		"path":           func(d *decision.Decision) { d.SHA256 = strings.Repeat("../", 21) + "x" },
		"nobody":         func(d *decision.Decision) { d.By = "" },
		"endless note":   func(d *decision.Decision) { d.Why = strings.Repeat("x", note.MaxText+1) },
		"not UTF-8":      func(d *decision.Decision) { d.Why = "\xff" },
		"name too long":  func(d *decision.Decision) { d.By = strings.Repeat("x", note.MaxName+1) },
		"upper-case hex": func(d *decision.Decision) { d.SHA256 = strings.Repeat("A", 64) },
	} {
		s, d := mem.New(), decide(decision.Keep, "")
		spoil(&d)
		if err := decision.Add(t.Context(), s, "ada", decide(decision.Keep, ""), d); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if history, err := decision.History(t.Context(), s, "ada"); len(history) != 0 || err != nil {
			t.Errorf("%s: %d decisions recorded, %v", name, len(history), err)
		}
	}
}

func TestADamagedDocumentIsAnErrorAndNotOverwritten(t *testing.T) {
	for _, text := range []string{
		"", "{", `{"schema_version": 2, "actor": "ada"}`, `{"schema_version": 1, "actor": "bob"}`,
		`{"schema_version": 1, "actor": "ada", "decisions": [{"kind": "burn"}]}`,
	} {
		s := mem.New()
		if _, err := s.Put(t.Context(), actor.DecisionsKey("ada"), []byte(text), store.IfAbsent); err != nil {
			t.Fatal(err)
		}
		if now, err := decision.Load(t.Context(), s, "ada"); err == nil {
			t.Errorf("%q is read as %v", text, now)
		}
		if err := decision.Add(t.Context(), s, "ada", decide(decision.Keep, "")); err == nil {
			t.Errorf("%q is overwritten", text)
		}
		after, _, err := store.ReadAll(t.Context(), s, actor.DecisionsKey("ada"), 1000)
		if err != nil || string(after) != text {
			t.Errorf("%q became %q, %v", text, after, err)
		}
	}
}

func TestWritersAtOnceLoseNothing(t *testing.T) {
	s := mem.New()
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			d := decide(decision.Keep, "")
			d.SHA256 = fmt.Sprintf("%064x", i)
			if err := decision.Add(t.Context(), s, "ada", d); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if now, err := decision.Load(t.Context(), s, "ada"); len(now) != 8 || err != nil {
		t.Errorf("%d rulings, %v", len(now), err)
	}
}

func TestTheDigestFollowsWhatCounts(t *testing.T) {
	s := mem.New()
	seen := map[string]bool{}
	for _, d := range []decision.Decision{decide(decision.Keep, ""), decide(decision.Condemn, ""), decide(decision.Style, verdict.BWStylized)} {
		now, err := decision.Load(t.Context(), s, "ada")
		if err != nil || seen[now.Digest()] {
			t.Errorf("before %s the digest is an old one, %v", d.Kind, err)
		}
		seen[now.Digest()] = true
		if err := decision.Add(t.Context(), s, "ada", d); err != nil {
			t.Fatal(err)
		}
	}
	if !seen[""] {
		t.Error("without a decision there is a digest")
	}
	if err := decision.Add(t.Context(), s, "ada", decide(decision.Withdraw, "")); err != nil {
		t.Fatal(err)
	}
	if now, err := decision.Load(t.Context(), s, "ada"); now.Digest() != "" || err != nil {
		t.Errorf("with all withdrawn the digest is %s, %v", now.Digest(), err)
	}
}

func TestSentences(t *testing.T) {
	for want, r := range map[string]decision.Ruling{
		"kept by ada":                {Fate: decision.Keep, By: "ada"},
		"condemned by ada: red eyes": {Fate: decision.Condemn, By: "ada", Why: "red eyes"},
		"kept and called bw_stylized by ada: a charcoal": {Fate: decision.Keep, Style: verdict.BWStylized, By: "ada", Why: "a charcoal"},
	} {
		if got := r.Sentence(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestAFaultLosesNoEarlierDecision(t *testing.T) {
	earlier, later := decide(decision.Keep, ""), decide(decision.Condemn, "")
	later.SHA256 = sumB
	storetest.Sweep(t,
		func(t *testing.T) store.Store {
			s := mem.New()
			if err := decision.Add(t.Context(), s, "ada", earlier); err != nil {
				t.Fatal(err)
			}
			return s
		},
		func(s store.Store) error { return decision.Add(t.Context(), s, "ada", later) },
		func(t *testing.T, s store.Store, _ error) {
			if err := decision.Add(t.Context(), s, "ada", later); err != nil {
				t.Fatal(err)
			}
			now, err := decision.Load(t.Context(), s, "ada")
			if err != nil || now[sumA].Fate != decision.Keep || now[sumB].Fate != decision.Condemn {
				t.Errorf("%+v, %v", now, err)
			}
		})
}

func FuzzDocument(f *testing.F) {
	f.Add([]byte(`{"schema_version":1,"actor":"ada","decisions":[{"sha256":"` + sumA + `","file":"a","kind":"keep","by":"x","at":"2026-01-01T00:00:00Z"}]}`))
	f.Add([]byte(`{"schema_version":1,"actor":"ada","decisions":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s := mem.New()
		if _, err := s.Put(t.Context(), actor.DecisionsKey("ada"), text, store.IfAbsent); err != nil {
			t.Fatal(err)
		}
		history, err := decision.History(t.Context(), s, "ada")
		if err != nil {
			return
		}
		if err := decision.Add(t.Context(), s, "ada", decide(decision.Keep, "")); err != nil {
			t.Fatalf("a document that is read cannot be added to: %v", err)
		}
		if after, err := decision.History(t.Context(), s, "ada"); err != nil || len(after) != len(history)+1 {
			t.Errorf("%d decisions, were %d, %v", len(after), len(history), err)
		}
	})
}
