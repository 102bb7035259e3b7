package openai

import (
	"encoding/json"
	"fmt"
	"regexp"

	"screentest/pkg/cost"
)

// A Price is in dollars per million tokens.
type Price struct {
	Text   float64 // of the prompt
	Image  float64 // of the base image
	Output float64 // of the picture
}

func (p Price) usd(text, image, output int) float64 {
	return (float64(text)*p.Text + float64(image)*p.Image + float64(output)*p.Output) / 1e6
}

// bill reads the report on tokens. What it does not call text or image is taken
// for the dearer of the two.
func bill(answer []byte, price Price) (used cost.Usage, ok bool) {
	var said struct {
		Usage struct {
			Input   int `json:"input_tokens"`
			Output  int `json:"output_tokens"`
			Details struct {
				Text  int `json:"text_tokens"`
				Image int `json:"image_tokens"`
			} `json:"input_tokens_details"`
		} `json:"usage"`
	}
	_ = json.Unmarshal(answer, &said) // what is no report says nothing
	u := said.Usage
	rest := u.Input - u.Details.Text - u.Details.Image
	if min(u.Input, u.Output, u.Details.Text, u.Details.Image, rest) < 0 || u.Input+u.Output == 0 {
		return used, false
	}
	used.InputTokens, used.OutputTokens = u.Input, u.Output
	used.USD = price.usd(u.Details.Text, u.Details.Image, u.Output) + float64(rest)*max(price.Text, price.Image)/1e6
	return used, true
}

// reckoned are the models whose bills are published well enough to say beforehand
// what an order can cost: gpt-image-2 and its dated snapshots.
var reckoned = regexp.MustCompile(`^gpt-image-2(-\d{4}-\d{2}-\d{2})?$`)

// The input of gpt-image-2. Users found by trial that a base image is counted in
// patches, at most 1,536 of them; a fifth is added, as other patch models do.
const (
	maxBaseTokens = 1536 * 12 / 10
	textOverhead  = 200 // what surrounds the prompt; 6 were seen
)

func (c Config) bound() float64 {
	if c.MaxUSD > 0 {
		return c.MaxUSD
	}
	ordered, _ := parseSize(c.Size)
	if ordered.auto() {
		ordered = largest
	}
	return c.Price.usd(maxPrompt+textOverhead, maxBaseTokens, outputTokens(c.Quality, ordered))
}

// A size is in pixels; zero leaves it to the model.
type size struct{ width, height int }

// largest is the size at which a picture costs most: square, with as many pixels
// as the model gives.
var largest = size{2880, 2880}

func (s size) auto() bool { return s == size{} }

func (s size) String() string { return fmt.Sprintf("%d×%d", s.width, s.height) }

func parseSize(text string) (size, error) {
	if text == "auto" {
		return size{}, nil
	}
	var s size
	_, err := fmt.Sscanf(text, "%dx%d", &s.width, &s.height)
	if err != nil || fmt.Sprintf("%dx%d", s.width, s.height) != text || min(s.width, s.height) < 16 || max(s.width, s.height) > 3840 {
		return size{}, fmt.Errorf("size %q is neither auto nor width and height of 16 to 3840 pixels, such as 1024x1024", text)
	}
	return s, nil
}

// outputTokens is what gpt-image-2 bills for a picture, by the calculator of
// OpenAI's guide to image generation: 196, 1,756 and 7,024 tokens at 1024×1024.
// Quality "auto" may turn out high.
func outputTokens(quality string, s size) int {
	columns, ok := map[string]int{"low": 16, "medium": 48}[quality]
	if !ok {
		columns = 96
	}
	long, short := max(s.width, s.height), min(s.width, s.height)
	rows := (2*columns*short + long) / (2 * long) // rounded
	return (columns*rows*(2_000_000+s.width*s.height) + 3_999_999) / 4_000_000
}
