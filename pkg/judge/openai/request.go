package openai

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"slices"
	"strconv"
	"strings"

	openai "github.com/sashabaranov/go-openai"

	"screentest/pkg/cost"
	"screentest/pkg/judge"
)

// A question is one request: some images of a case under their labels.
type question struct {
	seed   uint64
	base   *judge.Exhibit
	labels []string // in the order shown
	images []judge.Exhibit
}

// newQuestion puts images in an order that depends only on the seed of the case,
// the round and their content, so that neither the order nor the labels tell
// anything about the files, and the same question can be asked again.
func newQuestion(c judge.Case, round int, images []judge.Exhibit) question {
	key := c.Seed + "\x00" + strconv.Itoa(round) + "\x00"
	rank := func(e judge.Exhibit) string {
		sum := sha256.Sum256([]byte(key + e.SHA256))
		return string(sum[:])
	}
	seed := sha256.Sum256([]byte(key))
	q := question{seed: binary.BigEndian.Uint64(seed[:]), base: base(c), images: slices.Clone(images)}
	slices.SortFunc(q.images, func(a, b judge.Exhibit) int { return cmp.Compare(rank(a), rank(b)) })
	for i := range q.images {
		q.labels = append(q.labels, fmt.Sprintf("img_%02d", i+1))
	}
	return q
}

// base returns the base image if it can be shown.
func base(c judge.Case) *judge.Exhibit {
	if c.Base == nil || imageTokens(c.Base.Preview) == 0 {
		return nil
	}
	return c.Base
}

// envelope is a request for n verdicts with everything in it but the question.
func (j *Judge) envelope(n int) openai.ChatCompletionRequest {
	r := openai.ChatCompletionRequest{Model: j.config.Model}
	if j.dialect.oldMaxTokens {
		//lint:ignore SA1019 deprecated by OpenAI, and all that some other servers know
		r.MaxTokens = j.maxOutput(n)
	} else {
		r.MaxCompletionTokens = j.maxOutput(n)
	}
	if j.dialect.effort {
		r.ReasoningEffort = j.config.ReasoningEffort
	}
	if j.dialect.tier {
		// Left to itself the service uses the project's tier, at twice the price
		// where that is "priority".
		r.ServiceTier = openai.ServiceTierDefault
	}
	if j.dialect.safety && j.config.SafetyIdentifier != "" {
		sum := sha256.Sum256([]byte(j.config.SafetyIdentifier))
		r.SafetyIdentifier = hex.EncodeToString(sum[:])
	}
	return r
}

// maxOutput leaves each verdict about twice what it needs. A model that thinks
// first, or may do so because we cannot tell it not to, gets room for that.
func (j *Judge) maxOutput(n int) int {
	tokens := 200 + 250*n
	if !j.dialect.effort || j.config.ReasoningEffort != openai.ReasoningEffortNone {
		tokens += 2000 + 500*n
	}
	return tokens
}

func (j *Judge) request(q question) openai.ChatCompletionRequest {
	r := j.envelope(len(q.images))
	form := schema(q.labels, q.base != nil)
	closing := "Answer for each of these labels: " + strings.Join(q.labels, ", ") + "."
	if q.base == nil {
		closing += " There is no BASE; " + sameCharacter + " is not asked."
	}
	if j.dialect.schema {
		r.ResponseFormat = strict(form)
	} else {
		r.ResponseFormat = &openai.ChatCompletionResponseFormat{Type: openai.ChatCompletionResponseFormatTypeJSONObject}
		closing += " Answer with nothing but a JSON object of this schema: " + string(form)
	}
	if j.dialect.seed {
		seed := int(q.seed >> 33) // fits the 32-bit integers of some servers
		r.Seed = &seed
	}
	r.Messages = []openai.ChatCompletionMessage{
		{Role: openai.ChatMessageRoleSystem, Content: rubric},
		{Role: openai.ChatMessageRoleUser, MultiContent: append(j.pictures(q), text(closing))},
	}
	return r
}

func strict(form json.RawMessage) *openai.ChatCompletionResponseFormat {
	return &openai.ChatCompletionResponseFormat{
		Type:       openai.ChatCompletionResponseFormatTypeJSONSchema,
		JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{Name: "verdicts", Schema: form, Strict: true},
	}
}

// pictures are the labels, each followed by its image.
func (j *Judge) pictures(q question) []openai.ChatMessagePart {
	var parts []openai.ChatMessagePart
	if q.base != nil {
		parts = append(parts, text(baseLabel), j.picture(q.base.Preview))
	}
	for i, image := range q.images {
		parts = append(parts, text(q.labels[i]), j.picture(image.Preview))
	}
	return parts
}

func text(s string) openai.ChatMessagePart {
	return openai.ChatMessagePart{Type: openai.ChatMessagePartTypeText, Text: s}
}

func (j *Judge) picture(data []byte) openai.ChatMessagePart {
	url := &openai.ChatMessageImageURL{URL: "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(data)}
	if j.dialect.detail {
		url.Detail = openai.ImageURLDetailHigh
	}
	return openai.ChatMessagePart{Type: openai.ChatMessagePartTypeImageURL, ImageURL: url}
}

// imageTokens is what a patch model bills for a JPEG: 1.2 for each begun square
// of 32 pixels. It is 0 if data is no JPEG.
func imageTokens(data []byte) int {
	c, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return 0
	}
	patches := (c.Width + 31) / 32 * ((c.Height + 31) / 32)
	return (patches*6 + 4) / 5
}

// bound is the most dollars the request for q can cost. Our own text is English
// and JSON, more than three bytes to a token; two are reckoned.
func (j *Judge) bound(q question) float64 {
	size := len(rubric) + len(schema(q.labels, q.base != nil)) + 200
	tokens := size/2 + 16*(len(q.images)+1)
	if q.base != nil {
		tokens += imageTokens(q.base.Preview)
	}
	for _, image := range q.images {
		tokens += imageTokens(image.Preview)
	}
	return j.config.Price.USD(cost.Usage{InputTokens: tokens, OutputTokens: j.maxOutput(len(q.images))})
}
