package parts_test

import (
	"strings"
	"testing"

	"screentest/internal/parts"
	"screentest/pkg/settings"
)

// One key is for one address; where there are two, neither server gets the other's.
func TestOneKeyIsForOneAddress(t *testing.T) {
	const here, there = "http://judge.test/v1", "http://pictures.test/v1"
	for name, c := range map[string]struct {
		judge, judgeAt, generatorAt string
		key, pictureKey             string
		refused                     bool
	}{
		"OpenAI for both":                 {"openai", "", "", "sk-1", "", false},
		"one server for both":             {"openai", here, here, "sk-1", "", false},
		"two servers, one key":            {"openai", here, there, "sk-1", "", true},
		"a server beside OpenAI":          {"openai", here, "", "sk-1", "", true},
		"OpenAI beside a server":          {"openai", "", there, "sk-1", "", true},
		"two servers, two keys":           {"openai", here, there, "sk-1", "sk-2", false},
		"two servers that want no key":    {"openai", here, there, "", "", false},
		"nobody else that it could be of": {"offline", "", there, "sk-1", "", false},
	} {
		set := settings.Default()
		set.Judge.Name, set.Judge.BaseURL, set.Generation.BaseURL = c.judge, c.judgeAt, c.generatorAt
		_, err := parts.Source{Settings: set, Key: c.key, PictureKey: c.pictureKey}.Generator()
		if (err != nil) != c.refused {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "sk-") || !strings.Contains(err.Error(), "OPENAI_IMAGE_API_KEY") || !strings.Contains(err.Error(), `"generator": KEY`)) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}
