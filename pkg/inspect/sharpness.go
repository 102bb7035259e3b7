package inspect

import (
	"image"
	"math"
)

// Sharpness is how much of an edge's height lies between two neighbouring
// pixels: the difference at a distance of one pixel over that at a distance of
// reach, in the direction that is worse, since a camera that moved blurs only
// one. It is a ratio, so contrast does not count; and it is taken from the square
// root of luma, about as the eye sees, so that a soft lamp does not outweigh the
// sharp figure in the dark before it.
//
// Only the steepest edges count. More pixels lie within reach of an edge than
// beside it, so the share taken of the far differences is larger; otherwise one
// bright lamp would set the far ones alone.
//
// A blur of 0.7 % of the long side, the least that is called blurred, gives about
// 0.2; a sound photograph 0.25 to 0.7, a woodcut 1. Because a picture is reduced
// to 512 pixels first, its size makes little difference.
const (
	reach        = 16
	nearQuantile = 0.998
	farQuantile  = 0.98
	faint        = 6.0 // far differences below this, of 255, are noise
)

// sharpness measures a reduced picture, on every third row: enough to meet every
// edge. A picture too small to tell is sharp.
func sharpness(grey *image.Gray) float64 {
	w, h := grey.Rect.Dx(), grey.Rect.Dy()
	if w <= reach || h <= reach {
		return 1
	}
	row := func(y int) []uint8 { return grey.Pix[y*w:][:w] }
	var across, down slopes
	for y := 0; y < h-reach; y += 3 {
		this := row(y)
		across.add(this[:w-reach], this[1:], this[reach:])
		down.add(this, row(y+1), row(y+reach))
	}
	return min(across.ratio(), down.ratio())
}

// perceived turns luma into its square root, on the same scale.
var perceived = func() (table [256]uint8) {
	for v := range table {
		table[v] = uint8(math.Sqrt(float64(v)*255) + 0.5)
	}
	return table
}()

// slopes counts differences by their size.
type slopes struct{ near, far [256]int32 }

func (s *slopes) add(from, near, far []uint8) {
	near, far = near[:len(from)], far[:len(from)]
	for i, v := range from {
		v := perceived[v]
		s.near[difference(v, perceived[near[i]])]++
		s.far[difference(v, perceived[far[i]])]++
	}
}

func (s *slopes) ratio() float64 {
	return min(1, quantile(s.near[:], nearQuantile)/max(quantile(s.far[:], farQuantile), faint))
}

func difference(a, b uint8) uint8 { return max(a, b) - min(a, b) }
