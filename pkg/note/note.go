// Package note bounds what people write beside what they decide: their name and
// the reason. Both are kept for good, in documents that are read whole, and
// whoever takes them from a person holds them against this one rule.
package note

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest texts, in bytes. A form lets in 500 characters, which never take more.
const (
	MaxName = 200
	MaxText = 2000
)

// ErrUnfit says that a name or a note cannot be put on the record.
var ErrUnfit = errors.New("it cannot be put on the record")

// Check says why the name of a person and their note, which may be empty, cannot be
// put on the record, with ErrUnfit, or returns nil.
func Check(name, text string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return fmt.Errorf("%w: nobody is named", ErrUnfit)
	case len(name) > MaxName:
		return fmt.Errorf("%w: the name takes %d bytes, more than %d", ErrUnfit, len(name), MaxName)
	case len(text) > MaxText:
		return fmt.Errorf("%w: the note takes %d bytes, more than %d; shorten it", ErrUnfit, len(text), MaxText)
	case !utf8.ValidString(name + text):
		return fmt.Errorf("%w: the text is not UTF-8", ErrUnfit)
	case strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("%w: the name %q has control characters", ErrUnfit, name)
	}
	return nil
}
