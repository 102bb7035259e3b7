package trash_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/trash"
)

// document is the stored receipt of r, with from replaced by to.
func document(t *testing.T, r trash.Receipt, from, to string) string {
	t.Helper()
	s := mem.New()
	if err := trash.Keep(t.Context(), s, r, src, put(t, s, src, "A")); err != nil {
		t.Fatal(err)
	}
	text, _, err := store.ReadAll(t.Context(), s, r.Key(), 1<<20)
	if err != nil || !strings.Contains(string(text), from) {
		t.Fatalf("%s holds no %q, %v", text, from, err)
	}
	return strings.Replace(string(text), from, to, 1)
}

func TestListIsSorted(t *testing.T) {
	s := mem.New()
	v := put(t, s, src, "A")
	for i, name := range []string{"p2 c.png", "p1 b.png", "p1 a.png", "p0 a.png"} {
		r := receipt()
		r.Remote = ""
		r.At = noon.Add(-time.Duration(i/2) * time.Hour)
		r.Proposal, r.File, _ = strings.Cut(name, " ")
		if err := trash.Keep(t.Context(), s, r, src, v); err != nil {
			t.Fatal(err)
		}
	}
	put(t, s, "screentest/trash/anna/p1/images/a.png", "another's")
	all, problems, err := trash.List(t.Context(), s, "ann")
	var got []string
	for _, r := range all {
		got = append(got, r.Proposal+" "+r.File)
	}
	if want := []string{"p0 a.png", "p1 a.png", "p1 b.png", "p2 c.png"}; !slices.Equal(got, want) || len(problems) > 0 || err != nil {
		t.Errorf("%q, want %q; %v, %v", got, want, problems, err)
	}
}

// Nothing that may lie in the trash leads anywhere else, or hides the rest.
func TestHostile(t *testing.T) {
	hostile := map[string]struct{ key, body, reason string }{
		"another actor":         {"p1/receipts/ann_1.png", document(t, receipt(), `"actor": "ann"`, `"actor": "bob"`), "that of screentest/trash/bob/"},
		"another plan":          {"p1/receipts/ann_1.png", document(t, receipt(), `"proposal": "p1"`, `"proposal": "p2"`), "that of"},
		"another file":          {"p1/receipts/ann_1.png", document(t, receipt(), `"file": "ann_1.png"`, `"file": "../ann_1.png"`), "not a receipt"},
		"the manifest":          {"p1/receipts/manifest.json", document(t, receipt(), `"file": "ann_1.png"`, `"file": "manifest.json"`), "no name of a training image"},
		"an actor that is none": {"p1/receipts/ann_1.png", document(t, receipt(), `"actor": "ann"`, `"actor": "x/../../.."`), "leads out"},
		"a newer program's":     {"p1/receipts/ann_1.png", document(t, receipt(), `"schema_version": 1`, `"schema_version": 2`), "schema version 2"},
		"a document as copy":    {"p1/receipts/ann_1.png", document(t, receipt(), `"x/ann_1.png"`, `"actorsData.json"`), "copy in the mirror"},
		"the trash as copy":     {"p1/receipts/ann_1.png", document(t, receipt(), `"x/ann_1.png"`, `"screentest/trash/ann_1.png"`), "copy in the mirror"},
		"a key that leads out":  {"p1/receipts/ann_1.png", document(t, receipt(), `"x/ann_1.png"`, `"../ann_1.png"`), "copy in the mirror"},
		"half of one":           {"p1/receipts/ann_1.png", document(t, receipt(), `}`, ``), "not a receipt"},
		"empty":                 {"p1/receipts/ann_1.png", "", "not a receipt"},
		"null":                  {"p1/receipts/ann_1.png", "null", "schema version 0"},
		"a list":                {"p1/receipts/ann_1.png", "[]", "not a receipt"},
		"huge":                  {"p1/receipts/ann_1.png", strings.Repeat(" ", 5<<20), "too large"},
		"no receipt":            {"p1/images/ann_9.png", "A", "has no receipt"},
		"something else":        {"note.txt", "A", "neither"},
		"too deep":              {"p1/images/x/ann_9.png", "A", "neither"},
	}
	for name, test := range hostile {
		t.Run(name, func(t *testing.T) {
			s := mem.New()
			good := receipt()
			good.Proposal = "p3"
			if err := trash.Keep(t.Context(), s, good, src, put(t, s, src, "A")); err != nil {
				t.Fatal(err)
			}
			key := store.Key("screentest/trash/ann/" + test.key)
			put(t, s, key, test.body)
			all, problems, err := trash.List(t.Context(), s, "ann")
			if err != nil || len(all) != 1 || all[0].Proposal != "p3" {
				t.Errorf("%+v, %v", all, err)
			}
			if len(problems) != 1 || problems[0].Where != string(key) || !strings.Contains(problems[0].Reason, test.reason) {
				t.Errorf("%+v, want %s: %s", problems, key, test.reason)
			}
		})
	}
}

// failing fails to open one object.
type failing struct {
	store.Store
	key store.Key
	err error
}

func (f failing) Get(ctx context.Context, k store.Key) (store.Object, error) {
	if k == f.key {
		return store.Object{}, fmt.Errorf("get %s: %w", k, f.err)
	}
	return f.Store.Get(ctx, k)
}

func TestListOfUnreadable(t *testing.T) {
	s := mem.New()
	v := put(t, s, src, "A")
	for _, file := range []string{"ann_1.png", "ann_2.png"} {
		r := receipt()
		r.Remote, r.File = "", file
		if err := trash.Keep(t.Context(), s, r, src, v); err != nil {
			t.Fatal(err)
		}
	}
	all, problems, err := trash.List(t.Context(), failing{s, receipt().Key(), fs.ErrPermission}, "ann")
	if err != nil || len(all) != 1 || len(problems) != 1 || problems[0].Where != string(receipt().Key()) {
		t.Errorf("%v, %v, %v", all, problems, err)
	}
	broken := errors.New("connection reset")
	if _, _, err := trash.List(t.Context(), failing{s, receipt().Key(), broken}, "ann"); !errors.Is(err, broken) {
		t.Errorf("what could not be read passes for nothing: %v", err)
	}
	all, _, err = trash.List(t.Context(), failing{s, receipt().Key(), store.ErrNotFound}, "ann")
	if err != nil || len(all) != 1 {
		t.Errorf("dropped meanwhile: %v, %v", all, err)
	}
	if _, _, err := trash.List(t.Context(), s, "../ann"); err == nil {
		t.Error("a name that leads out is listed")
	}
}

func TestActors(t *testing.T) {
	s := mem.New()
	for _, k := range []store.Key{"screentest/trash/zoë/p/images/a.png", "screentest/trash/ann b/p/receipts/a.png", "screentest/ledger/bob.jsonl"} {
		put(t, s, k, "")
	}
	long := strings.Repeat("n", 255)
	put(t, s, store.Key("screentest/trash/"+long+"/x"), "")
	names, problems, err := trash.Actors(t.Context(), s)
	if err != nil || !slices.Equal(names, []actor.Name{"ann b", "zoë"}) {
		t.Errorf("%q, %v", names, err)
	}
	if len(problems) != 1 || !strings.Contains(problems[0].Where, long) {
		t.Errorf("%v", problems)
	}
}

// FuzzReceipt: whatever lies where a receipt should be, what List makes of it
// leads to nothing but its own place in the trash and a training image.
func FuzzReceipt(f *testing.F) {
	f.Add([]byte(`{"schema_version":1,"actor":"ann","proposal":"p1","file":"ann_1.png","sha256":"` + hash("A") + `","bytes":1,"reason":"","by":"","at":"2026-01-02T03:04:05Z"}`))
	f.Add([]byte(`{"schema_version":1,"actor":"ann/p1","proposal":"receipts","file":"ann_1.png","entry":"{\"index\":1}","remote":"a/ann_1.png"}`))
	f.Add([]byte(`{"entry":{}}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, body []byte) {
		const key store.Key = "screentest/trash/ann/p1/receipts/ann_1.png"
		s := mem.New()
		put(t, s, key, string(body))
		all, problems, err := trash.List(t.Context(), s, "ann")
		if err != nil || len(all)+len(problems) != 1 {
			t.Fatalf("%v, %v, %v", all, problems, err)
		}
		for _, r := range all {
			if r.Key() != key || r.ImageKey() != "screentest/trash/ann/p1/images/ann_1.png" || r.File != "ann_1.png" || r.Actor != "ann" {
				t.Errorf("%+v leads to %s", r, r.ImageKey())
			}
			if r.Remote != "" && (r.Remote.Validate() != nil || r.Remote.Base() != "ann_1.png" || strings.HasPrefix(string(r.Remote), "screentest/")) {
				t.Errorf("the copy is %q", r.Remote)
			}
			if _, err := r.Image(); err != nil {
				t.Error(err)
			}
		}
	})
}
