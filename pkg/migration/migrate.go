package migration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"screentest/pkg/actor"
	"screentest/pkg/manifest"
	"screentest/pkg/store"
)

// attempts is how often an actor is tried whose files change meanwhile.
const attempts = 3

// migrate migrates one actor. When another migration was faster, the next
// attempt finds its manifest.
func (r *run) migrate(ctx context.Context, a actor.Actor) (result, error) {
	var one result
	err := settled(func() (err error) {
		one, err = r.attempt(ctx, a)
		return err
	})
	return one, err
}

// settled tries again while the files of an actor change under its hands.
func settled(attempt func() error) error {
	var err error
	for range attempts {
		err = attempt()
		if !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrNotFound) {
			break
		}
	}
	return err
}

func (r *run) attempt(ctx context.Context, a actor.Actor) (result, error) {
	one := result{ActorReport: ActorReport{Actor: a.Name}}
	set, err := actor.LoadSet(ctx, r.store, a)
	if err != nil {
		return one, err
	}
	if err := set.Unreadable(); err != nil {
		return one, err
	}
	one.Images = len(set.Images)
	k, err := learn(ctx, r.store, set)
	one.problems = k.problems
	if err != nil {
		return one, err
	}
	if one.Outcome, one.Reason = k.outcome(set); one.Outcome != Migrated {
		return one, nil
	}
	m, err := r.build(ctx, set, k, &one)
	if err != nil {
		return one, err
	}
	one.Recovered, one.Missing = len(k.lost()), len(m.Missing)
	one.conflicts = conflictsOf(a.Name, m)
	if r.options.DryRun {
		return one, nil
	}
	_, err = manifest.Save(ctx, r.store, a.Name, m, k.version, r.options.Now())
	return one, err
}

// outcome says what there is to do, before anything is measured.
func (k knowledge) outcome(set actor.Set) (Outcome, string) {
	named := len(k.byFile())
	switch {
	case k.migrated():
		return Already, ""
	case len(set.Images) == 0 && named > 0:
		return Skipped, fmt.Sprintf("metadata names %d images but none is there", named)
	case len(set.Images) == 0:
		return Skipped, noImages
	case named == 0:
		return WithoutMetadata, ""
	}
	return Migrated, ""
}

// byFile returns what is said of each image; among the sources, what a person
// has migrated before comes first, then the metadata with more in it.
func (k knowledge) byFile() map[string][]claim {
	said := map[string][]claim{}
	for _, c := range slices.Concat(k.listed, k.prompts, k.urls) {
		said[c.file] = append(said[c.file], c)
	}
	return said
}

// lost returns the images that the earlier migration, made by hand, dropped: it
// read response.json only where prompt_metadata.json named nothing.
func (k knowledge) lost() map[string]bool {
	files := map[string]bool{}
	if len(k.prompts) == 0 {
		return files
	}
	for _, c := range k.urls {
		files[c.file] = true
	}
	for _, c := range slices.Concat(k.listed, k.prompts) {
		delete(files, c.file)
	}
	return files
}

// build makes the manifest: an entry under images for each training image that
// is there, and one under missing for every other image that is named.
func (r *run) build(ctx context.Context, set actor.Set, k knowledge, one *result) (*manifest.Manifest, error) {
	m := k.begin(set.Actor.Name, manifest.Time(r.options.Now()))
	generation, known := generationOf(m)
	said := k.byFile()
	for _, object := range set.Images {
		file := object.Key.Base()
		claims := said[file]
		delete(said, file)
		image, err := r.present(ctx, object.Key, claims)
		if err != nil {
			return nil, err
		}
		m.Images[file] = complete(image, file, generation)
	}
	for _, file := range slices.Sorted(maps.Keys(said)) {
		if !actor.IsTrainingImage(file) {
			problem := fmt.Sprintf("metadata names %s, which is no training image by its name; it is kept as missing", file)
			one.problems = append(one.problems, actor.Problem{Where: string(actor.ManifestKey(set.Actor.Name)), Reason: problem})
		}
		image, err := merge(said[file])
		if err != nil {
			return nil, fmt.Errorf("merge the metadata of %s: %w", file, err)
		}
		m.Missing[file] = complete(image, file, generation)
	}
	if !known {
		m.Generations = append(slices.Clone(m.Generations), k.newGeneration(m, generation))
	}
	return m, nil
}

// present makes the entry of an image that is there. One that cannot be read
// fails the actor, so that the entry is made when it can.
func (r *run) present(ctx context.Context, key store.Key, claims []claim) (manifest.Image, error) {
	unnamed := len(claims) == 0
	measured, err := measure(ctx, r.store, key)
	if err != nil {
		return manifest.Image{}, err
	}
	claim, err := measured.claim(key.Base())
	if err != nil {
		return manifest.Image{}, err
	}
	image, err := merge(append(claims, claim))
	image.Unnamed = unnamed
	if err != nil {
		return image, fmt.Errorf("merge the metadata of %s: %w", key, err)
	}
	return image, nil
}

// begin returns the manifest to fill: the existing one without its images, which
// come back through the claims, or a new one.
func (k knowledge) begin(n actor.Name, now string) *manifest.Manifest {
	m := &manifest.Manifest{}
	if k.existing != nil {
		copied := *k.existing
		m = &copied
	}
	m.Images, m.Missing = map[string]manifest.Image{}, map[string]manifest.Image{}
	if m.ActorID == "" {
		m.ActorID = string(n)
	}
	if m.CreatedAt == "" {
		m.CreatedAt = now
	}
	return m
}

// existingType is the type of the generation of images that were there before
// there were manifests.
const existingType = "existing"

// generationOf returns the id of the generation for images that belong to none,
// and whether the manifest has it already.
func generationOf(m *manifest.Manifest) (id int, known bool) {
	for _, g := range m.Generations {
		if g.Type == existingType {
			return g.ID, true
		}
		id = max(id, g.ID)
	}
	return id + 1, false
}

// newGeneration describes that generation. When it was made is not known.
func (k knowledge) newGeneration(m *manifest.Manifest, id int) manifest.Generation {
	g := manifest.Generation{ID: id, Type: existingType, Metadata: k.origin()}
	for _, image := range m.Images {
		if image.GenerationID != nil && *image.GenerationID == id {
			g.ImageCount++
		}
	}
	return g
}

// origin is the metadata of that generation. Programs in use know the first two
// members; original_files says the whole truth where there were several.
func (k knowledge) origin() json.RawMessage {
	origin := struct {
		Source        string   `json:"source"`
		OriginalFile  string   `json:"original_file"`
		OriginalFiles []string `json:"original_files,omitempty"`
	}{Source: "migrated_from_manifest", OriginalFile: fromManifest}
	switch {
	case len(k.prompts) > 0:
		origin.Source, origin.OriginalFile = "migrated_from_prompt_metadata", fromPromptMetadata
		if len(k.urls) > 0 {
			origin.OriginalFiles = []string{fromPromptMetadata, fromResponse}
		}
	case len(k.urls) > 0:
		origin.Source, origin.OriginalFile = "migrated_from_response", fromResponse
	case len(k.listed) == 0:
		origin.Source, origin.OriginalFile = "files_without_metadata", ""
	}
	raw, _ := json.Marshal(origin) // strings only
	return raw
}

// complete fills in what can be told of every image.
func complete(image manifest.Image, file string, generation int) manifest.Image {
	_, disputed := image.Conflicts["index"]
	if n, ok := manifest.NumberOf(file); ok && image.Index == nil && !disputed {
		image.Index = &n
		image.Sources = over(map[string]string{"index": fromFileName}, image.Sources)
	}
	if image.GenerationID == nil {
		image.GenerationID = &generation
		if image.GenerationType == "" {
			image.GenerationType = existingType
		}
	}
	return image
}

func conflictsOf(n actor.Name, m *manifest.Manifest) []Conflict {
	var all []Conflict
	for _, images := range []map[string]manifest.Image{m.Images, m.Missing} {
		for _, file := range slices.Sorted(maps.Keys(images)) {
			conflicts := images[file].Conflicts
			for _, field := range slices.Sorted(maps.Keys(conflicts)) {
				all = append(all, Conflict{Actor: n, File: file, Field: field, Values: conflicts[field]})
			}
		}
	}
	return all
}
