package actor_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"screentest/pkg/actor"
	"screentest/pkg/store"
)

func TestNameValidate(t *testing.T) {
	tests := []struct {
		name  actor.Name
		valid bool
	}{
		{"0042_black_25_female", true},
		{"Ana Maria", true},
		{"dr. no", true},
		{"...", true},
		{".hidden", true},
		{"Žofie", true},
		{"a%2Fb", true},
		{"../x", false},
		{"a/b", false},
		{"/", false},
		{".", false},
		{"..", false},
		{"", false},
		{"a\x00b", false},
		{"a\nb", false},
		{"a\u0085b", false},
		{"a\xffb", false},
		{actor.Name(strings.Repeat("x", 230)), true},
		{actor.Name(strings.Repeat("x", 231)), false},
	}
	for _, test := range tests {
		if err := test.name.Validate(); (err == nil) != test.valid {
			t.Errorf("%q: %v, want valid %t", string(test.name), err, test.valid)
		}
	}
}

// Every valid name gives valid keys.
func TestKeysOfAnyName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := actor.Name(rapid.String().Draw(t, "name"))
		file := rapid.String().Draw(t, "file")
		if name.Validate() != nil || store.Key(file).Validate() != nil || strings.Contains(file, "/") {
			t.Skip("not a name or not a file")
		}
		keys := []store.Key{
			actor.TrainingKey(name, file), actor.ManifestKey(name), actor.EvaluationKey(name), actor.VerdictsKey(name), actor.LeaseKey(name),
		}
		for _, key := range keys {
			if err := key.Validate(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
