package page

import (
	"fmt"

	"screentest/pkg/actor"
	"screentest/pkg/trash"
)

// A Trashed is an image that a plan deleted and that can be brought back.
type Trashed struct {
	Proposal, File string
	Thumb          string // "" where there is none
	Whole          string // address of the image itself, "" where there is none
	None           string // why there is no picture
	Words          string
}

// NewTrashed tells of an image of n what its receipt says.
func NewTrashed(s Site, n actor.Name, r trash.Receipt) Trashed {
	return Trashed{
		Proposal: r.Proposal, File: r.File, Thumb: s.Thumbnail(n, r.SHA256), Whole: s.Image(n, r.SHA256),
		Words: fmt.Sprintf("%s; by %s, %s", r.Reason, r.By, moment(r.At)),
	}
}
