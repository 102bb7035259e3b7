package verify

import (
	"context"
	"strings"

	"screentest/pkg/actor"
	"screentest/pkg/evaluation"
	"screentest/pkg/store"
)

// Actors returns the actors of the roster of whom anything is in the tree, be it
// only in the trash, the ledger or an evaluation. What lies there for a name that
// is not in the roster is among the problems, but for evaluations, which anybody
// may leave or throw away.
func Actors(ctx context.Context, s store.Store) ([]actor.Actor, []actor.Problem, error) {
	roster, err := actor.LoadRoster(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	dirs, err := actor.ListDirectories(ctx, s, roster)
	if err != nil {
		return nil, nil, err
	}
	problems := append(roster.Problems, dirs.Problems...)
	for _, name := range dirs.Unregistered {
		problems = append(problems, actor.Problem{Where: "actors/" + name, Reason: "not in the roster"})
	}
	known, err := evaluation.Recorded(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range dirs.Present {
		known[a.Name] = true
	}
	for _, prefix := range []string{"screentest/ledger/", "screentest/trash/", actor.GeneratedRoot} {
		names, err := namesIn(ctx, s, prefix)
		if err != nil {
			return nil, nil, err
		}
		for _, name := range names {
			if _, ok := roster.Find(name); !ok {
				problems = append(problems, actor.Problem{Where: prefix + string(name), Reason: "not in the roster"})
			}
			known[name] = true
		}
	}
	var actors []actor.Actor
	for _, a := range roster.Actors {
		if known[a.Name] {
			actors = append(actors, a)
		}
	}
	return actors, problems, nil
}

// namesIn returns the names of actors of whom there is a folder or a ledger
// directly in a folder.
func namesIn(ctx context.Context, s store.Store, prefix string) ([]actor.Name, error) {
	var names []actor.Name
	for page, err := range store.All(ctx, s, store.ListOptions{Prefix: prefix, Delimited: true}) {
		if err != nil {
			return nil, err
		}
		for _, folder := range page.Prefixes {
			names = append(names, actor.Name(strings.TrimSuffix(strings.TrimPrefix(folder, prefix), "/")))
		}
		for _, object := range page.Objects {
			if name, ok := strings.CutSuffix(object.Key.Base(), ".jsonl"); ok {
				names = append(names, actor.Name(name))
			}
		}
	}
	return names, nil
}
