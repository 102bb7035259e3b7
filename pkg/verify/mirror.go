package verify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"screentest/pkg/actor"
	"screentest/pkg/mirror"
	"screentest/pkg/store"
)

// checkMirror looks for the second copy of every image whose content is sure.
func (x *examination) checkMirror(ctx context.Context) error {
	for _, file := range slices.Sorted(maps.Keys(x.contents)) {
		url := ""
		if x.manifest != nil {
			url = x.manifest.Images[file].S3URL
		}
		if err := x.checkCopy(ctx, file, url); err != nil {
			return fmt.Errorf("look for %s in the mirror: %w", file, err)
		}
	}
	return nil
}

func (x *examination) checkCopy(ctx context.Context, file, url string) error {
	sum := x.contents[file]
	found, err := x.Remote.Locate(ctx, x.actor.Name, file, sum, url)
	switch {
	case errors.Is(err, mirror.ErrOrphan):
		found.Outside = url // beyond reach: a plan that deletes it is refused
	case errors.Is(err, mirror.ErrDiffers):
		x.find(Finding{Kind: MirrorDiffers, File: file, SHA256: sum, Detail: err.Error(),
			Left: "look which of the two is right and remove the other"})
		return nil
	case err != nil:
		return err
	}
	if found.Outside != "" {
		x.note(Elsewhere, file, "it also lies at "+found.Outside+", which is never touched")
	}
	if m := x.Remote.Mirror; m != nil && found.Key == "" {
		key, ok := m.At.CopyOf(x.actor.Name, file, url) // others may rely on the address
		if !ok {
			key = actor.TrainingKey(x.actor.Name, file)
		}
		x.mend(Finding{Kind: NotInMirror, File: file, SHA256: sum, Detail: "the mirror has no copy of it", Repair: "copy it to " + m.At.URL(key)},
			func(ctx context.Context) error { return x.copyToMirror(ctx, file, key) })
	}
	return nil
}

// checkMirrorOnly finds training images that lie in the mirror and not in the set.
func (x *examination) checkMirrorOnly(ctx context.Context) error {
	m := x.Remote.Mirror
	if m == nil {
		return nil
	}
	there, err := actor.LoadSet(ctx, m.Store, x.actor)
	if err != nil {
		return fmt.Errorf("list the mirror: %w", err)
	}
	for _, info := range there.Images {
		file := info.Key.Base()
		if !slices.ContainsFunc(x.set.Images, func(i store.Info) bool { return i.Key == info.Key }) {
			x.find(Finding{Kind: OnlyInMirror, File: file, Detail: "it lies in the mirror, and the set has no such image",
				Left: "copy it into the set, or remove it there, whichever is right"})
		}
	}
	return nil
}

func (x *examination) copyToMirror(ctx context.Context, file string, to store.Key) error {
	data, _, err := store.ReadAll(ctx, x.Store, actor.TrainingKey(x.actor.Name, file), store.MaxDocument)
	if err == nil {
		err = x.Remote.Mirror.Put(ctx, to, data)
	}
	if err != nil {
		return fmt.Errorf("copy %s to the mirror: %w", file, err)
	}
	return nil
}
