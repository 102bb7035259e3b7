package inspect

import (
	"image"
	"math"
)

// Texture are the statistics from which the offline judge tells styles apart:
// one value per name of TextureNames, in that order. They are measured on the
// upright picture reduced to a long side of at most 512 pixels and rounded to
// four decimals, so that they take little room and the last bit of a processor's
// arithmetic does not show.
type Texture []float32

// TextureNames names the values of a Texture. A fitted model remembers them, and
// so notices when it meets statistics it was not fitted on.
func TextureNames() []string {
	names := make([]string, len(features))
	for i, f := range features {
		names[i] = f.name
	}
	return names
}

// texture measures a reduced, opaque picture, whose luma is grey. Whoever changes a feature or adds
// one raises Version and fits the offline judge again.
func texture(reduced *image.RGBA, grey *image.Gray) Texture {
	if reduced.Rect.Empty() {
		return make(Texture, len(features))
	}
	m := measure(reduced, grey)
	t := make(Texture, len(features))
	for i, f := range features {
		t[i] = float32(math.Round(f.of(m)*1e4) / 1e4)
	}
	return t
}

// A feature is one statistic. Shares are 0 to 1; "steps" are differences of luma
// between neighbouring pixels, 0 to 255; fine, half and quarter name the scale.
type feature struct {
	name string
	of   func(m *measured) float64
}

// features: what each measures, and why it tells styles apart.
var features = []feature{
	// Tones. A photograph fills the scale of luma; ink and flat paint use a few
	// tones, which shows as low entropy, a high peak, a jagged histogram, and two
	// clusters that explain most of the variance.
	{"luma_entropy", func(m *measured) float64 { return entropy(m.tones.luma[:]) }},
	{"luma_peak", func(m *measured) float64 { return peak(m.tones.luma[:], 5) }},
	{"luma_jagged", func(m *measured) float64 { return jagged(m.tones.luma[:]) }},
	{"luma_two_clusters", func(m *measured) float64 { return twoClusters(m.tones.luma[:]) }},
	{"luma_deviation", func(m *measured) float64 { return deviation(m.tones.luma[:]) / 128 }},
	{"black", func(m *measured) float64 { return share(m.tones.luma[:], 0, 24) }},
	{"midtone", func(m *measured) float64 { return share(m.tones.luma[:], 64, 192) }},
	{"white", func(m *measured) float64 { return share(m.tones.luma[:], 231, 256) }},

	// Colour. Little of it separates drawings in black and white from those in
	// colour. A tinted paper or a toned print has chroma but no spread of it, a
	// wash of ink has a little of both.
	{"grey", func(m *measured) float64 { return share(m.tones.chroma[:], 0, 12) }},
	{"chroma_mean", func(m *measured) float64 { return mean(m.tones.chroma[:]) / 64 }},
	{"chroma_high", func(m *measured) float64 { return quantile(m.tones.chroma[:], .9) / 64 }},
	{"chroma_spread", func(m *measured) float64 { return m.tones.chromaSpread() / 32 }},
	{"tint", func(m *measured) float64 { return m.tones.tint() / 32 }},

	// Palette, in cells of 16 levels per channel. Posters, vector art and comics
	// are made of few colours; the ten most frequent cells then hold most pixels.
	{"palette_entropy", func(m *measured) float64 { return entropy(m.tones.colours[:]) }},
	{"palette_top", func(m *measured) float64 { return top(m.tones.colours[:], 10) }},

	// Steps, fine. Flat paint has steps of exactly nothing, smooth photographic
	// tones have many of one to three levels (gradients and grain), brushwork has
	// middling ones, ink has strong ones. Kurtosis: how much of the variation is
	// in rare strong steps rather than everywhere.
	{"fine_none", func(m *measured) float64 { return share(m.fine.step[:], 0, 1) }},
	{"fine_faint", func(m *measured) float64 { return share(m.fine.step[:], 1, 4) }},
	{"fine_middling", func(m *measured) float64 { return share(m.fine.step[:], 4, 16) }},
	{"fine_clear", func(m *measured) float64 { return share(m.fine.step[:], 16, 48) }},
	{"fine_strong", func(m *measured) float64 { return share(m.fine.step[:], 48, 256) }},
	{"fine_kurtosis", func(m *measured) float64 { return math.Log2(kurtosis(m.fine.step[:])) }},

	// Steps at half the scale: the same, where grain and the traces of JPEG are
	// averaged away and strokes remain.
	{"half_none", func(m *measured) float64 { return share(m.half.step[:], 0, 1) }},
	{"half_faint", func(m *measured) float64 { return share(m.half.step[:], 1, 4) }},
	{"half_middling", func(m *measured) float64 { return share(m.half.step[:], 4, 16) }},
	{"half_clear", func(m *measured) float64 { return share(m.half.step[:], 16, 48) }},
	{"half_strong", func(m *measured) float64 { return share(m.half.step[:], 48, 256) }},
	{"half_kurtosis", func(m *measured) float64 { return math.Log2(kurtosis(m.half.step[:])) }},

	// How detail falls off with scale, in octaves of the mean step: grain, hatching
	// and screens of dots lose it fast, soft focus keeps it.
	{"falloff_half", func(m *measured) float64 { return falloff(&m.fine, &m.half) }},
	{"falloff_quarter", func(m *measured) float64 { return falloff(&m.half, &m.quarter) }},

	// Lines: pixels clearly darker, or lighter, than both neighbours two pixels
	// away. Contours, hatching and dots are made of them; photographs have few.
	{"fine_dark_lines", func(m *measured) float64 { return m.fine.of(m.fine.dark) }},
	{"fine_light_lines", func(m *measured) float64 { return m.fine.of(m.fine.light) }},
	{"half_dark_lines", func(m *measured) float64 { return m.half.of(m.half.dark) }},
	{"half_light_lines", func(m *measured) float64 { return m.half.of(m.half.light) }},

	// Blocks of 8 × 8 pixels, log2(1 + deviation of luma): how much of the picture
	// is empty, how much is busy. Paper and flat paint pull the low quantiles to
	// nothing, hatching lifts all of them, a photograph lies between.
	{"block_low", func(m *measured) float64 { return quantile(m.blocks.deviation[:], .1) / octave }},
	{"block_quarter", func(m *measured) float64 { return quantile(m.blocks.deviation[:], .25) / octave }},
	{"block_median", func(m *measured) float64 { return quantile(m.blocks.deviation[:], .5) / octave }},
	{"block_high", func(m *measured) float64 { return quantile(m.blocks.deviation[:], .9) / octave }},

	// Grain, log2(1 + 4 × mean second difference) of blocks of middling luma: film
	// and sensors leave it everywhere, a painter's surfaces have none or, on
	// canvas and paper, much.
	{"grain_low", func(m *measured) float64 { return quantile(m.blocks.grain[:], .1) / octave }},
	{"grain_median", func(m *measured) float64 { return quantile(m.blocks.grain[:], .5) / octave }},
	{"grain_high", func(m *measured) float64 { return quantile(m.blocks.grain[:], .9) / octave }},

	// Roughness, log2(1 + 16 × second difference ÷ deviation) of blocks that are not
	// empty: how much of what varies does so from pixel to pixel. Laid paint is
	// smooth between its edges, pencil and screens are rough, photographs mixed.
	{"rough_low", func(m *measured) float64 { return quantile(m.blocks.rough[:], .1) / octave }},
	{"rough_median", func(m *measured) float64 { return quantile(m.blocks.rough[:], .5) / octave }},
	{"rough_high", func(m *measured) float64 { return quantile(m.blocks.rough[:], .9) / octave }},

	// The outermost pixels. Drawings stand on paper: a light border without
	// variation, lighter than the picture inside.
	{"border_white", func(m *measured) float64 { return share(m.border[:], 216, 256) }},
	{"border_lighter", func(m *measured) float64 { return (mean(m.border[:]) - mean(m.tones.luma[:])) / 128 }},
	{"border_deviation", func(m *measured) float64 { return deviation(m.border[:]) / 128 }},
}
