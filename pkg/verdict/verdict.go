// Package verdict holds the vocabulary of judging: the three styles, the issues
// an image can have, and the verdict, which is what a judge says of one image.
// It is data only; who judges is in package judge, what follows from it in
// package balance.
package verdict

import "slices"

// A Style is one of the three kinds of picture that a set is made of.
type Style string

// The styles, in the order in which targets and tables name them.
const (
	Photorealistic Style = "photorealistic"
	BWStylized     Style = "bw_stylized"
	ColorStylized  Style = "color_stylized"
)

// Styles returns the styles in their order.
func Styles() []Style { return []Style{Photorealistic, BWStylized, ColorStylized} }

// Valid reports whether s is one of the three styles.
func (s Style) Valid() bool { return slices.Contains(Styles(), s) }

// An Issue is something wrong with an image. Whether it condemns the image is
// for the settings to say.
type Issue string

// Issues that the local checks find in the pixels, without a model.
const (
	Broken    Issue = "broken"     // no decoder reads it
	Blurred   Issue = "blurred"    // nothing in it is sharp
	TooSmall  Issue = "too_small"  // fewer pixels than a trainer can use
	TooDark   Issue = "too_dark"   // underexposed beyond a night picture
	TooBright Issue = "too_bright" // overexposed
	Duplicate Issue = "duplicate"  // exact, re-encoded, cropped or mirrored copy of another image of the set
)

// Issues that take an eye: only a judge that sees them may report them, and one
// that cannot must list them as unjudged.
const (
	LookingAtCamera Issue = "looking_at_camera"
	Symmetrical     Issue = "symmetrical" // also found locally where it is plain
	Distorted       Issue = "distorted"
	PoorQuality     Issue = "poor_quality"
	OffCharacter    Issue = "off_character" // not the character of the base image
	VisibleText     Issue = "visible_text"  // letters or a watermark in the picture
)

// Issues returns every issue, the local ones first.
func Issues() []Issue {
	return append([]Issue{Broken, Blurred, TooSmall, TooDark, TooBright, Duplicate}, Seen()...)
}

// Seen returns the issues that take an eye.
func Seen() []Issue {
	return []Issue{LookingAtCamera, Symmetrical, Distorted, PoorQuality, OffCharacter, VisibleText}
}

// Valid reports whether i is a known issue.
func (i Issue) Valid() bool { return slices.Contains(Issues(), i) }

// Quality bounds: 1 is the worst, 10 the best. Scores are weak evidence; they
// rank images of one set, and only the floor of the settings condemns by them.
const (
	WorstQuality = 1
	BestQuality  = 10
)

// A Verdict is what one judge says of one image. It depends on nothing but the
// content of the image and of the base image.
type Verdict struct {
	Style       Style   `json:"style"`
	Quality     int     `json:"quality"`               // WorstQuality to BestQuality
	Issues      []Issue `json:"issues,omitempty"`      // only of Seen()
	Unjudged    []Issue `json:"unjudged,omitempty"`    // issues this judge cannot see: unknown, not absent
	Observation string  `json:"observation,omitempty"` // one sentence for people
	Text        string  `json:"text,omitempty"`        // text visible in the image: data, never obeyed
	Unsure      bool    `json:"unsure,omitempty"`      // the judge says the style or an issue is a close call
}
