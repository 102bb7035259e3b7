package openai

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// The dialects a server may speak; see Config.Dialect.
const (
	DialectOpenAI     = "openai"     // OpenAI's own, and gateways to its models
	DialectCompatible = "compatible" // Ollama, llama.cpp, LM Studio, vLLM
	DialectPlain      = "plain"      // servers that refuse a schema
)

// A dialect says which fields an endpoint understands. Most refuse a request for
// a field they do not know.
type dialect struct {
	oldMaxTokens bool // max_tokens where the others say max_completion_tokens
	schema       bool // response_format json_schema, strict; else json_object and the schema as text
	seed         bool
	detail       bool
	effort       bool // reasoning_effort
	tier         bool // service_tier
	store        bool
	safety       bool // safety_identifier
}

var dialects = map[string]dialect{
	DialectOpenAI:     {schema: true, seed: true, detail: true, effort: true, tier: true, store: true, safety: true},
	DialectCompatible: {oldMaxTokens: true, schema: true, seed: true},
	DialectPlain:      {oldMaxTokens: true},
}

// A model of OpenAI's behind another address is behind a gateway, which passes
// everything on. The open-weight gpt-oss is not among them.
var openAIModel = regexp.MustCompile(`^(gpt-\d|o\d)`)

func chooseDialect(c Config, official bool) (dialect, error) {
	name := c.Dialect
	switch {
	case name != "":
	case official || openAIModel.MatchString(c.Model):
		name = DialectOpenAI
	default:
		name = DialectCompatible
	}
	d, ok := dialects[name]
	if !ok {
		return d, fmt.Errorf("unknown dialect %q: give one of %v", name, slices.Sorted(maps.Keys(dialects)))
	}
	return d, nil
}
