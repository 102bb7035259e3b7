package verify_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"screentest/pkg/actor"
	"screentest/pkg/ledger"
	"screentest/pkg/manifest"
	"screentest/pkg/mirror"
	"screentest/pkg/store"
	"screentest/pkg/trash"
	"screentest/pkg/verify"
)

const trashed = "screentest/trash/ada/"

// A scenario is something that is wrong. Findings are "KIND FILE".
type scenario struct {
	name   string
	change func(w *world)
	mended []string
	left   []string
	check  func(w *world) // after the repair
}

var scenarios = []scenario{
	{name: "nothing", change: func(*world) {}},
	{
		name:   "object without entry",
		change: func(w *world) { w.image("3.png", "three") },
		mended: []string{"object_without_entry 3.png"},
		check: func(w *world) {
			if i := w.manifest().Images["3.png"]; !i.Unnamed || i.SHA256 != sum("three") || *i.Index != 3 {
				w.Errorf("%+v", i)
			}
		},
	},
	{
		name:   "entry without object",
		change: func(w *world) { w.gone("1.png") },
		mended: []string{"entry_without_object 1.png"},
		check: func(w *world) {
			if m := w.manifest(); m.Missing["1.png"].SHA256 != sum("one") || len(m.Images) != 1 {
				w.Errorf("%+v", m)
			}
		},
	},
	{
		name:   "missing object is back",
		change: func(w *world) { w.gone("1.png"); w.reconcile(); w.image("1.png", "one") },
		mended: []string{"object_without_entry 1.png"},
		check: func(w *world) {
			if m := w.manifest(); len(m.Images) != 2 || len(m.Missing) != 0 {
				w.Errorf("%+v", m)
			}
		},
	},
	{
		name:   "hash differs",
		change: func(w *world) { w.image("1.png", "other") },
		left:   []string{"hash_differs 1.png"},
	},
	{
		name:   "hash differs, also from the mirror's",
		change: func(w *world) { w.mirrored(); w.image("1.png", "other") },
		left:   []string{"hash_differs 1.png"},
	},
	{
		name:   "missing object is back otherwise",
		change: func(w *world) { w.gone("1.png"); w.reconcile(); w.image("1.png", "other") },
		left:   []string{"hash_differs 1.png"},
	},
	{
		name:   "entry without sha256",
		change: func(w *world) { w.entry("1.png", func(i *manifest.Image) { i.SHA256 = "" }) },
		mended: []string{"entry_not_measured 1.png"},
		check: func(w *world) {
			if i := w.manifest().Images["1.png"]; i.SHA256 != sum("one") {
				w.Errorf("%+v", i)
			}
		},
	},
	{
		name: "names that differ in case",
		change: func(w *world) {
			w.image("a.png", "small")
			w.image("A.png", "large")
			w.reconcile()
		},
		left: []string{"doubled_name a.png"},
	},
	{
		name:   "among the images and the missing",
		change: func(w *world) { w.edit(func(m *manifest.Manifest) { m.Missing["1.png"] = manifest.Image{} }) },
		left:   []string{"doubled_name 1.png"},
	},
	{
		name:   "doubled index",
		change: func(w *world) { w.entry("2.png", func(i *manifest.Image) { *i.Index = 1 }) },
		left:   []string{"doubled_index 2.png"},
	},
	{
		name: "wrong total",
		change: func(w *world) {
			text := strings.Replace(string(w.manifest().Encode()), `"total_images": 2`, `"total_images": 9`, 1)
			w.put(actor.ManifestKey("ada"), text)
		},
		mended: []string{"wrong_total "},
		check: func(w *world) {
			if text := contents(w.TB, w.store)[string(actor.ManifestKey("ada"))]; !strings.Contains(text, `"total_images": 2`) {
				w.Error(text)
			}
		},
	},
	{
		name:   "unreadable manifest",
		change: func(w *world) { w.put(actor.ManifestKey("ada"), `{"images": {"1.png": {}, "1.png": {}}}`) },
		left:   []string{"unreadable_manifest " + string(actor.ManifestKey("ada"))},
	},
	{
		name:   "no manifest",
		change: func(w *world) { remove(w.TB, w.store, actor.ManifestKey("ada")) },
	},
	{
		name: "manifest made by hand",
		change: func(w *world) {
			w.put(actor.ManifestKey("ada"), `{"images": {"1.png": {"index": 0}, "2.png": {"index": 0}, "gone.png": {}}}`)
		},
	},
	{
		name:   "no manifest any more",
		change: func(w *world) { w.trashed(); remove(w.TB, w.store, actor.ManifestKey("ada")) },
		mended: []string{"no_manifest "},
		check: func(w *world) {
			if len(w.manifest().Images) != 1 {
				w.Error(w.manifest())
			}
		},
	},
	{
		name: "unfinished plan",
		change: func(w *world) {
			w.record(w.approved(), 0, ledger.Line{Act: ledger.Ordered, Try: 1})
			w.image("3.png", "three")
		},
		left: []string{"unfinished_plan ", "object_without_entry 3.png"},
	},
	{
		name:   "approved plan that is not begun",
		change: func(w *world) { w.approved() },
		check: func(w *world) {
			report, err := verify.Actor(w.Context(), w.config(), ada)
			w.check(err)
			if len(report.Notes) != 1 || report.Notes[0].Kind != verify.PlanWaits {
				w.Errorf("%+v", report.Notes)
			}
		},
	},
	{
		name:   "approved plan that is not begun, and an image without an entry",
		change: func(w *world) { w.approved(); w.image("3.png", "three") },
		left:   []string{"object_without_entry 3.png"},
	},
	{
		name: "altered ledger",
		change: func(w *world) {
			w.trashed()
			book := actor.LedgerKey("ada")
			w.put(book, strings.Replace(contents(w.TB, w.store)[string(book)], "test", "nobody", 1))
			w.image("3.png", "three")
		},
		left: []string{"altered_ledger " + string(actor.LedgerKey("ada")), "object_without_entry 3.png"},
	},
	{
		name:   "foreign manifest",
		change: func(w *world) { w.edit(func(m *manifest.Manifest) { m.ActorID = "bob" }); w.image("3.png", "three") },
		left:   []string{"foreign_manifest " + string(actor.ManifestKey("ada"))},
	},
	{
		name:   "foreign manifest that is none of ours",
		change: func(w *world) { w.put(actor.ManifestKey("ada"), `{"actor_id": "bob", "images": {}}`) },
		left:   []string{"foreign_manifest " + string(actor.ManifestKey("ada"))},
	},
	{
		name: "foreign manifest, and not in the mirror",
		change: func(w *world) {
			w.mirrored()
			remove(w.TB, w.mirror, actor.TrainingKey("ada", "1.png"))
			w.edit(func(m *manifest.Manifest) { m.ActorID = "bob" })
		},
		left: []string{"foreign_manifest " + string(actor.ManifestKey("ada")), "not_in_mirror 1.png"},
	},
	{
		name:   "no ledger any more",
		change: func(w *world) { p, _ := w.trashed(); w.generation(p.ID); w.image("3.png", "three"); w.cut(0) },
		left: []string{
			"object_without_entry 3.png", "not_in_ledger " + string(actor.ManifestKey("ada")), "not_in_ledger " + trashed + "PLAN/receipts/2.png",
		},
	},
	{
		name:   "no ledger any more, and the image is in the set",
		change: func(w *world) { p := w.approved(); w.keep(w.receipt(p)); w.cut(0) },
		left:   []string{"not_in_ledger " + trashed + "PLAN/receipts/2.png", "in_set_and_trash " + trashed + "PLAN/images/2.png"},
	},
	{
		name:   "ledger cut off after the proposal",
		change: func(w *world) { p, _ := w.trashed(); w.generation(p.ID); w.cut(1) },
		left:   []string{"not_in_ledger " + string(actor.ManifestKey("ada")), "not_in_ledger " + trashed + "PLAN/receipts/2.png"},
	},
	{
		name:   "ledger cut off after the approval",
		change: func(w *world) { w.trashed(); w.cut(2) },
		left:   []string{"unfinished_plan "}, // as if the program had been killed
	},
	{
		name: "deletion that the plan under way does not have",
		change: func(w *world) {
			_, r := w.trashed()
			w.cut(2)
			w.image("1.png", "one")
			r.File, r.SHA256 = "1.png", sum("one")
			_, info, err := store.Hash(w.Context(), w.store, actor.TrainingKey("ada", "1.png"))
			w.check(err)
			w.check(trash.Keep(w.Context(), w.store, r, actor.TrainingKey("ada", "1.png"), info.Version))
			w.gone("1.png")
			w.edit(func(m *manifest.Manifest) { delete(m.Images, "1.png") })
		},
		left: []string{"unfinished_plan ", "not_in_ledger " + trashed + "PLAN/receipts/1.png"},
	},
	{
		name: "deletion that no line tells of, by a plan that has ended",
		change: func(w *world) {
			p := w.approved()
			w.keep(w.receipt(p))
			w.end(p, ledger.Stale)
			w.gone("2.png")
			w.reconcile()
		},
		left: []string{"not_in_ledger " + trashed + "PLAN/receipts/2.png"},
	},
	{
		name: "deletion of a plan that nobody knows, restored since",
		change: func(w *world) {
			p, r := w.trashed()
			w.image("2.png", "two")
			w.cut(0)
			w.record(p, 1, ledger.Line{Act: ledger.Restored, File: r.File, SHA256: r.SHA256})
		},
		mended: []string{"object_without_entry 2.png", "in_set_and_trash " + trashed + "PLAN/images/2.png"},
		check:  emptyTrash,
	},
	{
		name: "deletion of a plan that nobody knows, emptied since",
		change: func(w *world) {
			p, r := w.trashed()
			remove(w.TB, w.store, r.ImageKey())
			w.cut(0)
			w.record(p, 1, ledger.Line{Act: ledger.Emptied, File: r.File, SHA256: r.SHA256})
		},
		mended: []string{"receipt_without_image " + trashed + "PLAN/images/2.png"},
		check:  emptyTrash,
	},
	{
		name:   "generation of a plan on record",
		change: func(w *world) { p, _ := w.trashed(); w.generation(p.ID) },
	},
	{
		name:   "generation of a plan under way",
		change: func(w *world) { p, _ := w.placed(); w.generation(p.ID) },
		left:   []string{"unfinished_plan "},
	},
	{
		name:   "generation of a plan that nobody knows",
		change: func(w *world) { w.trashed(); w.generation("another") },
		left:   []string{"not_in_ledger " + string(actor.ManifestKey("ada"))},
	},
	{
		name:   "generation of no plan",
		change: func(w *world) { w.generation("") },
	},
	{name: "in the trash as it should be", change: func(w *world) { w.trashed() }},
	{
		name:   "receipt without image anywhere",
		change: func(w *world) { _, r := w.trashed(); remove(w.TB, w.store, r.ImageKey()) },
		left:   []string{"receipt_without_image " + trashed + "PLAN/images/2.png"},
	},
	{
		name: "receipt of a deletion that was given up",
		change: func(w *world) {
			p := w.approved()
			w.keep(w.receipt(p))
			remove(w.TB, w.store, w.receipt(p).ImageKey())
			w.end(p, ledger.Stale)
		},
		mended: []string{"receipt_without_image " + trashed + "PLAN/images/2.png"},
		check:  emptyTrash,
	},
	{
		name:   "copy of a deletion that was given up",
		change: func(w *world) { p := w.approved(); w.keep(w.receipt(p)); w.end(p, ledger.Stale) },
		mended: []string{"in_set_and_trash " + trashed + "PLAN/images/2.png"},
		check:  emptyTrash,
	},
	{
		name: "copies of a deletion that was given up, in the mirror too",
		change: func(w *world) {
			w.givenUpEverywhere()
			w.mirrored()
		},
		mended: []string{"in_set_and_trash " + trashed + "PLAN/images/2.png"},
		check: func(w *world) {
			emptyTrash(w)
			if _, there := contents(w.TB, w.mirror)[trashed+anyPlan(w)+"/images/2.png"]; there {
				w.Error("the mirror still has the copy in its trash")
			}
		},
	},
	{
		name:   "copies of a deletion that was given up, in a mirror that is not named",
		change: func(w *world) { w.givenUpEverywhere() },
		left:   []string{"in_set_and_trash " + trashed + "PLAN/images/2.png"},
	},
	{
		name:   "copies of a deletion that was given up, in a mirror that is waived",
		change: func(w *world) { w.givenUpEverywhere(); w.remote.Waived = true },
		mended: []string{"in_set_and_trash " + trashed + "PLAN/images/2.png"},
		check:  emptyTrash,
	},
	{
		name: "restored, and still in the trash",
		change: func(w *world) {
			p, r := w.trashed()
			w.image("2.png", "two")
			w.record(p, 1, ledger.Line{Act: ledger.Restored, File: r.File, SHA256: r.SHA256})
		},
		mended: []string{"object_without_entry 2.png", "in_set_and_trash " + trashed + "PLAN/images/2.png"},
		check: func(w *world) {
			emptyTrash(w)
			if i := w.manifest().Images["2.png"]; i.Prompt != "of old" {
				w.Errorf("%+v", i)
			}
		},
	},
	{
		name:   "put back by hand",
		change: func(w *world) { w.trashed(); w.image("2.png", "two") },
		mended: []string{"object_without_entry 2.png"},
		left:   []string{"in_set_and_trash " + trashed + "PLAN/images/2.png"},
		check: func(w *world) {
			if i := w.manifest().Images["2.png"]; i.Prompt != "of old" {
				w.Errorf("%+v", i)
			}
		},
	},
	{
		name: "emptied, and the receipt is left",
		change: func(w *world) {
			p, r := w.trashed()
			remove(w.TB, w.store, r.ImageKey())
			w.record(p, 1, ledger.Line{Act: ledger.Emptied, File: r.File, SHA256: r.SHA256})
		},
		mended: []string{"receipt_without_image " + trashed + "PLAN/images/2.png"},
		check:  emptyTrash,
	},
	{
		name:   "other contents in the trash",
		change: func(w *world) { _, r := w.trashed(); w.put(r.ImageKey(), "other") },
		left:   []string{"hash_differs " + trashed + "PLAN/images/2.png"},
	},
	{
		name:   "image without receipt",
		change: func(w *world) { _, r := w.trashed(); remove(w.TB, w.store, r.Key()) },
		left:   []string{"image_without_receipt " + trashed + "PLAN/images/2.png"},
	},
	{
		name: "trashed image taken away",
		change: func(w *world) {
			_, r := w.trashed()
			remove(w.TB, w.store, r.ImageKey())
			remove(w.TB, w.store, r.Key())
		},
		left: []string{"not_in_trash 2.png"},
	},
	{
		name: "image only in the mirror",
		change: func(w *world) {
			w.mirrored()
			if _, err := w.mirror.Put(w.Context(), actor.TrainingKey("ada", "9.png"), []byte("nine"), store.IfAbsent); err != nil {
				w.Fatal(err)
			}
		},
		left: []string{"only_in_mirror 9.png"},
	},
	{
		name:   "damaged receipt",
		change: func(w *world) { _, r := w.trashed(); w.put(r.Key(), "{}") },
		left:   []string{"damaged_receipt " + trashed + "PLAN/receipts/2.png"},
	},
	{
		name:   "answer that was placed",
		change: func(w *world) { p, _ := w.placed(); w.end(p, ledger.Failed) },
		mended: []string{"leftover screentest/generated/ada/PLAN/generate/bw_stylized/1-2.json"},
		check: func(w *world) {
			for key := range contents(w.TB, w.store) {
				if strings.HasPrefix(key, "screentest/generated/") {
					w.Error(key)
				}
			}
		},
	},
	{
		name:   "answer that is still wanted",
		change: func(w *world) { w.placed() },
		left:   []string{"unfinished_plan "},
	},
	{
		name: "answer that was not let into the set",
		change: func(w *world) {
			p, _ := w.placed()
			unfit := store.Key("screentest/generated/ada/" + p.Steps()[0].Key + "-1.json")
			w.put(unfit, "unfit")
			w.record(p, 0, ledger.Line{Act: ledger.Received, Try: 1, SHA256: sum("unfit"), To: unfit})
			w.end(p, ledger.Failed)
		},
		mended: []string{"leftover screentest/generated/ada/PLAN/generate/bw_stylized/1-2.json"},
	},
	{
		name:   "answer to a plan that nobody knows",
		change: func(w *world) { w.put("screentest/generated/ada/unknown/generate/bw_stylized/1-1.json", "answer") },
		left:   []string{"leftover screentest/generated/ada/unknown/generate/bw_stylized/1-1.json"},
	},
	{name: "mirrored", change: func(w *world) { w.mirrored() }},
	{
		name:   "not in the mirror",
		change: func(w *world) { w.mirrored(); remove(w.TB, w.mirror, actor.TrainingKey("ada", "1.png")) },
		mended: []string{"not_in_mirror 1.png"},
		check: func(w *world) {
			if body := contents(w.TB, w.mirror)[string(actor.TrainingKey("ada", "1.png"))]; body != "one" {
				w.Errorf("%q", body)
			}
		},
	},
	{
		name: "not in the mirror, where its address says",
		change: func(w *world) {
			w.mirrored()
			remove(w.TB, w.mirror, actor.TrainingKey("ada", "1.png"))
			w.entry("1.png", func(i *manifest.Image) { i.S3URL = "https://bucket.s3.us-west-2.amazonaws.com/tree/old/layout/1.png" })
		},
		mended: []string{"not_in_mirror 1.png"},
		check: func(w *world) {
			if body := contents(w.TB, w.mirror)["old/layout/1.png"]; body != "one" {
				w.Errorf("%q", body)
			}
		},
	},
	{
		name: "not in the mirror, and its address is that of something else",
		change: func(w *world) {
			w.mirrored()
			remove(w.TB, w.mirror, actor.TrainingKey("ada", "1.png"))
			w.entry("1.png", func(i *manifest.Image) { i.S3URL = "s3://bucket/tree/2.png" })
		},
		mended: []string{"not_in_mirror 1.png"},
		check: func(w *world) {
			if body := contents(w.TB, w.mirror)[string(actor.TrainingKey("ada", "1.png"))]; body != "one" {
				w.Errorf("%q", body)
			}
		},
	},
	{
		name:   "other contents in the mirror",
		change: func(w *world) { w.mirrored(); put(w.TB, w.mirror, actor.TrainingKey("ada", "1.png"), "other") },
		left:   []string{"mirror_differs 1.png"},
	},
	{
		name:   "neither in the manifest nor in the mirror",
		change: func(w *world) { w.mirrored(); w.image("3.png", "three") },
		mended: []string{"object_without_entry 3.png", "not_in_mirror 3.png"},
	},
	{
		name:   "address elsewhere",
		change: func(w *world) { w.entry("1.png", func(i *manifest.Image) { i.S3URL = "s3://elsewhere/1.png" }) },
	},
}

func emptyTrash(w *world) {
	w.Helper()
	for key := range contents(w.TB, w.store) {
		if strings.HasPrefix(key, trashed) {
			w.Errorf("%s is still there", key)
		}
	}
}

var planID = regexp.MustCompile(`[0-9a-f]{16}`)

// told writes findings as the scenarios do.
func told(w *world, findings []verify.Finding) []string {
	w.Helper()
	var all []string
	for _, f := range findings {
		if f.Actor != "ada" || f.Detail == "" || (f.Repair == "") == (f.Left == "") {
			w.Errorf("incomplete: %+v", f)
		}
		all = append(all, string(f.Kind)+" "+planID.ReplaceAllString(f.File, "PLAN"))
	}
	return all
}

// anyLedger is the ledger, an empty one if it was altered.
func anyLedger(w *world) *ledger.Ledger {
	book, err := ledger.Load(w.Context(), w.store, "ada")
	if err != nil {
		return ledger.New(w.store, "ada")
	}
	return book
}

// anyPlan is the id of the plan on record, "" if there is none.
func anyPlan(w *world) string {
	latest, _ := anyLedger(w).Latest()
	return latest.ID
}

func TestScenarios(t *testing.T) {
	for _, test := range scenarios {
		t.Run(test.name, func(t *testing.T) {
			w := settled(t)
			test.change(w)
			before := contents(t, w.store)
			seen, err := verify.Actor(t.Context(), w.config(), ada)
			w.check(err)
			want := slices.Sorted(slices.Values(slices.Concat(test.mended, test.left)))
			if got := slices.Sorted(slices.Values(told(w, seen.Findings))); !slices.Equal(got, want) {
				t.Errorf("found %q, want %q", got, want)
			}
			if !maps.Equal(before, contents(t, w.store)) {
				t.Error("to verify wrote something")
			}
			report, err := verify.Repair(t.Context(), w.config(), ada)
			w.check(err)
			if got := told(w, report.Mended); !slices.Equal(got, test.mended) {
				t.Errorf("mended %q, want %q", got, test.mended)
			}
			if got := told(w, report.Findings); !slices.Equal(got, test.left) {
				t.Errorf("left %q, want %q", got, test.left)
			}
			checkRecorded(w, report.Mended)
			if test.check != nil {
				test.check(w)
			}
			checkAgain(w, report)
		})
	}
}

// checkRecorded: every repair has its line.
func checkRecorded(w *world, mended []verify.Finding) {
	w.Helper()
	var lines []string
	for _, line := range anyLedger(w).Lines {
		if line.Act == ledger.Repaired {
			lines = append(lines, line.File)
		}
	}
	var files []string
	for _, f := range mended {
		files = append(files, f.File)
	}
	if !slices.Equal(lines, files) {
		w.Errorf("recorded %q, mended %q", lines, files)
	}
}

// checkAgain: a second repair changes nothing.
func checkAgain(w *world, first verify.Report) {
	w.Helper()
	before, mirrored := contents(w.TB, w.store), contents(w.TB, w.mirror)
	again, err := verify.Repair(w.Context(), w.config(), ada)
	w.check(err)
	if len(again.Mended) > 0 || !slices.Equal(again.Findings, first.Findings) {
		w.Errorf("again: %+v", again)
	}
	if !maps.Equal(before, contents(w.TB, w.store)) || !maps.Equal(mirrored, contents(w.TB, w.mirror)) {
		w.Error("the second repair wrote something")
	}
}

func TestAddressesElsewhereAreNoted(t *testing.T) {
	for _, remote := range []mirror.Remote{{}, {Waived: true}, {Mirror: &mirror.Mirror{Store: settled(t).store, At: mirror.Location{Bucket: "bucket"}}}} {
		w := settled(t)
		w.remote = remote
		w.entry("1.png", func(i *manifest.Image) { i.S3URL = "s3://elsewhere/1.png" })
		report, err := verify.Actor(t.Context(), w.config(), ada)
		w.check(err)
		if len(report.Notes) != 1 || report.Notes[0].Kind != verify.Elsewhere || report.Notes[0].File != "1.png" || !strings.Contains(report.Notes[0].Detail, "s3://elsewhere/1.png") {
			t.Errorf("%+v", report.Notes)
		}
		if len(report.Findings) > 0 {
			t.Errorf("%+v", report.Findings)
		}
	}
}

func TestListsAreNeverNil(t *testing.T) {
	report, err := verify.Actor(t.Context(), settled(t).config(), ada)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(report)
	if err != nil || strings.Contains(string(text), "null") || report.Images != 2 {
		t.Errorf("%s, %v", text, err)
	}
}
