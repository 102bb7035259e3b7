package picture_test

import (
	"bytes"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"screentest/pkg/sample/picture"
	"screentest/pkg/verdict"
)

func somebody(seed uint64) picture.Person {
	return picture.NewPerson(rand.New(rand.NewPCG(seed, 1)), seed%2 == 0, 30, int(seed))
}

func shot(style picture.Style, place int) picture.Shot {
	return picture.Shot{Width: 96, Height: 72, Style: style, Place: picture.Place(place),
		Framing: picture.Framing(place % picture.Framings), Left: place%2 == 0, Seed: uint64(place)}
}

// Pictures are painted on used canvases; nothing of the picture before may show.
func TestRenderDependsOnNothingButItsArguments(t *testing.T) {
	for _, s := range verdict.Styles() {
		for _, style := range picture.Styles(s) {
			for place := range picture.Places {
				first := picture.Render(somebody(1), shot(style, place))
				picture.Render(somebody(2), shot(picture.FlatVector, (place+3)%picture.Places))
				second := picture.Render(somebody(1), shot(style, place))
				if !bytes.Equal(first.Pix, second.Pix) {
					t.Errorf("%s %s: two renderings differ", style, picture.Place(place))
				}
			}
		}
	}
}

// What a style looks like to a program that has only pixels.
func TestStylesLookLikeWhatTheyAre(t *testing.T) {
	for _, s := range verdict.Styles() {
		for _, style := range picture.Styles(s) {
			for place := range picture.Places {
				sh := shot(style, place)
				sh.Width, sh.Height = 160, 160
				m := picture.Render(somebody(uint64(place)), sh)
				mean, levels, grey := measure(m)
				if grey != sh.Grey() {
					t.Errorf("%s %s: grey is %v", style, sh.Place, grey)
				}
				if low, high := bounds(style); mean < low || mean > high {
					t.Errorf("%s %s: mean brightness %.2f outside %.2f to %.2f", style, sh.Place, mean, low, high)
				}
				if style == picture.Photo && levels < 130 {
					t.Errorf("%s %s: only %d tones for a photograph", style, sh.Place, levels)
				}
			}
		}
	}
}

// bounds are the mean brightness below which a picture counts as too dark and
// above which as too bright.
func bounds(s picture.Style) (low, high float64) {
	if s == picture.PhotoNight {
		return 0.05, 0.4
	}
	return 0.15, 0.95
}

func measure(m *image.RGBA) (mean float64, levels int, grey bool) {
	var seen [256]bool
	grey = true
	for i := 0; i < len(m.Pix); i += 4 {
		r, g, b := m.Pix[i], m.Pix[i+1], m.Pix[i+2]
		grey = grey && r == g && g == b
		luma := 0.299*float64(r) + 0.587*float64(g) + 0.114*float64(b)
		seen[int(math.Round(luma))] = true
		mean += luma / 255
	}
	for _, s := range seen {
		if s {
			levels++
		}
	}
	return mean / float64(len(m.Pix)/4), levels, grey
}

func TestPersonInWords(t *testing.T) {
	for seed := range uint64(50) {
		p := somebody(seed)
		if p.Face() == "" || p.Outfit() == "" {
			t.Fatalf("person %d has no words: %q, %q", seed, p.Face(), p.Outfit())
		}
	}
}

func BenchmarkRender(b *testing.B) {
	for _, style := range []picture.Style{picture.Photo, picture.PenInk, picture.Watercolor} {
		b.Run(string(style), func(b *testing.B) {
			s := shot(style, int(picture.Street))
			s.Width, s.Height = 640, 368
			for b.Loop() {
				picture.Render(somebody(1), s)
			}
		})
	}
}
