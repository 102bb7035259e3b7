package inspect

import (
	"encoding/base64"
	"image"
	"image/color"
)

// sketchSide is the side of the square to which a picture is scaled, whatever
// its shape, for looking at it as a whole: coarse enough that a face is
// symmetrical although its halves differ in detail, fine enough that a plain
// backdrop does not decide.
const sketchSide = 64

// sketchOf takes every second row; the next is much like it.
func sketchOf(reduced *image.RGBA) *image.RGBA {
	second := colourRows(&image.RGBA{
		Pix: reduced.Pix, Stride: 2 * reduced.Stride,
		Rect: image.Rect(0, 0, reduced.Rect.Dx(), (reduced.Rect.Dy()+1)/2),
	})
	return &image.RGBA{
		Pix:    shrink(second, sketchSide, sketchSide),
		Stride: 4 * sketchSide, Rect: image.Rect(0, 0, sketchSide, sketchSide),
	}
}

// symmetry returns the correlation of the luma with its mirror image. A picture
// of one tone has none.
func symmetry(sketch *image.RGBA) float64 {
	luma := greyOf(sketch).Pix
	middle := 0.0
	for _, v := range luma {
		middle += float64(v) / float64(len(luma))
	}
	var both, own float64
	for i, v := range luma {
		d := float64(v) - middle
		both += d * (float64(luma[opposite(i, sketchSide)]) - middle)
		own += d * d
	}
	if own < float64(len(luma)) { // less than one step of deviation
		return 0
	}
	return both / own
}

// opposite returns the place of the mirror image of place i in a square.
func opposite(i, side int) int { return i - i%side + side - 1 - i%side }

// A fingerprint is the picture in a few pixels: lumaSide² of luma, then
// chromaSide² each of the blue and the red difference.
const (
	lumaSide   = 16
	chromaSide = 8
	printSize  = lumaSide*lumaSide + 2*chromaSide*chromaSide
)

// fingerprint returns 384 bytes in base64.
func fingerprint(sketch *image.RGBA) string {
	grey := greyOf(sketch)
	out := make([]uint8, printSize)
	copy(out, shrink(plane(grey.Pix, grey.Stride, sketchSide, sketchSide), lumaSide, lumaSide))
	blue := out[lumaSide*lumaSide:]
	red := blue[chromaSide*chromaSide:]
	colours := shrink(colourRows(sketch), chromaSide, chromaSide)
	for i := range chromaSide * chromaSide {
		_, blue[i], red[i] = color.RGBToYCbCr(colours[4*i], colours[4*i+1], colours[4*i+2])
	}
	return base64.StdEncoding.EncodeToString(out)
}
