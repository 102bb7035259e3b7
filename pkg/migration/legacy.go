package migration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"

	"screentest/pkg/actor"
	"screentest/pkg/manifest"
	"screentest/pkg/store"
)

// The sources, as they are named in a manifest under "sources".
const (
	fromManifest       = actor.ManifestFile
	fromPromptMetadata = actor.PromptMetadataFile
	fromResponse       = actor.ResponseFile
	fromFile           = "file"      // measured
	fromFileName       = "file_name" // the number at its end
)

// A claim is what one source says of one image.
type claim struct {
	file   string
	source string
	fields manifest.Object
}

// knowledge is everything that is said of the images of one actor.
type knowledge struct {
	existing *manifest.Manifest // nil if there is none
	raw      []byte             // existing as it was read
	version  store.Version      // of existing
	listed   []claim            // of existing
	prompts  []claim            // of prompt_metadata.json
	urls     []claim            // of response.json
	problems []actor.Problem
}

// migrated reports whether the manifest is one of ours.
func (k knowledge) migrated() bool { return k.existing != nil && k.existing.Revision > 0 }

// learn reads the manifest of a set and, unless it is one of ours, the legacy
// metadata. A document that cannot be understood is an error: going on without
// it would lose it.
func learn(ctx context.Context, s store.Store, set actor.Set) (knowledge, error) {
	var k knowledge
	for _, refused := range set.Refused {
		switch path.Base(refused.Name) {
		case fromManifest, fromPromptMetadata, fromResponse:
			return k, fmt.Errorf("read %s: %s", refused.Name, refused.Reason)
		}
		k.problems = append(k.problems, actor.Problem{Where: refused.Name, Reason: refused.Reason})
	}
	if set.Manifest != nil {
		if err := k.load(ctx, s, set.Manifest.Key); err != nil {
			return k, err
		}
		if k.migrated() {
			return k, nil
		}
		k.listed = append(claims(k.existing.Images), claims(k.existing.Missing)...)
	}
	for _, document := range set.Legacy {
		if err := k.read(ctx, s, document.Key); err != nil {
			return k, err
		}
	}
	return k, nil
}

// ErrManifest says that a manifest is there but makes no sense. It is never
// overwritten: a person mends it.
var ErrManifest = errors.New("the manifest makes no sense")

func (k *knowledge) load(ctx context.Context, s store.Store, key store.Key) error {
	raw, info, err := store.ReadAll(ctx, s, key, manifest.MaxBytes)
	if err != nil && !errors.Is(err, store.ErrTooLarge) {
		return err
	}
	m := (*manifest.Manifest)(nil)
	if err == nil {
		m, err = manifest.Decode(raw)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w: %w: mend the file and try again", key, ErrManifest, err)
	}
	k.existing, k.raw, k.version = m, raw, info.Version
	return nil
}

func claims(images map[string]manifest.Image) []claim {
	var all []claim
	for _, file := range slices.Sorted(maps.Keys(images)) {
		all = append(all, claim{file, fromManifest, images[file].Object()})
	}
	return all
}

func (k *knowledge) read(ctx context.Context, s store.Store, key store.Key) error {
	raw, _, err := store.ReadAll(ctx, s, key, manifest.MaxBytes)
	if err != nil {
		return err
	}
	var problems []string
	if key.Base() == fromPromptMetadata {
		k.prompts, problems, err = parsePromptMetadata(raw)
	} else {
		k.urls, problems, err = parseResponse(raw)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w: mend the file and migrate again", key, err)
	}
	for _, problem := range problems {
		k.problems = append(k.problems, actor.Problem{Where: string(key), Reason: problem})
	}
	return nil
}

// parsePromptMetadata reads {images:{FILE:{…}}}, where images may be absent. A
// name that is no plain file name is a problem, not an error.
func parsePromptMetadata(raw []byte) (found []claim, problems []string, err error) {
	images, err := descend(raw, "images")
	if err != nil || images == nil {
		return nil, nil, err
	}
	entries, err := manifest.ParseObject(images)
	if err != nil {
		return nil, nil, fmt.Errorf("images: %w", err)
	}
	for _, entry := range entries {
		if err := manifest.CheckFile(entry.Key); err != nil {
			problems = append(problems, err.Error())
			continue
		}
		fields, err := manifest.ParseObject(entry.Value)
		if err == nil {
			_, err = manifest.NewImage(fields)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("image %s: %w", entry.Key, err)
		}
		found = append(found, claim{entry.Key, fromPromptMetadata, fields})
	}
	return found, problems, nil
}

// parseResponse reads {output:{output:{s3_image_urls:[…]}}}. A branch that is
// not there and a URL that names no plain file are problems, not errors.
func parseResponse(raw []byte) (found []claim, problems []string, err error) {
	list, err := descend(raw, "output", "output", "s3_image_urls")
	if err != nil {
		return nil, nil, err
	}
	if list == nil {
		return nil, []string{"it has no output.output.s3_image_urls and so names no image"}, nil
	}
	var urls []string
	if err := json.Unmarshal(list, &urls); err != nil {
		return nil, nil, fmt.Errorf("s3_image_urls is not a list of strings: %w", err)
	}
	byFile := map[string][]claim{}
	var files []string
	for i, url := range urls {
		file := manifest.FileOfURL(url)
		if err := manifest.CheckFile(file); err != nil {
			problems = append(problems, fmt.Sprintf("URL %d, %.200q: %v", i, url, err))
			continue
		}
		if byFile[file] == nil {
			files = append(files, file)
		}
		byFile[file] = append(byFile[file], urlClaim(file, fmt.Sprintf("%s[%d]", fromResponse, i), url))
	}
	for _, file := range files {
		found = append(found, distinct(byFile[file])...)
	}
	return found, problems, nil
}

func urlClaim(file, source, url string) claim {
	value, _ := json.Marshal(url) // a string always can be
	return claim{file, source, manifest.Object{{Key: "s3_url", Value: value}}}
}

// distinct drops claims that repeat an earlier one. A single one that is left
// is simply from the document; several keep their place in it as their source.
func distinct(claims []claim) []claim {
	var out []claim
	for _, c := range claims {
		same := func(d claim) bool { return value{raw: d.fields[0].Value}.same(value{raw: c.fields[0].Value}) }
		if !slices.ContainsFunc(out, same) {
			out = append(out, c)
		}
	}
	if len(out) == 1 {
		out[0].source = fromResponse
	}
	return out
}

// descend follows keys into nested objects. It returns nil if one is not there
// or null.
func descend(raw json.RawMessage, keys ...string) (json.RawMessage, error) {
	for i, key := range keys {
		o, err := manifest.ParseObject(raw)
		if err != nil && i > 0 {
			return nil, fmt.Errorf("%s: %w", keys[i-1], err)
		}
		if err != nil {
			return nil, err
		}
		if raw = o.Get(key); raw == nil || string(raw) == "null" {
			return nil, nil
		}
	}
	return raw, nil
}
