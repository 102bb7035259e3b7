package execution

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"screentest/pkg/cost"
	"screentest/pkg/generate"
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
	return store.Key(fmt.Sprintf("screentest/generated/%s/%s-%d.json", p.actor.Name, step.Key, try))
}

// answer returns the stored answer to a try.
func (p *performance) answer(ctx context.Context, step ledger.Step, try int) (answer, error) {
	if p.held != nil && p.held.Step == step.Key && p.held.Try == try {
		return *p.held, nil
	}
	var a answer
	key := p.answerKey(step, try)
	text, _, err := store.ReadAll(ctx, p.Store, key, store.MaxDocument)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("read %s: %w", key, err)
	}
	if a.SchemaVersion != answerVersion || a.Step != step.Key || a.Try != try {
		return a, fmt.Errorf("read %s: it is not the answer to try %d of %s", key, try, step.Key)
	}
	p.held = &a
	return a, nil
}

// clear removes the stored answers whose pictures are in the set.
func (p *performance) clear(ctx context.Context) error {
	placed := map[store.Key]bool{}
	for _, step := range p.proposal.Steps() {
		if t := triesOf(p.proposal.Of(step)); t.last.Act == ledger.Placed {
			placed[p.answerKey(step, t.last.Try)] = true
		}
	}
	if len(placed) == 0 {
		return nil
	}
	prefix := fmt.Sprintf("screentest/generated/%s/%s/", p.actor.Name, p.proposal.ID)
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
