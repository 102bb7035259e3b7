package migration

import (
	"bytes"
	"encoding/json"

	"screentest/pkg/manifest"
)

// bookkeeping are the fields that speak of other fields; they have no source.
var bookkeeping = map[string]bool{"sources": true, "conflicts": true}

// merge makes one image of what the claims say of it, earlier ones first. A
// field of which they say different things is left out and both are kept under
// Conflicts; except what was measured, which holds, for it can be seen.
func merge(claims []claim) (manifest.Image, error) {
	var keys []string
	said := map[string][]value{}
	for _, c := range claims {
		for _, m := range c.fields {
			if said[m.Key] == nil {
				keys = append(keys, m.Key)
			}
			said[m.Key] = append(said[m.Key], value{c.source, m.Value})
		}
	}
	var fields manifest.Object
	sources := map[string]string{}
	conflicts := map[string]map[string]json.RawMessage{}
	for _, key := range keys {
		chosen, contradicting := settle(said[key])
		if contradicting != nil {
			conflicts[key] = contradicting
		}
		if chosen.raw == nil {
			continue
		}
		fields = append(fields, manifest.Member{Key: key, Value: chosen.raw})
		if !chosen.empty() && !bookkeeping[key] {
			sources[key] = chosen.source
		}
	}
	image, err := manifest.NewImage(fields)
	if err != nil {
		return image, err
	}
	image.Sources = over(sources, image.Sources)
	image.Conflicts = over(conflicts, image.Conflicts)
	return image, nil
}

// over lays what a manifest already says over what we found out.
func over[V any](found, already map[string]V) map[string]V {
	for key, v := range already {
		found[key] = v
	}
	if len(found) == 0 {
		return nil
	}
	return found
}

// A value is what a source says of a field.
type value struct {
	source string
	raw    json.RawMessage
}

func (v value) empty() bool { return string(v.raw) == `""` || string(v.raw) == "null" }

// same compares as JSON, so that "é" and "\u00e9" are no contradiction, and two
// addresses of one S3 object in two dialects are none either.
func (v value) same(w value) bool {
	return bytes.Equal(canonical(v.raw), canonical(w.raw)) || v.sameObject(w)
}

func (v value) sameObject(w value) bool {
	var a, b string
	if json.Unmarshal(v.raw, &a) != nil || json.Unmarshal(w.raw, &b) != nil {
		return false
	}
	bucket, key, ok := manifest.ParseS3URL(a)
	otherBucket, otherKey, otherOK := manifest.ParseS3URL(b)
	return ok && otherOK && bucket == otherBucket && key == otherKey
}

func canonical(raw json.RawMessage) []byte {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return raw
	}
	text, err := json.Marshal(v)
	if err != nil {
		return raw
	}
	return text
}

// settle chooses among the values of one field: the first that is not empty, or
// none if another contradicts it, unless the field was measured.
func settle(values []value) (chosen value, contradicting map[string]json.RawMessage) {
	chosen = values[0]
	all := map[string]json.RawMessage{}
	conflict := false
	for _, v := range values {
		if v.empty() {
			continue
		}
		all[v.source] = v.raw
		if chosen.empty() {
			chosen = v
		}
		conflict = conflict || !v.same(chosen)
	}
	if !conflict {
		return chosen, nil
	}
	if last := values[len(values)-1]; last.source == fromFile {
		return last, all
	}
	return value{}, all
}
