package offline

import (
	"math"
	"math/rand/v2"
)

// direction returns the distance along a line of random direction.
func direction(r *rand.Rand) func(x, y float32) float32 {
	sin, cos := math.Sincos(2 * math.Pi * r.Float64())
	return func(x, y float32) float32 { return float32(cos)*x + float32(sin)*y }
}

// wave is a smooth wave from -1 to 1 of period 1, close to a sine.
func wave(t float32) float32 {
	t -= float32(math.Floor(float64(t)))
	if t < 0.5 {
		return 16 * t * (0.5 - t)
	}
	return -16 * (t - 0.5) * (1 - t)
}

// stripes returns waves from -1 to 1 across an angle, one every pitch units.
func stripes(angle, pitch float32) func(x, y float32) float32 {
	sin, cos := math.Sincos(float64(angle))
	kx, ky := float32(cos)/pitch, float32(sin)/pitch
	return func(x, y float32) float32 { return wave(x*kx + y*ky) }
}

// dotted returns a slanting screen of dots, 1 in their middle and -1 between them.
func dotted(r *rand.Rand, pitch float32) func(x, y float32) float32 {
	angle := between(r, 0.3, 1.2)
	across, down := stripes(angle, pitch), stripes(angle+math.Pi/2, pitch)
	return func(x, y float32) float32 { return (across(x, y) + down(x, y)) / 2 }
}

// gritSide is the period of grit, a power of two.
const gritSide = 256

// grit is random texture, drawn out along a direction: strokes, or the tooth of
// paper.
type grit struct {
	values   plane
	sin, cos float32
	long     float32 // size of a grain in units, along and across
	wide     float32
}

func newGrit(r *rand.Rand, angle, long, wide float32) grit {
	g := grit{values: newPlane(gritSide+1, gritSide+1), long: long, wide: wide}
	for i := range g.values.v {
		g.values.v[i] = r.Float32()
	}
	sin, cos := math.Sincos(float64(angle))
	g.sin, g.cos = float32(sin), float32(cos)
	return g
}

// at returns 0 to 1 at a place in units.
func (g grit) at(x, y float32) float32 {
	return g.values.at(g.values.spot(wrap((g.cos*x+g.sin*y)/g.long), wrap((g.cos*y-g.sin*x)/g.wide)))
}

func wrap(v float32) float32 {
	whole := math.Floor(float64(v) / gritSide)
	return v - float32(whole)*gritSide
}
