package generate_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"screentest/pkg/generate"
	"screentest/pkg/verdict"
)

func TestCatalogueIsLargeEnough(t *testing.T) {
	count := map[verdict.Style]int{}
	for _, p := range generate.Catalogue() {
		count[p.Style]++
	}
	least := map[verdict.Style]int{verdict.Photorealistic: 15, verdict.BWStylized: 11, verdict.ColorStylized: 9}
	for style, n := range least {
		if count[style] < n {
			t.Errorf("%d prompts of style %s, want at least %d", count[style], style, n)
		}
	}
	if len(count) != len(least) {
		t.Errorf("styles %v, want those of %v", count, least)
	}
}

// Records name prompts by id, so the list of ids only grows: an id is added here
// with its prompt, and none is ever taken out.
func TestIDsAreStable(t *testing.T) {
	golden, err := os.ReadFile("testdata/ids.txt")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, p := range generate.Catalogue() {
		ids = append(ids, p.ID)
	}
	if want := strings.Fields(string(golden)); !slices.Equal(ids, want) {
		t.Errorf("ids %v\nwant %v\nof testdata/ids.txt, to which new ones are added and from which none is removed", ids, want)
	}
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Errorf("ids are not in order, or not unique: %v", ids)
	}
}

func TestIDsSayTheStyle(t *testing.T) {
	prefixes := map[verdict.Style]string{verdict.Photorealistic: "photo", verdict.BWStylized: "bw", verdict.ColorStylized: "color"}
	for _, p := range generate.Catalogue() {
		if !regexp.MustCompile(`^` + prefixes[p.Style] + `-\d\d$`).MatchString(p.ID) {
			t.Errorf("%s is of style %s", p.ID, p.Style)
		}
	}
}

// away are words that send the eyes somewhere else than to the camera.
var away = regexp.MustCompile(`(?i)\b(eyes on|gaz(e|ing) |looking (up|down|out|across|back|along|at|into|aside|where)|turned (to|aside|half away)|glancing|watching|studying|following|head (tilted|turned)|laughing at|lost profile|feeding|concentrated on)`)

func TestNobodyLooksAtTheCamera(t *testing.T) {
	for _, p := range generate.Catalogue() {
		if !away.MatchString(p.Text) {
			t.Errorf("%s does not say where the eyes are: %q", p.ID, p.Text)
		}
		for _, word := range []string{"camera", "viewer", "lens at", "centred", "centered", "symmetr", "frontal", "facing us"} {
			if strings.Contains(strings.ToLower(p.Text), word) {
				t.Errorf("%s speaks of %q", p.ID, word)
			}
		}
	}
}

// No two prompts may ask for the same picture: they share less than half of the
// longer words that are not common to all of their style.
func TestNoTwoAreAlike(t *testing.T) {
	all := generate.Catalogue()
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a.Style != b.Style {
				continue
			}
			if share := overlap(words(own(a)), words(own(b))); share >= 0.5 {
				t.Errorf("%s and %s share %.0f %% of their words: %q, %q", a.ID, b.ID, 100*share, own(a), own(b))
			}
		}
	}
}

// own returns what follows the sentence that all prompts of a style begin with.
func own(p generate.Prompt) string {
	_, rest, _ := strings.Cut(p.Text, ". ")
	return rest
}

func words(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if len(w) > 3 {
			set[w] = true
		}
	}
	return set
}

func overlap(a, b map[string]bool) float64 {
	both := 0
	for w := range a {
		if b[w] {
			both++
		}
	}
	return float64(both) / float64(max(1, min(len(a), len(b))))
}
