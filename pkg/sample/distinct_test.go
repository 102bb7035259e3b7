package sample_test

import (
	"image"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// checkDistinct expects that copies look like their originals and that no two
// other images of an actor look alike.
func checkDistinct(t *testing.T, dir string, tr truth) {
	thumbs := map[string][]float64{}
	for _, l := range tr.Images {
		if l.Decodable {
			thumbs[l.Actor+"/"+l.File] = thumb(t, filepath.Join(dir, "actors", l.Actor, "training_data", l.File))
		}
	}
	for i, a := range tr.Images {
		for _, b := range tr.Images[:i] {
			if a.Actor != b.Actor || !a.Decodable || !b.Decodable {
				continue
			}
			like := likeness(thumbs[a.Actor+"/"+a.File], thumbs[b.Actor+"/"+b.File])
			switch kind := copyOf(a, b) + copyOf(b, a); {
			case kind == "" && like > 0.93 && !related(a, b):
				t.Errorf("%s and %s of one actor look alike: %.3f", a.File, b.File, like)
			case (kind == "exact" || kind == "near") && like < 0.97:
				t.Errorf("%s copy %s does not look like %s: %.3f", kind, a.File, b.File, like)
			}
		}
	}
}

// copyOf says how a was copied from b, "" if it was not.
func copyOf(a, b labelled) string {
	for _, d := range a.Defects {
		kind, file, _ := strings.Cut(d, "_of:")
		if file == b.File {
			return strings.TrimSuffix(kind, "_duplicate")
		}
	}
	return ""
}

// related reports whether both are copies of one image.
func related(a, b labelled) bool {
	of := func(l labelled) string { _, f, _ := strings.Cut(strings.Join(l.Defects, ""), "_of:"); return f }
	return of(a) != "" && of(a) == of(b)
}

const side = 16

// thumb is the brightness in a grid of side by side cells.
func thumb(t *testing.T, file string) []float64 {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	sum, n := make([]float64, side*side), make([]float64, side*side)
	b := m.Bounds()
	for y := 0; y < b.Max.Y; y += 2 {
		for x := 0; x < b.Max.X; x += 2 {
			r, g, bl, _ := m.At(x, y).RGBA()
			at := y*side/b.Max.Y*side + x*side/b.Max.X
			sum[at] += float64(r + g + bl)
			n[at]++
		}
	}
	for i := range sum {
		sum[i] /= n[i]
	}
	return sum
}

// likeness is the correlation of two thumbs, -1 to 1.
func likeness(a, b []float64) float64 {
	var ma, mb, ab, aa, bb float64
	for i := range a {
		ma, mb = ma+a[i]/side/side, mb+b[i]/side/side
	}
	for i := range a {
		ab += (a[i] - ma) * (b[i] - mb)
		aa += (a[i] - ma) * (a[i] - ma)
		bb += (b[i] - mb) * (b[i] - mb)
	}
	return ab / math.Sqrt(aa*bb)
}
