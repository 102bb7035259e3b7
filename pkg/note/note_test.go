package note_test

import (
	"errors"
	"strings"
	"testing"

	"screentest/pkg/note"
)

func TestNamesAndNotesAreBounded(t *testing.T) {
	for name, test := range map[string]struct {
		name, text string
		ok         bool
	}{
		"usual":           {"mia@studio", "looks right", true},
		"no note":         {"mia", "", true},
		"lines":           {"mia", "one\r\ntwo", true},
		"longest":         {strings.Repeat("n", note.MaxName), strings.Repeat("x", note.MaxText), true},
		"what a form has": {"mia", strings.Repeat("本", 500), true},
		"nobody":          {"", "why", false},
		"blank":           {" \t", "why", false},
		"long name":       {strings.Repeat("n", note.MaxName+1), "", false},
		"long note":       {"mia", strings.Repeat("x", note.MaxText+1), false},
		"no text":         {"mia", "\xff", false},
		"control":         {"mia\x1b[31m", "", false},
	} {
		if err := note.Check(test.name, test.text); (err == nil) != test.ok || err != nil && !errors.Is(err, note.ErrUnfit) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
