// Package trash is where images go that a plan deletes. Each lies there with a
// receipt that says what it was, why it went, and what the manifest said of it,
// so that it can be brought back whole.
//
//	screentest/trash/ACTOR/PROPOSAL/images/FILE
//	screentest/trash/ACTOR/PROPOSAL/receipts/FILE
//
// The receipt is written first and removed last: no image lies in the trash that
// nothing is known of. Taking the image out of the set is not done here but by
// package execution, bringing it back by package restore.
//
// A receipt is read like outside input. One that could lead out of the trash, or
// to anything but a training image of its actor, is a Problem and not a Receipt.
package trash

import (
	"context"
	"errors"
	"fmt"

	"screentest/pkg/store"
)

// Keep puts r, and the state v of the object src, into the trash of s. Doing it
// again changes nothing: the first receipt stays. Other contents that lie there
// already, and a receipt that List would refuse, are an error. The object stays
// where it is.
func Keep(ctx context.Context, s store.Store, r Receipt, src store.Key, v store.Version) error {
	if err := writeReceipt(ctx, s, r); err != nil {
		return fmt.Errorf("write the receipt of %s: %w", r.File, err)
	}
	if err := CopyTo(ctx, s, src, v, r.ImageKey()); err != nil {
		return fmt.Errorf("copy %s to the trash: %w", r.File, err)
	}
	return nil
}

func writeReceipt(ctx context.Context, s store.Store, r Receipt) error {
	text, err := encode(r)
	if err != nil {
		return err
	}
	_, err = s.Put(ctx, r.Key(), text, store.IfAbsent)
	if !errors.Is(err, store.ErrConflict) {
		return err
	}
	there, err := load(ctx, s, r.Key())
	if err == nil && there.SHA256 != r.SHA256 {
		err = fmt.Errorf("%s is that of an image with other contents", r.Key())
	}
	return err
}

// CopyTo copies the state v of src to dst and takes an equal object that lies
// there already for a copy that was made before.
func CopyTo(ctx context.Context, s store.Store, src store.Key, v store.Version, dst store.Key) error {
	_, err := s.Copy(ctx, src, v, dst)
	if !errors.Is(err, store.ErrConflict) {
		return err
	}
	same, compareErr := equal(ctx, s, src, dst)
	if compareErr != nil || same {
		return compareErr
	}
	return err
}

func equal(ctx context.Context, s store.Store, a, b store.Key) (bool, error) {
	x, _, err := store.Hash(ctx, s, a)
	if err != nil {
		return false, err
	}
	y, _, err := store.Hash(ctx, s, b)
	return x == y, err
}

// Find returns the state of the image of r, in the trash of a tree or of its
// mirror, once it has read all of it. It fails with store.ErrNotFound where the
// image is gone, and where it is not the one that r describes.
func Find(ctx context.Context, s store.Store, r Receipt) (store.Version, error) {
	sum, info, err := store.Hash(ctx, s, r.ImageKey())
	switch {
	case errors.Is(err, store.ErrNotFound):
		return "", fmt.Errorf("the receipt of %s is in the trash but the image is not: %w", r.File, err)
	case err != nil:
		return "", err
	case sum != r.SHA256:
		return "", fmt.Errorf("%s has other contents than its receipt says: find the image with SHA-256 %s and put it there", r.ImageKey(), r.SHA256)
	}
	return info.Version, nil
}

// Drop deletes the image of r, and then r itself, from the trash of a tree or of
// its mirror, for good. What is not there is no error, so it is safe to repeat.
func Drop(ctx context.Context, s store.Store, r Receipt) error {
	for _, k := range []store.Key{r.ImageKey(), r.Key()} {
		if err := remove(ctx, s, k); err != nil {
			return fmt.Errorf("remove %s from the trash: %w", r.File, err)
		}
	}
	return nil
}

// remove deletes an object in whatever state it is.
func remove(ctx context.Context, s store.Store, k store.Key) error {
	o, err := s.Get(ctx, k)
	if err == nil {
		o.Body.Close()
		err = s.Delete(ctx, k, o.Version)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
