package inspect_test

import (
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"
	"slices"
	"testing"

	"screentest/pkg/inspect"
	"screentest/pkg/verdict"
)

// night is a figure in the dark with a soft lamp: hardly any light, yet sound.
func night() *image.RGBA {
	img := each(scene(3, 640, 400), func(v uint8) uint8 { return v / 6 })
	lamp := image.Rect(500, 60, 560, 120)
	draw.Draw(img, lamp, image.NewUniform(color.RGBA{230, 190, 120, 255}), image.Point{}, draw.Src)
	return img
}

// lines draws strokes of one tone on paper.
func lines(paper, stroke uint8) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 640, 400))
	draw.Draw(img, img.Rect, image.NewUniform(color.Gray{paper}), image.Point{}, draw.Src)
	r := rand.New(rand.NewPCG(5, 5))
	for range 60 {
		x, y := r.IntN(600), r.IntN(390)
		draw.Draw(img, image.Rect(x, y, x+2+r.IntN(40), y+2+r.IntN(2)), image.NewUniform(color.Gray{stroke}), image.Point{}, draw.Src)
	}
	return img
}

// coloured fills a part of a drawing.
func coloured(img *image.RGBA) *image.RGBA {
	draw.Draw(img, image.Rect(80, 90, 180, 200), image.NewUniform(color.RGBA{210, 60, 50, 255}), image.Point{}, draw.Src)
	return img
}

// halved mirrors the left half over the right.
func halved(img *image.RGBA) *image.RGBA {
	right := image.Rect(img.Rect.Dx()/2, 0, img.Rect.Dx(), img.Rect.Dy())
	draw.Draw(img, right, mirror(img), right.Min, draw.Src)
	return img
}

func TestIssues(t *testing.T) {
	photo := scene(2, 640, 400)
	tests := []struct {
		name string
		img  *image.RGBA
		want []verdict.Issue
	}{
		{"photo", photo, nil},
		{"night", night(), nil},
		{"pen on white", lines(255, 10), nil},
		{"comic on white", coloured(lines(255, 10)), nil},
		{"pencil on white", lines(255, 170), nil},
		{"low contrast", lines(190, 165), nil},
		{"flat studio", each(photo, func(v uint8) uint8 { return 170 + v/8 }), nil},
		{"small", scene(2, 96, 60), []verdict.Issue{verdict.TooSmall}},
		{"out of focus", smear(photo, 9, 9), []verdict.Issue{verdict.Blurred}},
		{"moved", smear(photo, 12, 0), []verdict.Issue{verdict.Blurred}},
		{"dark", each(photo, func(v uint8) uint8 { return v / 20 }), []verdict.Issue{verdict.TooDark}},
		{"black", each(photo, func(uint8) uint8 { return 0 }), []verdict.Issue{verdict.TooDark}},
		{"bright", each(photo, func(v uint8) uint8 { return clamp(3*int(v) + 40) }), []verdict.Issue{verdict.TooBright}},
		{"mirrored halves", halved(scene(4, 640, 400)), []verdict.Issue{verdict.Symmetrical}},
		{"blank", each(photo, func(uint8) uint8 { return 128 }), []verdict.Issue{verdict.Blurred}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := mustInspect(t, asPNG(t, test.img))
			var got []verdict.Issue
			for _, f := range inspect.Issues(c, inspect.DefaultThresholds) {
				got = append(got, f.Issue)
				if f.Reason == "" {
					t.Errorf("%s without a reason", f.Issue)
				}
			}
			if !slices.Equal(got, test.want) {
				c.Texture, c.Print = nil, ""
				t.Errorf("got %v, want %v of %+v", got, test.want, c)
			}
		})
	}
}

// The same picture must be judged alike in the two sizes that sets come in.
func TestSharpnessKeepsAcrossSizes(t *testing.T) {
	for _, long := range []int{512, 1344} {
		img := scene(6, long, long*2/3)
		if s := mustInspect(t, asJPEG(t, img, 85)).Sharpness; s < inspect.DefaultThresholds.Sharpness {
			t.Errorf("sharp at %d pixels: %.3f", long, s)
		}
		if s := mustInspect(t, asJPEG(t, smear(img, long/60, long/60), 85)).Sharpness; s >= inspect.DefaultThresholds.Sharpness {
			t.Errorf("blurred at %d pixels: %.3f", long, s)
		}
	}
}
