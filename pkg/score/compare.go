package score

import (
	"slices"

	"screentest/pkg/verdict"
)

// Judged is what an evaluation says of one image.
type Judged struct {
	Actor       string
	File        string
	Style       verdict.Style // "" where nobody judged it
	Issues      []verdict.Issue
	DuplicateOf string // file of the same actor that it was found to be a copy of, or ""
	Keep        bool   // the plan leaves it in the set
	Judged      string // "ok", "unjudged" or "broken"
	Condemned   bool   // would be deleted for a fault or as a copy, not as surplus
}

// labelIssues are the issues that labels name, but for duplicates.
var labelIssues = []verdict.Issue{
	verdict.Broken, verdict.Blurred, verdict.TooSmall, verdict.TooDark, verdict.TooBright,
}

// Compare holds what was judged against the labels, of the actors that keep
// returns true for; a nil keep means all. Images that are on one side only are
// listed and do not count otherwise.
func Compare(truth Truth, got []Judged, keep func(actor string) bool) Report {
	pairs, r := match(truth, got, keep)
	r.Styles = compareStyles(pairs)
	for _, issue := range labelIssues {
		r.Issues = append(r.Issues, compareIssue(pairs, issue))
	}
	g := groupsOf(pairs)
	duplicates, copies := compareCopies(pairs, g)
	r.Issues = append(r.Issues, duplicates)
	r.Copies = copies
	r.Sound = compareSound(pairs, g)
	return r
}

// A pair is one image, labelled and judged.
type pair struct {
	label  Label
	judged Judged
}

func (p pair) key() imageKey { return imageKey{p.label.Actor, p.label.File} }

// sibling names another image of the same actor.
func (p pair) sibling(file string) imageKey { return imageKey{p.label.Actor, file} }

// match pairs labels and judgements and starts the report with what has no partner.
func match(truth Truth, got []Judged, keep func(actor string) bool) ([]pair, Report) {
	r := Report{NotEvaluated: []string{}, NotLabelled: []string{}, People: ComparePeople(nil)}
	judged := map[imageKey]Judged{}
	for _, j := range got {
		if keep == nil || keep(j.Actor) {
			judged[imageKey{j.Actor, j.File}] = j
		}
	}
	var pairs []pair
	for _, l := range truth.Images {
		if keep != nil && !keep(l.Actor) {
			continue
		}
		key := imageKey{l.Actor, l.File}
		if j, ok := judged[key]; ok {
			pairs = append(pairs, pair{l, j})
			delete(judged, key)
		} else {
			r.NotEvaluated = append(r.NotEvaluated, key.String())
		}
	}
	for key := range judged {
		r.NotLabelled = append(r.NotLabelled, key.String())
	}
	slices.Sort(r.NotEvaluated)
	slices.Sort(r.NotLabelled)
	r.Images = len(pairs)
	return pairs, r
}

func compareStyles(pairs []pair) Styles {
	var s Styles
	for _, style := range verdict.Styles() {
		none := map[verdict.Style]int{verdict.Photorealistic: 0, verdict.BWStylized: 0, verdict.ColorStylized: 0}
		s.Confusion = append(s.Confusion, Row{Label: style, Judged: none})
	}
	for _, p := range pairs {
		i := slices.Index(verdict.Styles(), p.label.Style)
		if i < 0 {
			continue // no decoder reads it
		}
		s.Images++
		switch style := p.judged.Style; {
		case !style.Valid():
			s.Confusion[i].Unjudged++
			s.Unjudged++
		case style == p.label.Style:
			s.Right++
			fallthrough
		default:
			s.Confusion[i].Judged[style]++
		}
	}
	s.finish()
	return s
}

func compareIssue(pairs []pair, issue verdict.Issue) Hits {
	h := Hits{Issue: issue}
	for _, p := range pairs {
		is, said := slices.Contains(p.label.Issues, issue), p.has(issue)
		switch {
		case is && said:
			h.TP++
		case said:
			h.FP++
		case is:
			h.FN++
		}
	}
	h.finish()
	return h
}

// has reports whether the judgement names the issue.
func (p pair) has(issue verdict.Issue) bool {
	return slices.Contains(p.judged.Issues, issue) || issue == verdict.Broken && p.judged.Judged == "broken"
}

func compareSound(pairs []pair, g groups) Sound {
	s := Sound{WronglyFiles: []string{}}
	for _, p := range pairs {
		if !p.label.Sound() {
			continue
		}
		s.Images++
		switch {
		case p.judged.Condemned:
			s.Condemned++
			if !g.replaced(p) {
				s.WronglyFiles = append(s.WronglyFiles, p.key().String())
			}
		case !p.judged.Keep:
			s.Surplus++
		}
	}
	slices.Sort(s.WronglyFiles)
	s.Wrongly = len(s.WronglyFiles)
	s.CondemnedShare = share(s.Condemned, s.Images)
	s.WronglyShare = share(s.Wrongly, s.Images)
	return s
}
