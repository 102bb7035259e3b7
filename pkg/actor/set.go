package actor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"

	"screentest/pkg/store"
)

// A Set is what lies in the tree for one actor. Its lists are sorted by name.
type Set struct {
	Actor    Actor
	Base     []store.Info    // every object directly in base_image/
	Images   []store.Info    // the training images
	Manifest *store.Info     // the training manifest, nil if absent
	Legacy   []store.Info    // prompt_metadata.json and response.json, as far as they are there
	Refused  []store.Refusal // what the store could not take for an object
}

// LoadSet lists "actors/NAME/" and sorts what it finds by the one rule of
// detection. An actor without a directory has an empty set. Nothing is opened.
func LoadSet(ctx context.Context, s store.Store, a Actor) (Set, error) {
	set := Set{Actor: a}
	for page, err := range store.All(ctx, s, store.ListOptions{Prefix: prefix(a.Name)}) {
		if err != nil {
			return Set{}, fmt.Errorf("look for the images of %s: %w", a.Name, err)
		}
		for _, object := range page.Objects {
			set.Add(object)
		}
		set.Refused = append(set.Refused, page.Refused...)
	}
	return set, nil
}

// Unreadable says why the set may only seem empty: something of it could not be
// read. It returns nil if the set has images, or is empty for all one can see.
func (s Set) Unreadable() error {
	if len(s.Images) > 0 || len(s.Refused) == 0 {
		return nil
	}
	return fmt.Errorf("the training images of %s cannot be read: %s: %s", s.Actor.Name, s.Refused[0].Name, s.Refused[0].Reason)
}

// Add takes an object below "actors/NAME/" into the set, as far as it belongs there.
func (s *Set) Add(object store.Info) {
	rest := strings.TrimPrefix(string(object.Key), prefix(s.Actor.Name))
	dir, file := path.Split(rest)
	switch {
	case dir == baseDir:
		s.Base = append(s.Base, object)
	case dir != trainingDir:
	case file == ManifestFile:
		s.Manifest = &object
	case file == PromptMetadataFile || file == ResponseFile:
		s.Legacy = append(s.Legacy, object)
	case IsTrainingImage(file):
		s.Images = append(s.Images, object)
	}
}

// Mark names what an evaluation goes by: the versions of the base image and of the
// images, which tell by a listing alone whether a set has changed.
func (s Set) Mark() string {
	base, _ := s.BaseImage()
	files := make([]string, len(s.Images))
	versions := make([]store.Version, len(s.Images))
	for i, image := range s.Images {
		files[i], versions[i] = image.Key.Base(), image.Version
	}
	return Mark(base.Version, files, versions)
}

// Mark is that of a set with these images; base is "" where there is none.
func Mark(base store.Version, files []string, versions []store.Version) string {
	hash := sha256.New()
	fmt.Fprintf(hash, "%q", base)
	for i, file := range files {
		fmt.Fprintf(hash, "%q%q", file, versions[i])
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// BaseImage returns the reference portrait: the first by name of the objects in
// base_image/ that a decoder reads, which are png and jpeg.
func (s Set) BaseImage() (store.Info, bool) {
	i := slices.IndexFunc(s.Base, func(o store.Info) bool { return isPicture(o.Key.Base()) })
	if i < 0 {
		return store.Info{}, false
	}
	return s.Base[i], true
}

// IsTrainingImage is the rule of detection as far as it is about the name of a
// file: a picture by its extension, and no leftover of the generation.
func IsTrainingImage(file string) bool {
	leftover := strings.Contains(file, "response") || strings.Contains(file, "request") || strings.Contains(file, "metadata")
	return isPicture(file) && !leftover
}

func isPicture(file string) bool {
	switch strings.ToLower(path.Ext(file)) {
	case ".png", ".jpg", ".jpeg":
		return true
	}
	return false
}
