// Package mirror knows where the images of a tree lie a second time: in a bucket
// that a directory is kept in step with. An act on an image is done when it is
// done on both sides; objects in other places are never touched, but named.
//
// It stands beside the store: execution and restore ask it where the second copy
// of an image is before they act. An address in a manifest is outside input. It
// is followed only to an object of the mirror that has the image's name and
// content, and that is no base image and no other actor's, so a wrong one leads to
// nothing but a report.
package mirror

import (
	"context"
	"errors"
	"fmt"

	"screentest/pkg/actor"
	"screentest/pkg/store"
)

// ErrOrphan says that an image cannot be deleted, because an object elsewhere
// would be left that nobody knows of: the manifest gives an address for it, and
// nothing says what is to become of that.
var ErrOrphan = errors.New("a remote object would be orphaned")

// ErrDiffers says that the mirror holds other contents under the image's name.
var ErrDiffers = errors.New("the mirror holds other contents")

// Advice says how to tell the program where second copies are.
const Advice = "say --mirror s3://bucket/prefix to change them too, or --mirror none to leave them where they are"

// A Mirror is the second place of the images. Keys in it are those of the tree.
type Mirror struct {
	Store store.Store
	At    Location
}

// Remote is what is known of other places of the images of a tree.
type Remote struct {
	Home   Location // of the tree itself
	Mirror *Mirror  // nil if none is configured
	Waived bool     // the owner has said that there is none: objects elsewhere stay there
}

// An Object is the second copy of an image.
type Object struct {
	Key     store.Key     // in the mirror; "" if there is none
	Version store.Version // of it
	Outside string        // an address that is neither in the tree nor in the mirror; "" if there is none
}

// Locate finds the second copy of the image n/file, whose content is sha256 and
// whose manifest entry gives the address url, "" for none. It fails with
// ErrOrphan where the address is beyond reach and nothing is configured, and
// with ErrDiffers where the mirror holds something else.
//
// The copy is where url says, in whatever layout of keys, if that is in the
// mirror, and else under the image's key in the tree. Should it lie in both
// places, the first is meant. A copy that is in neither has been deleted before
// or was never made; then Key is "".
func (r Remote) Locate(ctx context.Context, n actor.Name, file, sha256, url string) (Object, error) {
	own := actor.TrainingKey(n, file)
	keys := []store.Key{own}
	outside := url
	if key, ok := r.Home.key(url); ok && key == own {
		outside = ""
	}
	if r.Mirror == nil {
		if outside != "" && !r.Waived && r.Home == (Location{}) {
			return Object{}, fmt.Errorf("%w: a copy of %s lies at %.300q; %s", ErrOrphan, file, url, Advice)
		}
		return Object{Outside: outside}, nil
	}
	if key, ok := r.Mirror.At.CopyOf(n, file, url); ok {
		outside = ""
		if key != own {
			keys = []store.Key{key, own}
		}
	}
	o, err := r.Mirror.find(ctx, sha256, keys)
	o.Outside = outside
	return o, err
}

// find returns the first of keys that lies in the mirror.
func (m *Mirror) find(ctx context.Context, sha256 string, keys []store.Key) (Object, error) {
	for _, key := range keys {
		version, err := m.holds(ctx, key, sha256)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return Object{}, err
		}
		return Object{Key: key, Version: version}, nil
	}
	return Object{}, nil
}

func (m *Mirror) holds(ctx context.Context, key store.Key, sha256 string) (store.Version, error) {
	sum, info, err := store.Hash(ctx, m.Store, key)
	if err != nil {
		return "", fmt.Errorf("look into the mirror: %w", err)
	}
	if sum != sha256 {
		return "", fmt.Errorf("%w under %s: make it the same there and here, or remove it there", ErrDiffers, key)
	}
	return info.Version, nil
}
