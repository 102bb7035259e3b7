// Package event turns what triggers the functions into what the product speaks
// of: events of the bucket into changes of objects, batches of a queue into
// deliveries, message bodies into jobs. It is the first thing that outside input
// meets on AWS, so it takes every shape that is documented, ignores what it does
// not know inside of one, and says of everything else what is wrong with it.
//
// It is pure: nothing is looked up, and nothing that a payload says is believed
// but the names in it.
package event

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"screentest/pkg/queue"
	"screentest/pkg/store"
)

// A Change is an object that came into a bucket, or went.
type Change struct {
	Bucket string
	Object string // its name in the bucket, decoded
	// ID is the same when the event is delivered again, and another for any other
	// event.
	ID string
}

// Changes decodes an event of S3: a notification of version 2, which may hold
// several records or none, or an event that came through EventBridge. Records of
// other kinds than objects that come or go are passed over. A record that cannot
// be used is a problem and harms no other; the error says that the payload as a
// whole is no event of S3.
func Changes(payload []byte) (changes []Change, problems []error, err error) {
	var p struct {
		Records    *[]json.RawMessage
		Event      string
		Source     string
		DetailType string `json:"detail-type"`
		Detail     json.RawMessage
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return nil, nil, fmt.Errorf("an event that is no JSON object: %w", err)
	}
	switch {
	case p.Event == "s3:TestEvent": // sent when notifications are set up
		return nil, nil, nil
	case p.DetailType != "" || p.Source != "":
		change, err := bridged(p.Source, p.DetailType, p.Detail)
		return change, nil, err
	case p.Records == nil:
		return nil, nil, errors.New("an event of an unknown kind: it has neither Records nor a detail-type")
	}
	for i, record := range *p.Records {
		change, err := notified(record)
		if err != nil {
			problems = append(problems, fmt.Errorf("record %d: %w", i, err))
		}
		changes = append(changes, change...)
	}
	return changes, problems, nil
}

// bridged decodes the detail of an EventBridge event, whose keys are not encoded.
func bridged(source, kind string, detail json.RawMessage) ([]Change, error) {
	if source != "aws.s3" {
		return nil, fmt.Errorf("an event of the source %q, not aws.s3", source)
	}
	if kind != "Object Created" && kind != "Object Deleted" {
		return nil, nil
	}
	var d struct {
		Bucket struct{ Name string }
		Object struct {
			Key       string
			VersionID string `json:"version-id"`
			Sequencer string
		}
	}
	if err := json.Unmarshal(detail, &d); err != nil {
		return nil, fmt.Errorf("detail of %s: %w", kind, err)
	}
	return change(d.Bucket.Name, d.Object.Key, d.Object.VersionID, d.Object.Sequencer, detail)
}

// notified decodes a record of a notification, whose keys are encoded like a form.
func notified(record json.RawMessage) ([]Change, error) {
	var r struct {
		EventVersion, EventSource, EventName string
		S3                                   struct {
			Bucket struct{ Name string }
			Object struct{ Key, VersionID, Sequencer string }
		}
	}
	if err := json.Unmarshal(record, &r); err != nil {
		return nil, err
	}
	switch {
	case r.EventSource != "aws:s3":
		return nil, fmt.Errorf("its source is %q, not aws:s3", r.EventSource)
	case !strings.HasPrefix(r.EventVersion, "2."):
		return nil, fmt.Errorf("its version is %q, not 2.x", r.EventVersion)
	case !about(r.EventName):
		return nil, nil
	}
	key, err := url.QueryUnescape(r.S3.Object.Key)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	return change(r.S3.Bucket.Name, key, r.S3.Object.VersionID, r.S3.Object.Sequencer, record)
}

// about reports whether an event of that name is about an object that came or went.
func about(name string) bool {
	for _, kind := range []string{"ObjectCreated:", "ObjectRemoved:", "LifecycleExpiration:"} {
		if strings.HasPrefix(strings.TrimPrefix(name, "s3:"), kind) {
			return true
		}
	}
	return false
}

// change tells events apart by version and sequencer, which a delivery that is
// repeated has in common; one that has neither by all it says.
func change(bucket, key, version, sequencer string, raw []byte) ([]Change, error) {
	if bucket == "" || key == "" {
		return nil, errors.New("it names no bucket, or no object")
	}
	id := queue.Token(bucket, key, version, sequencer)
	if cmp.Or(version, sequencer) == "" {
		id = queue.Token(string(raw))
	}
	return []Change{{Bucket: bucket, Object: key, ID: id}}, nil
}

// In returns the key of the changed object in the tree below prefix of a bucket,
// and false if it lies elsewhere or has no name that a key can have.
func (c Change) In(bucket, prefix string) (store.Key, bool) {
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	rest, inside := strings.CutPrefix(c.Object, prefix)
	key := store.Key(rest)
	return key, c.Bucket == bucket && inside && key.Validate() == nil
}
