package actor

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"screentest/pkg/store"
)

// A Roster is the list of all actors, sorted by name, each name once.
type Roster struct {
	Actors   []Actor
	Problems []Problem // entries that cannot be used, in the order of the file
}

// Find returns the actor of that name.
func (r Roster) Find(n Name) (Actor, bool) {
	i, found := slices.BinarySearchFunc(r.Actors, n, func(a Actor, n Name) int { return cmp.Compare(a.Name, n) })
	if !found {
		return Actor{}, false
	}
	return r.Actors[i], true
}

// Like returns the names in the roster that somebody may have meant who wrote
// part of one, in whatever case, at most limit of them.
func (r Roster) Like(part string, limit int) []Name {
	var like []Name
	for _, a := range r.Actors {
		if len(like) < limit && strings.Contains(strings.ToLower(string(a.Name)), strings.ToLower(part)) {
			like = append(like, a.Name)
		}
	}
	return like
}

// LoadRoster reads the roster. It fails when there is none or when it is not a
// JSON list; a single bad entry is a Problem and the others are unharmed. Of
// two entries with one name the first counts.
func LoadRoster(ctx context.Context, s store.Store) (Roster, error) {
	body, _, err := store.ReadAll(ctx, s, RosterKey, store.MaxDocument)
	if errors.Is(err, store.ErrNotFound) {
		return Roster{}, fmt.Errorf("load the roster: %w: put %s at the root of the data tree, or point --data at the tree that holds it", err, RosterKey)
	}
	if err != nil {
		return Roster{}, fmt.Errorf("load the roster: %w", err)
	}
	return decodeRoster(body)
}

func decodeRoster(body []byte) (Roster, error) {
	body = bytes.TrimPrefix(body, []byte("\uFEFF")) // some editors begin a file with it
	var entries []json.RawMessage
	if err := json.Unmarshal(body, &entries); err != nil {
		return Roster{}, fmt.Errorf("load the roster: %s is not a JSON list of actors: %w: restore it from the studio's copy", RosterKey, err)
	}
	if entries == nil {
		return Roster{}, fmt.Errorf("load the roster: %s is null, not a JSON list of actors: restore it from the studio's copy", RosterKey)
	}
	var r Roster
	first := map[Name]int{}
	for i, raw := range entries {
		a, err := decodeActor(raw)
		if j, taken := first[a.Name]; err == nil && taken {
			err = fmt.Errorf("the name %q is taken by entry %d", string(a.Name), j)
		}
		if err != nil {
			r.Problems = append(r.Problems, Problem{Where: fmt.Sprintf("%s, entry %d", RosterKey, i), Reason: err.Error()})
			continue
		}
		first[a.Name] = i
		r.Actors = append(r.Actors, a)
	}
	slices.SortFunc(r.Actors, byName)
	return r, nil
}

func decodeActor(raw json.RawMessage) (Actor, error) {
	// A map, because a struct would take "Name" for "name".
	var entry map[string]json.RawMessage
	if raw[0] != '{' {
		return Actor{}, errors.New("not an object")
	}
	if err := json.Unmarshal(raw, &entry); err != nil {
		return Actor{}, err
	}
	var name *string
	if json.Unmarshal(entry["name"], &name) != nil || name == nil {
		return Actor{}, errors.New("it has no name")
	}
	a := Actor{
		ID:          text(entry["id"]),
		Name:        Name(*name),
		Age:         text(entry["age"]),
		Sex:         text(entry["sex"]),
		Ethnicity:   text(entry["ethnicity"]),
		FacePrompt:  text(entry["face_prompt"]),
		Description: text(entry["description"]),
	}
	return a, a.Name.Validate()
}

// text reads a field that only describes: a string or a number. A value of any
// other type is taken for none, for it is no reason to leave an actor out.
func text(raw json.RawMessage) string {
	var s string
	var n json.Number
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}

func byName(a, b Actor) int { return cmp.Compare(a.Name, b.Name) }
