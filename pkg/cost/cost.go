// Package cost turns what a model used into dollars and keeps a run within its
// limit. Prices come from the settings; an unknown model is an error, because a
// limit that cannot be computed cannot be kept.
package cost

// Usage is what requests to a model used. Dollars are computed when the answer
// arrives, with the prices of that moment, and never recomputed.
type Usage struct {
	Requests     int     `json:"requests"`     // every attempt, the refused ones too
	Images       int     `json:"images"`       // shown in requests that were or may have been answered; base images are not counted
	InputTokens  int     `json:"input_tokens"` // cached ones included
	CachedTokens int     `json:"cached_tokens"`
	OutputTokens int     `json:"output_tokens"`
	USD          float64 `json:"usd"`
	// Unbilled requests went out and brought no bill, because the answer was lost
	// or did not say what it used. USD holds the most they can have cost.
	Unbilled int `json:"unbilled,omitempty"`
}

// Add returns the sum of u and v.
func (u Usage) Add(v Usage) Usage {
	return Usage{
		Requests:     u.Requests + v.Requests,
		Images:       u.Images + v.Images,
		InputTokens:  u.InputTokens + v.InputTokens,
		CachedTokens: u.CachedTokens + v.CachedTokens,
		OutputTokens: u.OutputTokens + v.OutputTokens,
		USD:          u.USD + v.USD,
		Unbilled:     u.Unbilled + v.Unbilled,
	}
}

// A Price is in dollars per million tokens.
type Price struct {
	Input  float64 `yaml:"input" json:"input"`
	Cached float64 `yaml:"cached" json:"cached"`
	Output float64 `yaml:"output" json:"output"`
}

// USD returns what u costs at p. Cached tokens are part of the input tokens.
func (p Price) USD(u Usage) float64 {
	fresh := float64(u.InputTokens - u.CachedTokens)
	return (fresh*p.Input + float64(u.CachedTokens)*p.Cached + float64(u.OutputTokens)*p.Output) / 1e6
}
