package actor

import (
	"path"
	"strings"

	"screentest/pkg/store"
)

// Directory is what the keys of all actors' objects begin with.
const Directory = actorsPrefix

// Owner returns whose set the object k belongs to: a training image or a picture
// in base_image/, by its name alone. Every other object, the program's own ones
// among them, belongs to no set. Whether the actor is in the roster is not asked.
func Owner(k store.Key) (Name, bool) {
	rest, inside := strings.CutPrefix(string(k), actorsPrefix)
	name, rest, deeper := strings.Cut(rest, "/")
	if !inside || !deeper || Name(name).Validate() != nil {
		return "", false
	}
	dir, file := path.Split(rest)
	return Name(name), dir == trainingDir && IsTrainingImage(file) || dir == baseDir && isPicture(file)
}
