// Package album gathers what is known of every actor of the roster, for people to
// look at. The report and the review page stand on it.
//
// It only reads. Looking again opens what has changed and nothing else: three
// listings for a roster whose evaluations have not changed.
package album

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"screentest/pkg/actor"
	"screentest/pkg/evaluation"
	"screentest/pkg/store"
)

// An Album remembers what it has read. It is safe for concurrent use.
type Album struct {
	store store.Store

	mu      sync.Mutex
	roster  actor.Roster
	version store.Version // of the roster
	entries map[actor.Name]page
	empty   map[actor.Name]bool // whether a directory without an evaluation has no images
}

// A page is an entry and the version of the document that it was made of.
type page struct {
	version store.Version
	entry   Entry
}

// New returns an album of the tree s.
func New(s store.Store) *Album {
	return &Album{store: s, entries: map[actor.Name]page{}, empty: map[actor.Name]bool{}}
}

// A View is the album as it stands.
type View struct {
	Entries      []Entry         // of every actor of the roster, by name
	Unregistered []string        // directories in actors/ that the roster does not name
	Problems     []actor.Problem // entries of the roster and directories that cannot be used
}

// Look returns the album as it stands now. Whether an actor that was never
// evaluated has images is found out once. It fails where the roster or the
// listings cannot be read; an evaluation that cannot be is the Problem of its entry.
func (a *Album) Look(ctx context.Context) (View, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.readRoster(ctx); err != nil {
		return View{}, err
	}
	dirs, err := actor.ListDirectories(ctx, a.store, a.roster)
	if err != nil {
		return View{}, err
	}
	if err := a.readEvaluations(ctx); err != nil {
		return View{}, err
	}
	if err := a.findEmpty(ctx, dirs.Present); err != nil {
		return View{}, err
	}
	absent := maps.Clone(a.empty)
	for _, member := range dirs.Absent {
		absent[member.Name] = true
	}
	v := View{Unregistered: dirs.Unregistered, Problems: slices.Concat(a.roster.Problems, dirs.Problems)}
	for _, member := range a.roster.Actors {
		v.Entries = append(v.Entries, a.entry(member, absent[member.Name]))
	}
	return v, nil
}

func (a *Album) entry(member actor.Actor, absent bool) Entry {
	p, evaluated := a.entries[member.Name]
	entry := p.entry
	entry.Actor = member
	switch {
	case evaluated:
	case absent:
		entry.State = Absent
	default:
		entry.State = Unseen
	}
	return entry
}

// findEmpty looks into the directories of actors that have no evaluation.
func (a *Album) findEmpty(ctx context.Context, present []actor.Actor) error {
	unknown := slices.DeleteFunc(slices.Clone(present), func(member actor.Actor) bool {
		_, known := a.empty[member.Name]
		_, evaluated := a.entries[member.Name]
		return known || evaluated
	})
	sets := make([]actor.Set, len(unknown))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, member := range unknown {
		group.Go(func() error {
			var err error
			sets[i], err = actor.LoadSet(ctx, a.store, member)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, set := range sets {
		a.empty[set.Actor.Name] = len(set.Images) == 0 && len(set.Refused) == 0
	}
	return nil
}

func (a *Album) readRoster(ctx context.Context) error {
	page, err := a.store.List(ctx, store.ListOptions{Prefix: string(actor.RosterKey), Limit: 1})
	if err != nil {
		return err
	}
	if len(page.Objects) == 1 && a.version != "" && page.Objects[0].Version == a.version {
		return nil
	}
	if a.roster, err = actor.LoadRoster(ctx, a.store); err != nil {
		a.version = ""
		return err
	}
	if len(page.Objects) == 1 {
		a.version = page.Objects[0].Version
	}
	return nil
}

// readers is how many evaluations are opened at once: enough to hide the latency
// of a bucket.
const readers = 16

func (a *Album) readEvaluations(ctx context.Context) error {
	pages := map[actor.Name]page{}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	prefix := strings.TrimSuffix(string(actor.EvaluationKey("")), ".json")
	for listed, err := range store.All(ctx, a.store, store.ListOptions{Prefix: prefix}) {
		if err != nil {
			return err
		}
		for _, info := range listed.Objects {
			name := actor.Name(strings.TrimSuffix(info.Key.Base(), ".json"))
			if old, ok := a.entries[name]; ok && old.version == info.Version {
				mu.Lock()
				pages[name] = old
				mu.Unlock()
				continue
			}
			group.Go(func() error {
				read, err := a.read(ctx, name)
				mu.Lock()
				pages[name] = read
				mu.Unlock()
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	a.entries = pages
	return nil
}

// read fails only when the looking is being stopped.
func (a *Album) read(ctx context.Context, name actor.Name) (page, error) {
	e, version, err := evaluation.Load(ctx, a.store, name)
	switch {
	case ctx.Err() != nil:
		return page{}, ctx.Err()
	case err != nil:
		return page{entry: Entry{State: Unseen, Problem: err.Error()}}, nil
	case e == nil:
		return page{version, Entry{State: Unseen, Problem: "the evaluation is damaged or of another version; evaluate the actor again"}}, nil
	}
	return page{version, summarize(*e)}, nil
}
