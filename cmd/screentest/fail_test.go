package main

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

func TestFailuresSayWhatToDo(t *testing.T) {
	inner := hint(errors.New("no key\x1b[2J"), "set OPENAI_API_KEY\nor say --judge offline")
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"plain":   {errors.New("no"), "error: no\n"},
		"hinted":  {inner, "error: no key\uFFFD[2J\nhint: set OPENAI_API_KEY\nhint: or say --judge offline\n"},
		"wrapped": {usageError{fmt.Errorf("evaluate: %w", hint(inner, "see --help"))}, "error: evaluate: no key\uFFFD[2J\nhint: see --help\nhint: set OPENAI_API_KEY\nhint: or say --judge offline\n"},
	} {
		var out bytes.Buffer
		if printFailure(&out, test.err); out.String() != test.want {
			t.Errorf("%s: %q, want %q", name, out.String(), test.want)
		}
	}
}
