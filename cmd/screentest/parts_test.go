package main

import (
	"testing"

	"screentest/pkg/settings"
)

// What may be sent where is decided from these, in internal/parts.
func TestEveryKeyHasAVariable(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "sk-judge")
	t.Setenv("OPENAI_IMAGE_API_KEY", "sk-generator")
	if s := source(settings.Default(), "data", nil); s.Key != "sk-judge" || s.PictureKey != "sk-generator" {
		t.Errorf("the judge is given %q, the generator %q", s.Key, s.PictureKey)
	}
}
