package score

import (
	"slices"

	"screentest/pkg/verdict"
)

// groups are the groups of copies, as labelled and as judged. A label says which
// image was made from which, but a judge may rightly keep either, so that only
// who belongs together can be compared.
type groups struct {
	labelled, judged links
	stays            map[imageKey]bool // not condemned
}

func groupsOf(pairs []pair) groups {
	g := groups{links{}, links{}, map[imageKey]bool{}}
	for _, p := range pairs {
		for _, c := range p.label.CopyOf {
			g.labelled.join(p.key(), p.sibling(c.File))
		}
		if of := p.judged.DuplicateOf; of != "" {
			g.judged.join(p.key(), p.sibling(of))
		}
		g.stays[p.key()] = !p.judged.Condemned
	}
	return g
}

// compareCopies counts the labelled pairs of original and copy that were found.
// What no decoder reads cannot be a false alarm: empty files are copies of each
// other, and nobody labels them so.
func compareCopies(pairs []pair, g groups) (Hits, []Found) {
	h := Hits{Issue: verdict.Duplicate}
	var kinds []Found
	for _, kind := range CopyKinds() {
		f := g.found(pairs, kind)
		h.TP += f.Found
		h.FN += f.Labelled - f.Found
		kinds = append(kinds, f)
	}
	for _, p := range pairs {
		said := p.has(verdict.Duplicate) || p.judged.DuplicateOf != ""
		if said && p.label.Style != "" && !g.labelled.joined(p.key(), p.sibling(p.judged.DuplicateOf)) {
			h.FP++
		}
	}
	h.finish()
	return h, kinds
}

func (g groups) found(pairs []pair, kind CopyKind) Found {
	f := Found{Kind: kind}
	for _, p := range pairs {
		for _, c := range p.label.CopyOf {
			if c.Kind != kind {
				continue
			}
			f.Labelled++
			if g.judged.joined(p.key(), p.sibling(c.File)) {
				f.Found++
			}
		}
	}
	f.Recall = share(f.Found, f.Labelled)
	return f
}

// replaced reports whether p was condemned only as a copy, rightly linked to an
// image that stays: then the set loses no picture.
func (g groups) replaced(p pair) bool {
	if p.judged.DuplicateOf == "" || slices.ContainsFunc(p.judged.Issues, isOther) {
		return false
	}
	for other, stays := range g.stays {
		if stays && g.judged.joined(p.key(), other) && g.labelled.joined(p.key(), other) {
			return true
		}
	}
	return false
}

func isOther(i verdict.Issue) bool { return i != verdict.Duplicate }

// links is a set of disjoint groups: each member leads towards the head of its group.
type links map[imageKey]imageKey

func (l links) head(k imageKey) imageKey {
	for {
		next, ok := l[k]
		if !ok {
			return k
		}
		k = next
	}
}

func (l links) join(a, b imageKey) {
	if a, b = l.head(a), l.head(b); a != b {
		l[a] = b
	}
}

func (l links) joined(a, b imageKey) bool { return a != b && l.head(a) == l.head(b) }
