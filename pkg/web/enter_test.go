package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"screentest/pkg/decision"
	"screentest/pkg/ledger"
)

// A note is no decision: Enter in one presses no button, with scripts or without.
func TestEnterInANoteDecidesNothing(t *testing.T) {
	b := browse(t)
	home, s := serve(t, nil)
	for _, off := range []bool{false, true} {
		command(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: off})
		b.open(home + "/actors/" + unbalancedActor)
		before := len(b.requests)
		for _, field := range []string{".about input[name=why]", "#f1 input[name=why]"} {
			if strings.HasPrefix(field, "#") {
				b.do(chromedp.Click("#f1 details.decide summary"))
			}
			b.do(chromedp.Focus(field), chromedp.KeyEvent("hm"), chromedp.KeyEvent(kb.Enter))
			if value := get(b, chromedp.Value(field)); value != "hm" {
				t.Errorf("scripts off: %t: after Enter %s holds %q", off, field, value)
			}
		}
		for _, address := range b.requests[before:] {
			if strings.HasSuffix(address, "/plan") || strings.HasSuffix(address, "/decide") {
				t.Errorf("scripts off: %t: Enter sends %s", off, address)
			}
		}
	}
	history, err := decision.History(t.Context(), s, unbalancedActor)
	if len(history) != 0 || err != nil {
		t.Errorf("decided: %+v, %v", history, err)
	}
	book, err := ledger.Load(t.Context(), s, unbalancedActor)
	if err != nil {
		t.Fatal(err)
	}
	if latest, _ := book.Latest(); latest.State != ledger.Proposed {
		t.Errorf("the plan is %s", latest.State)
	}
}
