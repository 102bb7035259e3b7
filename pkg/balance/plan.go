package balance

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"screentest/pkg/verdict"
)

// A Deletion names an image that the plan would move to trash, and why.
type Deletion struct {
	File   string        `json:"file"`
	SHA256 string        `json:"sha256"`
	Style  verdict.Style `json:"style"`
	Reason string        `json:"reason"`
}

// A Plan says what to delete and what to generate for one exact set.
type Plan struct {
	// ID names what the plan does to which set: plans for the same set that
	// delete the same images and generate the same numbers have the same id,
	// however their reasons are worded. It is unique within one actor.
	ID          string     `json:"id"`
	Fingerprint string     `json:"fingerprint"` // of the set that the plan is for
	Delete      []Deletion `json:"delete"`      // condemned, then copies, then surplus; each by name
	Generate    Target     `json:"generate"`
	Limited     []string   `json:"limited"` // what was left out and why, in words
}

// Validate says why p can be the plan for no set: it generates fewer than no images
// of a style, or more than any target wants.
func (p Plan) Validate() error {
	for _, s := range verdict.Styles() {
		if n := p.Generate.Of(s); n < 0 || n > maxTarget {
			return fmt.Errorf("the plan generates %d images of %s: it must be 0 to %d", n, s, maxTarget)
		}
	}
	return nil
}

// Empty reports whether the plan changes nothing. An empty plan with something
// in Limited is one that limits allowed nothing of, or that was withheld.
func (p Plan) Empty() bool { return len(p.Delete) == 0 && p.Generate == Target{} }

// Stale reports whether set is no longer the one that the plan is for. Only
// File and SHA256 of the candidates matter.
func (p Plan) Stale(set []Candidate) bool { return p.Fingerprint != Fingerprint(set) }

// Fingerprint identifies the contents of a set, whatever was judged of them: the
// SHA-256, in hex, of the sorted lines "FILE\x00SHA256\n".
func Fingerprint(set []Candidate) string {
	contents := make(map[string]string, len(set))
	for _, c := range set {
		contents[c.File] = c.SHA256
	}
	return FingerprintOf(contents)
}

// FingerprintOf is Fingerprint for a set given as contents (SHA-256) by file.
func FingerprintOf(set map[string]string) string {
	lines := make([]string, 0, len(set))
	for file, sha256 := range set {
		lines = append(lines, file+"\x00"+sha256+"\n")
	}
	slices.Sort(lines)
	return digest(lines...)
}

// Intact reports whether the plan still is what its id says: nobody has edited
// what it does or for which set.
func (p Plan) Intact() bool { return p.ID == p.id() }

func (p Plan) id() string {
	parts := []string{p.Fingerprint, "\n"}
	for _, d := range p.Delete {
		parts = append(parts, "delete ", d.File, "\x00", d.SHA256, "\n")
	}
	for _, s := range verdict.Styles() {
		parts = append(parts, fmt.Sprintf("generate %s %d\n", s, p.Generate.Of(s)))
	}
	return digest(parts...)[:16]
}

func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Propose makes the plan that brings set to the target t, within the limits l,
// at price dollars a generated image. The order of set does not matter.
//
// A balanced set's plan is empty. Otherwise condemned images go; of copies the
// best stays; then what a style has above its target goes, worst first; and what
// a style then lacks is generated. A style loses sound images only as surplus,
// so never while it is being generated. What limits keep from being deleted
// does not stand in for a sound image: its replacement is generated all the same.
func Propose(set []Candidate, t Target, l Limits, price float64) Plan {
	p := emptyPlan(set)
	if judged := judgedOf(set); !Balanced(judged, t) {
		sorted := triageOf(judged)
		p.deleteWithin(l, sorted, t)
		p.generateWithin(l, price, sorted.shortage(t))
	}
	p.ID = p.id()
	return p
}

// Withheld returns the empty plan for a set that cannot be planned for yet, with
// the reason in Limited.
func Withheld(set []Candidate, reason string) Plan {
	p := emptyPlan(set)
	p.Limited = append(p.Limited, reason)
	p.ID = p.id()
	return p
}

func emptyPlan(set []Candidate) Plan {
	return Plan{Fingerprint: Fingerprint(set), Delete: []Deletion{}, Limited: []string{}}
}
