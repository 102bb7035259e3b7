package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Member is one key of a JSON object, with its value exactly as written.
type Member struct {
	Key   string
	Value json.RawMessage
}

// An Object is a JSON object that forgets nothing: its members in the order in
// which they were written, each key once.
type Object []Member

// ParseObject reads a JSON object. It fails on anything else, on text that is
// not UTF-8, and on a key that is there twice, for one of the two values would
// be lost.
func ParseObject(raw []byte) (Object, error) {
	if !utf8.Valid(raw) {
		return nil, errors.New("not UTF-8")
	}
	if err := json.Unmarshal(raw, new(json.RawMessage)); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if raw = bytes.TrimSpace(raw); raw[0] != '{' {
		return nil, fmt.Errorf("%s, want an object", kind(raw))
	}
	return members(raw)
}

// members walks over raw, which is known to be a valid object.
func members(raw []byte) (Object, error) {
	var o Object
	seen := map[string]bool{}
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		m := Member{Key: token.(string)}
		if err := d.Decode(&m.Value); err != nil {
			return nil, err
		}
		if seen[m.Key] {
			return nil, fmt.Errorf("the key %.80q is there twice", m.Key)
		}
		seen[m.Key] = true
		o = append(o, m)
	}
	return o, nil
}

// Get returns the value of a key, nil if it is not there.
func (o Object) Get(key string) json.RawMessage {
	for _, m := range o {
		if m.Key == key {
			return m.Value
		}
	}
	return nil
}

// MarshalJSON writes o with its values as they stand.
func (o Object) MarshalJSON() ([]byte, error) { return o.text(""), nil }

// kind says in words what a valid JSON value is.
func kind(raw []byte) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}

// text writes o over several lines; indent is that of the line it begins on.
// Values stand as they are.
func (o Object) text(indent string) json.RawMessage {
	if len(o) == 0 {
		return json.RawMessage("{}")
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n%s  %s: %s", indent, marshal(m.Key, ""), m.Value)
	}
	fmt.Fprintf(&b, "\n%s}", indent)
	return b.Bytes()
}

// list writes values over several lines, like Object.text.
func list(values [][]byte, indent string) json.RawMessage {
	if len(values) == 0 {
		return json.RawMessage("[]")
	}
	joined := bytes.Join(values, []byte(",\n"+indent+"  "))
	return fmt.Appendf(nil, "[\n%s  %s\n%s]", indent, joined, indent)
}

// marshal writes a value of ours, which always can be written.
func marshal(v any, indent string) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent(indent, "  ")
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// decode fills the tagged fields of the struct into from the members of that
// very name; encoding/json alone would take "Prompt" for "prompt".
func (o Object) decode(into any) error {
	known := keysOf(into)
	var picked Object
	for _, m := range o {
		if slices.Contains(known, m.Key) {
			picked = append(picked, m)
		}
	}
	err := json.Unmarshal(picked.text(""), into)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("%s is a JSON %s, want %s", wrong.Field, wrong.Value, wrong.Type)
	}
	return err
}

// keysOf returns the JSON keys of the struct that v points to, in its order.
func keysOf(v any) []string {
	var keys []string
	t := reflect.TypeOf(v).Elem()
	for i := range t.NumField() {
		key, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if key != "" && key != "-" {
			keys = append(keys, key)
		}
	}
	return keys
}

// overlay writes the struct now, which was decoded from o and perhaps changed:
// the known members first, in the order of the struct, then the unknown ones in
// theirs. before is a fresh struct of the same type, indent as in text. A member
// whose value was not changed is taken from o byte for byte.
func (o Object) overlay(now, before any, indent string) (known, unknown Object) {
	if err := o.decode(before); err != nil {
		panic(err) // now was decoded from the same members
	}
	was, is := fields(before, indent), fields(now, indent)
	keys := keysOf(now)
	for _, key := range keys {
		value := is.Get(key)
		if found := o.Get(key); found != nil && bytes.Equal(value, was.Get(key)) {
			value = found
		}
		if value != nil {
			known = append(known, Member{Key: key, Value: value})
		}
	}
	for _, m := range o {
		if !slices.Contains(keys, m.Key) {
			unknown = append(unknown, m)
		}
	}
	return known, unknown
}

// fields returns what encoding/json makes of a struct as an object.
func fields(v any, indent string) Object {
	o, err := members(marshal(v, indent))
	if err != nil {
		panic(err)
	}
	return o
}
