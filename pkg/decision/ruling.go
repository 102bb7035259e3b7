package decision

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"screentest/pkg/verdict"
)

// A Ruling is what counts of all that was decided about one content.
type Ruling struct {
	Fate  Kind          `json:"fate,omitempty"`  // Keep, Condemn, or "" where that is left to the judge
	Style verdict.Style `json:"style,omitempty"` // "" where that is left to the judge
	By    string        `json:"by"`              // of the latest decision, like Why and At
	Why   string        `json:"why,omitempty"`
	At    time.Time     `json:"at"`
}

// Settles reports whether an image can be planned for by this ruling alone,
// without any verdict.
func (r Ruling) Settles() bool { return r.Style != "" || r.Fate == Condemn }

// Rulings hold what counts, by content.
type Rulings map[string]Ruling

// RulingsOf reads a history from its beginning: what counts after all of it.
func RulingsOf(history []Decision) Rulings {
	now := Rulings{}
	for _, d := range history {
		r := now[d.SHA256]
		r.By, r.Why, r.At = d.By, d.Why, d.At
		switch d.Kind {
		case Style:
			r.Style = d.Style
		case Withdraw:
			delete(now, d.SHA256)
			continue
		default:
			r.Fate = d.Kind
		}
		now[d.SHA256] = r
	}
	return now
}

// Digest tells rulings apart: while it stays, so does what follows from them. It
// is "" where there are none, so that what was made before anybody decided
// anything stays current.
func (r Rulings) Digest() string {
	if len(r) == 0 {
		return ""
	}
	text, err := json.Marshal(r) // the keys of a map come sorted
	if err != nil {
		panic(err) // strings and times only
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Sentence says what was decided, by whom and why, for people.
func (r Ruling) Sentence() string {
	var what []string
	if r.Fate != "" {
		what = append(what, map[Kind]string{Keep: "kept", Condemn: "condemned"}[r.Fate])
	}
	if r.Style != "" {
		what = append(what, "called "+string(r.Style))
	}
	sentence := strings.Join(what, " and ") + " by " + r.By
	if r.Why != "" {
		sentence += ": " + r.Why
	}
	return sentence
}
