package openai_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"testing"

	"screentest/pkg/cost"
	"screentest/pkg/judge"
	"screentest/pkg/judge/openai"
	"screentest/pkg/judge/openai/openaitest"
	"screentest/pkg/verdict"
)

const key = "sk-test-0123456789abcdef"

var luna = cost.Price{Input: 0.10, Cached: 0.01, Output: 0.50}

// exhibit returns a one-coloured picture, different for each n.
func exhibit(n int) judge.Exhibit {
	canvas := image.NewRGBA(image.Rect(0, 0, 64, 48))
	fill := color.RGBA{R: uint8(n * 37), G: uint8(n * 11), B: uint8(200 - n), A: 255}
	draw.Draw(canvas, canvas.Bounds(), image.NewUniform(fill), image.Point{}, draw.Src)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, canvas, nil); err != nil {
		panic(err) // memory does not fail
	}
	return judge.Exhibit{
		File: fmt.Sprintf("secret-name-%d.png", n), SHA256: fmt.Sprintf("content-%02d", n), Preview: out.Bytes(),
	}
}

// caseOf returns a case of n images with a base image.
func caseOf(n int) judge.Case {
	base := exhibit(100)
	c := judge.Case{Actor: "0042_black_25_female", Base: &base, Seed: "seed"}
	for i := range n {
		c.Images = append(c.Images, exhibit(i))
	}
	return c
}

// hash is the name under which the stand-in knows image n.
func hash(n int) string { return openaitest.SHA256(exhibit(n).Preview) }

func config() openai.Config {
	return openai.Config{APIKey: key, Price: luna, SafetyIdentifier: "installation-7"}
}

// served returns a judge that asks a stand-in over the network.
func served(t *testing.T, o openaitest.Options, change ...func(*openai.Config)) (*openai.Judge, *openaitest.Server) {
	t.Helper()
	server := openaitest.NewServer(t, o)
	c := config()
	c.BaseURL = server.URL
	return built(t, c, change...), server
}

// direct returns a judge that asks a stand-in without a network, so that time
// can be simulated.
func direct(t *testing.T, o openaitest.Options, change ...func(*openai.Config)) (*openai.Judge, *openaitest.Handler) {
	t.Helper()
	handler := openaitest.NewHandler(t, o)
	c := config()
	c.Transport = handler
	return built(t, c, change...), handler
}

func built(t *testing.T, c openai.Config, change ...func(*openai.Config)) *openai.Judge {
	t.Helper()
	for _, f := range change {
		f(&c)
	}
	j, err := openai.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func ask(t *testing.T, j *openai.Judge, c judge.Case) ([]judge.Answer, cost.Usage) {
	t.Helper()
	answers, usage, err := j.Judge(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if len(answers) != len(c.Images) {
		t.Fatalf("%d answers to %d images", len(answers), len(c.Images))
	}
	for i, a := range answers {
		if a.SHA256 != c.Images[i].SHA256 {
			t.Fatalf("answer %d is about %s, want %s", i, a.SHA256, c.Images[i].SHA256)
		}
	}
	return answers, usage
}

func wantSound(t *testing.T, answers []judge.Answer) {
	t.Helper()
	for _, a := range answers {
		if a.Err != nil || a.Verdict.Style != verdict.Photorealistic {
			t.Errorf("%s: %+v, %v", a.SHA256, a.Verdict, a.Err)
		}
	}
}

func wantRequests(t *testing.T, h *openaitest.Handler, want int) {
	t.Helper()
	if got := h.Stats().Requests; got != want {
		t.Errorf("%d requests, want %d", got, want)
	}
}
