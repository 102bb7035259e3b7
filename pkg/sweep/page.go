package sweep

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"screentest/pkg/actor"
	"screentest/pkg/event"
	"screentest/pkg/queue"
	"screentest/pkg/run"
	"screentest/pkg/store"
)

// A Sender takes messages. queue.Queue is one.
type Sender interface {
	Send(ctx context.Context, messages ...queue.Message) error
}

// An Orchestrator finds the actors of a sweep and asks for their evaluation.
type Orchestrator struct {
	Store store.Store
	Queue Sender
	Now   func() time.Time
	// Listings is how many pages of the bucket one call goes over. It bounds the
	// time and the memory of a call; 0 means 500, which are half a million objects.
	Listings int
}

// A PageInput is what the state machine calls with.
type PageInput struct {
	RunID  string   `json:"run_id"`
	Mode   run.Mode `json:"mode"`
	Cursor string   `json:"cursor"` // "" first, then what the call before answered
	Actors Names    `json:"actors"`
}

// A PageOutput is what it goes on with.
type PageOutput struct {
	RunID  string `json:"run_id"`
	Cursor string `json:"cursor"`
	Done   bool   `json:"done"`
	Sent   int    `json:"sent"`  // messages of this call
	Total  int    `json:"total"` // actors so far
}

// Page asks for the evaluation of the next actors. The same call again sends the
// same messages, which the queue or else the evaluator recognises. It fails with
// Invalid where no repetition can help.
func (o *Orchestrator) Page(ctx context.Context, in PageInput) (PageOutput, error) {
	if err := cmp.Or(check(in.Mode, in.RunID), in.Actors.check(in.Mode)); err != nil {
		return PageOutput{}, err
	}
	at, err := parseCursor(in.Cursor)
	if err != nil {
		return PageOutput{}, err
	}
	if in.Cursor == "" {
		if err := Begin(ctx, o.Store, in.Mode, in.RunID, o.Now()); err != nil {
			return PageOutput{}, err
		}
	}
	sets, at, done, err := o.find(ctx, in.Actors, at)
	if err != nil {
		return PageOutput{}, err
	}
	if err := o.send(ctx, in, sets); err != nil {
		return PageOutput{}, err
	}
	at.total += len(sets)
	_, err = change(ctx, o.Store, in.Mode, in.RunID, func(h *Header) {
		h.Total, h.Listed = max(h.Total, at.total), h.Listed || done
	})
	return PageOutput{RunID: in.RunID, Cursor: at.String(), Done: done, Sent: len(sets), Total: at.total}, err
}

// A cursor is where the next page begins. It holds the total too, so that a call
// that is repeated counts nobody twice.
type cursor struct {
	total int
	last  actor.Name // whose images ended the page before; more of them may follow
	after string     // the store's own
}

// String never holds a slash before the store's part, since no name does.
func (c cursor) String() string { return fmt.Sprintf("%d/%s/%s", c.total, c.last, c.after) }

func parseCursor(s string) (cursor, error) {
	if s == "" {
		return cursor{}, nil
	}
	parts := strings.SplitN(s, "/", 3)
	total, err := strconv.Atoi(parts[0])
	if err != nil || len(parts) < 3 || total < 0 {
		return cursor{}, Invalid{fmt.Sprintf("cursor %q: give back what the call before answered", s)}
	}
	return cursor{total, actor.Name(parts[1]), parts[2]}, nil
}

// A set is that of an actor, as far as a listing tells.
type set struct {
	actor actor.Name
	mark  string // "" if not all of it was seen
}

// find returns the next actors: those asked for, or those of the bucket.
func (o *Orchestrator) find(ctx context.Context, asked []actor.Name, at cursor) ([]set, cursor, bool, error) {
	if len(asked) > 0 {
		var sets []set
		for _, name := range slices.Compact(slices.Sorted(slices.Values(asked))) {
			sets = append(sets, set{actor: name})
		}
		known, err := registered(ctx, o.Store, sets)
		if err == nil && len(known) < len(sets) {
			err = Invalid{fmt.Sprintf("not in the roster: %q", missing(sets, known))}
		}
		return known, at, true, err
	}
	sets, at, err := o.list(ctx, at)
	if err != nil {
		return nil, at, false, err
	}
	sets, err = registered(ctx, o.Store, sets)
	return sets, at, at.after == "", err
}

// A seen is what a listing shows of the actors, one after the other.
type seen struct {
	sets  []set
	now   actor.Set // of the actor whose objects come now
	whole bool      // the listing has shown where they begin
}

// turn says that no more objects of the actor come, and that next has the turn.
func (s *seen) turn(next actor.Name) {
	if last := len(s.sets) - 1; s.whole && last >= 0 && s.sets[last].actor == s.now.Actor.Name {
		s.sets[last].mark = s.now.Mark()
	}
	s.whole = s.now.Actor.Name != ""
	s.now = actor.Set{Actor: actor.Actor{Name: next}}
}

// list goes over the objects below actors/ and returns who has training images.
// The objects of one actor follow on each other, so the whole bucket is one flat
// listing, which takes a fraction of the requests of a listing for each actor. The
// first and the last actor of a call get no mark, unless the bucket begins or ends
// there: the rest of their objects may lie on another page.
func (o *Orchestrator) list(ctx context.Context, at cursor) ([]set, cursor, error) {
	listings := o.Listings
	if listings == 0 {
		listings = 500
	}
	var s seen
	first := at.after == ""
	for range listings {
		page, err := o.Store.List(ctx, store.ListOptions{Prefix: actor.Directory, After: at.after})
		if err != nil {
			return nil, at, fmt.Errorf("list the actors: %w", err)
		}
		for _, object := range page.Objects {
			name, owned := actor.Owner(object.Key)
			if !owned {
				continue
			}
			if name != s.now.Actor.Name {
				s.turn(name)
				s.whole = s.whole || first
			}
			s.now.Add(object)
			if name != at.last && actor.TrainingKey(name, object.Key.Base()) == object.Key {
				s.sets, at.last = append(s.sets, set{actor: name}), name
			}
		}
		if at.after = page.Next; at.after == "" {
			s.turn("")
			break
		}
	}
	return s.sets, at, nil
}

// registered returns those of sets whose actors the roster has, in their order. The
// roster is read from its beginning to its end and not kept.
func registered(ctx context.Context, s store.Store, sets []set) ([]set, error) {
	known := make(map[actor.Name]bool, len(sets))
	for _, x := range sets {
		known[x.actor] = false
	}
	for a, err := range actor.Stream(ctx, s) {
		if err != nil {
			return nil, err
		}
		if _, wanted := known[a.Name]; wanted {
			known[a.Name] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(sets), func(x set) bool { return !known[x.actor] }), nil
}

func missing(sets, known []set) []actor.Name {
	var names []actor.Name
	for _, x := range sets {
		if !slices.Contains(known, x) {
			names = append(names, x.actor)
		}
	}
	return names
}

// How messages are sent: as many at once, and as many senders at once.
const (
	sendTogether = 100
	senders      = 8
)

func (o *Orchestrator) send(ctx context.Context, in PageInput, sets []set) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(senders)
	for chunk := range slices.Chunk(sets, sendTogether) {
		group.Go(func() error {
			messages := make([]queue.Message, len(chunk))
			for i, x := range chunk {
				j := event.Job{Kind: event.Evaluate, Actor: x.actor, Mode: in.Mode, Run: in.RunID, Set: x.mark, Cause: "sweep"}
				messages[i] = j.Message()
			}
			return o.Queue.Send(ctx, messages...)
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("ask for evaluations: %w", err)
	}
	return nil
}
