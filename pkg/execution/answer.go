package execution

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/generate"
	"screentest/pkg/judge"
	"screentest/pkg/ledger"
	"screentest/pkg/store"
)

// An answer is what came of an order, as it is stored before anything is done
// with it: one object, so that a picture is never without its bill.
type answer struct {
	SchemaVersion int         `json:"schema_version"`
	Step          string      `json:"step"`
	Try           int         `json:"try"`
	At            time.Time   `json:"at"`
	Generator     generate.ID `json:"generator"`
	PromptID      string      `json:"prompt_id"`
	Prompt        string      `json:"prompt"`
	Usage         cost.Usage  `json:"usage"`
	Extension     string      `json:"extension"`
	Data          []byte      `json:"data"` // the picture
}

const answerVersion = 1

// answerKey is where the answer to one try of a step lies until it is placed.
// An answer that was not let into the set stays, until the trash is emptied.
func (p *performance) answerKey(step ledger.Step, try int) store.Key {
	return store.Key(fmt.Sprintf("%s%s-%d.json", actor.GeneratedPrefix(p.actor.Name), step.Key, try))
}

// errNoAnswer says that an answer that was stored is there no more, or is not the
// one on record.
var errNoAnswer = errors.New("the picture that was stored is lost")

// answer returns the stored answer to the try that a line is about. It fails with
// errNoAnswer where there is none, or another picture than the one on record.
func (p *performance) answer(ctx context.Context, step ledger.Step, line ledger.Line) (answer, error) {
	if p.held != nil && p.held.Step == step.Key && p.held.Try == line.Try {
		return *p.held, nil
	}
	var a answer
	key := p.answerKey(step, line.Try)
	text, _, err := store.ReadAll(ctx, p.Store, key, store.MaxDocument)
	if errors.Is(err, store.ErrNotFound) {
		return a, fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("%w: read %s: %w", errNoAnswer, key, err)
	}
	if a.SchemaVersion != answerVersion || a.Step != step.Key || a.Try != line.Try || line.SHA256 != "" && store.HashOf(a.Data) != line.SHA256 {
		return a, fmt.Errorf("%w: %s is not the answer to try %d of %s that is on record", errNoAnswer, key, line.Try, step.Key)
	}
	p.held = &a
	return a, nil
}

// clear removes the stored answers whose pictures are in the set.
func (p *performance) clear(ctx context.Context) error {
	placed := map[store.Key]bool{}
	for _, step := range p.proposal.Steps() {
		if t := p.proposal.Tries(step); t.Last.Act == ledger.Placed {
			placed[p.answerKey(step, t.Last.Try)] = true
		}
	}
	if len(placed) == 0 {
		return nil
	}
	prefix := actor.GeneratedPrefix(p.actor.Name) + p.proposal.ID + "/"
	for page, err := range store.All(ctx, p.Store, store.ListOptions{Prefix: prefix}) {
		if err != nil {
			return err
		}
		for _, info := range page.Objects {
			if !placed[info.Key] {
				continue
			}
			if err := p.Store.Delete(ctx, info.Key, info.Version); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
	}
	return nil
}

// roomFor is how much room there must be before anything is paid for, in bytes:
// the answer with the largest picture that generators make. A bucket is never full;
// that it may be written to is worth knowing all the same, and its versions stay.
func (p *performance) roomFor() int {
	if p.Remote.Home.Bucket != "" {
		return 1
	}
	return 16 << 20
}

// probe makes sure that an answer can be stored, by storing something as large.
func (p *performance) probe(ctx context.Context) error {
	key := store.Key(actor.GeneratedPrefix(p.actor.Name) + p.proposal.ID + "/room")
	version, err := p.Store.Put(ctx, key, make([]byte, p.roomFor()), store.IfAbsent)
	if errors.Is(err, store.ErrConflict) { // of a run that was killed
		_, info, hashErr := store.Hash(ctx, p.Store, key)
		version, err = info.Version, hashErr
	}
	if err == nil {
		err = p.Store.Delete(ctx, key, version)
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w: nothing was ordered, because what is paid for could not be stored: make room for %d bytes, or allow them to be written: %w", judge.ErrHalt, p.roomFor(), err)
	}
	return err
}
