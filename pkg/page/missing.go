package page

import (
	"errors"

	"screentest/pkg/actor"
	"screentest/pkg/album"
	"screentest/pkg/inspect"
	"screentest/pkg/store"
)

// What can be said of an image that was judged.
const (
	Gone     = "no longer there"
	Replaced = "another image by now"
)

// WhyNoPicture says in a few words, which stand where the picture would, why no
// thumbnail of an image could be made.
func WhyNoPicture(err error) string {
	var broken *inspect.BrokenError
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Gone
	case errors.Is(err, store.ErrConflict):
		return Replaced
	case errors.As(err, &broken):
		return "broken file"
	}
	return "cannot be read"
}

// Drift says how the set differs by now from the one that was evaluated, "" where it
// does not as far as can be seen, or where that is the plan's own doing.
func (s Sheet) Drift() string {
	if !s.Live || s.Proposal != nil && s.Proposal.Plan == album.PlanUnderWay {
		return ""
	}
	var parts []string
	if n := len(s.Added); n > 0 {
		parts = append(parts, plural(n, "image")+" more")
	}
	why := map[string]int{}
	for _, words := range s.Missing {
		why[words]++
	}
	if n := why[Gone]; n > 0 {
		parts = append(parts, plural(n, "image")+" gone")
	}
	if n := why[Replaced]; n > 0 {
		parts = append(parts, plural(n, "image")+" replaced")
	}
	if len(parts) == 0 {
		return s.touched()
	}
	return "The set is another one by now, with " + list(parts) + ". Evaluate the actor again: no plan for the set of before is performed."
}

// touched says of how many images nobody knows whether they are still the same.
func (s Sheet) touched() string {
	if s.Touched == 0 {
		return ""
	}
	return plural(s.Touched, "image") + " changed, or copied, since they were judged. Evaluate the actor again to be sure."
}

// Portrait returns the address of the base image's thumbnail, "" without one.
func (s Sheet) Portrait() string {
	if s.Evaluation == nil || s.NoPortrait() != "" {
		return ""
	}
	return s.Thumbnail(s.Member.Name, s.Evaluation.Base.SHA256)
}

// NoPortrait says why there is no Portrait, "" where that is not known or there is one.
func (s Sheet) NoPortrait() string {
	switch {
	case s.Evaluation == nil:
		return ""
	case s.Evaluation.Base == nil:
		return "no base image"
	case s.Evaluation.Base.SHA256 == "":
		return "could not be read"
	}
	return s.Missing[actor.BaseKey(s.Member.Name, s.Evaluation.Base.File)]
}
