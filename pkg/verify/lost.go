package verify

import (
	"context"
	"maps"
	"slices"
	"strings"

	"screentest/pkg/evaluation"
	"screentest/pkg/ledger"
	"screentest/pkg/store"
)

// A set that went together with its manifest leaves nothing that disagrees. But
// what it held when it was last looked at is on record, and so is what was done
// to it since.

// checkLost finds images that the set held by the record and that are neither
// there nor in the trash, under whatever name, nor deleted for good. One of which
// something else was found already is not told twice; once that is mended it is.
func (x *examination) checkLost(ctx context.Context) error {
	if x.record.Ledger == nil {
		return nil
	}
	known, err := x.lastSeen(ctx)
	if err != nil {
		return err
	}
	left := "bring it back from a backup, or from an older version of the object"
	if len(x.set.Images) > 0 {
		left += "; if it was meant to go, screentest evaluate takes the set as it is"
	}
	for _, file := range slices.Sorted(maps.Keys(known)) {
		sum := known[file]
		if sum == "" || x.lies(file) || x.holds(sum) || x.record.took(file, sum) || x.told(file) {
			continue
		}
		x.find(Finding{Kind: LostImage, File: file, SHA256: sum, Detail: "the set held it when it was last looked at or changed; now it is neither there nor in the trash", Left: left})
	}
	return nil
}

// lastSeen returns what the set held when it was last evaluated or a plan put
// forward for it, and what came into it since: contents by file.
func (x *examination) lastSeen(ctx context.Context) (map[string]string, error) {
	e, _, err := evaluation.Load(ctx, x.Store, x.actor.Name)
	if err != nil {
		return nil, err
	}
	known, since := map[string]string{}, x.record.Lines
	latest, ok := x.record.Latest()
	switch {
	case e != nil && !(ok && latest.Lines[0].At.After(e.EvaluatedAt)):
		known = e.Contents()
		since = slices.DeleteFunc(slices.Clone(since), func(l ledger.Line) bool { return !l.At.After(e.EvaluatedAt) })
	case ok:
		known = maps.Clone(latest.Set)
		since = since[latest.Lines[0].N:]
	}
	for _, line := range since {
		if line.Act == ledger.Placed || line.Act == ledger.Restored {
			known[line.File] = line.SHA256
		}
	}
	return known, nil
}

// took reports whether the record itself says that an image left the set.
func (r record) took(file, sum string) bool {
	for _, line := range slices.Backward(r.Lines) {
		if line.File != file || line.SHA256 != sum {
			continue
		}
		switch line.Act {
		case ledger.Placed, ledger.Restored:
			return false
		case ledger.Trashed, ledger.Emptied:
			return true
		}
	}
	return false
}

// lies reports whether something of that name is in the set's place.
func (x *examination) lies(file string) bool {
	return slices.ContainsFunc(x.set.Images, func(i store.Info) bool { return i.Key.Base() == file }) ||
		slices.ContainsFunc(x.set.Refused, func(r store.Refusal) bool { return strings.HasSuffix(r.Name, "/"+file) })
}

// holds reports whether an image of that content is in the set or in the trash.
func (x *examination) holds(sum string) bool {
	return slices.Contains(slices.Collect(maps.Values(x.contents)), sum) ||
		slices.ContainsFunc(x.trashed, func(t trashed) bool { return t.sum == sum })
}

// told reports whether something was found of an image of that name.
func (x *examination) told(file string) bool {
	return slices.ContainsFunc(x.report.Findings, func(f Finding) bool { return f.File == file || strings.HasSuffix(f.File, "/"+file) })
}
