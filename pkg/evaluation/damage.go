package evaluation

import (
	"cmp"
	"fmt"
)

// Damage says why the broken files of the set are images that did not arrive, or
// were spoiled since, rather than images to be rid of; "" if nothing hints at
// that. Pointers of Git LFS, empty files and error pages in the place of pictures
// are broken all at once, or after the manifest has listed something else.
//
// A plan for such a set would buy what lies in a backup. A person who has decided
// about an image has looked at it, and it is no hint any more.
func (e Evaluation) Damage() string {
	const remedy = "bring back what they were from a backup, or condemn them in screentest serve"
	broken, damaged, first := 0, 0, ""
	for _, image := range e.Images {
		if image.Judged != Broken || image.fate() != "" {
			continue
		}
		broken++
		if image.Damaged {
			damaged++
			first = cmp.Or(first, image.File)
		}
	}
	switch {
	case damaged > 0:
		return fmt.Sprintf("broken files that were others when the manifest listed them: %d of %d, first %s: %s", damaged, len(e.Images), first, remedy)
	case broken > 0 && broken == len(e.Images):
		return fmt.Sprintf("every file is broken, %d of %d: %s", broken, len(e.Images), remedy)
	}
	return ""
}
