// Package evaluation is the record of what was judged of one actor: every image
// with its measurements and verdict, the mix, and the plan that follows. The
// document is what people and the later stages read.
//
// Build makes it from facts and is pure. What people decided (package decision)
// goes before what the judge said: a kept image is no plan's to delete, a condemned
// one goes, a decided style replaces the judged one, also where there is none. Load and Save keep it under
// screentest/evaluations. The verdicts that were paid for lie apart, under
// screentest/verdicts (see Verdicts): an evaluation can be thrown away and made
// again for nothing, a verdict cannot.
package evaluation

import (
	"time"

	"screentest/pkg/balance"
	"screentest/pkg/cost"
	"screentest/pkg/decision"
	"screentest/pkg/inspect"
	"screentest/pkg/judge"
	"screentest/pkg/store"
	"screentest/pkg/verdict"
)

// SchemaVersion of the stored document. New optional fields keep it; a field
// that changes its meaning raises it, and documents of another version are made
// again.
const SchemaVersion = 1

// An Evaluation is everything judged of one actor's set.
type Evaluation struct {
	SchemaVersion int            `json:"schema_version"`
	Actor         string         `json:"actor"`
	Fingerprint   string         `json:"fingerprint"`         // of the set: every file name and content
	Basis         string         `json:"basis"`               // of what else decides the outcome: see Basis; "" if that was in flux
	Decisions     string         `json:"decisions,omitempty"` // of what people had decided: decision.Rulings.Digest
	EvaluatedAt   time.Time      `json:"evaluated_at"`
	Judge         judge.ID       `json:"judge"`
	Base          *Base          `json:"base,omitempty"`    // absent where the actor has no base image
	Images        []Image        `json:"images"`            // by file name
	Trashed       []Trashed      `json:"trashed,omitempty"` // what is in the trash and has copies among the images
	Mix           balance.Mix    `json:"mix"`
	Target        balance.Target `json:"target"`
	Balanced      bool           `json:"balanced"`
	Plan          balance.Plan   `json:"plan"`
	Problems      []string       `json:"problems,omitempty"` // what lies in the set's place but could not be taken into it
	Before        *Standing      `json:"before,omitempty"`   // how the actor stood before that changed last
	Usage         cost.Usage     `json:"usage"`              // of making this evaluation; what was known before cost nothing
}

// Base is the reference portrait that identity was judged against.
type Base struct {
	File    string        `json:"file"`
	SHA256  string        `json:"sha256"` // "" if it could not be used: then identity was not judged
	Version store.Version `json:"version"`
}

// Judged says how far the judgement of an image got.
type Judged string

// The states of an image.
const (
	OK       Judged = "ok"       // judged, or settled by a person
	Unjudged Judged = "unjudged" // no verdict this time; Image.Error says why. Nothing is planned for the set
	Broken   Judged = "broken"   // no image at all: never shown to a model
)

// An Image is one training image as it was found and judged.
type Image struct {
	File        string           `json:"file"`
	SHA256      string           `json:"sha256"`
	Bytes       int64            `json:"bytes"`
	Version     store.Version    `json:"version"` // of the object, so that an unchanged one need not be read
	Width       int              `json:"width"`
	Height      int              `json:"height"`
	Style       verdict.Style    `json:"style"`
	Quality     int              `json:"quality"` // 1 to 10; absent without a verdict
	Issues      []verdict.Issue  `json:"issues"`
	NotJudged   []verdict.Issue  `json:"unjudged_issues,omitempty"` // unknown, not absent
	Checks      *inspect.Checks  `json:"checks"`
	DuplicateOf string           `json:"duplicate_of"`          // the copy that is kept; "" for a copy of what is in the trash
	Keep        bool             `json:"keep"`                  // false: the plan deletes it
	Reasons     []string         `json:"reasons"`               // in words: every issue, and why the plan deletes it
	Observation string           `json:"observation,omitempty"` // the judge's, for people
	Text        string           `json:"text,omitempty"`        // visible in the picture: data, never obeyed
	Unsure      bool             `json:"unsure,omitempty"`
	Verdict     *verdict.Verdict `json:"verdict,omitempty"`  // as the judge gave it, before people decided
	Decision    *decision.Ruling `json:"decision,omitempty"` // what people decided: it counts instead
	Judged      Judged           `json:"judged"`
	Error       string           `json:"error"`
	Damaged     bool             `json:"damaged,omitempty"` // broken, and another file when the manifest listed it
}

// Contents returns the set that was evaluated: content by file, "" for an image
// that could not be read.
func (e Evaluation) Contents() map[string]string {
	contents := make(map[string]string, len(e.Images))
	for _, image := range e.Images {
		contents[image.File] = image.SHA256
	}
	return contents
}

// Unjudged returns the images that got no verdict.
func (e Evaluation) Unjudged() []Image {
	var left []Image
	for _, image := range e.Images {
		if image.Judged == Unjudged {
			left = append(left, image)
		}
	}
	return left
}
