package evaluation

import (
	"slices"

	"screentest/pkg/inspect"
	"screentest/pkg/verdict"
)

// Trashed is an image in the actor's trash, to tell its copies among what came
// into the set after it was deleted. What was there before is not compared with
// it: the twin that was kept is no copy of the one that went.
type Trashed struct {
	File   string          `json:"file"`
	SHA256 string          `json:"sha256"`
	Reason string          `json:"reason"`           // why it was deleted
	Checks *inspect.Checks `json:"checks,omitempty"` // absent where it was not measured: then only the same bytes are a copy
	Later  []string        `json:"later"`            // contents that came into the set after it was deleted
}

// holds reports whether an image that came later is the very same.
func (t Trashed) holds(i Image) bool {
	return t.SHA256 == i.SHA256 && slices.Contains(t.Later, i.SHA256)
}

// resembles reports whether an image that came later is a copy. Measurements of
// another version of the checks cannot be compared.
func (t Trashed) resembles(i Image) bool {
	if t.Checks == nil || i.Checks == nil || t.Checks.Version != i.Checks.Version || !slices.Contains(t.Later, i.SHA256) {
		return false
	}
	_, copied := inspect.CopyOf(inspect.Print{SHA256: i.SHA256, Checks: *i.Checks}, []inspect.Print{{SHA256: t.SHA256, Checks: *t.Checks}})
	return copied
}

// markTrashed tells the images that are copies of one in the trash, rather of the
// very same than of one that is alike. Those that have copies stay with the
// evaluation, so that it can be built again.
func (e *Evaluation) markTrashed(trashed []Trashed) {
	found := make([]bool, len(trashed))
	for i := range e.Images {
		image := &e.Images[i]
		n := slices.IndexFunc(trashed, func(t Trashed) bool { return t.holds(*image) })
		if n < 0 {
			n = slices.IndexFunc(trashed, func(t Trashed) bool { return t.resembles(*image) })
		}
		if n >= 0 {
			found[n] = true
			image.add(verdict.Duplicate, "copy of "+trashed[n].File+" in the trash, which was deleted as: "+trashed[n].Reason)
		}
	}
	for n, t := range trashed {
		if found[n] {
			e.Trashed = append(e.Trashed, t)
		}
	}
}
