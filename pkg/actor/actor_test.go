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
		{actor.Name(strings.Repeat("x", 250)), true},
		{actor.Name(strings.Repeat("x", 251)), false},
	}
	for _, test := range tests {
		if err := test.name.Validate(); (err == nil) != test.valid {
			t.Errorf("%q: %v, want valid %t", string(test.name), err, test.valid)
		}
	}
}

// Every valid name gives valid keys, and a training key gives back its parts.
func TestKeysOfAnyName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := actor.Name(rapid.String().Draw(t, "name"))
		file := rapid.String().Draw(t, "file")
		if name.Validate() != nil || store.Key(file).Validate() != nil || strings.Contains(file, "/") {
			t.Skip("not a name or not a file")
		}
		keys := []store.Key{
			actor.ManifestKey(name), actor.PromptMetadataKey(name), actor.ResponseKey(name),
			actor.EvaluationKey(name), actor.VerdictsKey(name), actor.LeaseKey(name),
		}
		for _, key := range keys {
			if err := key.Validate(); err != nil {
				t.Fatal(err)
			}
		}
		gotName, gotFile, ok := actor.ParseTrainingKey(actor.TrainingKey(name, file))
		if !ok || gotName != name || gotFile != file {
			t.Fatalf("%q, %q came back as %q, %q, %t", name, file, gotName, gotFile, ok)
		}
	})
}

func FuzzParseTrainingKey(f *testing.F) {
	for _, seed := range []string{
		"actors/Ana Maria/training_data/Ana Maria_1.png",
		"actors/../training_data/x.png",
		"actors/a/training_data/..",
		"actors/a/training_data/old/x.png",
		"actors/a/base_image/x.png",
		"actors//training_data/x.png",
		"/actors/a/training_data/x.png",
		"actors/a/training_data/",
		"screentest/evaluations/a.json",
		"",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		name, file, ok := actor.ParseTrainingKey(store.Key(key))
		if !ok {
			return
		}
		if err := name.Validate(); err != nil {
			t.Error(err)
		}
		if back := actor.TrainingKey(name, file); back != store.Key(key) {
			t.Errorf("%q came back as %q", key, back)
		}
	})
}

func TestParseTrainingKeyRefuses(t *testing.T) {
	for _, key := range []store.Key{
		"actors/../training_data/x.png",
		"actors/a/training_data/..",
		"actors/a/training_data/old/x.png",
		"actors/a/base_image/x.png",
		"actors/a/training_data/",
		"actors/training_data/x.png",
		"other/a/training_data/x.png",
		"",
	} {
		if name, file, ok := actor.ParseTrainingKey(key); ok {
			t.Errorf("%q is taken for %q of %q", key, file, name)
		}
	}
}
