// Package album gathers what is known of every actor of the roster, for people to
// look at. The report and the review page stand on it.
//
// It only reads. Looking again opens what has changed and nothing else: five
// listings for a roster of which nothing has changed.
package album

import (
	"context"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"screentest/pkg/actor"
	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
	"screentest/pkg/store"
)

// An Album remembers what it has read. It is safe for concurrent use.
type Album struct {
	store store.Store

	mu          sync.Mutex
	roster      actor.Roster
	version     store.Version // of the roster
	evaluations shelf[Entry]
	ledgers     shelf[concluded]
	decisions   shelf[string]       // why they cannot be read, "" where they can
	dirs        *actor.Directories  // nil where they have to be listed first
	behind      bool                // they are being listed while nobody waits
	empty       map[actor.Name]bool // whether a directory without an evaluation has no images
}

// New returns an album of the tree s.
func New(s store.Store) *Album {
	return &Album{
		store: s, empty: map[actor.Name]bool{},
		evaluations: shelf[Entry]{store: s, key: actor.EvaluationKey, open: func(ctx context.Context, n actor.Name) (Entry, error) {
			return openEvaluation(ctx, s, n)
		}},
		ledgers: shelf[concluded]{store: s, key: actor.LedgerKey, open: func(ctx context.Context, n actor.Name) (concluded, error) {
			return openLedger(ctx, s, n)
		}},
		decisions: shelf[string]{store: s, key: actor.DecisionsKey, open: func(ctx context.Context, n actor.Name) (string, error) {
			if _, err := decision.Load(ctx, s, n); err != nil {
				return err.Error(), err
			}
			return "", nil
		}},
	}
}

// A View is the album as it stands.
type View struct {
	Entries      []Entry         // of every actor of the roster, by name
	Unregistered []string        // directories in actors/ that the roster does not name
	Problems     []actor.Problem // entries of the roster and directories that cannot be used
}

// Look returns the album as it stands now, but for two things that matter to actors
// who were never evaluated only: which directories there are is told as of the look
// before, and looked up again behind it, because that is by far the longest listing;
// whether one of them has images is found out once. Look fails where the roster or
// the listings cannot be read; an evaluation that cannot be is the Problem of its
// entry.
func (a *Album) Look(ctx context.Context) (View, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.readRoster(ctx); err != nil {
		return View{}, err
	}
	group, listing := errgroup.WithContext(ctx)
	if a.dirs == nil {
		group.Go(func() error { return a.listDirectories(listing) })
	} else {
		a.listBehind(ctx)
	}
	group.Go(func() error { return a.evaluations.refresh(listing) })
	group.Go(func() error { return a.ledgers.refresh(listing) })
	group.Go(func() error { return a.decisions.refresh(listing) })
	if err := group.Wait(); err != nil {
		return View{}, err
	}
	dirs := *a.dirs
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

func (a *Album) listDirectories(ctx context.Context) error {
	dirs, err := actor.ListDirectories(ctx, a.store, a.roster)
	if err == nil {
		a.dirs = &dirs
	}
	return err
}

// listBehind lists the directories for the next look, which lists them itself where
// this fails. It outlives the look that started it.
func (a *Album) listBehind(ctx context.Context) {
	if a.behind {
		return
	}
	a.behind = true
	roster, version := a.roster, a.version
	go func() {
		dirs, err := actor.ListDirectories(context.WithoutCancel(ctx), a.store, roster)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.behind = false
		switch {
		case version != a.version: // they were compared with a roster of before
		case err != nil:
			a.dirs = nil
		default:
			a.dirs = &dirs
		}
	}()
}

func (a *Album) entry(member actor.Actor, absent bool) Entry {
	c, evaluated := a.evaluations.held[member.Name]
	entry := c.made
	entry.Actor = member
	switch {
	case evaluated:
	case absent:
		entry.State = Absent
	default:
		entry.State = Unseen
	}
	entry.conclude(a.ledgers.held[member.Name].made, a.decisions.held[member.Name].made)
	return entry
}

// findEmpty looks into the directories of actors that have no evaluation.
func (a *Album) findEmpty(ctx context.Context, present []actor.Actor) error {
	unknown := slices.DeleteFunc(slices.Clone(present), func(member actor.Actor) bool {
		_, known := a.empty[member.Name]
		_, evaluated := a.evaluations.held[member.Name]
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
	a.dirs = nil
	if a.roster, err = actor.LoadRoster(ctx, a.store); err != nil {
		a.version = ""
		return err
	}
	if len(page.Objects) == 1 {
		a.version = page.Objects[0].Version
	}
	return nil
}

// Damaged says what is wrong with an evaluation that is there and cannot be used.
const Damaged = "The evaluation is damaged, or of another version of the program. Evaluate the actor again; what was judged and paid for is kept apart and is not lost."

func openEvaluation(ctx context.Context, s store.Store, name actor.Name) (Entry, error) {
	e, _, err := evaluation.Load(ctx, s, name)
	switch {
	case err != nil:
		return Entry{State: Unreadable, Problem: err.Error()}, err
	case e == nil:
		return Entry{State: Unreadable, Problem: Damaged}, nil
	}
	return summarize(*e), nil
}
