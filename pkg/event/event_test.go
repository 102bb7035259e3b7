package event_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"screentest/pkg/actor"
	"screentest/pkg/event"
	"screentest/pkg/store"
)

// samples is where the payloads lie that every trigger can send.
const samples = "../../events"

func sample(t testing.TB, name string) []byte {
	t.Helper()
	payload, err := os.ReadFile(filepath.Join(samples, name))
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

const image = "actors/0000_nordic_21_female/training_data/image_01.png"

// changeTests has every file of events/upload.
var changeTests = map[string]struct {
	keys     []store.Key // those in the bucket "actors" that belong to an actor
	others   int         // changes that do not
	problems int
	fails    string
}{
	"notification-2.1.json":    {keys: []store.Key{image}},
	"notification-2.6.json":    {keys: []store.Key{image}},
	"unversioned.json":         {keys: []store.Key{image}},
	"no-sequencer.json":        {keys: []store.Key{image}},
	"unknown-fields.json":      {keys: []store.Key{image}},
	"removed.json":             {keys: []store.Key{image}},
	"duplicate.json":           {keys: []store.Key{image, image}},
	"out-of-order.json":        {keys: []store.Key{image, image}},
	"key-encoded.json":         {keys: []store.Key{"actors/Ana Li/training_data/a b+c 100%.png"}},
	"key-utf8.json":            {keys: []store.Key{"actors/Zoë 演員/training_data/图.jpg"}},
	"base-image.json":          {keys: []store.Key{"actors/0000_nordic_21_female/base_image/base.png"}},
	"bridge-created.json":      {keys: []store.Key{image}},
	"bridge-deleted.json":      {keys: []store.Key{image}},
	"bridge-key-as-it-is.json": {keys: []store.Key{"actors/Ana Li/training_data/a b+c 100%.png"}},
	"not-for-us.json":          {others: 5},
	"other-bucket.json":        {others: 1},
	"partly-broken.json":       {keys: []store.Key{image}, problems: 3},
	"empty.json":               {},
	"test-event.json":          {},
	"other-kind.json":          {},
	"bridge-other-kind.json":   {},
	"bridge-other-source.json": {fails: "aws.ec2"},
	"unknown.json":             {fails: "unknown kind"},
	"not-json.txt":             {fails: "no JSON"},
}

func TestChanges(t *testing.T) {
	files, err := os.ReadDir(filepath.Join(samples, "upload"))
	if err != nil || len(files) != len(changeTests) {
		t.Errorf("%d samples, %d tests, %v", len(files), len(changeTests), err)
	}
	for name, want := range changeTests {
		t.Run(name, func(t *testing.T) {
			changes, problems, err := event.Changes(sample(t, "upload/"+name))
			if (err == nil) != (want.fails == "") || err != nil && !strings.Contains(err.Error(), want.fails) {
				t.Errorf("error %v, want %q", err, want.fails)
			}
			var keys []store.Key
			others := 0
			for _, c := range changes {
				key, inside := c.In("actors", "")
				if _, owned := actor.Owner(key); inside && owned {
					keys = append(keys, key)
				} else {
					others++
				}
			}
			if !slices.Equal(keys, want.keys) || others != want.others || len(problems) != want.problems {
				t.Errorf("keys %q, %d others, problems %v", keys, others, problems)
			}
		})
	}
}

func id(t *testing.T, file string) string {
	changes, _, err := event.Changes(sample(t, "upload/"+file))
	if err != nil || len(changes) != 1 {
		t.Fatalf("%s: %v, %v", file, changes, err)
	}
	return changes[0].ID
}

// A constant ID would make the queue drop uploads silently for five minutes.
func TestEveryEventHasAnIDOfItsOwn(t *testing.T) {
	seen := map[string]string{}
	for _, file := range []string{"notification-2.1.json", "notification-2.6.json", "removed.json", "unversioned.json", "no-sequencer.json", "bridge-created.json", "base-image.json"} {
		if other, taken := seen[id(t, file)]; taken {
			t.Errorf("%s and %s have one ID", file, other)
		}
		seen[id(t, file)] = file
	}
	twice, _, err := event.Changes(sample(t, "upload/duplicate.json"))
	if err != nil || twice[0].ID != twice[1].ID {
		t.Errorf("a repeated event has two IDs: %+v, %v", twice, err)
	}
	pair, _, err := event.Changes(sample(t, "upload/out-of-order.json"))
	if err != nil || pair[0].ID == pair[1].ID {
		t.Errorf("two events of one object have one ID: %+v, %v", pair, err)
	}
}

func TestIn(t *testing.T) {
	tests := []struct {
		bucket, prefix, object string
		want                   store.Key // "" if it lies elsewhere
	}{
		{"b", "", "actors/a/x.png", "actors/a/x.png"},
		{"b", "deep/tree", "deep/tree/actors/a/x.png", "actors/a/x.png"},
		{"b", "deep/tree/", "deep/tree/actors/a/x.png", "actors/a/x.png"},
		{"b", "deep/tree", "deep/tree2/actors/a/x.png", ""},
		{"b", "deep/tree", "actors/a/x.png", ""},
		{"other", "", "actors/a/x.png", ""},
		{"b", "", "actors/../x.png", ""},
		{"b", "", "actors/a/", ""},
	}
	for _, test := range tests {
		key, inside := event.Change{Bucket: "b", Object: test.object}.In(test.bucket, test.prefix)
		if inside != (test.want != "") || inside && key != test.want {
			t.Errorf("%+v: %q, %t", test, key, inside)
		}
	}
}

func FuzzChanges(f *testing.F) {
	for name := range changeTests {
		f.Add(sample(f, "upload/"+name))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		changes, _, err := event.Changes(payload)
		if err != nil && len(changes) > 0 {
			t.Errorf("changes %v beside %v", changes, err)
		}
		for _, c := range changes {
			if key, inside := c.In("b", "p"); c.ID == "" || c.Object == "" || inside && key.Validate() != nil {
				t.Errorf("%+v", c)
			}
		}
	})
}
