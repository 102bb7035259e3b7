package manifest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"screentest/pkg/store"
)

// header is the part of the document that is neither a list nor a map.
type header struct {
	ActorID     string `json:"actor_id"`
	CreatedAt   string `json:"created_at,omitempty"`
	UpdatedAt   string `json:"updated_at,omitempty"`
	Revision    int64  `json:"revision,omitempty"`
	TotalImages int    `json:"total_images"`
}

// The members of the document that hold further objects.
const (
	generationsKey = "generations"
	imagesKey      = "images"
	missingKey     = "missing"
)

// Decode reads a manifest. The error says which part of it is wrong.
func Decode(raw []byte) (*Manifest, error) {
	if len(raw) > MaxBytes {
		return nil, fmt.Errorf("%d bytes, limit %d: %w", len(raw), MaxBytes, store.ErrTooLarge)
	}
	o, err := ParseObject(raw)
	if err != nil {
		return nil, err
	}
	var h header
	if err := o.decode(&h); err != nil {
		return nil, err
	}
	if h.Revision < 0 {
		return nil, fmt.Errorf("revision is %d, want a positive number", h.Revision)
	}
	m := &Manifest{ActorID: h.ActorID, CreatedAt: h.CreatedAt, UpdatedAt: h.UpdatedAt, Revision: h.Revision, found: o}
	if m.Generations, err = decodeGenerations(o.Get(generationsKey)); err != nil {
		return nil, err
	}
	if m.Images, err = decodeImages(o.Get(imagesKey)); err != nil {
		return nil, fmt.Errorf("%s: %w", imagesKey, err)
	}
	if m.Missing, err = decodeImages(o.Get(missingKey)); err != nil {
		return nil, fmt.Errorf("%s: %w", missingKey, err)
	}
	return m, nil
}

func decodeGenerations(raw json.RawMessage) ([]Generation, error) {
	var items []json.RawMessage
	if raw == nil {
		return nil, nil
	}
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, fmt.Errorf("%s: %s, want a list", generationsKey, kind(raw))
	}
	var generations []Generation
	for i, item := range items {
		o, err := ParseObject(item)
		g := Generation{found: o}
		if err == nil {
			err = o.decode(&g)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: entry %d: %w", generationsKey, i, err)
		}
		generations = append(generations, g)
	}
	return generations, nil
}

func decodeImages(raw json.RawMessage) (map[string]Image, error) {
	images := map[string]Image{}
	if raw == nil || string(raw) == "null" {
		return images, nil
	}
	entries, err := ParseObject(raw)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if err := CheckFile(entry.Key); err != nil {
			return nil, err
		}
		o, err := ParseObject(entry.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", entry.Key, err)
		}
		if images[entry.Key], err = NewImage(o); err != nil {
			return nil, fmt.Errorf("%s: %w", entry.Key, err)
		}
	}
	return images, nil
}

// Encode writes the manifest, images by name.
func (m *Manifest) Encode() []byte {
	h := header{ActorID: m.ActorID, CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt, Revision: m.Revision, TotalImages: len(m.Images)}
	o, unknown := m.found.overlay(&h, new(header), "")
	var generations [][]byte
	for _, g := range m.Generations {
		known, unknown := g.found.overlay(&g, new(Generation), "    ")
		generations = append(generations, slices.Concat(known, unknown).text("    "))
	}
	o = append(o, Member{generationsKey, list(generations, "  ")}, Member{imagesKey, encodeImages(m.Images)})
	if len(m.Missing) > 0 {
		o = append(o, Member{missingKey, encodeImages(m.Missing)})
	}
	for _, u := range unknown {
		if u.Key != generationsKey && u.Key != imagesKey && u.Key != missingKey {
			o = append(o, u)
		}
	}
	return append(o.text(""), '\n')
}

func encodeImages(images map[string]Image) json.RawMessage {
	var o Object
	for _, file := range slices.Sorted(maps.Keys(images)) {
		o = append(o, Member{Key: file, Value: images[file].Object().text("    ")})
	}
	return o.text("  ")
}
