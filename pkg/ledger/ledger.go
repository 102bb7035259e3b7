// Package ledger is the record of what was proposed, decided and done about the
// images of one actor. It stands between planning and acting: nothing is deleted
// or generated but as a step of a plan that the ledger says is approved, and
// every act leaves a line with who, when, what and why.
//
// The document only grows. Each line holds a digest of the line before it, so
// that an edit of any but the last is noticed: a ledger that does not add up is
// refused, and nothing acts on it. Lines are written by compare-and-swap; of two writers none
// loses a line.
//
// Safe changes to the format: new members of a line, new acts.
package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/store"
)

// An Act is what a line says was done.
type Act string

// Acts about a plan as a whole. A plan is proposed, then approved or rejected,
// then done, failed or stale.
const (
	Proposed Act = "proposed"
	Approved Act = "approved"
	Rejected Act = "rejected" // by a person: not proposed again while the set stays
	Stale    Act = "stale"    // the set is no longer the one it was made for
	Begun    Act = "begun"    // the first image is about to be deleted: it can no longer be rejected
	Failed   Act = "failed"   // it was begun and cannot be finished
	Done     Act = "done"
)

// Acts of the steps of a plan.
const (
	Ordered  Act = "ordered"  // a picture is about to be asked for: from here on it may be billed
	Received Act = "received" // it came, is stored and is paid for
	Lost     Act = "lost"     // the answer did not arrive; USD is the most it can have cost
	CutOff   Act = "cut_off"  // the program ended before an answer was on record; USD likewise
	Void     Act = "void"     // the order was not carried out and cost nothing
	Refused  Act = "refused"  // the generator declined for safety: a person is to see it
	Unfit    Act = "unfit"    // what came is no picture, or one that may not enter the set
	Passed   Act = "passed"   // the judge does; File is the name it will have
	Placed   Act = "placed"   // object and manifest entry are in the set
	Trashed  Act = "trashed"  // object and manifest entry are in the trash
)

// Acts outside of plans.
const (
	Restored Act = "restored" // from the trash into the set
	Emptied  Act = "emptied"  // deleted from the trash for good
	Repaired Act = "repaired" // set, manifest and record were made to agree
)

// A Line is one act. Lines are never changed.
type Line struct {
	N         int           `json:"n"` // 1 for the first
	At        time.Time     `json:"at"`
	By        string        `json:"by"` // person or process
	Act       Act           `json:"act"`
	Proposal  string        `json:"proposal,omitempty"`
	Step      string        `json:"step,omitempty"` // see Proposal.Steps
	Try       int           `json:"try,omitempty"`  // of a generation, 1 for the first
	File      string        `json:"file,omitempty"`
	SHA256    string        `json:"sha256,omitempty"`
	To        store.Key     `json:"to,omitempty"`        // where the object went
	Prompt    string        `json:"prompt,omitempty"`    // id in the catalogue
	Generator string        `json:"generator,omitempty"` // who made the picture: "openai gpt-image-2", "offline …"
	Bound     float64       `json:"bound,omitempty"`     // dollars that an order can cost at most
	USD       float64       `json:"usd,omitempty"`
	Why       string        `json:"why,omitempty"`
	Run       string        `json:"run,omitempty"`  // of Approved: the sweep that asks for the plan
	Plan      *balance.Plan `json:"plan,omitempty"` // of Proposed
	// Set is the exact set that the plan is for: content by file. Of Proposed.
	Set  map[string]string `json:"set,omitempty"`
	Prev string            `json:"prev"` // digest of the line before, "" in the first
}

// ErrAltered says that a ledger does not add up: somebody has edited it.
var ErrAltered = errors.New("the ledger was altered")

// maxBytes bounds what is read. A plan of 20 images leaves about 30 kB.
const maxBytes = store.MaxDocument

// A Ledger is the ledger of one actor as it was last read or written. It is not
// safe for concurrent use; two ledgers of one actor are.
type Ledger struct {
	Lines []Line

	store   store.Store
	name    actor.Name
	text    []byte
	version store.Version
}

// New returns the ledger of an actor that presumably has none yet, without
// reading. If it does, Append finds out.
func New(s store.Store, n actor.Name) *Ledger { return &Ledger{store: s, name: n} }

// Load reads the ledger of an actor; one that has none has an empty one. It
// fails with ErrAltered where the lines do not follow from each other, or none are
// left.
func Load(ctx context.Context, s store.Store, n actor.Name) (*Ledger, error) {
	l := New(s, n)
	return l, l.reload(ctx)
}

func (l *Ledger) reload(ctx context.Context) error {
	key := actor.LedgerKey(l.name)
	text, info, err := store.ReadAll(ctx, l.store, key, maxBytes)
	if errors.Is(err, store.ErrNotFound) {
		l.Lines, l.text, l.version = nil, nil, ""
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	lines, err := decode(text)
	if err != nil {
		return fmt.Errorf("read %s: %w; nothing is done for this actor until it is as it was", key, err)
	}
	l.Lines, l.text, l.version = lines, text, info.Version
	return nil
}

func decode(text []byte) ([]Line, error) {
	var lines []Line
	prev := ""
	for raw := range bytes.Lines(text) {
		var line Line
		if err := json.Unmarshal(raw, &line); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrAltered, len(lines)+1, err)
		}
		if line.N != len(lines)+1 || line.Prev != prev || line.Act == "" {
			return nil, fmt.Errorf("%w: line %d does not follow from the one before", ErrAltered, len(lines)+1)
		}
		if line.Plan != nil && !(line.Plan.Intact() && line.Plan.Fingerprint == balance.FingerprintOf(line.Set)) {
			return nil, fmt.Errorf("%w: line %d: the plan is not what its id says", ErrAltered, line.N)
		}
		lines = append(lines, line)
		prev = digest(raw)
	}
	switch {
	case len(text) == 0: // we write none without a line
		return nil, fmt.Errorf("%w: it is empty", ErrAltered)
	case !bytes.HasSuffix(text, []byte("\n")):
		return nil, fmt.Errorf("%w: it ends in the middle of a line", ErrAltered)
	}
	return lines, nil
}

func digest(line []byte) string {
	sum := sha256.Sum256(bytes.TrimSuffix(line, []byte("\n")))
	return hex.EncodeToString(sum[:16])
}

// appendRaces is how many other writers in a row Append gives way to.
const appendRaces = 20

// Append adds the lines that next makes of the ledger as it stands; N and Prev
// are filled in. When another writer was faster, next is called again on what
// that one wrote. No lines means nothing to write. After any error but
// those of next, it is unknown whether the lines were written: Load again.
func (l *Ledger) Append(ctx context.Context, next func() ([]Line, error)) error {
	for range appendRaces {
		lines, err := next()
		if err != nil || len(lines) == 0 {
			return err
		}
		err = l.put(ctx, lines)
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
		if err := l.reload(ctx); err != nil {
			return err
		}
	}
	return fmt.Errorf("write the ledger of %s: %w %d times", l.name, store.ErrConflict, appendRaces)
}

func (l *Ledger) put(ctx context.Context, lines []Line) error {
	text := bytes.Clone(l.text)
	prev := ""
	for raw := range bytes.Lines(l.text) {
		prev = digest(raw)
	}
	all := l.Lines[:len(l.Lines):len(l.Lines)]
	for _, line := range lines {
		line.N, line.Prev, line.At = len(all)+1, prev, line.At.UTC()
		raw, err := json.Marshal(line)
		if err != nil {
			return fmt.Errorf("write the ledger of %s: %w", l.name, err)
		}
		text = append(append(text, raw...), '\n')
		prev = digest(raw)
		all = append(all, line)
	}
	version, err := l.store.Put(ctx, actor.LedgerKey(l.name), text, store.IfVersion(l.version))
	if err == nil {
		l.Lines, l.text, l.version = all, text, version
		return nil
	}
	if !errors.Is(err, store.ErrConflict) && l.reload(ctx) == nil && bytes.Equal(l.text, text) {
		return nil
	}
	return fmt.Errorf("write the ledger of %s: %w", l.name, err)
}
