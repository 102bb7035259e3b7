package score

import "screentest/pkg/verdict"

// A Report is what a comparison found. A share with nothing to divide by is nil
// (null in JSON, – in text): neither 0 nor 1 would be true.
type Report struct {
	Images       int      `json:"images"`        // compared: labelled and evaluated
	NotEvaluated []string `json:"not_evaluated"` // ACTOR/FILE, labelled only
	NotLabelled  []string `json:"not_labelled"`  // ACTOR/FILE, evaluated only
	Styles       Styles   `json:"styles"`
	Issues       []Hits   `json:"issues"` // one for each issue that labels name
	Copies       []Found  `json:"copies"` // the recall of duplicate again, by kind
	Sound        Sound    `json:"sound"`
	People       People   `json:"people"`
}

// Styles says how well the styles of the decodable images were told apart.
type Styles struct {
	Images    int      `json:"images"`
	Right     int      `json:"right"`
	Unjudged  int      `json:"unjudged"` // images without a style, counted as wrong
	Accuracy  *float64 `json:"accuracy"` // Right of Images
	Kappa     *float64 `json:"kappa"`    // see kappa
	Confusion []Row    `json:"confusion"`
}

// A Row says what the images labelled with one style were judged to be.
type Row struct {
	Label    verdict.Style         `json:"label"`
	Judged   map[verdict.Style]int `json:"judged"`
	Unjudged int                   `json:"unjudged"`
}

// Hits says how well one issue was found. For duplicate, a labelled pair of
// original and copy counts as found when both were put into one group, whichever
// of them was kept; an image is imagined to be one when its label, or that of
// the image it is called a copy of, knows of no such link.
type Hits struct {
	Issue     verdict.Issue `json:"issue"`
	TP        int           `json:"tp"` // found
	FP        int           `json:"fp"` // imagined
	FN        int           `json:"fn"` // overlooked
	Recall    *float64      `json:"recall"`
	Precision *float64      `json:"precision"`
}

// Found says how many copies of one kind were found.
type Found struct {
	Kind     CopyKind `json:"kind"`
	Labelled int      `json:"labelled"`
	Found    int      `json:"found"`
	Recall   *float64 `json:"recall"`
}

// Sound says what became of the images that nothing is wrong with. An original
// that goes because its copy is kept instead loses the set no picture: it is
// among Condemned, not among Wrongly.
type Sound struct {
	Images         int      `json:"images"`
	Surplus        int      `json:"surplus"` // would go, but for no fault
	Condemned      int      `json:"condemned"`
	CondemnedShare *float64 `json:"condemned_share"`
	Wrongly        int      `json:"wrongly"`
	WronglyShare   *float64 `json:"wrongly_share"`
	WronglyFiles   []string `json:"wrongly_files"` // ACTOR/FILE
}

// share returns part of whole, nil if there is no whole.
func share(part, whole int) *float64 {
	if whole == 0 {
		return nil
	}
	f := float64(part) / float64(whole)
	return &f
}

// finish adds what follows from the counts.
func (h *Hits) finish() {
	h.Recall = share(h.TP, h.TP+h.FN)
	h.Precision = share(h.TP, h.TP+h.FP)
}

func (s *Styles) finish() {
	s.Accuracy = share(s.Right, s.Images)
	s.Kappa = s.kappa()
}

// kappa is Cohen's: (accuracy − chance) / (1 − chance), where chance is the
// agreement that guessing with the same numbers of each style would reach. 1 is
// perfect, 0 is guessing. Unjudged is a fourth answer that is never right. It is
// nil where chance alone is perfect: one style, and no other answer.
func (s *Styles) kappa() *float64 {
	chance := 0 // × Images²
	for _, row := range s.Confusion {
		labelled, judged := row.Unjudged, 0
		for _, n := range row.Judged {
			labelled += n
		}
		for _, other := range s.Confusion {
			judged += other.Judged[row.Label]
		}
		chance += labelled * judged
	}
	return share(s.Right*s.Images-chance, s.Images*s.Images-chance)
}
