package inspect

import (
	"image"
	"image/color"
	"math/rand/v2"
	"slices"
	"testing"
)

// paint makes a picture by asking for the colour of each pixel.
func paint(w, h int, at func(x, y int) color.RGBA) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			p.SetRGBA(x, y, at(x, y))
		}
	}
	return p
}

func opaque(r, g, b int) color.RGBA {
	clamp := func(v int) uint8 { return uint8(min(max(v, 0), 255)) }
	return color.RGBA{clamp(r), clamp(g), clamp(b), 255}
}

// photo is a smooth, grainy gradient in colour.
func photo(w, h int) *image.RGBA {
	r := rand.New(rand.NewPCG(1, 2))
	return paint(w, h, func(x, y int) color.RGBA {
		grain := int(r.NormFloat64() * 2)
		return opaque(40+160*x/w+grain, 50+120*y/h+grain, 90+grain)
	})
}

// hatching is black strokes on white paper, with a border.
func hatching(w, h int) *image.RGBA {
	return paint(w, h, func(x, y int) color.RGBA {
		if min(x, y, w-1-x, h-1-y) > h/20 && (x+y)%6 < 3 {
			return opaque(20, 20, 20)
		}
		return opaque(250, 250, 250)
	})
}

// poster is large patches of few colours.
func poster(w, h int) *image.RGBA {
	ink := []color.RGBA{opaque(200, 40, 30), opaque(30, 60, 120), opaque(240, 220, 160)}
	return paint(w, h, func(x, y int) color.RGBA { return ink[(x*4/w+y*3/h)%3] })
}

func value(t *testing.T, texture Texture, name string) float32 {
	t.Helper()
	i := slices.Index(TextureNames(), name)
	if i < 0 {
		t.Fatalf("no feature %q", name)
	}
	return texture[i]
}

// Every feature has an order of the three pictures that it exists to produce.
func TestTextureTellsPicturesApart(t *testing.T) {
	pictures := map[string]Texture{
		"photo": textureOf(photo(400, 300)), "hatching": textureOf(hatching(400, 300)), "poster": textureOf(poster(400, 300)),
	}
	tests := []struct{ feature, more, less string }{
		{"luma_entropy", "photo", "hatching"},
		{"luma_peak", "hatching", "photo"},
		{"luma_jagged", "poster", "photo"},
		{"luma_two_clusters", "hatching", "photo"},
		{"luma_deviation", "hatching", "photo"},
		{"black", "hatching", "photo"},
		{"midtone", "photo", "hatching"},
		{"white", "hatching", "photo"},
		{"grey", "hatching", "poster"},
		{"chroma_mean", "poster", "hatching"},
		{"chroma_high", "poster", "photo"},
		{"chroma_spread", "poster", "hatching"},
		{"tint", "poster", "hatching"},
		{"palette_entropy", "photo", "poster"},
		{"palette_top", "poster", "photo"},
		{"fine_none", "poster", "photo"},
		{"fine_faint", "photo", "poster"},
		{"fine_middling", "photo", "poster"},
		{"fine_clear", "poster", "photo"},
		{"fine_strong", "hatching", "poster"},
		{"fine_kurtosis", "poster", "hatching"},
		{"half_none", "poster", "photo"},
		{"half_faint", "photo", "poster"},
		{"half_strong", "hatching", "photo"},
		{"half_kurtosis", "poster", "photo"},
		{"falloff_half", "hatching", "poster"},
		{"fine_dark_lines", "hatching", "poster"},
		{"fine_light_lines", "hatching", "photo"},
		{"half_dark_lines", "hatching", "photo"},
		{"block_low", "photo", "poster"},
		{"block_quarter", "hatching", "poster"},
		{"block_median", "hatching", "photo"},
		{"block_high", "hatching", "photo"},
		{"grain_low", "photo", "poster"},
		{"grain_median", "photo", "poster"},
		{"rough_median", "photo", "poster"},
		{"border_white", "hatching", "photo"},
		{"border_lighter", "hatching", "photo"},
		{"border_deviation", "poster", "hatching"},
	}
	for _, test := range tests {
		more, less := value(t, pictures[test.more], test.feature), value(t, pictures[test.less], test.feature)
		if more <= less {
			t.Errorf("%s: %s has %v, %s has %v: want more", test.feature, test.more, more, test.less, less)
		}
	}
}

// The stored values of an unchanged picture must not change without notice.
func TestTextureIsPinned(t *testing.T) {
	want := Texture{
		6.5787, 0.0749, 0.2389, 0.6842, 0.1923, 0, 0.972, 0, 0.0215, 0.9827, 1.607, 1.4178,
		0.6616, 6.4086, 0.1536, 0.0298, 0.6832, 0.287, 0, 0, 1.402, 0.0027, 0.664, 0.3333,
		0, 0, 0.6177, -0.1542, -0.9554, 0, 0, 0, 0, 2.2764, 2.3194, 2.3611,
		2.4309, 3.5375, 3.8125, 4.025, 3.4938, 3.75, 3.9775, 0, 0.0056, 0.2692,
	}
	got := textureOf(photo(64, 48))
	close := func(a, b float32) bool { return max(a, b)-min(a, b) < 2e-4 }
	if !slices.EqualFunc(got, want, close) {
		t.Errorf("the statistics of a picture changed: raise Version, fit the offline judge again, then pin\n%v", got)
	}
}

// A picture has nearly the same texture at half the size or a little longer.
func TestTextureDependsLittleOnSize(t *testing.T) {
	tolerance := map[string]float32{"fine_strong": .2, "grey": .05, "luma_entropy": .5, "border_white": .1, "palette_top": .1, "midtone": .1}
	for name, draw := range map[string]func(w, h int) *image.RGBA{"photo": photo, "poster": poster} {
		large, small := textureOf(draw(512, 384)), textureOf(draw(400, 300))
		for feature, most := range tolerance {
			a, b := value(t, large, feature), value(t, small, feature)
			if max(a, b)-min(a, b) > most {
				t.Errorf("%s: %s is %v at 512 pixels and %v at 400", name, feature, a, b)
			}
		}
	}
}

func TestTextureOfOddPictures(t *testing.T) {
	flat := func(x, y int) color.RGBA { return opaque(128, 128, 128) }
	for _, size := range []image.Point{{0, 0}, {1, 1}, {1, 500}, {500, 1}, {3, 3}, {7, 9}, {512, 2}} {
		got := textureOf(paint(size.X, size.Y, flat))
		if len(got) != len(features) {
			t.Errorf("%v: %d values, want %d", size, len(got), len(features))
		}
		for i, v := range got {
			if v != v || v > 100 || v < -100 {
				t.Errorf("%v: %s is %v", size, features[i].name, v)
			}
		}
	}
}

func BenchmarkTexture(b *testing.B) {
	for name, p := range map[string]*image.RGBA{"photo": photo(512, 293), "hatching": hatching(512, 293)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				textureOf(p)
			}
		})
	}
}

func textureOf(p *image.RGBA) Texture { return texture(p, greyOf(p)) }
