package trash

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"screentest/pkg/actor"
	"screentest/pkg/store"
)

// List returns what is in the trash of an actor, oldest first and then by name.
// Receipts that cannot be used, images that have none, and anything else that
// lies there are Problems and left out. A receipt may have no image: it was
// written by a deletion that was cut off, or the image was taken away by hand;
// Find tells. List fails where the store does, for what could not be read just
// now must not pass for what is not there; but a receipt that nobody may read is
// a Problem.
func List(ctx context.Context, s store.Store, n actor.Name) ([]Receipt, []actor.Problem, error) {
	c, err := look(ctx, s, n)
	if err != nil {
		return nil, nil, fmt.Errorf("look into the trash of %s: %w", n, err)
	}
	var receipts []Receipt
	for _, k := range c.receipts {
		r, err := load(ctx, s, k)
		switch {
		case errors.Is(err, store.ErrNotFound): // dropped since it was listed
		case errors.Is(err, errUnusable), errors.Is(err, store.ErrTooLarge), errors.Is(err, fs.ErrPermission):
			c.refuse(string(k), err.Error())
		case err != nil:
			return nil, nil, fmt.Errorf("look into the trash of %s: %w", n, err)
		default:
			receipts = append(receipts, r)
		}
	}
	slices.SortFunc(receipts, func(a, b Receipt) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.File, b.File), cmp.Compare(a.Proposal, b.Proposal))
	})
	return receipts, c.problems, nil
}

// contents is what a listing of one actor's trash shows.
type contents struct {
	receipts []store.Key
	problems []actor.Problem
}

func (c *contents) refuse(where, reason string) {
	c.problems = append(c.problems, actor.Problem{Where: where, Reason: reason})
}

func look(ctx context.Context, s store.Store, n actor.Name) (contents, error) {
	var c contents
	if err := n.Validate(); err != nil {
		return c, err
	}
	var images []store.Key
	known := map[store.Key]bool{} // where an image has a receipt
	prefix := root + string(n) + "/"
	for page, err := range store.All(ctx, s, store.ListOptions{Prefix: prefix}) {
		if err != nil {
			return c, err
		}
		for _, object := range page.Objects {
			part := strings.Split(strings.TrimPrefix(string(object.Key), prefix), "/")
			switch {
			case len(part) == 3 && part[1] == receiptsDir:
				c.receipts = append(c.receipts, object.Key)
				known[store.Key(prefix+part[0]+"/"+imagesDir+"/"+part[2])] = true
			case len(part) == 3 && part[1] == imagesDir:
				images = append(images, object.Key)
			default:
				c.refuse(string(object.Key), "it is neither an image in the trash nor a receipt")
			}
		}
		for _, refused := range page.Refused {
			c.refuse(refused.Name, refused.Reason)
		}
	}
	for _, k := range images {
		if !known[k] {
			c.refuse(string(k), "the image has no receipt, so where it belongs is not known")
		}
	}
	return c, nil
}

// Actors returns who has something in the trash, by name. Directories that can
// be no actor's are Problems.
func Actors(ctx context.Context, s store.Store) ([]actor.Name, []actor.Problem, error) {
	var names []actor.Name
	var problems []actor.Problem
	for page, err := range store.All(ctx, s, store.ListOptions{Prefix: root, Delimited: true}) {
		if err != nil {
			return nil, nil, err
		}
		for _, dir := range page.Prefixes {
			name := actor.Name(strings.TrimSuffix(strings.TrimPrefix(dir, root), "/"))
			if err := name.Validate(); err != nil {
				problems = append(problems, actor.Problem{Where: dir, Reason: err.Error()})
				continue
			}
			names = append(names, name)
		}
		for _, refused := range page.Refused {
			problems = append(problems, actor.Problem{Where: refused.Name, Reason: refused.Reason})
		}
	}
	return names, problems, nil
}
