package manifest_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"screentest/pkg/manifest"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
)

// foreign is a manifest as another program may have written it: members we do
// not know at every level, in its own spelling.
const foreign = `{
  "schema": {"b":1.50,  "a":[ 1e3 ]},
  "actor_id": "Ana \u00c1",
  "created_at": "2025-10-17T14:39:29.733318",
  "total_images": 7,
  "generations": [
    {"note": "caf\u00e9", "generation_id": 1, "type": "existing", "image_count": 2, "metadata": {"z": 1, "a":  2.0}}
  ],
  "images": {
    "b.png": {"seed": 12345678901234567890123, "prompt": "a \"b\" \u003c", "s3_url": "s3://bucket/b.png", "index": 0, "Prompt": "not ours"},
    "a.png": {"prompt": null, "style": "bw_stylized", "tags": [ "x",  "y" ]}
  },
  "owner": null
}`

const rewritten = `{
  "actor_id": "Ana \u00c1",
  "created_at": "2025-10-17T14:39:29.733318",
  "updated_at": "2026-01-02T02:04:05Z",
  "revision": 1,
  "total_images": 2,
  "generations": [
    {
      "generation_id": 1,
      "type": "existing",
      "image_count": 2,
      "metadata": {"z": 1, "a":  2.0},
      "note": "caf\u00e9"
    }
  ],
  "images": {
    "a.png": {
      "prompt": null,
      "prompt_preview": "",
      "style": "color_stylized",
      "tags": [ "x",  "y" ]
    },
    "b.png": {
      "prompt": "a \"b\" \u003c",
      "prompt_preview": "",
      "s3_url": "s3://bucket/b.png",
      "index": 0,
      "seed": 12345678901234567890123,
      "Prompt": "not ours"
    }
  },
  "missing": {
    "c.png": {
      "prompt": "<new>",
      "prompt_preview": "",
      "sources": {
        "prompt": "prompt_metadata.json"
      }
    }
  },
  "schema": {"b":1.50,  "a":[ 1e3 ]},
  "owner": null
}
`

var now = time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))

func TestRewriteKeepsWhatItDoesNotKnow(t *testing.T) {
	s := mem.New()
	before, err := s.Put(t.Context(), "actors/a/training_data/manifest.json", []byte(foreign), store.IfAbsent)
	if err != nil {
		t.Fatal(err)
	}
	m, version, err := manifest.Load(t.Context(), s, "a")
	if err != nil || version != before {
		t.Fatalf("version %q, want %q, %v", version, before, err)
	}
	image := m.Images["a.png"]
	image.Style = "color_stylized"
	m.Images["a.png"] = image
	m.Missing["c.png"] = manifest.Image{Prompt: "<new>", Sources: map[string]string{"prompt": "prompt_metadata.json"}}
	if _, err := manifest.Save(t.Context(), s, "a", m, version, now); err != nil {
		t.Fatal(err)
	}
	got, _, err := store.ReadAll(t.Context(), s, "actors/a/training_data/manifest.json", 1<<20)
	if err != nil || string(got) != rewritten {
		t.Errorf("%v, wrote\n%s\nwant\n%s", err, got, rewritten)
	}
}

func TestSaveComparesAndSwaps(t *testing.T) {
	s := mem.New()
	m := &manifest.Manifest{ActorID: "a"}
	first, err := manifest.Save(t.Context(), s, "a", m, "", now)
	if err != nil || m.Revision != 1 || m.UpdatedAt != "2026-01-02T02:04:05Z" {
		t.Fatalf("revision %d at %q, %v", m.Revision, m.UpdatedAt, err)
	}
	if _, err := manifest.Save(t.Context(), s, "a", &manifest.Manifest{}, "", now); !errors.Is(err, store.ErrConflict) {
		t.Errorf("written over a manifest that was to be absent: %v", err)
	}
	second, err := manifest.Save(t.Context(), s, "a", m, first, now)
	if err != nil || second == first {
		t.Errorf("saving again: version %q after %q, %v", second, first, err)
	}
	if _, err := manifest.Save(t.Context(), s, "a", m, first, now); !errors.Is(err, store.ErrConflict) || m.Revision != 2 {
		t.Errorf("written over a newer manifest, revision %d: %v", m.Revision, err)
	}
}

func TestLoadFails(t *testing.T) {
	s := mem.New()
	if _, _, err := manifest.Load(t.Context(), s, "a"); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
	huge := strings.Repeat(" ", manifest.MaxBytes+1)
	if _, err := s.Put(t.Context(), "actors/a/training_data/manifest.json", []byte(huge), store.IfAbsent); err != nil {
		t.Fatal(err)
	}
	if _, _, err := manifest.Load(t.Context(), s, "a"); !errors.Is(err, store.ErrTooLarge) {
		t.Error(err)
	}
}

func TestDecodeFails(t *testing.T) {
	tests := []struct {
		name, body, want string
	}{
		{"empty", ``, "unexpected end of JSON input"},
		{"truncated", `{"actor_id": "a", "images": {"a.png": {`, "unexpected end of JSON input"},
		{"a list", `[]`, "a list, want an object"},
		{"null", `null`, "null, want an object"},
		{"two documents", `{} {}`, "not JSON"},
		{"not UTF-8", "{\"actor_id\": \"\xff\"}", "not UTF-8"},
		{"a number for the name", `{"actor_id": 7}`, "actor_id is a JSON number, want string"},
		{"text for the revision", `{"revision": "7"}`, "revision is a JSON string, want int"},
		{"a negative revision", `{"revision": -7}`, "revision is -7"},
		{"generations", `{"generations": {}}`, "generations: an object, want a list"},
		{"a generation", `{"generations": [{}, 1]}`, "generations: entry 1: a number, want an object"},
		{"a field of a generation", `{"generations": [{"type": 1}]}`, "entry 0: type is a JSON number"},
		{"images", `{"images": []}`, "images: a list, want an object"},
		{"an image", `{"images": {"a.png": "x"}}`, "images: a.png: a string, want an object"},
		{"a field of an image", `{"images": {"a.png": {"index": "1"}}}`, "images: a.png: index is a JSON string, want int"},
		{"an image twice", `{"images": {"a.png": {}, "a.png": {}}}`, `images: the key "a.png" is there twice`},
		{"a hostile name", `{"images": {"../a.png": {}}}`, `images: image name "../a.png" is no plain file name`},
		{"a hostile name among the missing", `{"missing": {"a/b.png": {}}}`, `missing: image name "a/b.png"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := manifest.Decode([]byte(test.body))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
	if _, err := manifest.Decode(make([]byte, manifest.MaxBytes+1)); !errors.Is(err, store.ErrTooLarge) {
		t.Error(err)
	}
}

// What can be read can be written, reads as the same, and is written the same.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(foreign))
	f.Add([]byte(rewritten))
	f.Add([]byte(`{"images":{"a.png":{"conflicts":{"prompt":{"x":null}},"bytes":0}},"generations":null,"missing":null}`))
	f.Add([]byte(`{"images":{"../a":{}}}`))
	f.Add([]byte(`{"a":{"a":1,"a":2},"prompt":"\ud800"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := manifest.Decode(raw)
		if err != nil {
			return
		}
		once := m.Encode()
		if !json.Valid(once) {
			t.Fatalf("not JSON: %s", once)
		}
		again, err := manifest.Decode(once)
		if err != nil {
			t.Fatalf("%v: %s", err, once)
		}
		if twice := again.Encode(); string(twice) != string(once) {
			t.Errorf("written again\n%s\nbefore\n%s", twice, once)
		}
		for file := range m.Images {
			if manifest.CheckFile(file) != nil {
				t.Errorf("hostile name %q", file)
			}
		}
	})
}
