package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	openai "github.com/sashabaranov/go-openai"

	"screentest/pkg/endpoint"
	"screentest/pkg/judge"
	"screentest/pkg/verdict"
)

// errAnswer says that an answer came and is of no use. Fewer images may help.
var errAnswer = errors.New("unusable answer")

// Longest texts kept of an answer, in characters.
const (
	maxObservation = 300
	maxText        = 200
	maxMessage     = 200 // of a refusal
)

// content returns what the model wrote, once nothing says that it did not finish.
func content(r openai.ChatCompletionResponse) (string, error) {
	if len(r.Choices) == 0 {
		return "", fmt.Errorf("%w: it holds no choice", errAnswer)
	}
	choice := r.Choices[0]
	switch {
	case choice.Message.Refusal != "":
		return "", fmt.Errorf("%w: %s", judge.ErrRefused, endpoint.Clean(choice.Message.Refusal, maxMessage))
	case choice.FinishReason == openai.FinishReasonContentFilter:
		return "", fmt.Errorf("%w: the answer was filtered", judge.ErrRefused)
	case choice.FinishReason == openai.FinishReasonLength:
		return "", fmt.Errorf("%w: it was cut off", errAnswer)
	case choice.FinishReason != openai.FinishReasonStop && choice.FinishReason != "":
		return "", fmt.Errorf("%w: it ended with %q", errAnswer, endpoint.Clean(string(choice.FinishReason), maxMessage))
	}
	return choice.Message.Content, nil
}

// parse reads the verdicts by label. It accepts exactly the labels asked for,
// each once, and every field within its bounds; fields we did not ask for are
// ignored. base says whether sameCharacter was asked.
func parse(content string, labels []string, base bool) (map[string]verdict.Verdict, error) {
	answers, err := members([]byte(unfence(content)))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAnswer, err)
	}
	if len(answers) > len(labels) {
		return nil, fmt.Errorf("%w: %d labels, %d asked for", errAnswer, len(answers), len(labels))
	}
	verdicts := map[string]verdict.Verdict{}
	for _, label := range labels {
		answer, ok := answers[label]
		if !ok {
			return nil, fmt.Errorf("%w: no %s in it", errAnswer, label)
		}
		if verdicts[label], err = parseVerdict(answer, base); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", errAnswer, label, err)
		}
	}
	return verdicts, nil
}

// unfence takes off the code fence that models without a schema like to write.
func unfence(s string) string {
	s = strings.TrimSpace(s)
	if inner, ok := strings.CutPrefix(s, "```"); ok {
		inner = strings.TrimPrefix(inner, "json")
		return strings.TrimSuffix(inner, "```")
	}
	return s
}

// members reads a JSON object and refuses a key that comes twice, of which the
// json package would silently keep the last.
func members(data []byte) (map[string]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	found := map[string]json.RawMessage{}
	for decoder.More() {
		token, err := decoder.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil, errors.New("not a JSON object")
		}
		if _, twice := found[name]; twice {
			return nil, fmt.Errorf("%q comes twice", endpoint.Clean(name, maxText))
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, errors.New("not a JSON object")
		}
		found[name] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, errors.New("the JSON object does not end")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	return found, nil
}

func parseVerdict(data []byte, base bool) (verdict.Verdict, error) {
	found, err := members(data)
	if err != nil {
		return verdict.Verdict{}, err
	}
	f := fields{found: found}
	v := verdict.Verdict{Style: verdict.Style(f.text("style"))}
	if !v.Style.Valid() {
		f.fail("style", "not one of the styles")
	}
	for _, issue := range verdict.Seen() {
		record(&v, issue, f.finding(issue, base))
	}
	v.Observation = endpoint.Clean(f.text("observation"), maxObservation)
	v.Text = endpoint.Clean(f.text("text"), maxText)
	v.Unsure = f.flag("unsure")
	v.Quality = f.score("score")
	return v, f.err
}

// A finding is what is known of one issue of one image.
type finding int

const (
	absent finding = iota
	present
	unknown
)

func record(v *verdict.Verdict, issue verdict.Issue, f finding) {
	switch f {
	case present:
		v.Issues = append(v.Issues, issue)
	case unknown:
		v.Unjudged = append(v.Unjudged, issue)
	}
}

// finding reads what is said of issue: a boolean under its own name, except that
// OffCharacter is asked as sameCharacter. Not asked and cannot tell are unknown.
func (f *fields) finding(issue verdict.Issue, base bool) finding {
	if issue != verdict.OffCharacter {
		if f.flag(string(issue)) {
			return present
		}
		return absent
	}
	if !base {
		return unknown
	}
	switch f.text(sameCharacter) {
	case isSame:
		return absent
	case isOther:
		return present
	case cannotTell:
	default:
		f.fail(sameCharacter, "not one of its values")
	}
	return unknown
}

// fields reads the members of one verdict and keeps the first thing wrong.
type fields struct {
	found map[string]json.RawMessage
	err   error
}

func (f *fields) fail(name, why string) {
	if f.err == nil {
		f.err = fmt.Errorf("%s: %s", name, why)
	}
}

func (f *fields) read(name string, into any, want string) {
	raw, ok := f.found[name]
	if !ok {
		f.fail(name, "missing")
		return
	}
	// null decodes into anything and changes nothing.
	if string(raw) == "null" || json.Unmarshal(raw, into) != nil {
		f.fail(name, "not "+want)
	}
}

func (f *fields) text(name string) (s string) {
	f.read(name, &s, "a text")
	return s
}

func (f *fields) flag(name string) (b bool) {
	f.read(name, &b, "true or false")
	return b
}

func (f *fields) score(name string) int {
	var n int
	f.read(name, &n, "a whole number")
	if n < verdict.WorstQuality || n > verdict.BestQuality {
		f.fail(name, "out of range")
	}
	return n
}
