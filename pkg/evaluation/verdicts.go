package evaluation

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/judge"
	"screentest/pkg/store"
	"screentest/pkg/verdict"
)

// verdictsVersion is the schema of the verdicts document. It is not that of the
// evaluation: a document of an unknown version is refused and not made again.
const verdictsVersion = 1

// A Subject is what a verdict belongs to: the same subject is never paid for twice.
type Subject struct {
	SHA256     string   `json:"sha256"`
	BaseSHA256 string   `json:"base_sha256,omitempty"` // "" where there was no base image
	Judge      judge.ID `json:"judge"`
}

// A Judgement is one verdict on the record, or one refusal to give it.
type Judgement struct {
	Subject
	Verdict  verdict.Verdict `json:"verdict"`
	Refused  string          `json:"refused,omitempty"` // instead of a verdict: why the judge declined to look
	JudgedAt time.Time       `json:"judged_at"`
	USD      float64         `json:"usd"` // this image's share of what its case cost
}

// Verdicts are all judgements of one actor's images, of whatever judge, also of
// images that are gone: one that comes back is known.
type Verdicts map[Subject]Judgement

type verdictsDocument struct {
	SchemaVersion int         `json:"schema_version"`
	Actor         string      `json:"actor"`
	Verdicts      []Judgement `json:"verdicts"`
}

// LoadVerdicts returns the verdicts of an actor and the version of the document,
// none and "" where there is no document. A document that cannot be read is an
// error and not an empty one, because what it holds was paid for.
func LoadVerdicts(ctx context.Context, s store.Store, name actor.Name) (Verdicts, store.Version, error) {
	text, info, err := store.ReadAll(ctx, s, actor.VerdictsKey(name), store.MaxDocument)
	if errors.Is(err, store.ErrNotFound) {
		return Verdicts{}, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	verdicts, err := decodeVerdicts(actor.VerdictsKey(name), text)
	return verdicts, info.Version, err
}

// AddVerdicts puts judgements on the record beside those already there. Two
// writers at once lose nothing. known are the verdicts of the state v of the
// document, the added ones among them: while that is what lies there it is
// replaced without being read. AddVerdicts returns the new version, "" where it
// is not known.
func AddVerdicts(ctx context.Context, s store.Store, name actor.Name, known Verdicts, v store.Version, added []Judgement) (store.Version, error) {
	text, err := encodeVerdicts(name, known)
	if err != nil {
		return "", err
	}
	if v, err = s.Put(ctx, actor.VerdictsKey(name), text, store.IfVersion(v)); err == nil {
		return v, nil
	}
	return "", mergeVerdicts(ctx, s, name, added)
}

func mergeVerdicts(ctx context.Context, s store.Store, name actor.Name, added []Judgement) error {
	key := actor.VerdictsKey(name)
	return store.Update(ctx, s, key, func(old []byte) ([]byte, error) {
		verdicts, err := decodeVerdicts(key, old)
		if err != nil {
			return nil, err
		}
		for _, j := range added {
			verdicts[j.Subject] = j
		}
		return encodeVerdicts(name, verdicts)
	})
}

func decodeVerdicts(key store.Key, text []byte) (Verdicts, error) {
	verdicts := Verdicts{}
	if text == nil {
		return verdicts, nil
	}
	var document verdictsDocument
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("read %s: %w; it holds verdicts that were paid for, so repair it or move it away", key, err)
	}
	if document.SchemaVersion != verdictsVersion {
		return nil, fmt.Errorf("read %s: schema version %d, this program knows %d", key, document.SchemaVersion, verdictsVersion)
	}
	for _, j := range document.Verdicts {
		if j.Refused == "" && !j.Verdict.Style.Valid() {
			return nil, fmt.Errorf("read %s: image %s has the unknown style %q", key, j.SHA256, j.Verdict.Style)
		}
		verdicts[j.Subject] = j
	}
	return verdicts, nil
}

func encodeVerdicts(name actor.Name, verdicts Verdicts) ([]byte, error) {
	document := verdictsDocument{SchemaVersion: verdictsVersion, Actor: string(name)}
	for _, j := range verdicts {
		document.Verdicts = append(document.Verdicts, j)
	}
	slices.SortFunc(document.Verdicts, func(a, b Judgement) int { return a.Subject.compare(b.Subject) })
	return json.MarshalIndent(document, "", " ")
}

func (s Subject) compare(t Subject) int {
	return cmp.Or(
		cmp.Compare(s.SHA256, t.SHA256),
		cmp.Compare(s.BaseSHA256, t.BaseSHA256),
		cmp.Compare(s.Judge.Name, t.Judge.Name),
		cmp.Compare(s.Judge.Model, t.Judge.Model),
		cmp.Compare(s.Judge.Rubric, t.Judge.Rubric),
	)
}
