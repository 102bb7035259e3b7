package execution_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/execution"
	"screentest/pkg/ledger"
	"screentest/pkg/store"
	"screentest/pkg/trash"
	"screentest/pkg/verdict"
)

// surplus is a set from which one image has to go: _1.png, which is the worst, and
// about which the metadata says something that no program knows.
var (
	surplus = balance.Mix{Photorealistic: 14, BWStylized: 4, ColorStylized: 3}
	doomed  = string(name) + "_1.png"
)

// What a manifest says of an image goes to the trash with it, to the last byte
// that it does not know.
func TestReceiptKeepsTheEntry(t *testing.T) {
	st := newStudio(t, memory(), surplus, 0)
	st.mustBalance()
	if r := st.trashed()[0]; r.File != doomed || !strings.Contains(string(r.Entry), `"blue & grey"`) {
		t.Errorf("the receipt of %s has the entry %s", r.File, r.Entry)
	}
}

// A plan that goes stale in the middle of a deletion leaves the image where it is,
// whole and in one place: in the set with its entry, or in the trash.
func TestStaleInMidDeletion(t *testing.T) {
	for what, c := range map[string]struct {
		moment
		gone bool // from the set
	}{
		"receipt written": {moment{"after", "put", "/receipts/"}, false},
		"copied":          {moment{"after", "copy", "/images/"}, false},
		"entry removed":   {moment{"before", "delete", "/training_data/"}, false},
		"object removed":  {moment{"after", "delete", "/training_data/"}, true},
	} {
		t.Run(what, func(t *testing.T) {
			st := newStudio(t, memory(), surplus, 0)
			second := st.mirror()
			if _, err := st.balance(st.killed(c.moment)); err == nil {
				t.Fatal("nothing was cut off")
			}
			st.put(actor.TrainingKey(name, "new.png"), picture(verdict.BWStylized, 9, "new"))
			if _, err := st.finish(st.store); !errors.Is(err, execution.ErrStale) {
				t.Fatalf("got %v", err)
			}
			_, inSet := st.files()[doomed]
			_, inMirror := listing(t, second, "actors/")[actor.TrainingKey(name, doomed)]
			if inSet == c.gone || inMirror == c.gone {
				t.Errorf("in the set: %t, in the mirror: %t", inSet, inMirror)
			}
			if n, kept := len(st.trashed()), len(listing(t, second, "screentest/")); n != kept || (n > 0) != c.gone {
				t.Errorf("the trash has %d images, that of the mirror %d", n, kept)
			}
			if entries, _ := st.everything(); !strings.Contains(entries[doomed], "blue & grey") {
				t.Errorf("its entry is %s", entries[doomed])
			}
		})
	}
}

// What lies in the trash of a deletion that was cut off can be damaged, or taken
// away by hand: it is not taken for what it was.
func TestTrashTamperedWith(t *testing.T) {
	edit := func(k func(r trash.Receipt) store.Key) func(st *studio, r trash.Receipt) {
		return func(st *studio, r trash.Receipt) {
			if err := store.Update(t.Context(), st.store, k(r), func([]byte) ([]byte, error) { return []byte("other"), nil }); err != nil {
				t.Fatal(err)
			}
		}
	}
	for what, c := range map[string]struct {
		moment
		tamper func(st *studio, r trash.Receipt)
		says   string
		ends   bool // as stale
	}{
		"the receipt damaged":   {moment{"after", "copy", "/images/"}, edit(trash.Receipt.Key), "without it is not known what was begun", false},
		"the image altered":     {moment{"after", "delete", "/training_data/"}, edit(trash.Receipt.ImageKey), "holds other contents than its receipt says", false},
		"gone before it was in": {moment{"after", "put", "/receipts/"}, func(st *studio, r trash.Receipt) { st.remove(r.File) }, doomed + " is gone", true},
	} {
		t.Run(what, func(t *testing.T) {
			st := newStudio(t, memory(), surplus, 0)
			if _, err := st.balance(st.killed(c.moment)); err == nil {
				t.Fatal("nothing was cut off")
			}
			c.tamper(st, st.trashed()[0])
			before := st.files()
			_, err := st.finish(st.store)
			if err == nil || !strings.Contains(err.Error(), c.says) || errors.Is(err, execution.ErrStale) != c.ends {
				t.Errorf("got %v, want %q", err, c.says)
			}
			if !maps.Equal(before, st.files()) || st.acts()[ledger.Trashed] > 0 {
				t.Error("something was done all the same")
			}
			if c.ends && len(st.trashed()) > 0 {
				t.Error("a receipt without an image is left")
			}
		})
	}
}

// Once images go a plan cannot be rejected any more, and is carried through.
func TestRejectedTooLate(t *testing.T) {
	st := newStudio(t, memory(), balance.Mix{Photorealistic: 15, BWStylized: 4, ColorStylized: 3}, 0)
	var rejected error
	going := &hook{Store: st.store, before: func(op string, _ store.Key) error {
		if op == "copy" && rejected == nil {
			book, err := ledger.Load(context.Background(), st.store, name)
			if err != nil {
				t.Fatal(err)
			}
			rejected = book.Reject(context.Background(), st.latest().ID, ledger.Signature{By: "bob", At: st.now(), Why: "no"})
		}
		return nil
	}}
	if _, err := st.balance(going); err != nil {
		t.Error(err)
	}
	if !errors.Is(rejected, ledger.ErrState) || st.latest().State != ledger.Done || len(st.trashed()) != 2 {
		t.Errorf("rejecting: %v; the plan is %s, %d images are in the trash", rejected, st.latest().State, len(st.trashed()))
	}
	st.clean()
}
