package score

import (
	"fmt"
	"slices"
	"strings"

	"screentest/pkg/verdict"
)

// A Decision is a person's label of one image beside the judge's answer.
type Decision struct {
	Actor, File string
	Style       verdict.Style // "" where the person left that to the judge
	Kept        bool
	Condemned   bool
	Judge       Judged // without the decision
}

// People says how often the judge and the people agree, over the images that
// somebody decided about. These were looked at because something seemed wrong, so
// the shares are lower than over all images.
type People struct {
	Images       int      `json:"images"` // decided about
	Styles       int      `json:"styles"` // of these with a style
	StylesAgree  int      `json:"styles_agree"`
	Kept         int      `json:"kept"`
	KeptAgree    int      `json:"kept_agree"` // the judge condemns it neither
	Condemned    int      `json:"condemned"`
	CondemnedToo int      `json:"condemned_agree"`
	Overruled    []string `json:"overruled"` // ACTOR/FILE where they disagree
}

// ComparePeople holds the judge against what people decided.
func ComparePeople(decided []Decision) People {
	p := People{Images: len(decided), Overruled: []string{}}
	for _, d := range decided {
		agree := true
		count := func(applies bool, n, agreed *int, same bool) {
			if !applies {
				return
			}
			*n++
			if same {
				*agreed++
			}
			agree = agree && same
		}
		count(d.Style != "", &p.Styles, &p.StylesAgree, d.Style == d.Judge.Style)
		count(d.Kept, &p.Kept, &p.KeptAgree, !d.Judge.Condemned)
		count(d.Condemned, &p.Condemned, &p.CondemnedToo, d.Judge.Condemned)
		if !agree {
			p.Overruled = append(p.Overruled, imageKey{d.Actor, d.File}.String())
		}
	}
	slices.Sort(p.Overruled)
	return p
}

func (p People) writeText(b *strings.Builder) {
	if p.Images == 0 {
		return
	}
	fmt.Fprintf(b, "\nPeople decided about %d images. The judge agrees on %d of %d styles, %d of %d kept, %d of %d condemned\n",
		p.Images, p.StylesAgree, p.Styles, p.KeptAgree, p.Kept, p.CondemnedToo, p.Condemned)
	writeList(b, "overruled", p.Overruled)
}
