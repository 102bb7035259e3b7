package mirror

import (
	"net/url"
	"slices"
	"strings"

	"screentest/pkg/actor"
	"screentest/pkg/manifest"
	"screentest/pkg/store"
)

// A Location is a place in S3.
type Location struct {
	Bucket string // "" for a tree that is not in S3
	Prefix string // "" or ends in "/"
}

// URL is the address of an object of the place, in the dialect that names no
// region; every endpoint of S3 understands it. It is "" for a place that is not
// in S3.
func (l Location) URL(k store.Key) string {
	if l.Bucket == "" {
		return ""
	}
	// S3 takes a plus in a path for itself, other programs take it for a space.
	escaped := strings.NewReplacer("+", "%20", "%2F", "/").Replace(url.QueryEscape(l.Prefix + string(k)))
	return "https://" + l.Bucket + ".s3.amazonaws.com/" + escaped
}

// key returns which object of the place an address names, in any dialect. ok is
// false for one that is elsewhere or that can be no object of a tree.
func (l Location) key(address string) (k store.Key, ok bool) {
	bucket, name, ok := manifest.ParseS3URL(address)
	rest, below := strings.CutPrefix(name, l.Prefix)
	k = store.Key(rest)
	return k, ok && below && l.Bucket != "" && bucket == l.Bucket && k.Validate() == nil
}

// CopyOf returns which object of the place an address names as the second copy of
// the image n/file. ok is false for an address that leads elsewhere, or to what can
// be no copy of that image.
func (l Location) CopyOf(n actor.Name, file, address string) (k store.Key, ok bool) {
	k, ok = l.key(address)
	return k, ok && CanHold(n, k, file)
}

// CanHold reports whether the object k of a mirror can be the second copy of the
// image n/file: it has the image's name, or deleting one of two equal images would
// take the copy of the other, and it is no base image and nothing that the program
// keeps there for itself. Where keys are laid out as in the tree, only the image's
// own will do.
func CanHold(n actor.Name, k store.Key, file string) bool {
	segments := strings.Split(string(k), "/")
	switch {
	case k.Validate() != nil || k.Base() != file, slices.Contains(segments, "base_image"):
		return false
	case segments[0] == "actors":
		return k == actor.TrainingKey(n, file)
	}
	return segments[0] != "screentest"
}
