package page

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"screentest/pkg/actor"
	"screentest/pkg/album"
	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
	"screentest/pkg/store"
	"screentest/pkg/verdict"
)

// A Sheet is the contact sheet of one actor.
type Sheet struct {
	Site
	Member     actor.Actor
	Filter     Filter     // of the overview that led here
	Previous   actor.Name // in what the filter shows; "" for the first
	Next       actor.Name
	Onward     actor.Name             // whose plan waits for approval next; "" for nobody's
	Evaluation *evaluation.Evaluation // nil if there is none
	Problem    string                 // why there is none
	Notice     string                 // what has just been done
	Decisions  []decision.Decision    // the history, oldest first
	Undecided  bool                   // people's decisions cannot be read
	Proposal   *Proposal              // the plan on its way, nil where none was put forward
	Added      []Added
	Trash      []Trashed
	Problems   []string             // documents that cannot be read
	Missing    map[store.Key]string // images of which there is no picture, and why in a few words
	Touched    int                  // images that have changed, or were copied, since they were judged: which is not known
}

// An Added is an image of the set that the evaluation does not know yet.
type Added struct {
	File     string
	SHA256   string // "" where it is not known: the image was not brought back here
	Thumb    string
	Whole    string // address of the image itself, "" where it is not known what it is
	Words    string
	Keepable bool // somebody can say that no plan is to delete it
}

// From returns the query that leads back to the filter, "" where it shows all.
func (s Sheet) From() string {
	if query := s.Filter.Address(); s.Live && query != "?" {
		return query
	}
	return ""
}

// Offer reports whether approving the plan is offered beside the notice: what was
// done has ended an approval, and the new plan can be performed as the set stands.
func (s Sheet) Offer() bool {
	return strings.HasSuffix(s.Notice, awaits) && s.Live && s.Evaluation != nil && s.Proposal != nil && s.Proposal.Plan == album.PlanProposed && s.Proposal.Approvable && s.Drift() == ""
}

// Render writes the sheet as HTML.
func (s Sheet) Render(w io.Writer) error { return render(w, "actor.html", s) }

// A Group is the images of one style.
type Group struct {
	Style    verdict.Style // "" for images without one
	Target   int
	Stay     int
	Go       int
	Generate int
	Frames   []Frame
}

// Blanks returns one number for each image to be generated.
func (g Group) Blanks() []int {
	blanks := make([]int, g.Generate)
	for i := range blanks {
		blanks[i] = i + 1
	}
	return blanks
}

// Groups returns the frames by style, those that stay before those that go, by
// file name.
func (s Sheet) Groups() []Group {
	var groups []Group
	for _, style := range append(verdict.Styles(), "") {
		g := Group{Style: style, Target: s.Evaluation.Target.Of(style), Generate: s.Evaluation.Plan.Generate.Of(style)}
		for i, image := range s.Evaluation.Images {
			if image.Style == style {
				g.Frames = append(g.Frames, s.frame(i))
			}
		}
		slices.SortStableFunc(g.Frames, func(a, b Frame) int { return goes(a) - goes(b) })
		for _, f := range g.Frames {
			g.Go += goes(f)
		}
		g.Stay = len(g.Frames) - g.Go
		if style != "" || len(g.Frames) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

func goes(f Frame) int {
	if f.Keep {
		return 0
	}
	return 1
}

// Copies returns the groups of copies, each with the image that is kept first.
func (s Sheet) Copies() [][]Frame {
	var order []string
	groups := map[string][]Frame{}
	for i, image := range s.Evaluation.Images {
		if of := image.DuplicateOf; of != "" {
			if groups[of] == nil {
				order = append(order, of)
			}
			groups[of] = append(groups[of], s.frame(i))
		}
	}
	var copies [][]Frame
	for _, of := range order {
		original := slices.IndexFunc(s.Evaluation.Images, func(i evaluation.Image) bool { return i.File == of })
		if original >= 0 {
			copies = append(copies, append([]Frame{s.frame(original)}, groups[of]...))
		}
	}
	return copies
}

// Bar shows what is left after the plan's deletions against the target.
func (s Sheet) Bar() Bar {
	return Bar{Has: s.Evaluation.Left(), Target: s.Evaluation.Target}
}

// Description returns what the roster says of the actor.
func (s Sheet) Description() string {
	var parts []string
	for _, part := range []string{s.Member.Age, s.Member.Sex, s.Member.Ethnicity} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// PlanWords says what the plan would do.
func (s Sheet) PlanWords() string {
	p := s.Evaluation.Plan
	var parts []string
	if n := p.Generate.Total(); n > 0 {
		var kinds []string
		for _, style := range verdict.Styles() {
			if k := p.Generate.Of(style); k > 0 {
				kinds = append(kinds, fmt.Sprintf("%d %s", k, StyleName(style)))
			}
		}
		price := ""
		if s.Price(n) != "" {
			price = " for " + s.Price(n)
		}
		parts = append(parts, fmt.Sprintf("generate %s%s: %s", plural(n, "image"), price, strings.Join(kinds, ", ")))
	}
	if n := len(p.Delete); n > 0 {
		parts = append(parts, "delete "+plural(n, "image"))
	}
	if len(parts) == 0 {
		return "nothing to do"
	}
	return strings.Join(parts, ", then ")
}
