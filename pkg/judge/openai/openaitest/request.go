package openaitest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// A Request is one that broke no promise.
type Request struct {
	N      int      // 1 for the first of its kind
	Labels []string // in the order shown
	Images [][]byte // the JPEG behind each label
	Base   []byte   // nil without a base image
	Raw    []byte   // the body

	// Of an order for a picture, which has no labels.
	Prompt, Size, Quality, Format string

	rubric      string
	text        int // bytes
	imageTokens int
}

type body struct {
	Model               string `json:"model"`
	Store               *bool  `json:"store"`
	MaxTokens           int    `json:"max_tokens"`
	MaxCompletionTokens int    `json:"max_completion_tokens"`
	ReasoningEffort     string `json:"reasoning_effort"`
	SafetyIdentifier    string `json:"safety_identifier"`
	Messages            []struct {
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"`
	} `json:"messages"`
	ResponseFormat struct {
		Type       string `json:"type"`
		JSONSchema struct {
			Strict bool            `json:"strict"`
			Schema json.RawMessage `json:"schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
}

type part struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	ImageURL struct {
		URL string `json:"url"`
	} `json:"image_url"`
}

const (
	minRubric = 1024 * 4 // bytes; fewer tokens are not cached
	maxSide   = 512
)

func read(r *http.Request, raw []byte, compatible bool) (Request, error) {
	request := Request{Raw: raw}
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/chat/completions") {
		return request, fmt.Errorf("%s %s is not how completions are asked for", r.Method, r.URL.Path)
	}
	var b body
	if err := json.Unmarshal(raw, &b); err != nil {
		return request, fmt.Errorf("body: %w", err)
	}
	if err := b.checkFields(compatible); err != nil {
		return request, err
	}
	if err := request.readMessages(b); err != nil {
		return request, err
	}
	request.text += len(b.ResponseFormat.JSONSchema.Schema)
	if compatible && b.ResponseFormat.Type == "json_object" {
		return request, nil
	}
	return request, b.checkSchema(request.Labels)
}

func (b body) checkFields(compatible bool) error {
	switch {
	case b.Model == "":
		return errors.New("no model")
	case b.MaxTokens+b.MaxCompletionTokens <= 0:
		return errors.New("no limit on the tokens of the answer")
	case compatible:
		return nil
	case b.MaxTokens != 0:
		return errors.New("max_tokens instead of max_completion_tokens")
	case b.Store == nil || *b.Store:
		return errors.New("store is not false")
	case b.ReasoningEffort == "":
		return errors.New("no reasoning effort")
	}
	return nil
}

func (r *Request) readMessages(b body) error {
	if len(b.Messages) != 2 || b.Messages[0].Role != "system" || b.Messages[1].Role != "user" {
		return errors.New("not one system message and one user message after it")
	}
	if err := json.Unmarshal(b.Messages[0].Content, &r.rubric); err != nil {
		return errors.New("the system message is not a text")
	}
	if len(r.rubric) < minRubric {
		return fmt.Errorf("a rubric of %d bytes comes first, too short to be cached", len(r.rubric))
	}
	var parts []part
	if err := json.Unmarshal(b.Messages[1].Content, &parts); err != nil {
		return errors.New("the user message is not a list of parts")
	}
	r.text = len(r.rubric)
	return r.readParts(parts)
}

var label = regexp.MustCompile(`^(BASE|img_\d\d)$`)

// readParts takes the labels, each with the image right after it.
func (r *Request) readParts(parts []part) error {
	for i := 0; i < len(parts); i++ {
		r.text += len(parts[i].Text)
		switch {
		case parts[i].Type == "image_url":
			return fmt.Errorf("the image of part %d has no label before it", i)
		case !label.MatchString(parts[i].Text):
			continue
		case i+1 == len(parts) || parts[i+1].Type != "image_url":
			return fmt.Errorf("label %s has no image after it", parts[i].Text)
		}
		if err := r.add(parts[i].Text, parts[i+1].ImageURL.URL); err != nil {
			return fmt.Errorf("%s: %w", parts[i].Text, err)
		}
		i++
	}
	if len(r.Labels) == 0 {
		return errors.New("no images")
	}
	return nil
}

func (r *Request) add(name, url string) error {
	encoded, ok := strings.CutPrefix(url, "data:image/jpeg;base64,")
	data, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil {
		return errors.New("not a JPEG in base64")
	}
	picture, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return err
	}
	size := picture.Bounds().Size()
	if max(size.X, size.Y) > maxSide {
		return fmt.Errorf("%d×%d pixels, more than %d", size.X, size.Y, maxSide)
	}
	if bytes.Contains(data, []byte("Exif\x00\x00")) {
		return errors.New("it carries EXIF metadata")
	}
	r.imageTokens += ((size.X+31)/32*((size.Y+31)/32)*6 + 4) / 5
	switch {
	case name == "BASE" && (len(r.Labels) > 0 || r.Base != nil):
		return errors.New("not the first image")
	case name == "BASE":
		r.Base = data
		return nil
	case slices.Contains(r.Labels, name):
		return errors.New("the label comes twice")
	}
	r.Labels, r.Images = append(r.Labels, name), append(r.Images, data)
	return nil
}

// checkSchema wants an object that has exactly the labels as required keys.
func (b body) checkSchema(labels []string) error {
	var s struct {
		Type       string                     `json:"type"`
		Required   []string                   `json:"required"`
		Properties map[string]json.RawMessage `json:"properties"`
		Additional *bool                      `json:"additionalProperties"`
	}
	format := b.ResponseFormat
	if format.Type != "json_schema" || !format.JSONSchema.Strict {
		return errors.New("no strict schema")
	}
	if err := json.Unmarshal(format.JSONSchema.Schema, &s); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	required, sorted := slices.Sorted(slices.Values(s.Required)), slices.Sorted(slices.Values(labels))
	switch {
	case s.Type != "object" || s.Additional == nil || *s.Additional:
		return errors.New("the schema is not an object without additional properties")
	case !slices.Equal(required, sorted):
		return fmt.Errorf("the schema requires %v, shown were %v", s.Required, labels)
	case len(s.Properties) != len(labels):
		return fmt.Errorf("the schema has %d properties for %d labels", len(s.Properties), len(labels))
	}
	return nil
}
