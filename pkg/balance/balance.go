// Package balance is the arithmetic of a set: what its mix is, whether it is
// balanced, and the plan that brings it to the target. It stands between the
// verdicts and the acting: judges only classify, and nothing is deleted or
// generated but by a plan from here. It is pure: no I/O, no clock, no model, and
// every function is total.
//
// The one law: for every style, current − deleted + generated = target. Limits
// make a plan smaller, never wrong, and what they left out is said.
package balance

import (
	"fmt"

	"screentest/pkg/verdict"
)

// A Target is the number of images wanted of each style.
type Target struct {
	Photorealistic int `yaml:"photorealistic" json:"photorealistic"`
	BWStylized     int `yaml:"bw_stylized" json:"bw_stylized"`
	ColorStylized  int `yaml:"color_stylized" json:"color_stylized"`
}

// A Mix is the number of images that a set has of each style.
type Mix = Target

// A Candidate is one image of the set as the plan sees it. It is named by file
// and content, never by position; files are unique in a set.
//
// An image that is sound but has no valid style is not judged yet. It is neither
// counted nor deleted, and a plan made without it may be wrong once it is
// judged: the plan is to be Withheld until then.
type Candidate struct {
	File      string
	SHA256    string
	Style     verdict.Style // "" for an image that is broken
	Quality   int           // rank within the style: lowest goes first
	Blemishes int           // issues that do not condemn; of two equal qualities the more blemished goes first
	Condemned []string      // why the image cannot stay, in words; empty if it is sound
	Copies    string        // same non-empty value: copies of one picture, of which the best is kept
	Pixels    int           // of copies judged alike, the larger is the better, then the one of more bytes:
	Bytes     int64         // cropping and encoding again lose something
}

// DefaultTarget returns the target of an owner who has set none: 20 images,
// 65 % photorealistic, 20 % bw_stylized, 15 % color_stylized.
func DefaultTarget() Target {
	return Target{Photorealistic: 13, BWStylized: 4, ColorStylized: 3}
}

// Of returns the number for style s, 0 for anything that is no style.
func (t Target) Of(s verdict.Style) int {
	switch s {
	case verdict.Photorealistic:
		return t.Photorealistic
	case verdict.BWStylized:
		return t.BWStylized
	case verdict.ColorStylized:
		return t.ColorStylized
	}
	return 0
}

// Add raises the number for style s by n; what is no style is not counted.
func (t *Target) Add(s verdict.Style, n int) {
	switch s {
	case verdict.Photorealistic:
		t.Photorealistic += n
	case verdict.BWStylized:
		t.BWStylized += n
	case verdict.ColorStylized:
		t.ColorStylized += n
	}
}

// Total returns the number of images of all styles.
func (t Target) Total() int { return t.Photorealistic + t.BWStylized + t.ColorStylized }

// maxTarget is far above what a LoRA is trained from; more is a slip of the
// keyboard that would be paid for image by image.
const maxTarget = 1000

// Validate says why t cannot be a target: a style below 0 or above 1000, or no
// image at all, which would delete every set.
func (t Target) Validate() error {
	for _, s := range verdict.Styles() {
		if n := t.Of(s); n < 0 || n > maxTarget {
			return fmt.Errorf("target of %s is %d: it must be 0 to %d", s, n, maxTarget)
		}
	}
	if t.Total() == 0 {
		return fmt.Errorf("target is 0 images: at least one style needs a number above 0")
	}
	return nil
}

// MixOf counts the images of each style, condemned ones and copies included,
// images without a valid style left out.
func MixOf(set []Candidate) Mix {
	var m Mix
	for _, c := range set {
		m.Add(c.Style, 1)
	}
	return m
}

// Balanced reports whether the set is good enough to be left alone: as many
// images as the target, all with a style, none condemned, no copies, and each
// style's share within 10 percentage points of the target's.
func Balanced(set []Candidate, t Target) bool {
	mix := MixOf(set)
	if len(set) != t.Total() || mix.Total() != len(set) {
		return false
	}
	for _, s := range verdict.Styles() {
		// The totals are equal, so 10 points are a tenth of the total.
		if off := mix.Of(s) - t.Of(s); 10*max(off, -off) > t.Total() {
			return false
		}
	}
	seen := map[string]bool{}
	for _, c := range set {
		if len(c.Condemned) > 0 || c.Copies != "" && seen[c.Copies] {
			return false
		}
		seen[c.Copies] = true
	}
	return true
}
