package balance

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"screentest/pkg/verdict"
)

// judgedOf leaves out the images that nothing is known of yet.
func judgedOf(set []Candidate) []Candidate {
	var judged []Candidate
	for _, c := range set {
		if c.Style.Valid() || len(c.Condemned) > 0 {
			judged = append(judged, c)
		}
	}
	return judged
}

// A triage is a set sorted by what speaks against its images, each list worst
// first, so that a limited plan takes the worst.
type triage struct {
	condemned []Deletion
	copies    []Deletion
	kept      map[verdict.Style][]Candidate
}

func triageOf(judged []Candidate) triage {
	t := triage{kept: map[verdict.Style][]Candidate{}}
	copies := Copies(judged)
	for _, c := range slices.SortedFunc(slices.Values(judged), worstFirst) {
		switch {
		case len(c.Condemned) > 0:
			t.condemned = append(t.condemned, c.deletion(strings.Join(c.Condemned, "; ")))
		case copies[c.File] != "":
			t.copies = append(t.copies, c.deletion("copy of "+copies[c.File]))
		default:
			t.kept[c.Style] = append(t.kept[c.Style], c)
		}
	}
	return t
}

// Copies returns, for every image that is a copy of a better one, the file of the
// best of its group: sound before condemned, then of higher quality, fewer
// blemishes, more pixels, more bytes, and first by name.
func Copies(set []Candidate) map[string]string {
	best := map[string]Candidate{}
	for _, c := range set {
		if b, ok := best[c.Copies]; !ok || bestFirst(c, b) < 0 {
			best[c.Copies] = c
		}
	}
	copies := map[string]string{}
	for _, c := range set {
		if original := best[c.Copies].File; c.Copies != "" && c.File != original {
			copies[c.File] = original
		}
	}
	return copies
}

// surplus returns how many kept images each style has above the target.
func (t triage) surplus(target Target) Target {
	var over Target
	for _, s := range verdict.Styles() {
		over.Add(s, max(0, len(t.kept[s])-max(0, target.Of(s))))
	}
	return over
}

// shortage returns how many images each style lacks after the plan's deletions.
func (t triage) shortage(target Target) Target {
	var under Target
	for _, s := range verdict.Styles() {
		under.Add(s, max(0, target.Of(s)-len(t.kept[s])))
	}
	return under
}

// surplusDeletions names the n worst kept images of style s.
func (t triage) surplusDeletions(s verdict.Style, n int, target Target) []Deletion {
	var out []Deletion
	for _, c := range t.kept[s][:n] {
		reason := fmt.Sprintf("surplus: %d %s, target %d; lowest quality %d",
			len(t.kept[s]), s, target.Of(s), c.Quality)
		if c.Blemishes > 0 {
			reason += fmt.Sprintf(", issues %d", c.Blemishes)
		}
		out = append(out, c.deletion(reason))
	}
	return out
}

func (c Candidate) deletion(reason string) Deletion {
	return Deletion{File: c.File, SHA256: c.SHA256, Style: c.Style, Reason: reason}
}

// worstFirst orders by quality, then more blemishes, then name.
func worstFirst(a, b Candidate) int {
	return cmp.Or(byMerit(a, b), cmp.Compare(a.File, b.File))
}

// bestFirst orders sound before condemned, then by higher quality, then fewer
// blemishes, then what was lost least in copying, then name.
func bestFirst(a, b Candidate) int {
	condemned := cmp.Compare(min(1, len(a.Condemned)), min(1, len(b.Condemned)))
	loss := cmp.Or(cmp.Compare(b.Pixels, a.Pixels), cmp.Compare(b.Bytes, a.Bytes))
	return cmp.Or(condemned, byMerit(b, a), loss, cmp.Compare(a.File, b.File))
}

func byMerit(a, b Candidate) int {
	return cmp.Or(cmp.Compare(a.Quality, b.Quality), cmp.Compare(b.Blemishes, a.Blemishes))
}
