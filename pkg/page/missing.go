package page

import (
	"errors"

	"screentest/pkg/inspect"
	"screentest/pkg/store"
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
