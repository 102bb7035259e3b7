package inspect

import (
	"image"
	"image/color"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestShrinkIsTheMeanOfTheArea compares the fast sums with plain ones, for all
// sizes and also where a row does not fill its last word.
func TestShrinkIsTheMeanOfTheArea(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{1, 4}).Draw(t, "n")
		sw, sh := rapid.IntRange(1, 20).Draw(t, "sw"), rapid.IntRange(1, 20).Draw(t, "sh")
		w, h := rapid.IntRange(1, 24).Draw(t, "w"), rapid.IntRange(1, 24).Draw(t, "h")
		pix := rapid.SliceOfN(rapid.Byte(), sw*sh*n, sw*sh*n).Draw(t, "pix")
		src := rows{sw, sh, n, func(y int) []uint8 { return pix[y*sw*n:][:sw*n] }}
		rounding := float64(sh) / float64(h) / 2 // the weight of a row is off by up to 1/256
		got := shrink(src, w, h)
		for i, v := range got {
			want := areaMean(pix, sw, sh, n, w, h, i/n%w, i/n/w, i%n)
			if math.Abs(float64(v)-want) > 2+rounding {
				t.Fatalf("value %d is %d, want %.2f", i, v, want)
			}
		}
	})
}

func areaMean(pix []uint8, sw, sh, n, w, h, x, y, channel int) float64 {
	overlap := func(i, at, from, to int) float64 { // of source pixel i with target pixel at
		return math.Max(0, math.Min(float64(i+1), float64((at+1)*from)/float64(to))-math.Max(float64(i), float64(at*from)/float64(to)))
	}
	var sum, area float64
	for v := range sh {
		for u := range sw {
			part := overlap(u, x, sw, w) * overlap(v, y, sh, h)
			sum += part * float64(pix[(v*sw+u)*n+channel])
			area += part
		}
	}
	return sum / area
}

func TestShrinkKeepsWhiteAtTheLargestSides(t *testing.T) {
	line := make([]uint8, maxSide)
	for i := range line {
		line[i] = 255
	}
	for _, src := range []rows{plane(line, maxSide, maxSide, 1), plane(line, 1, 1, maxSide)} {
		for _, size := range [][2]int{{1, 1}, {512, 1}, {1, 512}, {7, 3}} {
			for i, v := range shrink(src, size[0], size[1]) {
				if v != 255 {
					t.Fatalf("%d × %d to %v: value %d is %d", src.w, src.h, size, i, v)
				}
			}
		}
	}
}

// TestReduceReadsEverySubsampling: brightness and colour come from the right
// samples whatever the layout of the planes.
func TestReduceReadsEverySubsampling(t *testing.T) {
	for ratio := image.YCbCrSubsampleRatio444; ratio <= image.YCbCrSubsampleRatio410; ratio++ {
		for _, size := range []image.Point{{1, 1}, {37, 23}, {601, 399}} {
			img := image.NewYCbCr(image.Rectangle{Max: size}, ratio)
			y, cb, cr := color.RGBToYCbCr(200, 100, 50)
			fill(img.Y, y)
			fill(img.Cb, cb)
			fill(img.Cr, cr)
			for i, v := range reduce(img).Pix {
				want := []uint8{200, 100, 50, 255}[i%4]
				if max(v, want)-min(v, want) > 2 {
					t.Fatalf("%v at %v: byte %d is %d, want %d", ratio, size, i, v, want)
				}
			}
		}
	}
}

func fill(plane []uint8, v uint8) {
	for i := range plane {
		plane[i] = v
	}
}

func FuzzHeaders(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x22Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"))
	f.Add([]byte("\xff\xd8\xff\xff\xff\xe1\x00\x10Exif\x00\x00MM\x00*\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if n := Footprint(data); n < 0 {
			t.Errorf("decoding takes %d bytes", n)
		}
		if o := orientation(data); o < 1 || o > 8 {
			t.Errorf("orientation %d", o)
		}
		if o := tiffOrientation(data); o < 1 || o > 8 {
			t.Errorf("orientation %d of a bare block", o)
		}
	})
}
