package openaitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"screentest/pkg/verdict"
)

// A Reply is an answer before it is sent. Faults change it.
type Reply struct {
	Status   int
	Header   http.Header
	Delay    time.Duration // in addition to the usual
	Hangup   bool          // close the connection instead of answering
	BreakOff bool          // close it in the middle of the answer
	Finish   string        // the reason for ending
	Refusal  string
	Content  string  // what the model wrote
	Picture  []byte  // what was ordered; nil where verdicts were asked for
	Usage    *Usage  // nil: not reported
	Body     *string // sent instead of everything else
	Declined bool    // nothing was made, and nothing is billed

	request Request
}

// Usage is the report on tokens. Of an order, Image of the Input are for the base
// image and nothing is cached.
type Usage struct{ Input, Image, Cached, Output int }

// A Fault spoils a reply.
type Fault func(*Reply)

// Script spoils one request after the other; nil leaves one alone, and all that
// follow the last are left alone.
func Script(faults ...Fault) func(Request) Fault {
	return func(r Request) Fault {
		if r.N > len(faults) {
			return nil
		}
		return faults[r.N-1]
	}
}

// Always spoils every request.
func Always(f Fault) func(Request) Fault { return After(0, f) }

// After spoils every request but the first n.
func After(n int, f Fault) func(Request) Fault {
	return func(r Request) Fault {
		if r.N <= n {
			return nil
		}
		return f
	}
}

// Showing spoils the requests that show the image with this hash.
func Showing(sha256 string, f Fault) func(Request) Fault {
	return func(r Request) Fault {
		if slices.ContainsFunc(r.Images, func(jpeg []byte) bool { return SHA256(jpeg) == sha256 }) {
			return f
		}
		return nil
	}
}

// failed is an error as OpenAI words it.
func failed(status int, code, message string) *Reply {
	text, _ := json.Marshal(map[string]any{"error": map[string]any{"message": message, "type": code, "code": code, "param": nil}})
	body := string(text)
	return &Reply{Status: status, Body: &body}
}

// Error declines with a status and an error.
func Error(status int, code, message string) Fault {
	return func(r *Reply) {
		spoiled := failed(status, code, message)
		r.Status, r.Body, r.Declined = spoiled.Status, spoiled.Body, true
	}
}

// With adds a header to another fault.
func With(name, value string, f Fault) Fault {
	return func(r *Reply) {
		f(r)
		r.Header.Set(name, value)
	}
}

// RateLimited answers 429; retryAfter may be empty.
func RateLimited(retryAfter string) Fault {
	limited := Error(http.StatusTooManyRequests, "rate_limit_exceeded", "Rate limit reached")
	if retryAfter == "" {
		return limited
	}
	return With("Retry-After", retryAfter, limited)
}

// InvalidKey answers as if the key had been revoked.
func InvalidKey() Fault {
	return Error(http.StatusUnauthorized, "invalid_api_key", "Incorrect API key provided: sk-abc***xyz")
}

// InsufficientQuota answers 429 for want of money.
func InsufficientQuota() Fault {
	return Error(http.StatusTooManyRequests, "insufficient_quota", "You exceeded your current quota")
}

// ErrorInside answers with status 200 and an error in place of the answer.
func ErrorInside(code, message string) Fault { return Error(http.StatusOK, code, message) }

// Raw answers with a status and any body.
func Raw(status int, body string) Fault {
	return func(r *Reply) { r.Status, r.Body = status, &body }
}

// Slow delays the answer.
func Slow(d time.Duration) Fault { return func(r *Reply) { r.Delay += d } }

// Hangup closes the connection instead of answering.
func Hangup() Fault { return func(r *Reply) { r.Hangup = true } }

// BreakOff closes the connection in the middle of the answer.
func BreakOff() Fault { return func(r *Reply) { r.BreakOff = true } }

// CutOff ends the answer in the middle, for want of tokens.
func CutOff() Fault {
	return func(r *Reply) { r.Content, r.Finish = r.Content[:len(r.Content)/2], "length" }
}

// Refused puts a refusal in place of the answer.
func Refused() Fault {
	return func(r *Reply) { r.Content, r.Refusal = "", "I'm sorry, I can't help with that." }
}

// Filtered withholds the answer.
func Filtered() Fault {
	return func(r *Reply) { r.Content, r.Finish = "", "content_filter" }
}

// Written changes what the model wrote.
func Written(edit func(content string) string) Fault {
	return func(r *Reply) { r.Content = edit(r.Content) }
}

// WrongLabels answers about labels that were not asked.
func WrongLabels() Fault {
	return Written(func(s string) string { return strings.ReplaceAll(s, `"img_`, `"pic_`) })
}

// ExtraLabel answers about one label too many.
func ExtraLabel() Fault {
	return Written(func(s string) string {
		return strings.TrimSuffix(s, "}") + `,"img_99":` + encode(Sound(), true) + "}"
	})
}

// Score gives every image a score, possible or not.
func Score(n int) Fault {
	return func(r *Reply) {
		r.Content = contentFor(r.request, func([]byte) verdict.Verdict { return verdict.Verdict{Style: verdict.Photorealistic, Quality: n} })
	}
}

// contentFor writes the answer that a faithful model gives.
func contentFor(r Request, judge func([]byte) verdict.Verdict) string {
	members := make([]string, len(r.Labels))
	for i, label := range r.Labels {
		members[i] = fmt.Sprintf("%q:%s", label, encode(judge(r.Images[i]), r.Base != nil))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func encode(v verdict.Verdict, base bool) string {
	fields := map[string]any{
		"style": v.Style, "score": v.Quality, "observation": v.Observation, "text": v.Text, "unsure": v.Unsure,
	}
	for _, issue := range verdict.Seen() {
		fields[string(issue)] = slices.Contains(v.Issues, issue)
	}
	delete(fields, string(verdict.OffCharacter))
	if base {
		fields["same_character"] = sameCharacter(v)
	}
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err) // texts, numbers and booleans encode
	}
	return string(text)
}

func sameCharacter(v verdict.Verdict) string {
	switch {
	case slices.Contains(v.Issues, verdict.OffCharacter):
		return "different"
	case slices.Contains(v.Unjudged, verdict.OffCharacter):
		return "cannot_tell"
	}
	return "same"
}

// encode returns the body of the reply.
func (r *Reply) encode() string {
	switch {
	case r.Body != nil:
		return *r.Body
	case r.Picture != nil:
		return r.encodePicture()
	}
	message := map[string]any{"role": "assistant", "content": r.Content}
	if r.Refusal != "" {
		message["refusal"] = r.Refusal
	}
	answer := map[string]any{
		"id": "chatcmpl-test", "object": "chat.completion",
		"choices": []any{map[string]any{"index": 0, "finish_reason": r.Finish, "message": message}},
	}
	if r.Usage != nil {
		answer["usage"] = map[string]any{
			"prompt_tokens": r.Usage.Input, "completion_tokens": r.Usage.Output, "total_tokens": r.Usage.Input + r.Usage.Output,
			"prompt_tokens_details": map[string]any{"cached_tokens": r.Usage.Cached},
		}
	}
	text, err := json.Marshal(answer)
	if err != nil {
		panic(err) // texts and numbers encode
	}
	return string(text)
}
