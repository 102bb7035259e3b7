package trash_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"screentest/pkg/inspect"
	"screentest/pkg/manifest"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
	"screentest/pkg/trash"
)

func hash(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

func put(t *testing.T, s store.Store, k store.Key, body string) store.Version {
	t.Helper()
	v, err := s.Put(t.Context(), k, []byte(body), store.IfAbsent)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func holds(t *testing.T, s store.Store, k store.Key, want string) {
	t.Helper()
	body, _, err := store.ReadAll(t.Context(), s, k, 1<<20)
	if err != nil || string(body) != want {
		t.Errorf("%s holds %q, %v; want %q", k, body, err, want)
	}
}

func gone(t *testing.T, s store.Store, k store.Key) {
	t.Helper()
	if body, _, err := store.ReadAll(t.Context(), s, k, 1<<20); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%s holds %q, %v", k, body, err)
	}
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

const src store.Key = "actors/ann/training_data/ann_1.png"

// receipt is that of ann_1.png with the contents "A".
func receipt() trash.Receipt {
	return trash.Receipt{
		Actor: "ann", Proposal: "p1", File: "ann_1.png", SHA256: hash("A"), Bytes: 1,
		Style: "bw_stylized", Reason: "surplus <of> its style", By: "tester", At: noon,
		Checks: &inspect.Checks{Version: inspect.Version, Width: 3, Height: 2},
		Remote: "x/ann_1.png", Outside: "https://example.com/ann_1.png",
	}
}

func TestKeepListFindDrop(t *testing.T) {
	s := mem.New()
	v := put(t, s, src, "A")
	r := receipt()
	for range 2 {
		if err := trash.Keep(t.Context(), s, r, src, v); err != nil {
			t.Fatal(err)
		}
		r.At = r.At.Add(time.Hour) // the first receipt stays
	}
	holds(t, s, src, "A")
	holds(t, s, "screentest/trash/ann/p1/images/ann_1.png", "A")
	all, problems, err := trash.List(t.Context(), s, "ann")
	if err != nil || len(problems) != 0 || len(all) != 1 {
		t.Fatalf("%+v, %+v, %v", all, problems, err)
	}
	want := receipt()
	want.SchemaVersion = trash.SchemaVersion
	if !reflect.DeepEqual(all[0], want) {
		t.Errorf("got  %+v\nwant %+v", all[0], want)
	}
	if version, err := trash.Find(t.Context(), s, r); err != nil || version == "" {
		t.Errorf("%q, %v", version, err)
	}
	for range 2 {
		if err := trash.Drop(t.Context(), s, r); err != nil {
			t.Fatal(err)
		}
	}
	gone(t, s, r.ImageKey())
	gone(t, s, r.Key())
	holds(t, s, src, "A")
}

func TestKeepRefuses(t *testing.T) {
	tests := []struct {
		name, want string
		change     func(*trash.Receipt)
	}{
		{"a document", "no name of a training image", func(r *trash.Receipt) { r.File = "manifest.json" }},
		{"a name that leads out", "no plain file name", func(r *trash.Receipt) { r.File = "../x.png" }},
		{"an actor that leads out", "leads out", func(r *trash.Receipt) { r.Actor = ".." }},
		{"a plan that leads out", "no id of a plan", func(r *trash.Receipt) { r.Proposal = "a/b" }},
		{"no plan", "no id of a plan", func(r *trash.Receipt) { r.Proposal = "" }},
		{"no hash", "no SHA-256", func(r *trash.Receipt) { r.SHA256 = "A" }},
		{"no time", "no time", func(r *trash.Receipt) { r.At = time.Time{} }},
		{"a copy that is none", "copy in the mirror", func(r *trash.Receipt) { r.Remote = "screentest/ledger/ann_1.png" }},
		{"an entry that is none", "want an object", func(r *trash.Receipt) { r.Entry = json.RawMessage(`["x"]`) }},
		{"too much", "limit", func(r *trash.Receipt) { r.Reason = strings.Repeat("x", 5<<20) }},
		{"a time that cannot be written", "year", func(r *trash.Receipt) { r.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := storetest.NewFaulty(mem.New())
			r := receipt()
			test.change(&r)
			err := trash.Keep(t.Context(), s, r, src, put(t, s, src, "A"))
			if err == nil || !strings.Contains(err.Error(), test.want) || s.Count("put") != 1 {
				t.Errorf("%v; want it to say %q, operations %v", err, test.want, s.Ops())
			}
		})
	}
}

func TestKeepOverOtherThings(t *testing.T) {
	r := receipt()
	s := mem.New()
	v := put(t, s, src, "A")
	put(t, s, r.ImageKey(), "B")
	if err := trash.Keep(t.Context(), s, r, src, v); !errors.Is(err, store.ErrConflict) {
		t.Error(err)
	}
	holds(t, s, r.ImageKey(), "B")

	s = mem.New()
	v = put(t, s, src, "A")
	other := r
	other.SHA256 = hash("B")
	if err := trash.Keep(t.Context(), s, other, src, v); err != nil {
		t.Fatal(err)
	}
	if err := trash.Keep(t.Context(), s, r, src, v); err == nil || !strings.Contains(err.Error(), "other contents") {
		t.Error(err)
	}
	// Whatever made such a receipt, the image is not taken for what it describes.
	if _, err := trash.Find(t.Context(), s, other); err == nil || errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
}

func TestCopyTo(t *testing.T) {
	s := mem.New()
	v := put(t, s, "a", "A")
	put(t, s, "equal", "A")
	put(t, s, "other", "B")
	for dst, want := range map[store.Key]error{"new": nil, "equal": nil, "other": store.ErrConflict} {
		if err := trash.CopyTo(t.Context(), s, "a", v, dst); !errors.Is(err, want) {
			t.Errorf("%s: %v", dst, err)
		}
	}
	if err := trash.CopyTo(t.Context(), s, "a", "another", "newer"); !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrConflict) {
		t.Errorf("another state was copied: %v", err)
	}
	holds(t, s, "other", "B")
	gone(t, s, "newer")
}

// Whatever fails, an image in the trash has its receipt, the original is not
// touched, and a second try finishes.
func TestSweep(t *testing.T) {
	var version store.Version
	open := func(t *testing.T) store.Store {
		s := mem.New()
		version = put(t, s, src, "A")
		return s
	}
	keep := func(s store.Store) error { return trash.Keep(t.Context(), s, receipt(), src, version) }
	storetest.Sweep(t, open, keep, func(t *testing.T, s store.Store, _ error) {
		_, problems, err := trash.List(t.Context(), s, "ann")
		if err != nil || len(problems) != 0 {
			t.Errorf("%v, %v", problems, err)
		}
		if err := keep(s); err != nil {
			t.Error(err)
		}
		holds(t, s, receipt().ImageKey(), "A")
		holds(t, s, src, "A")
	})
	open = func(t *testing.T) store.Store {
		s := mem.New()
		if err := trash.Keep(t.Context(), s, receipt(), src, put(t, s, src, "A")); err != nil {
			t.Fatal(err)
		}
		return s
	}
	drop := func(s store.Store) error { return trash.Drop(t.Context(), s, receipt()) }
	storetest.Sweep(t, open, drop, func(t *testing.T, s store.Store, _ error) {
		if _, problems, err := trash.List(t.Context(), s, "ann"); err != nil || len(problems) != 0 {
			t.Errorf("%v, %v", problems, err)
		}
		if err := drop(s); err != nil {
			t.Error(err)
		}
		gone(t, s, receipt().ImageKey())
		gone(t, s, receipt().Key())
	})
}

func TestEntryComesBackByteForByte(t *testing.T) {
	const text = `{
  "actor_id": "ann",
  "total_images": 1,
  "generations": [],
  "images": {
    "ann_1.png": {
      "prompt": "a <b> & \u003c caf\u00e9 é ` + "\u2028" + `",
      "prompt_preview": "",
      "index": 7,
      "sources": {
        "index": "file name"
      },
      "seed": 12345678901234567890123,
      "scale": 1.50,
      "tags": [ 1e3,
   {"a":[ ]}]
    }
  }
}
`
	m, err := manifest.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s := mem.New()
	r := receipt()
	r.Entry = trash.EntryOf(m.Images["ann_1.png"])
	if err := trash.Keep(t.Context(), s, r, src, put(t, s, src, "A")); err != nil {
		t.Fatal(err)
	}
	all, _, err := trash.List(t.Context(), s, "ann")
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	if m.Images["ann_1.png"], err = all[0].Image(); err != nil {
		t.Fatal(err)
	}
	if got := string(m.Encode()); got != text {
		t.Errorf("got\n%s\nwant\n%s", got, text)
	}
}

func TestImageWithoutEntry(t *testing.T) {
	i, err := receipt().Image()
	if err != nil || !i.Unnamed || i.SHA256 != hash("A") || *i.Bytes != 1 || i.Style != "bw_stylized" {
		t.Errorf("%+v, %v", i, err)
	}
}

func TestFindOfNothing(t *testing.T) {
	_, err := trash.Find(t.Context(), mem.New(), receipt())
	if !errors.Is(err, store.ErrNotFound) || !strings.Contains(err.Error(), "ann_1.png is in the trash but the image is not") {
		t.Error(err)
	}
}
