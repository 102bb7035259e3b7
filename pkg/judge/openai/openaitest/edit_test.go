package openaitest_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"net/http"
	"strings"
	"testing"

	"screentest/pkg/generate"
	"screentest/pkg/generate/openai"
	"screentest/pkg/judge/openai/openaitest"
)

// genuineEdit returns an order as the generator sends it.
func genuineEdit(t *testing.T) string {
	t.Helper()
	var raw string
	h := openaitest.NewHandler(t, openaitest.Options{EditFault: func(r openaitest.Request) openaitest.Fault {
		raw = string(r.Raw)
		return nil
	}})
	g, err := openai.New(openai.Config{APIKey: "sk", Price: openai.Price{Text: 1, Image: 1, Output: 1}, Transport: h, SafetyIdentifier: "x", Size: "64x64"})
	if err != nil {
		t.Fatal(err)
	}
	o := generate.Order{Prompt: generate.Prompt{ID: "photo-01", Text: "She reads."}, Base: picture(40, 32)}
	if _, _, err := g.Generate(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return raw
}

func sendEdit(t *testing.T, h *openaitest.Handler, body string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://model/v1/images/edits", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := h.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode
}

func TestComplaintsAboutEdits(t *testing.T) {
	raw := genuineEdit(t)
	at := strings.Index(raw, "base64,") + len("base64,")
	base := raw[at : at+strings.IndexByte(raw[at:], '"')]
	encode := base64.StdEncoding.EncodeToString
	exif := bytes.Replace(picture(32, 32), []byte{0xff, 0xd8}, []byte("\xff\xd8\xff\xe1\x00\x08Exif\x00\x00"), 1)
	second := `{"image_url":"data:image/jpeg;base64,` + base + `"}`
	tests := map[string]struct{ old, new, says string }{
		"not JSON":        {`{`, `[`, "body"},
		"no model":        {`"model":"gpt-image-2"`, `"model":""`, "no model"},
		"no prompt":       {`"She reads."`, `" "`, "prompt"},
		"two images":      {`}]`, `},` + second + `]`, "2 images"},
		"no image":        {`[{`, `[],"was":[{`, "unknown field"},
		"size":            {`"64x64"`, `"large"`, "size"},
		"quality":         {`"medium"`, `"best"`, "quality"},
		"format":          {`"png"`, `"webp"`, "output_format"},
		"a number":        {`"model"`, `"n":1,"model"`, "unknown field"},
		"a name":          {`"user":"`, `"user":"me`, "hash"},
		"a link":          {"data:image/jpeg;base64,", "https://", "data URL"},
		"not base64":      {base, "*", "base64"},
		"not a picture":   {base, "aGVsbG8=", "unknown format"},
		"another format":  {"data:image/jpeg", "data:image/png", "said to be"},
		"too large":       {base, encode(picture(1025, 16)), "1024"},
		"metadata":        {base, encode(exif), "EXIF"},
		"only the header": {base, encode(picture(400, 400)[:200]), "base image"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			broken := strings.Replace(raw, test.old, test.new, 1)
			if broken == raw {
				t.Fatalf("%s is not in the request", test.old)
			}
			var complaint string
			h := openaitest.New(openaitest.Options{Complain: func(format string, args ...any) { complaint = fmt.Sprintf(format, args...) }})
			if status := sendEdit(t, h, broken); status != http.StatusBadRequest {
				t.Errorf("status %d", status)
			}
			if !strings.Contains(complaint, test.says) {
				t.Errorf("complaint %q does not say %q", complaint, test.says)
			}
			if billed := h.Stats().Edits.Billed; billed != 0 {
				t.Errorf("%d pictures billed", billed)
			}
		})
	}
}

// Requests of the two kinds are counted and numbered apart.
func TestStatsOfEdits(t *testing.T) {
	verdicts, edit := genuine(t), genuineEdit(t)
	var numbers []int
	h := openaitest.NewHandler(t, openaitest.Options{
		EditFault: func(r openaitest.Request) openaitest.Fault {
			numbers = append(numbers, r.N)
			return openaitest.Script(nil, openaitest.RateLimited(""), openaitest.Raw(502, ""))(r)
		},
	})
	for range 3 {
		send(t, h, "/v1/chat/completions", verdicts)
		sendEdit(t, h, edit)
	}
	s := h.Stats()
	if s.Requests != 3 || s.Edits.Requests != 3 || fmt.Sprint(numbers) != "[1 2 3]" {
		t.Errorf("%+v, numbers %v", s, numbers)
	}
	if s.Edits.Billed != 2 || s.Edits.ImageTokens != 2*2 || s.Edits.OutputTokens == 0 {
		t.Errorf("%+v: declined is not billed, hidden by a gateway is", s.Edits)
	}
}

// A picture that tests choose themselves is sent as it is.
func TestPicturesOfOnesOwn(t *testing.T) {
	own := picture(64, 64)
	h := openaitest.NewHandler(t, openaitest.Options{Picture: func(r openaitest.Request) []byte {
		if r.Prompt != "She reads." || r.Size != "64x64" {
			t.Errorf("asked for %+v", r)
		}
		return own
	}})
	g, err := openai.New(openai.Config{APIKey: "sk", Price: openai.Price{Text: 1, Image: 1, Output: 1}, Transport: h, Size: "64x64", Format: "jpeg"})
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := g.Generate(t.Context(), generate.Order{Prompt: generate.Prompt{ID: "photo-01", Text: "She reads."}, Base: picture(40, 32)})
	if err != nil || !bytes.Equal(got.Data, own) {
		t.Errorf("%d bytes of %d, %v", len(got.Data), len(own), err)
	}
}

func TestPatternsDiffer(t *testing.T) {
	seen := map[string]bool{}
	for n := range 50 {
		data := openaitest.Pattern(openaitest.Request{N: n, Prompt: "same", Size: "128x64", Format: "png"})
		if c, _, err := image.DecodeConfig(bytes.NewReader(data)); err != nil || c.Width != 128 || c.Height != 64 {
			t.Fatalf("%+v, %v", c, err)
		}
		seen[openaitest.SHA256(data)] = true
	}
	if len(seen) != 50 {
		t.Errorf("%d different patterns of 50", len(seen))
	}
}
