package verify

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/ledger"
)

// A ledger that is gone, or whose end is, still adds up. But what was done has
// left traces elsewhere: receipts in the trash, generations in the manifest.

// notInLedger finds a trace of which the ledger does not know. other is what a
// person can do if the ledger cannot be brought back.
func (x *examination) notInLedger(f Finding, other string) {
	x.bar = cmp.Or(x.bar, "the ledger lacks what was done; see what is not in it, then repair")
	f.Kind = NotInLedger
	f.Left = "bring the ledger back as it was, from a backup or an older version of the object; or, if there is none, " + other
	x.find(f)
}

// checkDeletion finds a receipt of a deletion that the ledger does not know. A
// copy of an image that is still in the set, and a receipt without an image, may
// be what a plan has left that was given up.
func (x *examination) checkDeletion(r trashed) {
	plan, known := x.record.plans[r.Proposal]
	f := Finding{File: string(r.Key()), SHA256: r.SHA256, Detail: fmt.Sprintf("the ledger does not know plan %s, which deleted the image", r.Proposal)}
	if known {
		f.Detail = fmt.Sprintf("the ledger does not say that plan %s deleted the image", r.Proposal)
	}
	switch {
	case x.record.Became(ledger.DeletionKey(r.Proposal, r.File)) != "", plan.State == ledger.Approved && deletes(plan, r.File):
	case known && (r.sum == "" || x.contents[r.File] == r.SHA256):
	default:
		x.notInLedger(f, "screentest restore brings the image back, and screentest trash empty deletes it for good")
	}
}

func deletes(p ledger.Proposal, file string) bool {
	return slices.ContainsFunc(p.Plan.Delete, func(d balance.Deletion) bool { return d.File == file })
}

// checkGenerations finds generations in the manifest of plans that, as the ledger
// has it, were never begun.
func (x *examination) checkGenerations(context.Context) error {
	if x.manifest == nil || x.record.Ledger == nil {
		return nil
	}
	for _, g := range x.manifest.Generations {
		var origin struct{ Source, Proposal string } // see package execution
		if json.Unmarshal(g.Metadata, &origin) != nil || origin.Source != "screentest" || origin.Proposal == "" {
			continue
		}
		if x.record.plans[origin.Proposal].Begun() {
			continue
		}
		f := Finding{File: string(actor.ManifestKey(x.actor.Name)),
			Detail: fmt.Sprintf("generation %d is of plan %.80q, which the ledger does not know to be begun", g.ID, origin.Proposal)}
		x.notInLedger(f, "take the member proposal out of the metadata of that generation")
	}
	return nil
}

// checkDeletions finds images that the ledger says are in the trash and that are
// neither there nor back in the set.
func (x *examination) checkDeletions(context.Context) error {
	if x.record.Ledger == nil {
		return nil
	}
	for _, line := range x.record.Lines {
		if line.Act != ledger.Trashed || x.record.Became(line.Step) != ledger.Trashed || x.contents[line.File] == line.SHA256 {
			continue
		}
		kept := slices.ContainsFunc(x.trashed, func(r trashed) bool { return r.Proposal == line.Proposal && r.File == line.File })
		if !kept && !x.told(line.File) {
			x.find(Finding{Kind: NotInTrash, File: line.File, SHA256: line.SHA256,
				Detail: "plan " + line.Proposal + " moved it to the trash, and it is not there", Left: "look for it in a backup, or in an older version of the object"})
		}
	}
	return nil
}
