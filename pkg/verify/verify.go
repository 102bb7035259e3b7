// Package verify proves that what lies in the tree of an actor agrees: images,
// training manifest, mirror, trash and ledger. It comes after everything else
// and trusts nothing of it: every image is read and hashed. What the evaluation
// or the ledger last saw in the set has to be somewhere, also where the set went
// as a whole.
//
// Actor only reads. What it sees of an actor who is being balanced at this
// moment may be half done. Repair mends what has one right answer, under the
// actor's lease, and leaves the rest with the reason. It never deletes an image
// of which there is no equal one in the set, overwrites none, and touches
// nothing of an actor whose plan is under way, whose ledger was altered or cut
// short, whose manifest is another's, or of whom an image cannot be read: half a
// look is no ground to act on.
//
// The manifest is held against the images once it is one of ours. Before that
// the actor waits for migration, which is no finding, unless the ledger says
// that the set was changed already.
package verify

import (
	"context"
	"fmt"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/manifest"
	"screentest/pkg/mirror"
	"screentest/pkg/store"
)

// Config are the parts of verification.
type Config struct {
	Store  store.Store
	Remote mirror.Remote
	By     string           // who repairs, for ledger and lease
	Now    func() time.Time // the clock
}

// A Kind is a way in which things disagree.
type Kind string

// Disagreements between the images and the manifest.
const (
	ObjectWithoutEntry Kind = "object_without_entry"
	EntryWithoutObject Kind = "entry_without_object"
	EntryNotMeasured   Kind = "entry_not_measured" // it has no sha256
	HashDiffers        Kind = "hash_differs"       // also of an image in the trash and its receipt
	DoubledName        Kind = "doubled_name"       // differing in case only, or listed twice
	DoubledIndex       Kind = "doubled_index"
	WrongTotal         Kind = "wrong_total"
	NoManifest         Kind = "no_manifest" // though the ledger says that the set was changed
	UnreadableManifest Kind = "unreadable_manifest"
	ForeignManifest    Kind = "foreign_manifest" // its actor_id is not this actor's
	UnreadableImage    Kind = "unreadable_image"
)

// Disagreements with the mirror, the ledger and the trash.
const (
	NotInMirror         Kind = "not_in_mirror"
	MirrorDiffers       Kind = "mirror_differs"
	UnfinishedPlan      Kind = "unfinished_plan"
	AlteredLedger       Kind = "altered_ledger"
	NotInLedger         Kind = "not_in_ledger" // a plan or deletion that left its traces: the ledger is gone or was cut short
	ReceiptWithoutImage Kind = "receipt_without_image"
	ImageWithoutReceipt Kind = "image_without_receipt"
	DamagedReceipt      Kind = "damaged_receipt"
	InSetAndTrash       Kind = "in_set_and_trash"
	NotInTrash          Kind = "not_in_trash"   // though the ledger says that it was moved there
	OnlyInMirror        Kind = "only_in_mirror" // a training image that the set has not
	LostImage           Kind = "lost_image"     // it was in the set by the record, and is nowhere
	Leftover            Kind = "leftover"       // an answer of the generator that was placed, or that no plan knows
)

// A Finding is one respect in which things disagree. Either Repair or Left is set.
type Finding struct {
	Actor  actor.Name `json:"actor"`
	Kind   Kind       `json:"kind"`
	File   string     `json:"file"` // of an image by name, of anything else by key; "" where it is about the whole actor
	SHA256 string     `json:"sha256,omitempty"`
	Detail string     `json:"detail"`
	Repair string     `json:"repair"`         // what a repair does; "" if there is no one right answer
	Left   string     `json:"left,omitempty"` // why a repair leaves it, and what a person can do
}

// A NoteKind is what a note is about.
type NoteKind string

// The kinds of notes.
const (
	Elsewhere   NoteKind = "elsewhere" // an image has a copy that is never touched
	LeftOut     NoteKind = "left_out"  // a file could not be looked at
	NotMigrated NoteKind = "not_migrated"
	NotCompared NoteKind = "not_compared" // the manifest, because an image cannot be read
	PlanWaits   NoteKind = "plan_waits"   // approved, and not begun
)

// A Note is something worth knowing with which nothing is wrong.
type Note struct {
	Kind   NoteKind `json:"kind"`
	File   string   `json:"file"` // "" where it is about the whole actor
	Detail string   `json:"detail"`
}

// A Report says how things stand with one actor. Its lists are never nil.
type Report struct {
	Actor    actor.Name `json:"actor"`
	Images   int        `json:"images"`   // training images read
	Mended   []Finding  `json:"mended"`   // by Repair
	Findings []Finding  `json:"findings"` // after a repair those that are left
	Notes    []Note     `json:"notes"`
}

// Actor reads everything of one actor and reports what disagrees. It fails where
// it cannot tell, because something other than a single image cannot be read.
func Actor(ctx context.Context, c Config, a actor.Actor) (Report, error) {
	x, err := examine(ctx, c, a)
	if err != nil {
		return Report{}, err
	}
	return x.report, nil
}

// An examination is how one actor is found.
type examination struct {
	Config
	actor  actor.Actor
	report Report
	mends  []func(context.Context) error // in order; what they mend is among the findings
	bar    string                        // why nothing may be mended; "" if it may

	record   record
	set      actor.Set
	contents map[string]string  // sha256 by file, of the images that can be read
	manifest *manifest.Manifest // nil: there is none of ours, or none that can be used
	unusable bool               // the manifest cannot be understood, or is another actor's
	trashed  []trashed
}

func examine(ctx context.Context, c Config, a actor.Actor) (*examination, error) {
	x := &examination{Config: c, actor: a, report: Report{
		Actor: a.Name, Mended: []Finding{}, Findings: []Finding{}, Notes: []Note{},
	}}
	steps := []func(context.Context) error{
		x.readRecord, x.readImages, x.readManifest, x.readTrash,
		x.checkPlan, x.checkManifest, x.checkEntries, x.checkGenerations, x.checkMirror, x.checkMirrorOnly,
		x.checkTrash, x.checkDeletions, x.checkLost, x.checkAnswers,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("verify %s: %w", a.Name, err)
		}
	}
	x.withhold()
	return x, nil
}

func (x *examination) find(f Finding) {
	f.Actor = x.actor.Name
	x.report.Findings = append(x.report.Findings, f)
}

func (x *examination) note(kind NoteKind, file, detail string) {
	x.report.Notes = append(x.report.Notes, Note{kind, file, detail})
}

// mend adds a finding that has one right answer.
func (x *examination) mend(f Finding, do func(context.Context) error) {
	x.find(f)
	x.mends = append(x.mends, do)
}

// withhold takes back what repairs were thought of where nothing may be touched.
func (x *examination) withhold() {
	if x.bar == "" {
		return
	}
	x.mends = nil
	for i, f := range x.report.Findings {
		if f.Repair != "" {
			x.report.Findings[i].Repair, x.report.Findings[i].Left = "", x.bar
		}
	}
}
