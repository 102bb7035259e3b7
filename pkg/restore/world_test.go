package restore_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"screentest/pkg/balance"
	"screentest/pkg/ledger"
	"screentest/pkg/manifest"
	"screentest/pkg/mirror"
	"screentest/pkg/restore"
	"screentest/pkg/store"
	"screentest/pkg/trash"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

const (
	ledgerKey   store.Key = "screentest/ledger/ann.jsonl"
	manifestKey store.Key = "actors/ann/training_data/manifest.json"
)

func image(file string) store.Key { return store.Key("actors/ann/training_data/" + file) }

func hash(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// below is the part of a store under a prefix. A mirror in the same store as the
// tree takes part in a sweep.
type below struct {
	store.Store
	prefix store.Key
}

func (b below) Get(ctx context.Context, k store.Key) (store.Object, error) {
	return b.Store.Get(ctx, b.prefix+k)
}

func (b below) Copy(ctx context.Context, src store.Key, v store.Version, dst store.Key) (store.Version, error) {
	return b.Store.Copy(ctx, b.prefix+src, v, b.prefix+dst)
}

func (b below) Delete(ctx context.Context, k store.Key, v store.Version) error {
	return b.Store.Delete(ctx, b.prefix+k, v)
}

// inMirror is where the mirror of a tree lies in these tests.
const inMirror store.Key = "mirror/"

// config acts on s, with a mirror in it.
func config(s store.Store) restore.Config {
	return restore.Config{
		Store: s, Remote: mirror.Remote{Mirror: &mirror.Mirror{Store: below{s, inMirror}}},
		By: "tester", Now: func() time.Time { return noon.Add(24 * time.Hour) },
	}
}

// fataler is what testing and rapid have in common.
type fataler interface {
	Helper()
	Fatal(...any)
	Context() context.Context
}

func must(t fataler, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func put(t fataler, s store.Store, k store.Key, body string) {
	t.Helper()
	_, err := s.Put(t.Context(), k, []byte(body), store.IfAbsent)
	must(t, err)
}

// read returns the content of an object, "" if there is none.
func read(t fataler, s store.Store, k store.Key) string {
	t.Helper()
	body, _, err := store.ReadAll(t.Context(), s, k, 1<<20)
	if errors.Is(err, store.ErrNotFound) {
		return ""
	}
	must(t, err)
	return string(body)
}

// keys returns what lies below a prefix.
func keys(t fataler, s store.Store, prefix string) (all []string) {
	t.Helper()
	for page, err := range store.All(t.Context(), s, store.ListOptions{Prefix: prefix}) {
		must(t, err)
		for _, o := range page.Objects {
			all = append(all, string(o.Key))
		}
	}
	return all
}

// remove takes an object away by hand.
func remove(t fataler, s store.Store, k store.Key) {
	t.Helper()
	o, err := s.Get(t.Context(), k)
	must(t, err)
	must(t, s.Delete(t.Context(), k, o.Version))
}

// A deletion is one image that a plan deletes.
type deletion struct {
	file, body string
	remote     store.Key // in the mirror
	outside    string
	entry      string // JSON
}

// perform lets a plan delete images, as package execution does, and returns its
// id. The set has a manifest and the images already if deletions say so.
func perform(t fataler, s store.Store, at time.Time, end ledger.Act, deletions ...deletion) string {
	t.Helper()
	book, err := ledger.Load(t.Context(), s, "ann")
	must(t, err)
	sign := ledger.Signature{By: "tester", At: at, Why: "test"}
	set := map[string]string{"at": at.String()} // no plan is for the same set as another
	plan := []balance.Candidate{{File: "at", SHA256: at.String(), Style: "bw_stylized"}}
	for _, d := range deletions {
		set[d.file] = hash(d.body)
		plan = append(plan, balance.Candidate{File: d.file, SHA256: hash(d.body), Style: "bw_stylized", Condemned: []string{"blurred"}})
	}
	must(t, book.Propose(t.Context(), balance.Propose(plan, balance.DefaultTarget(), balance.Limits{Deletions: -1}, 0), set, sign))
	latest, _ := book.Latest()
	must(t, book.Approve(t.Context(), latest.ID, sign))
	for _, d := range deletions {
		r := trash.Receipt{
			Actor: "ann", Proposal: latest.ID, File: d.file, SHA256: hash(d.body), Bytes: int64(len(d.body)), Style: "bw_stylized",
			Reason: "blurred", By: "tester", At: at, Remote: d.remote, Outside: d.outside,
		}
		drop(t, s, r, d)
		line := ledger.Line{At: at, By: "tester", Proposal: latest.ID, Step: latest.ID + "/delete/" + d.file, Act: ledger.Trashed, File: d.file, SHA256: r.SHA256}
		must(t, book.Record(t.Context(), latest.ID, line))
	}
	if end != "" {
		must(t, book.End(t.Context(), latest.ID, end, sign))
	}
	return latest.ID
}

// drop moves one image to the trash, on both sides.
func drop(t fataler, s store.Store, r trash.Receipt, d deletion) {
	t.Helper()
	if m, version, err := manifest.Load(t.Context(), s, "ann"); err == nil {
		if entry, ok := m.Images[d.file]; ok {
			r.Entry = trash.EntryOf(entry)
			delete(m.Images, d.file)
			_, err = manifest.Save(t.Context(), s, "ann", m, version, r.At)
			must(t, err)
		}
	}
	_, info, err := store.Hash(t.Context(), s, image(d.file))
	must(t, err)
	must(t, trash.Keep(t.Context(), s, r, image(d.file), info.Version))
	must(t, s.Delete(t.Context(), image(d.file), info.Version))
	if d.remote != "" {
		_, info, err := store.Hash(t.Context(), s, inMirror+d.remote)
		must(t, err)
		must(t, trash.CopyTo(t.Context(), s, inMirror+d.remote, info.Version, inMirror+r.ImageKey()))
		must(t, s.Delete(t.Context(), inMirror+d.remote, info.Version))
	}
}

// standing is what a plan deletes of the set of open: an image with its copy in
// the mirror in the old layout, one with its copy under its own key, one of
// which a copy is elsewhere, and one that the manifest knows nothing of.
var standing = []deletion{
	{file: "a.png", body: "A", remote: "old/ann/a.png", entry: `{"prompt": "<a> & \u00e9", "seed": 1.50, "tags": [ {"x":1e3} ], "index": 1}`},
	{file: "b.png", body: "BB", remote: "actors/ann/training_data/b.png", entry: `{"prompt": null, "sha256": "` + hash("BB") + `"}`},
	{file: "c.png", body: "CCC", outside: "https://example.com/c.png", entry: `{"s3_url": "https://example.com/c.png"}`},
	{file: "d.png", body: "DDDD"},
}

// open returns a set with five images and a manifest that others have written.
func open(t fataler, s store.Store) {
	t.Helper()
	entries := []string{`"kept.png": {}`}
	put(t, s, image("kept.png"), "kept")
	for _, d := range standing {
		put(t, s, image(d.file), d.body)
		if d.remote != "" {
			put(t, s, inMirror+d.remote, d.body)
		}
		if d.entry != "" {
			entries = append(entries, fmt.Sprintf("%q: %s", d.file, d.entry))
		}
	}
	put(t, s, manifestKey, `{"actor_id": "ann", "owner": null, "images": {`+strings.Join(entries, ",")+`}}`)
}

// entries is the manifest of s as it is written, without what every write changes.
func entries(t *testing.T, s store.Store) string {
	t.Helper()
	m, err := manifest.Decode([]byte(read(t, s, manifestKey)))
	must(t, err)
	m.Revision, m.UpdatedAt = 0, ""
	delete(m.Images, "d.png") // it gets an entry when it comes back
	return string(m.Encode())
}

// acts returns what the ledger says of files: act and file of its lines of that kind.
func acts(t *testing.T, s store.Store, act ledger.Act) (all []string) {
	t.Helper()
	book, err := ledger.Load(t.Context(), s, "ann")
	must(t, err)
	for _, line := range book.Lines {
		if line.Act == act {
			all = append(all, line.File)
		}
	}
	slices.Sort(all)
	return all
}

func files(r restore.Report) (all []string) {
	for _, i := range r.Images {
		all = append(all, i.File)
	}
	slices.Sort(all)
	return all
}
