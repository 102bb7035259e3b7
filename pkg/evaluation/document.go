package evaluation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/inspect"
	"screentest/pkg/judge"
	"screentest/pkg/settings"
	"screentest/pkg/store"
)

// Basis returns a digest of all that decides an evaluation beside the set and
// its base image: who judges, how images are measured, and the settings that
// the plan follows. While set, base image and basis stay, so does the evaluation.
func Basis(id judge.ID, s settings.Settings) string {
	text, err := json.Marshal(struct {
		Schema, Inspect int
		Judge           judge.ID
		Target          balance.Target
		Plan            settings.Plan
		Images          settings.Images
		Generation      settings.Generation
	}{SchemaVersion, inspect.Version, id, s.Target, s.Plan, s.Images, s.Generation})
	if err != nil {
		panic(err) // numbers, strings and lists only
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Load returns the evaluation of an actor and the version to replace it by. An
// absent document, or one that is damaged or of another schema, is no evaluation
// (nil): it can be made again for nothing.
func Load(ctx context.Context, s store.Store, name actor.Name) (*Evaluation, store.Version, error) {
	text, info, err := store.ReadAll(ctx, s, actor.EvaluationKey(name), store.MaxDocument)
	if errors.Is(err, store.ErrNotFound) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	var e Evaluation
	if json.Unmarshal(text, &e) != nil || e.SchemaVersion != SchemaVersion || e.Actor != string(name) || e.Plan.Validate() != nil {
		return nil, info.Version, nil
	}
	return &e, info.Version, nil
}

// Recorded returns the actors of whom an evaluation is on record, whether or not
// it can be read. It opens none.
func Recorded(ctx context.Context, s store.Store) (map[actor.Name]bool, error) {
	const extension = ".json"
	recorded := map[actor.Name]bool{}
	prefix := strings.TrimSuffix(string(actor.EvaluationKey("")), extension)
	for page, err := range store.All(ctx, s, store.ListOptions{Prefix: prefix, Delimited: true}) {
		if err != nil {
			return nil, fmt.Errorf("look for evaluations: %w", err)
		}
		for _, object := range page.Objects {
			recorded[actor.Name(strings.TrimSuffix(object.Key.Base(), extension))] = true
		}
	}
	return recorded, nil
}

// Save replaces the state v of the actor's evaluation, or fails with
// store.ErrConflict if another evaluation came first.
func Save(ctx context.Context, s store.Store, e Evaluation, v store.Version) error {
	text, err := json.MarshalIndent(e, "", " ")
	if err != nil {
		return fmt.Errorf("write evaluation of %s: %w", e.Actor, err)
	}
	if _, err = s.Put(ctx, actor.EvaluationKey(actor.Name(e.Actor)), text, store.IfVersion(v)); err != nil {
		return fmt.Errorf("write evaluation of %s: %w", e.Actor, err)
	}
	return nil
}

// final reports whether e holds as long as set and basis do: everything is judged,
// and nothing waits for a person who brings back what was lost.
func (e *Evaluation) final(basis string) bool {
	return e != nil && e.Basis == basis && len(e.Unjudged()) == 0 && e.Damage() == ""
}

// CurrentFor is Current for a set of which the mark alone is known.
func (e *Evaluation) CurrentFor(mark, basis string) bool {
	if !e.final(basis) || len(e.Images) == 0 {
		return false
	}
	var base store.Version
	if e.Base != nil {
		base = e.Base.Version
	}
	files := make([]string, len(e.Images))
	versions := make([]store.Version, len(e.Images))
	for i, image := range e.Images {
		files[i], versions[i] = image.File, image.Version
	}
	return actor.Mark(base, files, versions) == mark
}

// Current reports whether e is still the evaluation of set on this basis. It
// compares versions and reads no image. An evaluation with unjudged images is
// never current, and neither is one with damage, which the manifest is asked about.
func (e *Evaluation) Current(set actor.Set, basis string) bool {
	if !e.final(basis) || len(e.Images) != len(set.Images) {
		return false
	}
	if base, ok := set.BaseImage(); ok != (e.Base != nil) || ok && base.Version != e.Base.Version {
		return false
	}
	for i, info := range set.Images {
		if e.Images[i].File != info.Key.Base() || e.Images[i].Version != info.Version {
			return false
		}
	}
	return true
}
