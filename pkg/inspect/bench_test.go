package inspect_test

import (
	"bytes"
	"image"
	"testing"
)

// BenchmarkInspect measures decoding alone and the whole inspection side by
// side: what matters is the ratio of the two, which should stay under 1.3.
func BenchmarkInspect(b *testing.B) {
	// Grain so strong that the files take as many bytes as those of photographs.
	photo := scene(1, 1344, 768)
	for _, test := range []struct {
		name string
		data []byte
	}{{"png", asPNG(b, smear(photo, 1, 0))}, {"jpeg", asJPEG(b, photo, 92)}} {
		b.Run(test.name+"/decode", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := image.Decode(bytes.NewReader(test.data)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(test.name+"/inspect", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				mustInspect(b, test.data)
			}
		})
	}
}
