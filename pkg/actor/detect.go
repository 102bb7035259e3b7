package actor

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"screentest/pkg/store"
)

// Directories says for which actors of the roster there is a directory.
type Directories struct {
	Present      []Actor   // by name
	Absent       []Actor   // by name
	Unregistered []string  // directories in actors/ that the roster does not name, by name
	Problems     []Problem // what lies in actors/ but is not an object of the tree
}

// ListDirectories compares actors/ with the roster by one delimited listing.
func ListDirectories(ctx context.Context, s store.Store, r Roster) (Directories, error) {
	var d Directories
	present := map[Name]bool{}
	for page, err := range store.All(ctx, s, store.ListOptions{Prefix: actorsPrefix, Delimited: true}) {
		if err != nil {
			return Directories{}, err
		}
		for _, dir := range page.Prefixes {
			name := strings.TrimSuffix(strings.TrimPrefix(dir, actorsPrefix), "/")
			present[Name(name)] = true
			if _, known := r.Find(Name(name)); !known {
				d.Unregistered = append(d.Unregistered, name)
			}
		}
		for _, refused := range page.Refused {
			present[Name(strings.TrimPrefix(refused.Name, actorsPrefix))] = true // its listing says why
		}
		d.Problems = append(d.Problems, refusals(page.Refused)...)
	}
	for _, a := range r.Actors {
		if present[a.Name] {
			d.Present = append(d.Present, a)
		} else {
			d.Absent = append(d.Absent, a)
		}
	}
	slices.Sort(d.Unregistered)
	return d, nil
}

func refusals(refused []store.Refusal) []Problem {
	var problems []Problem
	for _, r := range refused {
		problems = append(problems, Problem{Where: r.Name, Reason: r.Reason})
	}
	return problems
}

// A Detection says which actors of the roster have training data.
type Detection struct {
	Sets         []Set     // actors with at least one training image, by name
	Unreadable   []Set     // actors of which something cannot be read and no image is seen, by name
	Absent       []Actor   // the other actors of the roster, by name
	Unregistered []string  // directories in actors/ that the roster does not name, by name
	Problems     []Problem // those of the roster first, then what the listings refused
}

// listings is how many sets are listed at once: enough to hide the latency of
// a bucket, few enough not to matter to a disk.
const listings = 8

// Detect finds the sets of the whole roster: one delimited listing of actors/,
// then one listing for each actor that has a directory. It fails if any listing
// fails, for a set that is not seen must not pass for one that is empty.
func Detect(ctx context.Context, s store.Store, r Roster) (Detection, error) {
	dirs, err := ListDirectories(ctx, s, r)
	if err != nil {
		return Detection{}, err
	}
	sets, err := loadSets(ctx, s, dirs.Present)
	if err != nil {
		return Detection{}, err
	}
	d := Detection{
		Absent:       dirs.Absent,
		Unregistered: dirs.Unregistered,
		Problems:     slices.Concat(r.Problems, dirs.Problems),
	}
	for _, set := range sets {
		d.Problems = append(d.Problems, refusals(set.Refused)...)
		switch {
		case len(set.Images) > 0:
			d.Sets = append(d.Sets, set)
		case set.Unreadable() != nil:
			d.Unreadable = append(d.Unreadable, set)
		default:
			d.Absent = append(d.Absent, set.Actor)
		}
	}
	slices.SortFunc(d.Absent, byName)
	return d, nil
}

// loadSets returns the sets of actors in their order.
func loadSets(ctx context.Context, s store.Store, actors []Actor) ([]Set, error) {
	sets := make([]Set, len(actors))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(listings)
	for i, a := range actors {
		group.Go(func() error {
			var err error
			sets[i], err = LoadSet(ctx, s, a)
			return err
		})
	}
	return sets, group.Wait()
}
