package openaitest_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/jpeg"
	"net/http"
	"strings"
	"testing"

	"screentest/pkg/cost"
	"screentest/pkg/judge"
	"screentest/pkg/judge/openai"
	"screentest/pkg/judge/openai/openaitest"
)

func picture(width, height int) []byte {
	var out bytes.Buffer
	if err := jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, width, height)), nil); err != nil {
		panic(err) // memory does not fail
	}
	return out.Bytes()
}

// genuine returns a request as the judge sends it: two images and a base.
func genuine(t *testing.T) string {
	t.Helper()
	var raw string
	h := openaitest.NewHandler(t, openaitest.Options{Fault: func(r openaitest.Request) openaitest.Fault {
		raw = string(r.Raw)
		return nil
	}})
	j, err := openai.New(openai.Config{APIKey: "sk", Price: cost.Price{Input: 1, Output: 1}, Transport: h})
	if err != nil {
		t.Fatal(err)
	}
	c := judge.Case{Base: &judge.Exhibit{SHA256: "b", Preview: picture(32, 32)}, Images: []judge.Exhibit{
		{SHA256: "1", Preview: picture(40, 32)}, {SHA256: "2", Preview: picture(48, 32)},
	}}
	if _, _, err := j.Judge(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return raw
}

func send(t *testing.T, h *openaitest.Handler, path, body string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://model"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := h.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode
}

func TestComplaints(t *testing.T) {
	raw := genuine(t)
	large := base64.StdEncoding.EncodeToString(picture(513, 16))
	small := base64.StdEncoding.EncodeToString(picture(32, 32))
	text := func(s string) string { return `{"type":"text","text":"` + s + `"}` }
	tests := map[string]struct{ old, new, says string }{
		"not JSON":         {`{`, `[`, "body"},
		"no model":         {`"model":"gpt-6-luna"`, `"model":""`, "no model"},
		"stored":           {`"store":false`, `"store":true`, "store"},
		"store not said":   {`"store":false,`, ``, "store"},
		"no token limit":   {`"max_completion_tokens"`, `"max_words"`, "limit"},
		"old token limit":  {`"max_completion_tokens"`, `"max_tokens"`, "max_tokens"},
		"no effort":        {`"reasoning_effort"`, `"effort"`, "effort"},
		"no rubric":        {`"role":"system"`, `"role":"user"`, "system"},
		"short rubric":     {`"content":"You inspect`, `"content":"Judge.","was":"You inspect`, "too short"},
		"no label":         {text("img_01"), text("look"), "no label"},
		"label twice":      {text("img_02"), text("img_01"), "twice"},
		"no image":         {text("img_01") + `,`, text("img_01") + `,` + text("img_09") + `,`, "no image"},
		"base in between":  {text("img_02"), text("BASE"), "first"},
		"too large":        {small, large, "512"},
		"not a JPEG":       {small, "aGVsbG8=", "JPEG"},
		"not base64":       {small, "*", "base64"},
		"another format":   {"data:image/jpeg", "data:image/png", "JPEG"},
		"not strict":       {`"strict":true`, `"strict":false`, "strict"},
		"no schema":        {`"type":"json_schema"`, `"type":"text"`, "strict"},
		"open schema":      {`"additionalProperties":false`, `"additionalProperties":true`, "additional"},
		"other labels":     {`"required":["img_01"`, `"required":["img_07"`, "requires"},
		"other properties": {`"properties":{"img_01":`, `"properties":{"img_07":{},"img_01":`, "properties"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			broken := strings.Replace(raw, test.old, test.new, 1)
			if broken == raw {
				t.Fatalf("%s is not in the request", test.old)
			}
			var complaint string
			h := openaitest.New(openaitest.Options{Complain: func(format string, args ...any) { complaint = fmt.Sprintf(format, args...) }})
			if status := send(t, h, "/v1/chat/completions", broken); status != http.StatusBadRequest {
				t.Errorf("status %d", status)
			}
			if !strings.Contains(complaint, test.says) {
				t.Errorf("complaint %q does not say %q", complaint, test.says)
			}
		})
	}
}

func TestStats(t *testing.T) {
	raw := genuine(t)
	h := openaitest.NewHandler(t, openaitest.Options{})
	for range 2 {
		if status := send(t, h, "/v1/chat/completions", raw); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
	}
	s := h.Stats()
	if s.Requests != 2 || s.Images != 4 || s.MaxConcurrent != 1 || s.Reported.CachedTokens < 1024 {
		t.Errorf("%+v", s)
	}
}

func TestKeyAndPath(t *testing.T) {
	h := openaitest.New(openaitest.Options{Key: "right"})
	if status := send(t, h, "/v1/chat/completions", genuine(t)); status != http.StatusUnauthorized {
		t.Errorf("without the key: status %d", status)
	}
	if status := send(t, openaitest.New(openaitest.Options{}), "/v1/images", genuine(t)); status != http.StatusBadRequest {
		t.Errorf("another path: status %d", status)
	}
}
