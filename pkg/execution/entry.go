package execution

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg" // the formats that generators answer in
	_ "image/png"
	"maps"
	"slices"
	"unicode/utf8"

	"screentest/pkg/actor"
	"screentest/pkg/generate"
	"screentest/pkg/ledger"
	"screentest/pkg/manifest"
)

// load makes sure that the manifest is known.
func (p *performance) load(ctx context.Context) error {
	if p.manifest != nil {
		return nil
	}
	m, version, err := manifest.Load(ctx, p.Store, p.actor.Name)
	if err != nil {
		return err
	}
	if m.ActorID != "" && m.ActorID != string(p.actor.Name) {
		return fmt.Errorf("%s is the manifest of %.80q: put the right one there", actor.ManifestKey(p.actor.Name), m.ActorID)
	}
	p.manifest, p.version = m, version
	return nil
}

// save writes the manifest. One that could not be written is read again before
// the next change.
func (p *performance) save(ctx context.Context) error {
	version, err := manifest.Save(ctx, p.Store, p.actor.Name, p.manifest, p.version, p.Now())
	if err != nil {
		p.manifest = nil
		return err
	}
	p.version = version
	return nil
}

// The types of the generations that a plan adds to the manifest. Pictures of the
// offline generator are no work of a model and are to be told apart at a glance.
const (
	generatedType = "generated"
	offlineType   = "generated_offline"
)

// origin is the metadata of a generation: one for each plan, so that what a plan
// has brought can be told apart.
type origin struct {
	Source    string              `json:"source"` // "screentest"
	Proposal  string              `json:"proposal"`
	Generator generate.ID         `json:"generator"`
	USD       float64             `json:"usd"`
	Images    map[string]pictured `json:"images"` // by file
}

type pictured struct {
	PromptID string  `json:"prompt_id"`
	Try      int     `json:"try"`
	USD      float64 `json:"usd"`
}

// enter gives a picture its manifest entry and its place in the generation of
// this plan, unless it has them.
func (p *performance) enter(ctx context.Context, step ledger.Step, passed ledger.Line, a answer, url string) error {
	if err := p.load(ctx); err != nil {
		return err
	}
	m := p.manifest
	if _, there := m.Images[passed.File]; there {
		return nil
	}
	kind := generatedType
	if a.Generator.Name == "offline" {
		kind = offlineType
	}
	generation, err := p.join(m, kind, passed.File, a)
	if err != nil {
		return err
	}
	m.Images[passed.File] = newEntry(step, passed, a, generation, kind, url)
	return p.save(ctx)
}

func newEntry(step ledger.Step, passed ledger.Line, a answer, generation int, kind, url string) manifest.Image {
	size := int64(len(a.Data))
	entry := manifest.Image{
		Prompt: a.Prompt, PromptPreview: preview(a.Prompt), GeneratedAt: manifest.Time(a.At), S3URL: url,
		GenerationID: &generation, GenerationType: kind,
		SHA256: passed.SHA256, Bytes: &size, Style: string(step.Style),
	}
	if n, ok := manifest.NumberOf(passed.File); ok {
		entry.Index = &n
	}
	if header, _, err := image.DecodeConfig(bytes.NewReader(a.Data)); err == nil {
		entry.Width, entry.Height = header.Width, header.Height
	}
	return entry
}

// preview is how much of a prompt the manifests in use show at a glance.
func preview(prompt string) string {
	const limit = 100
	if len(prompt) <= limit {
		return prompt
	}
	cut := limit
	for !utf8.RuneStart(prompt[cut]) {
		cut--
	}
	return prompt[:cut] + "..."
}

// join adds a picture to the generation of this plan, which it makes with the
// first one, and returns the id.
func (p *performance) join(m *manifest.Manifest, kind, file string, a answer) (int, error) {
	m.Generations = slices.Clone(m.Generations)
	at, o := p.generationOf(m)
	if at < 0 {
		id := 0
		for _, g := range m.Generations {
			id = max(id, g.ID)
		}
		m.Generations = append(m.Generations, manifest.Generation{ID: id + 1, Type: kind, GeneratedAt: manifest.Time(a.At)})
		at = len(m.Generations) - 1
		o = origin{Source: "screentest", Proposal: p.proposal.ID, Generator: a.Generator, Images: map[string]pictured{}}
	}
	o.USD += a.Usage.USD
	o.Images[file] = pictured{PromptID: a.PromptID, Try: a.Try, USD: a.Usage.USD}
	text, err := json.Marshal(o)
	if err != nil {
		return 0, err
	}
	m.Generations[at].ImageCount++
	m.Generations[at].Metadata = text
	return m.Generations[at].ID, nil
}

// generationOf finds the generation of this plan, at -1 if there is none yet.
func (p *performance) generationOf(m *manifest.Manifest) (at int, o origin) {
	for i, g := range m.Generations {
		var o origin
		if json.Unmarshal(g.Metadata, &o) == nil && o.Source == "screentest" && o.Proposal == p.proposal.ID && o.Images != nil {
			return i, o
		}
	}
	return -1, origin{}
}

// freeName returns the next name for an image of the actor: one more than the
// highest number that was ever used for it, so that no name comes twice. Numbers
// of more than nine digits are dates or the like and do not count.
func (p *performance) freeName(ctx context.Context, extension string) (string, error) {
	if err := p.load(ctx); err != nil {
		return "", err
	}
	const most = 999_999_999
	next, taken := 1, map[string]bool{}
	for _, file := range p.names() {
		taken[file] = true
		if n, ok := manifest.NumberOf(file); ok && n < most {
			next = max(next, n+1)
		}
	}
	for ; ; next++ {
		if name := fmt.Sprintf("%s_%d%s", p.actor.Name, next, extension); !taken[name] {
			return name, nil
		}
	}
}

// names returns every file name that is or was in use for the actor.
func (p *performance) names() []string {
	var all []string
	for _, r := range p.trashed {
		all = append(all, r.File)
	}
	for _, line := range p.ledger.Lines {
		all = append(all, line.File)
	}
	all = slices.AppendSeq(all, maps.Keys(p.standing.contents))
	all = slices.AppendSeq(all, maps.Keys(p.manifest.Images))
	return slices.AppendSeq(all, maps.Keys(p.manifest.Missing))
}
