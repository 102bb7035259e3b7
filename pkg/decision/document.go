package decision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"screentest/pkg/actor"
	"screentest/pkg/store"
)

// schemaVersion of the document. It may gain optional fields; a field that
// changes its meaning raises it, and documents of another version are refused.
const schemaVersion = 1

type document struct {
	SchemaVersion int        `json:"schema_version"`
	Actor         string     `json:"actor"`
	Decisions     []Decision `json:"decisions"` // oldest first
}

// Load returns what counts now for an actor's images. No document means that
// nothing was decided.
func Load(ctx context.Context, s store.Store, name actor.Name) (Rulings, error) {
	history, err := History(ctx, s, name)
	return RulingsOf(history), err
}

// History returns every decision about an actor's images, oldest first, those
// about images that are gone too.
func History(ctx context.Context, s store.Store, name actor.Name) ([]Decision, error) {
	text, _, err := store.ReadAll(ctx, s, actor.DecisionsKey(name), store.MaxDocument)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decode(name, text)
}

// Add puts decisions at the end of the history. Two writers at once lose nothing.
func Add(ctx context.Context, s store.Store, name actor.Name, added ...Decision) error {
	for _, d := range added {
		if err := d.Validate(); err != nil {
			return fmt.Errorf("decide about %s of %s: %w", d.File, name, err)
		}
	}
	return store.Update(ctx, s, actor.DecisionsKey(name), func(old []byte) ([]byte, error) {
		history, err := decode(name, old)
		if err != nil {
			return nil, err
		}
		return json.MarshalIndent(document{schemaVersion, string(name), append(history, added...)}, "", " ")
	})
}

// decode takes a document apart, nil for none.
func decode(name actor.Name, text []byte) ([]Decision, error) {
	if text == nil {
		return nil, nil
	}
	key := actor.DecisionsKey(name)
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("read %s: %w; it holds what people decided, so repair it or move it away", key, err)
	}
	if d.SchemaVersion != schemaVersion {
		return nil, fmt.Errorf("read %s: schema version %d, this program knows %d", key, d.SchemaVersion, schemaVersion)
	}
	if d.Actor != string(name) {
		return nil, fmt.Errorf("read %s: it is about %q; move it where it belongs", key, d.Actor)
	}
	for i, decision := range d.Decisions {
		if err := decision.Validate(); err != nil {
			return nil, fmt.Errorf("read %s: decision %d: %w; repair it", key, i+1, err)
		}
	}
	return d.Decisions, nil
}
