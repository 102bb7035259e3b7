package openai

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	openai "github.com/sashabaranov/go-openai"

	"screentest/pkg/cost"
	"screentest/pkg/endpoint"
	"screentest/pkg/judge"
)

const maxAnswer = 4 << 20 // bytes; an honest answer has under 100 KB

// terms: a question is cheap, so it is repeated when its answer is lost.
func terms(price cost.Price) endpoint.Terms {
	return endpoint.Terms{
		Bill:      func(answer []byte) (cost.Usage, bool) { return bill(answer, price) },
		MaxAnswer: maxAnswer,
		Errors:    endpoint.Errors{Halt: judge.ErrHalt, Refused: judge.ErrRefused, Input: errAnswer, Unavailable: judge.ErrUnavailable},
		Keyless:   "judge without a model with --judge offline",
		NotFound:  "check judge.model and the base URL",
	}
}

// bill reads the report on tokens.
func bill(answer []byte, price cost.Price) (used cost.Usage, ok bool) {
	var said struct {
		Usage openai.Usage `json:"usage"`
	}
	_ = json.Unmarshal(answer, &said) // what is no report says nothing
	report := said.Usage
	if report.PromptTokens <= 0 || report.CompletionTokens < 0 {
		return used, false
	}
	used.InputTokens, used.OutputTokens = report.PromptTokens, report.CompletionTokens
	if details := report.PromptTokensDetails; details != nil {
		used.CachedTokens = min(max(details.CachedTokens, 0), used.InputTokens)
	}
	used.USD = price.USD(used)
	return used, true
}

// send asks and returns the answer, and what all attempts used in any case.
func (j *Judge) send(ctx context.Context, request openai.ChatCompletionRequest, bound float64, images int) (openai.ChatCompletionResponse, cost.Usage, error) {
	x := j.endpoint.Begin(bound, images)
	d := &doer{exchange: x, unstored: j.dialect.store}
	config := openai.DefaultConfig("") // the endpoint has the key
	config.BaseURL = j.endpoint.BaseURL()
	config.HTTPClient = d
	response, err := openai.NewClientWithConfig(config).CreateChatCompletion(ctx, request)
	if err != nil && d.answered { // and yet the client could not decode it
		err = fmt.Errorf("%w: %w", errAnswer, err)
	}
	return response, x.Usage(), err
}

// A doer is what the client calls instead of an http.Client.
type doer struct {
	exchange *endpoint.Exchange
	unstored bool // say that the question is not to be stored
	answered bool
}

func (d *doer) Do(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	if d.unstored {
		body = withoutStoring(body)
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	response, err := d.exchange.Do(request)
	d.answered = err == nil
	return response, err
}

// withoutStoring adds the field that the client leaves out when it is false;
// left out, the service stores questions and answers for some accounts.
func withoutStoring(body []byte) []byte {
	return append([]byte(`{"store":false,`), body[1:]...)
}
