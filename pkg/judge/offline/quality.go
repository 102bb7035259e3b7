package offline

import (
	"math"

	"screentest/pkg/inspect"
	"screentest/pkg/verdict"
)

// quality maps measurements to WorstQuality to BestQuality. Each of six parts is
// 0 to 1 and rises (never falls) as one thing gets better; they are multiplied,
// because a picture is as good as its worst fault: one that is black is not
// mended by being sharp.
//
//	sharpness    none at 0.1, all at 0.6, on the scale of inspect: a blur of 0.7 % of the long side
//	             has 0.2, a crisp photograph 0.6
//	light        none where 99 % of the pixels are below 0.05, all at 0.35: a night picture has lights
//	contrast     none at a deviation of 0, all at 0.12
//	clipping     none with 60 % of the pixels burnt out or black, all with 20 %; not asked of a
//	             drawing in black and white, whose paper is white and whose ink is black
//	resolution   none at a shorter side of 96 pixels, all at 512, by octaves
//	certainty    0.8 to 1: a picture that might be of another style is a worse example of this one
func quality(c inspect.Checks, style verdict.Style, sure float64) int {
	clipped := max(c.ClippedHigh, c.ClippedLow)
	if style == verdict.BWStylized {
		clipped = 0
	}
	good := rise(c.Sharpness, 0.1, 0.6) *
		rise(c.Highlights, 0.05, 0.35) *
		rise(c.Contrast, 0, 0.12) *
		(1 - rise(clipped, 0.2, 0.6)) *
		rise(math.Log2(float64(max(min(c.Width, c.Height), 1))), math.Log2(96), 9) *
		(0.8 + 0.2*min(max(sure, 0), 1))
	return verdict.WorstQuality + int(math.Round(good*(verdict.BestQuality-verdict.WorstQuality)))
}

// rise grows evenly from 0 at none and below to 1 at all and above.
func rise(v, none, all float64) float64 {
	return min(max((v-none)/(all-none), 0), 1)
}
