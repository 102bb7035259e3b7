package evaluation_test

import (
	"fmt"
	"testing"

	"screentest/pkg/evaluation"
	"screentest/pkg/settings"
	"screentest/pkg/verdict"
)

// BenchmarkIdenticalImages builds the evaluation of a large set that is one picture
// again and again: every image is a copy of every other.
func BenchmarkIdenticalImages(b *testing.B) {
	for _, n := range []int{250, 1000, 2000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f := evaluation.Facts{Actor: "ada"}
			for i := range n {
				image := withPrint(fact(fmt.Sprintf("%d.png", i), verdict.Photorealistic, 8), fingerprint(1))
				image.SHA256 = "the same"
				f.Images = append(f.Images, image)
			}
			for b.Loop() {
				if e := evaluation.Build(f, settings.Default()); len(e.Plan.Delete) != n-1 {
					b.Fatalf("%d of %d go", len(e.Plan.Delete), n)
				}
			}
		})
	}
}
