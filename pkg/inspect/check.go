package inspect

import "image"

// check measures the reduced, upright picture.
func check(reduced *image.RGBA) Checks {
	grey := greyOf(reduced)
	sketch := sketchOf(reduced)
	c := exposure(grey)
	c.Saturation, c.Grey = colour(reduced)
	c.Sharpness = sharpness(grey)
	c.Symmetry = symmetry(sketch)
	c.Print = fingerprint(sketch)
	c.Texture = texture(reduced, grey)
	return c
}

// greyOf returns the luma of each pixel, by the weights of Rec. 601 as in JPEG.
func greyOf(img *image.RGBA) *image.Gray {
	out := image.NewGray(img.Rect)
	for i := range out.Pix {
		p := img.Pix[4*i : 4*i+4 : 4*i+4]
		out.Pix[i] = uint8((77*uint32(p[0]) + 150*uint32(p[1]) + 29*uint32(p[2]) + 128) >> 8)
	}
	return out
}

// Luma at which detail is lost, of 255; JPEG blurs the very ends.
const (
	black = 2
	white = 253
)

// sampled is the distance of the rows on which distributions are measured.
const sampled = 4

// exposure measures the distribution of luma, in every fourth row.
func exposure(grey *image.Gray) Checks {
	var bins [256]int32
	w := grey.Rect.Dx()
	for y := 0; y < grey.Rect.Dy(); y += sampled {
		for _, v := range grey.Pix[y*w:][:w] {
			bins[v]++
		}
	}
	h := bins[:]
	return Checks{
		Brightness:  mean(h) / 255,
		Contrast:    deviation(h) / 255,
		Shadows:     quantile(h, 0.002) / 256,
		Highlights:  quantile(h, 0.99) / 256,
		ClippedLow:  share(h, 0, black+1),
		ClippedHigh: share(h, white, 256),
	}
}

// A picture has colour if in more than this share of its pixels the channels
// differ by more than tinted of 255. A toned print stays grey.
const (
	tinted   = 24
	coloured = 0.01
)

// colour measures how far the channels differ, in every fourth row.
func colour(img *image.RGBA) (saturation float64, grey bool) {
	var bins [256]int32
	w := img.Rect.Dx()
	for y := 0; y < img.Rect.Dy(); y += sampled {
		row := img.Pix[4*y*w:][:4*w]
		for x := range w {
			p := row[4*x : 4*x+4 : 4*x+4]
			bins[max(p[0], p[1], p[2])-min(p[0], p[1], p[2])]++
		}
	}
	return mean(bins[:]) / 255, share(bins[:], tinted+1, 256) <= coloured
}
