package page

import (
	"fmt"
	"strings"

	"screentest/pkg/actor"
	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
)

// A Frame is one image on the sheet.
type Frame struct {
	evaluation.Image
	Number    int    // in the order of the file names, from 1
	Goes      string // why the plan deletes it, in words; "" if it does not
	Thumb     string
	Whole     string // address of the image itself, "" where there is none
	None      string // why there is no picture, "" where there is one
	Decidable bool   // forms can be shown for it
	Kept      bool   // by a person's decision
	DecideAt  string // where its form goes
	Token     string
	From      string // Sheet.From
	Actor     string
}

// Label tells those who do not see the picture what is in the frame, with what is
// printed on its edge.
func (f Frame) Label() string {
	parts := []string{f.File, StyleName(f.Style)}
	if f.Width > 0 {
		parts = append(parts, fmt.Sprintf("%d × %d", f.Width, f.Height))
	}
	if f.Quality > 0 {
		parts = append(parts, fmt.Sprintf("quality %d of 10", f.Quality))
	}
	for _, issue := range f.Issues {
		parts = append(parts, words(issue))
	}
	if !f.Keep {
		parts = append(parts, "to be deleted")
	}
	if f.None != "" {
		parts = append(parts, f.None)
	}
	return strings.Join(parts, ", ")
}

// Short returns the file name without the actor's name, which most begin with and
// the page says above.
func (f Frame) Short() string {
	if rest, ok := strings.CutPrefix(f.File, f.Actor+"_"); ok {
		return "…_" + rest
	}
	return f.File
}

// Ruled says what people decided, unless that is why the image goes and said there.
func (f Frame) Ruled() string {
	if f.Decision == nil || f.Decision.Sentence() == f.Goes {
		return ""
	}
	return f.Decision.Sentence()
}

// Wide reports whether the picture takes a whole row of a phone.
func (f Frame) Wide() bool { return 4*f.Width > 5*f.Height }

// Anchor names the frame within the page.
func (f Frame) Anchor() string { return fmt.Sprintf("f%d", f.Number) }

func (s Sheet) frame(i int) Frame {
	image := s.Evaluation.Images[i]
	f := Frame{Image: image, Number: i + 1, Token: s.Token, From: s.From(), Actor: string(s.Member.Name), DecideAt: s.Site.Actor(s.Member.Name) + "/decide"}
	for _, deletion := range s.Evaluation.Plan.Delete {
		if deletion.File == image.File {
			f.Goes = deletion.Reason
		}
	}
	f.Decidable = s.Live && image.SHA256 != ""
	if f.None = s.none(image); f.None == "" {
		f.Thumb, f.Whole = s.Thumbnail(s.Member.Name, image.SHA256), s.Site.Image(s.Member.Name, image.SHA256)
	}
	f.Kept = image.Decision != nil && image.Decision.Fate == decision.Keep
	return f
}

// none says why there is no picture of an image.
func (s Sheet) none(image evaluation.Image) string {
	switch {
	case s.Missing[actor.TrainingKey(s.Member.Name, image.File)] != "":
		return s.Missing[actor.TrainingKey(s.Member.Name, image.File)]
	case image.Judged == evaluation.Broken:
		return "broken file"
	case image.SHA256 == "":
		return "could not be read"
	}
	return ""
}
