// Package actor knows the roster, the one rule of detection, and where the
// objects of an actor lie in the tree. It is where every flow begins: load the
// roster, detect the sets, hand them on.
//
// It only reads. A name that it hands out is valid as a directory name, so keys
// made from it never lead out of the tree. What cannot be used is a Problem,
// told with its place and reason, and never stops the rest.
package actor

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"screentest/pkg/store"
)

// A Name is an actor's name, which is also the name of its directory. Spaces,
// dots, Unicode and "%2F" are ordinary characters in it.
type Name string

// maxName leaves room for a number and ".jpeg", or for ".jsonl", in a file name of 255 bytes, the limit of
// the usual file systems.
const maxName = 230

// Validate says why n cannot be a directory name, or returns nil.
func (n Name) Validate() error {
	switch {
	case n == "":
		return errors.New("the name is empty")
	case len(n) > maxName:
		return fmt.Errorf("the name is %d bytes long, limit %d", len(n), maxName)
	case !utf8.ValidString(string(n)):
		return fmt.Errorf("the name %q is not UTF-8", string(n))
	case n == "." || n == ".." || strings.Contains(string(n), "/"):
		return fmt.Errorf("the name %q leads out of its directory", string(n))
	case strings.ContainsFunc(string(n), unicode.IsControl):
		return fmt.Errorf("the name %q holds a control character", string(n))
	}
	return nil
}

// An Actor is an entry of the roster. Everything but the name describes the
// actor to people and to the image model and may be empty.
type Actor struct {
	ID          string
	Name        Name
	Age         string // in years, as the roster writes it
	Sex         string
	Ethnicity   string
	FacePrompt  string
	Description string // like FacePrompt, but names nobody
}

// A Problem is something that was met, is reported, and was left out.
type Problem struct {
	Where  string `json:"where"` // a key, or an entry of a document
	Reason string `json:"reason"`
}

// RosterKey is where the roster lies.
const RosterKey store.Key = "actorsData.json"

const (
	actorsPrefix = "actors/"
	trainingDir  = "training_data/"
	baseDir      = "base_image/"
)

// The documents beside the training images: the manifest, and the legacy
// metadata with the prompts and with the URLs.
const (
	ManifestFile       = "manifest.json"
	PromptMetadataFile = "prompt_metadata.json"
	ResponseFile       = "response.json"
)

func prefix(n Name) string { return actorsPrefix + string(n) + "/" }

// TrainingKey is where the file of that name in n's training data lies. file
// must be a plain file name; one from outside input goes through store.Key.Validate
// first.
func TrainingKey(n Name, file string) store.Key {
	return store.Key(prefix(n) + trainingDir + file)
}

// BaseKey is where the file of that name in n's base image directory lies. Of file
// holds what holds for TrainingKey.
func BaseKey(n Name, file string) store.Key {
	return store.Key(prefix(n) + baseDir + file)
}

// ManifestKey is where n's training manifest lies.
func ManifestKey(n Name) store.Key { return TrainingKey(n, ManifestFile) }

// EvaluationKey is where n's evaluation lies.
func EvaluationKey(n Name) store.Key {
	return store.Key("screentest/evaluations/" + string(n) + ".json")
}

// VerdictsKey is where the verdicts on n's images are kept by content.
func VerdictsKey(n Name) store.Key {
	return store.Key("screentest/verdicts/" + string(n) + ".json")
}

// DecisionsKey is where what people decided about n's images is kept by content.
func DecisionsKey(n Name) store.Key {
	return store.Key("screentest/decisions/" + string(n) + ".json")
}

// ThumbnailKey is where the small version of an image lies, by the SHA-256 of its
// content in hex.
func ThumbnailKey(sha256 string) store.Key {
	return store.Key("screentest/thumbnails/" + sha256 + ".jpg")
}

// GeneratedPrefix begins the keys of the pictures that were generated for n and
// are not in the set: by plan, then by step.
func GeneratedPrefix(n Name) string { return GeneratedRoot + string(n) + "/" }

// GeneratedRoot is what every GeneratedPrefix begins with.
const GeneratedRoot = "screentest/generated/"

// LedgerKey is where the ledger of n lies.
func LedgerKey(n Name) store.Key {
	return store.Key("screentest/ledger/" + string(n) + ".jsonl")
}

// LeaseKey is where the lease lies that one worker at a time holds on n.
func LeaseKey(n Name) store.Key {
	return store.Key("screentest/leases/" + string(n) + ".json")
}
