package evaluation_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"screentest/pkg/evaluation"
	"screentest/pkg/verdict"
)

// moved is the fingerprint after n losses, each small enough for a copy; two of
// them are too much.
func moved(raw []byte, n int) []byte {
	raw = slices.Clone(raw)
	for i := range 256 {
		raw[i] += uint8(11 * n * (i%2*2 - 1))
	}
	return raw
}

// A is a copy of B and B of C, whatever the order in which that is found out. Of
// each group the first is kept, and the others are copies of it.
func TestCopiesOfCopiesAreOneGroup(t *testing.T) {
	for _, steps := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {-1, 1, 0}, {-2, 2, 0, 1, -1}, {-2, 0, 2, 1, -1}} {
		var facts []evaluation.Fact
		for group := range 2 {
			for place, n := range steps {
				file := fmt.Sprintf("%d-%d.png", place, group)
				facts = append(facts, withPrint(fact(file, verdict.Photorealistic, 8), moved(fingerprint(uint64(group)), n)))
			}
		}
		slices.SortFunc(facts, func(a, b evaluation.Fact) int { return cmp.Compare(a.Info.Key, b.Info.Key) })
		for _, image := range build(facts...).Images {
			place, group, _ := strings.Cut(strings.TrimSuffix(image.File, ".png"), "-")
			want := ""
			if place != "0" {
				want = "0-" + group + ".png"
			}
			if image.DuplicateOf != want {
				t.Errorf("steps %v: %s is a copy of %q, want %q", steps, image.File, image.DuplicateOf, want)
			}
		}
	}
}
