package verify_test

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strings"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/ledger"
	"screentest/pkg/manifest"
	"screentest/pkg/migration"
	"screentest/pkg/mirror"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/trash"
	"screentest/pkg/verdict"
	"screentest/pkg/verify"
)

var ada = actor.Actor{Name: "ada"}

func clock() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// A world is a tree with one actor, and the mirror of it.
type world struct {
	testing.TB
	store  store.Store
	mirror *mem.Store
	remote mirror.Remote
}

// settled is a world with which nothing is wrong.
func settled(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t, store: mem.New(), mirror: mem.New()}
	w.put("actorsData.json", `[{"name": "ada"}]`)
	w.image("1.png", "one")
	w.image("2.png", "two")
	w.reconcile()
	return w
}

func (w *world) config() verify.Config {
	return verify.Config{Store: w.store, Remote: w.remote, By: "test", Now: clock}
}

// mirrored gives w a mirror, which at first has all images.
func (w *world) mirrored() {
	w.remote.Mirror = &mirror.Mirror{Store: w.mirror, At: mirror.Location{Bucket: "bucket", Prefix: "tree/"}}
	for key, body := range contents(w.TB, w.store) {
		if strings.HasPrefix(key, "actors/") && strings.HasSuffix(key, ".png") {
			put(w.TB, w.mirror, store.Key(key), body)
		}
	}
}

func put(t testing.TB, s store.Store, k store.Key, body string) {
	t.Helper()
	if err := store.Update(t.Context(), s, k, func([]byte) ([]byte, error) { return []byte(body), nil }); err != nil {
		t.Fatal(err)
	}
}

func remove(t testing.TB, s store.Store, k store.Key) {
	t.Helper()
	o, err := s.Get(t.Context(), k)
	if err == nil {
		err = s.Delete(t.Context(), k, o.Version)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func contents(t testing.TB, s store.Store) map[string]string {
	t.Helper()
	all := map[string]string{}
	for page, err := range store.All(t.Context(), s, store.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range page.Objects {
			body, _, err := store.ReadAll(t.Context(), s, object.Key, store.MaxDocument)
			if err != nil {
				t.Fatal(err)
			}
			all[string(object.Key)] = string(body)
		}
	}
	return all
}

func (w *world) put(k store.Key, body string) { w.Helper(); put(w.TB, w.store, k, body) }

func (w *world) image(file, body string) { w.Helper(); w.put(actor.TrainingKey("ada", file), body) }

func (w *world) gone(file string) { w.Helper(); remove(w.TB, w.store, actor.TrainingKey("ada", file)) }

func (w *world) reconcile() {
	w.Helper()
	if _, err := migration.Reconcile(w.Context(), w.store, ada, clock); err != nil {
		w.Fatal(err)
	}
}

func (w *world) manifest() *manifest.Manifest {
	w.Helper()
	m, _, err := manifest.Load(w.Context(), w.store, "ada")
	if err != nil {
		w.Fatal(err)
	}
	return m
}

// edit changes the manifest as by hand.
func (w *world) edit(change func(m *manifest.Manifest)) {
	w.Helper()
	m := w.manifest()
	m.Images, m.Missing = maps.Clone(m.Images), maps.Clone(m.Missing)
	change(m)
	w.put(actor.ManifestKey("ada"), string(m.Encode()))
}

// entry changes the manifest entry of one image.
func (w *world) entry(file string, change func(i *manifest.Image)) {
	w.Helper()
	w.edit(func(m *manifest.Manifest) {
		image := m.Images[file]
		change(&image)
		m.Images[file] = image
	})
}

func (w *world) ledger() *ledger.Ledger {
	w.Helper()
	book, err := ledger.Load(w.Context(), w.store, "ada")
	if err != nil {
		w.Fatal(err)
	}
	return book
}

func (w *world) check(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

var sign = ledger.Signature{By: "test", At: clock()}

// approved puts a plan forward that deletes 2.png and generates one image.
func (w *world) approved() ledger.Proposal {
	w.Helper()
	set := []balance.Candidate{
		{File: "1.png", SHA256: sum("one"), Style: verdict.Photorealistic, Quality: 8},
		{File: "2.png", SHA256: sum("two"), Style: verdict.Photorealistic, Quality: 3},
	}
	target := balance.Target{Photorealistic: 1, BWStylized: 1}
	plan := balance.Propose(set, target, balance.Limits{Deletions: -1, Generations: -1, USD: -1}, 0)
	book := w.ledger()
	w.check(book.Propose(w.Context(), plan, map[string]string{"1.png": sum("one"), "2.png": sum("two")}, sign))
	w.check(book.Approve(w.Context(), plan.ID, sign))
	latest, _ := book.Latest()
	return latest
}

// record adds a line about a step of the approved plan.
func (w *world) record(p ledger.Proposal, step int, line ledger.Line) {
	w.Helper()
	line.Step, line.Proposal, line.At = p.Steps()[step].Key, p.ID, clock()
	w.check(w.ledger().Append(w.Context(), func() ([]ledger.Line, error) { return []ledger.Line{line}, nil }))
}

func (w *world) end(p ledger.Proposal, act ledger.Act) {
	w.Helper()
	w.check(w.ledger().End(w.Context(), p.ID, act, sign))
}

func sum(body string) string {
	s := sha256.Sum256([]byte(body))
	return hex.EncodeToString(s[:])
}

// receipt is that of 2.png, which the plan deletes.
func (w *world) receipt(p ledger.Proposal) trash.Receipt {
	return trash.Receipt{
		SchemaVersion: trash.SchemaVersion, Actor: "ada", Proposal: p.ID, File: "2.png", SHA256: sum("two"), Bytes: 3,
		Reason: "surplus", By: "test", At: clock(),
		Entry: trash.EntryOf(manifest.Image{Prompt: "of old", SHA256: sum("two")}),
	}
}

// keep copies 2.png to the trash.
func (w *world) keep(r trash.Receipt) {
	w.Helper()
	key := actor.TrainingKey("ada", "2.png")
	_, info, err := store.Hash(w.Context(), w.store, key)
	w.check(err)
	w.check(trash.Keep(w.Context(), w.store, r, key, info.Version))
}

// givenUpEverywhere leaves copies of 2.png in both trashes, of a deletion that
// was not made.
func (w *world) givenUpEverywhere() {
	w.Helper()
	p := w.approved()
	r := w.receipt(p)
	r.Remote = actor.TrainingKey("ada", "2.png")
	w.keep(r)
	put(w.TB, w.mirror, r.ImageKey(), "two")
	w.end(p, ledger.Stale)
}

// trashed performs the deletion of 2.png and ends the plan.
func (w *world) trashed() (ledger.Proposal, trash.Receipt) {
	w.Helper()
	p := w.approved()
	r := w.receipt(p)
	w.keep(r)
	w.edit(func(m *manifest.Manifest) { delete(m.Images, "2.png") })
	w.gone("2.png")
	w.record(p, 1, ledger.Line{Act: ledger.Trashed, File: "2.png", SHA256: sum("two"), To: r.ImageKey()})
	w.end(p, ledger.Done)
	return p, r
}

// placed generates an image, whose stored answer is left behind.
func (w *world) placed() (p ledger.Proposal, answer store.Key) {
	w.Helper()
	p = w.approved()
	answer = store.Key("screentest/generated/ada/" + p.Steps()[0].Key + "-2.json")
	w.put(answer, "answer")
	w.record(p, 0, ledger.Line{Act: ledger.Received, Try: 2, SHA256: sum("three"), To: answer})
	w.image("3.png", "three")
	w.reconcile()
	w.record(p, 0, ledger.Line{Act: ledger.Placed, Try: 2, File: "3.png", SHA256: sum("three"), To: actor.TrainingKey("ada", "3.png")})
	return p, answer
}
