// Package decision keeps what people have decided about images: keep this one,
// condemn that one, this is a drawing. A decision belongs to content, outranks
// every judge, and lasts while the content lasts, whatever the file is called.
//
// The document of an actor, screentest/decisions/ACTOR.json, is a history that
// only grows; what counts now is its Rulings. Evaluations are built with them
// (package evaluation), and nothing else interprets them. A damaged document is
// an error and is never overwritten: nobody could decide all of it again.
package decision

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"screentest/pkg/note"
	"screentest/pkg/store"
	"screentest/pkg/verdict"
)

// A Kind is what was decided.
type Kind string

// The kinds. Keep and Condemn replace each other, Style goes beside them, and
// Withdraw takes back everything decided before about the content.
const (
	Keep     Kind = "keep"     // no plan deletes it
	Condemn  Kind = "condemn"  // the next plan deletes it
	Style    Kind = "style"    // it is of Decision.Style, whatever the judge says
	Withdraw Kind = "withdraw" // the judge is right after all
)

// A Decision is one entry of the history.
type Decision struct {
	SHA256 string        `json:"sha256"` // of the content decided about, in hex
	File   string        `json:"file"`   // its name at that time, for people
	Kind   Kind          `json:"kind"`
	Style  verdict.Style `json:"style,omitempty"` // of the kind Style only
	By     string        `json:"by"`              // who decided
	Why    string        `json:"why,omitempty"`
	At     time.Time     `json:"at"`
}

// Validate says why d cannot be put on the record, or returns nil.
func (d Decision) Validate() error {
	switch d.Kind {
	case Style:
		if !d.Style.Valid() {
			return fmt.Errorf("the style %q is none of %v", d.Style, verdict.Styles())
		}
	case Keep, Condemn, Withdraw:
		if d.Style != "" {
			return fmt.Errorf("a decision of the kind %s has no style", d.Kind)
		}
	default:
		return fmt.Errorf("the kind %q is none of %s, %s, %s, %s", d.Kind, Keep, Condemn, Style, Withdraw)
	}
	switch {
	case !store.IsHash(d.SHA256):
		return fmt.Errorf("%q is no SHA-256 in hex", d.SHA256)
	case !utf8.ValidString(d.File):
		return errors.New("the file name is not UTF-8")
	}
	return note.Check(d.By, d.Why)
}
