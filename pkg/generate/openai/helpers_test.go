package openai_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"testing"

	"screentest/pkg/cost"
	"screentest/pkg/generate"
	"screentest/pkg/generate/openai"
	"screentest/pkg/judge/openai/openaitest"
	"screentest/pkg/verdict"
)

const key = "sk-test-0123456789abcdef"

var price = openai.Price{Text: 5, Image: 8, Output: 30}

// quarters is a picture whose corners differ: red, green, blue, white.
func quarters(width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	corners := []color.RGBA{{R: 255, A: 255}, {G: 255, A: 255}, {B: 255, A: 255}, {R: 255, G: 255, B: 255, A: 255}}
	for y := range height {
		for x := range width {
			img.SetRGBA(x, y, corners[2*(2*y/height)+2*x/width])
		}
	}
	return img
}

func asJPEG(img image.Image) []byte {
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 95}); err != nil {
		panic(err) // memory does not fail
	}
	return out.Bytes()
}

func order() generate.Order {
	return generate.Order{
		Actor: "0042_black_25_female", Style: verdict.Photorealistic, Seed: "seed",
		Prompt: generate.Prompt{ID: "photo-07", Style: verdict.Photorealistic, Text: "She waits for a tram in the rain."},
		Base:   asJPEG(quarters(96, 64)),
	}
}

func config() openai.Config {
	return openai.Config{APIKey: key, Price: price, Size: "256x256", SafetyIdentifier: "installation-7"}
}

// served returns a generator that orders from a stand-in over the network.
func served(t *testing.T, o openaitest.Options, change ...func(*openai.Config)) (*openai.Generator, *openaitest.Server) {
	t.Helper()
	server := openaitest.NewServer(t, o)
	c := config()
	c.BaseURL = server.URL
	return built(t, c, change...), server
}

// direct returns a generator that orders from a stand-in without a network, so
// that time can be simulated.
func direct(t *testing.T, o openaitest.Options, change ...func(*openai.Config)) (*openai.Generator, *openaitest.Handler) {
	t.Helper()
	handler := openaitest.NewHandler(t, o)
	c := config()
	c.Transport = handler
	return built(t, c, change...), handler
}

func built(t *testing.T, c openai.Config, change ...func(*openai.Config)) *openai.Generator {
	t.Helper()
	for _, f := range change {
		f(&c)
	}
	g, err := openai.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// made orders one picture, which must come.
func made(t *testing.T, g *openai.Generator) (generate.Picture, cost.Usage) {
	t.Helper()
	picture, usage, err := g.Generate(t.Context(), order())
	if err != nil {
		t.Fatal(err)
	}
	return picture, usage
}

func wantRequests(t *testing.T, h *openaitest.Handler, want int) {
	t.Helper()
	if got := h.Stats().Edits.Requests; got != want {
		t.Errorf("%d requests, want %d", got, want)
	}
}

func wantError(t *testing.T, err, want error) {
	t.Helper()
	if (err == nil) != (want == nil) || !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}
