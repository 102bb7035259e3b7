// Package manifest is the training manifest, the document that says of every
// training image of an actor where it came from. Migration makes it, executing
// a plan changes it, everything else only reads it.
//
// The format is the one in use, which other programs write and read too. So a
// rewrite keeps what it does not understand: unknown members at every level,
// and every value that was not changed, survive byte for byte. A manifest is
// replaced by compare-and-swap, and each one carries the next revision, so that
// no two have the same bytes.
//
// Safe changes to the format: adding members. Renaming or retyping one is not.
package manifest

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/store"
)

// MaxBytes is the largest manifest, and the largest legacy metadata, that is
// read. A real entry takes 0.7 kB, so it holds more than 20,000 images.
const MaxBytes = 16 << 20

// A Manifest is the training manifest of one actor. Maps are from file name to
// image.
type Manifest struct {
	ActorID     string // the name of the actor
	CreatedAt   string // as found, see Time
	UpdatedAt   string
	Revision    int64 // 0 in manifests that were not written by us
	Generations []Generation
	Images      map[string]Image
	Missing     map[string]Image // named by metadata, but no such object: no training images

	found Object
}

// A Generation says how some of the images came to be.
type Generation struct {
	ID          int             `json:"generation_id"`
	Type        string          `json:"type"` // "existing" for what was there before there were manifests
	GeneratedAt string          `json:"generated_at,omitempty"`
	ImageCount  int             `json:"image_count"` // when it was made
	Metadata    json.RawMessage `json:"metadata,omitempty"`

	found Object
}

// An Image is what is known of one image. A nil or empty field is not known,
// except that Prompt and PromptPreview are always written, because programs in
// use expect them.
type Image struct {
	Prompt         string `json:"prompt"`
	PromptPreview  string `json:"prompt_preview"`
	GeneratedAt    string `json:"generated_at,omitempty"` // as found, see Time
	S3URL          string `json:"s3_url,omitempty"`       // as found, in any dialect; see ParseS3URL
	Index          *int   `json:"index,omitempty"`
	GenerationID   *int   `json:"generation_id,omitempty"`
	GenerationType string `json:"generation_type,omitempty"`

	// What we measured. Width and Height are in pixels as stored, before any
	// EXIF orientation.
	SHA256 string `json:"sha256,omitempty"` // hex
	Bytes  *int64 `json:"bytes,omitempty"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
	Style  string `json:"style,omitempty"`

	// Unnamed marks a file that no metadata names.
	Unnamed bool `json:"unnamed,omitempty"`
	// Sources says from which document each field was taken, by key.
	Sources map[string]string `json:"sources,omitempty"`
	// Conflicts holds, by key and then by source, values that contradict each
	// other. The field itself is then left out.
	Conflicts map[string]map[string]json.RawMessage `json:"conflicts,omitempty"`

	found Object
}

// NewImage makes an image of the members of a JSON object.
func NewImage(o Object) (Image, error) {
	i := Image{found: o}
	err := o.decode(&i)
	return i, err
}

// Object is the image as it is written.
func (i Image) Object() Object {
	known, unknown := i.found.overlay(&i, new(Image), "    ")
	return slices.Concat(known, unknown)
}

// Time writes a time of ours: RFC 3339 in UTC. Times that others wrote often
// lack the zone; they are kept as found, for a zone cannot be known afterwards.
func Time(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// CheckFile says why a string cannot be the file name of an image, or returns nil.
func CheckFile(file string) error {
	k := store.Key(file)
	if len(file) > 255 || k.Validate() != nil || k.Base() != file {
		return fmt.Errorf("image name %.80q is no plain file name", file)
	}
	return nil
}

var trailingNumber = regexp.MustCompile(`[0-9]+$`)

// NumberOf returns the number at the end of a file name, before the extension.
func NumberOf(file string) (int, bool) {
	digits := trailingNumber.FindString(file[:len(file)-len(path.Ext(file))])
	n, err := strconv.Atoi(digits)
	return n, err == nil
}

// Load reads the manifest of an actor, with the version that Save wants back.
// It fails with store.ErrNotFound where there is none.
func Load(ctx context.Context, s store.Store, n actor.Name) (*Manifest, store.Version, error) {
	raw, info, err := store.ReadAll(ctx, s, actor.ManifestKey(n), MaxBytes)
	if err != nil {
		return nil, "", err
	}
	m, err := Decode(raw)
	if err != nil {
		return nil, "", fmt.Errorf("read %s: %w", actor.ManifestKey(n), err)
	}
	return m, info.Version, nil
}

// Save replaces the state v of the manifest of an actor, "" for none, by m with
// the next revision and now as the time of the update. When another writer was
// faster it fails with store.ErrConflict and leaves m alone; load again.
func Save(ctx context.Context, s store.Store, n actor.Name, m *Manifest, v store.Version, now time.Time) (store.Version, error) {
	next := *m
	next.Revision++
	next.UpdatedAt = Time(now)
	raw := next.Encode()
	if len(raw) > MaxBytes {
		return "", fmt.Errorf("save %s: %d bytes, limit %d: %w", actor.ManifestKey(n), len(raw), MaxBytes, store.ErrTooLarge)
	}
	saved, err := s.Put(ctx, actor.ManifestKey(n), raw, store.IfVersion(v))
	if err != nil {
		return "", fmt.Errorf("save %s: %w", actor.ManifestKey(n), err)
	}
	*m = next
	return saved, nil
}
