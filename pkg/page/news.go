package page

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/album"
	"screentest/pkg/evaluation"
	"screentest/pkg/verdict"
)

// A Change is how an actor stands against how it stood before.
type Change struct {
	Actor    actor.Name
	At       time.Time
	Words    string // "18 → 20 images; balanced now"
	Balanced bool   // now, and not before
}

// maxNews is how many changes an overview tells one by one, the latest ones.
const maxNews = 12

// News is what changed since the reader was here, or last where that is unknown.
type News struct {
	Title   string
	Changes []Change
	More    int // left out
}

// News returns nil where nothing has changed.
func (o Overview) News() *News {
	told := o.Changes
	if !o.Since.IsZero() {
		told = slices.DeleteFunc(slices.Clone(told), func(c Change) bool { return !c.At.After(o.Since) })
	}
	if len(told) == 0 {
		return nil
	}
	n := News{Title: "What changed last", Changes: told[:min(len(told), maxNews)]}
	n.More = len(told) - len(n.Changes)
	if !o.Since.IsZero() {
		n.Title = plural(len(told), "actor") + " changed since " + moment(o.Since)
		balanced := 0
		for _, c := range told {
			if c.Balanced {
				balanced++
			}
		}
		if balanced > 0 {
			n.Title += ", " + count(balanced) + " balanced now"
		}
	}
	return &n
}

func changes(entries []album.Entry) []Change {
	var all []Change
	for _, e := range entries {
		if e.Before != nil {
			all = append(all, Change{e.Actor.Name, e.Changed(), difference(*e.Before, e.Standing), e.Standing.Balanced && !e.Before.Balanced})
		}
	}
	slices.SortStableFunc(all, func(a, b Change) int { return b.At.Compare(a.At) })
	return all
}

func difference(before, now evaluation.Standing) string {
	var parts []string
	tell := func(what string, was, is int) {
		if was != is {
			parts = append(parts, fmt.Sprintf("%s %d → %d", what, was, is))
		}
	}
	tell("images", before.Images, now.Images)
	tell("without verdict", before.Unjudged, now.Unjudged)
	for _, s := range verdict.Styles() {
		tell(StyleName(s), before.Mix.Of(s), now.Mix.Of(s))
	}
	tell("to delete", before.Delete, now.Delete)
	tell("to generate", before.Generate.Total(), now.Generate.Total())
	switch {
	case now.Balanced && !before.Balanced:
		parts = append(parts, "balanced now")
	case before.Balanced && !now.Balanced:
		parts = append(parts, "no longer balanced")
	}
	return strings.Join(parts, ", ")
}
