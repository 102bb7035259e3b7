package picture

import (
	"math"
	"math/rand/v2"
)

// lines returns, for each pixel, how much of it a drawn outline covers. The
// outlines run along the edges of surfaces, wobble by that many pixels and are
// weight pixels thick.
func (c *canvas) lines(weight int, wobble float32) []float32 {
	edge := make([]bool, len(c.pix))
	at := func(x, y int) uint16 { return c.id[min(y, c.h-1)*c.w+min(x, c.w-1)] }
	for y := range c.h {
		for x := range c.w {
			here := at(x, y)
			if here != at(x+1, y) || here != at(x, y+1) {
				c.stroke(edge, x, y, weight, wobble)
			}
		}
	}
	return c.smooth(edge)
}

// stroke marks a dot of the line through x, y.
func (c *canvas) stroke(edge []bool, x, y, weight int, wobble float32) {
	fx, fy := float32(x), float32(y)
	x += int(math.Round(float64(wobble * noise(c.noise, fx*0.35+c.seed, fy*0.35))))
	y += int(math.Round(float64(wobble * noise(c.noise, fx*0.35, fy*0.35+c.seed))))
	for dy := range weight {
		for dx := range weight {
			px, py := x+dx, y+dy
			if px >= 0 && py >= 0 && px < c.w && py < c.h {
				edge[py*c.w+px] = true
			}
		}
	}
}

// smooth rounds the jags of a mask of whole pixels.
func (c *canvas) smooth(mask []bool) []float32 {
	out := make([]float32, len(mask))
	for y := 1; y < c.h-1; y++ {
		for x := 1; x < c.w-1; x++ {
			at := y*c.w + x
			n := float32(0)
			for _, d := range [...]int{-1, 1, -c.w, c.w} {
				if mask[at+d] {
					n += 0.15
				}
			}
			if mask[at] {
				n += 0.7
			}
			out[at] = min(n, 1)
		}
	}
	return out
}

// strokes are parallel lines gap pixels apart, drawn by hand.
type strokes struct {
	c    *canvas
	x, y float32 // across the lines, to the gap
	gap  float32
}

// hatching draws strokes at angle a.
func (c *canvas) hatching(a, gap float32) strokes {
	sin, cos := math.Sincos(float64(a))
	return strokes{c, float32(cos) / gap, float32(sin) / gap, gap}
}

// ink is how much of it is at a place: the darker the tone, the thicker the lines.
func (s strokes) ink(x, y, dark float32) float32 { return s.shifted(x, y, 0, dark) }

// shifted is ink with the lines moved by a share of the gap.
func (s strokes) shifted(x, y, by, dark float32) float32 {
	if dark <= 0 {
		return 0
	}
	across := x*s.x + y*s.y + by + 0.35*noise(s.c.noise, x*0.12+s.c.seed, y*0.12)
	d := across - float32(math.Floor(float64(across))) - 0.5
	if d < 0 {
		d = -d
	}
	return clamp((dark*0.5 - d) * s.gap)
}

// paper is white with the faintest tooth.
func (c *canvas) paper(x, y, tooth float32) float32 {
	return 0.975 - tooth*(0.5+0.5*noise(c.noise, x*1.3, y*1.3+c.seed))
}

// margin is 1 inside a picture whose edge is torn or brushed, 0 outside.
func (c *canvas) margin(x, y, width, rough float32) float32 {
	d := min(min(x, float32(c.w)-x), min(y, float32(c.h)-y))
	d += rough * noise(c.noise, x*0.3+c.seed, y*0.3)
	return clamp(d - width)
}

func (c *canvas) penInk(r *rand.Rand) {
	outline := c.lines(1, 2.2)
	a, gap := 0.5+r.Float32(), 4+2*r.Float32()
	first, second, third := c.hatching(a, gap), c.hatching(a+1.4, gap), c.hatching(a+0.7, gap*0.9)
	width := 6 + 12*r.Float32()
	c.tone(func(t tint, x, y float32) tint {
		dark := 1 - t.luma()
		ink := max(outline[int(y)*c.w+int(x)], first.ink(x, y, (dark-0.15)*1.1))
		ink = max(ink, second.ink(x, y, (dark-0.38)*1.3))
		ink = max(ink, third.ink(x, y, (dark-0.6)*2))
		v := mix(c.paper(x, y, 0.01), 0.05, ink*c.margin(x, y, width, 9))
		return grey(v)
	})
}

func (c *canvas) graphite(r *rand.Rand) {
	outline := c.lines(1, 1.6)
	pencil := c.hatching(0.6+0.5*r.Float32(), 3.4)
	width := 4 + 10*r.Float32()
	c.tone(func(t tint, x, y float32) tint {
		dark := 1 - t.luma()
		stroke := 0.55 + 0.45*pencil.ink(x, y, 1) - 0.35*hash(int(x), int(y), 3)
		lead := 0.9*dark*stroke + 0.25*dark*dark
		lead = max(lead, 0.62*outline[int(y)*c.w+int(x)]*(0.7+0.3*noise(c.noise, x*0.8, y*0.8)))
		v := c.paper(x, y, 0.05) - lead*c.margin(x, y, width, 14)
		return grey(v)
	})
}

func (c *canvas) woodcut(r *rand.Rand) {
	outline := c.lines(2, 1.2)
	gouge := c.hatching(1.2+0.4*r.Float32(), 5+2.5*r.Float32())
	width := 5 + 8*r.Float32()
	c.tone(func(t tint, x, y float32) tint {
		at := int(y)*c.w + int(x)
		flow := float32(c.id[at]%5)*0.35 + 2.5*noise(c.noise, x*0.04+c.seed, y*0.04)
		dark := ramp(0.15, 0.8, 1-t.luma())
		ink := max(outline[at], gouge.shifted(x, y, flow, dark*1.15-0.08))
		v := mix(0.965, 0.045, ink*c.margin(x, y, width, 6))
		return grey(v)
	})
}

func (c *canvas) monoVector(r *rand.Rand) {
	outline := c.lines(1+r.IntN(2), 0)
	tones := []float32{0.07, 0.32, 0.58, 0.82, 0.97}
	shift := 0.1 * (r.Float32() - 0.5)
	c.tone(func(t tint, x, y float32) tint {
		v := tones[min(int(clamp(t.luma()+shift)*5), 4)]
		v = mix(v, 0.07, outline[int(y)*c.w+int(x)])
		return grey(v)
	})
}

func (c *canvas) halftone(r *rand.Rand) {
	outline := c.lines(2, 0.8)
	gap := 5 + r.Float32()
	c.tone(func(t tint, x, y float32) tint {
		dark := ramp(0.1, 0.85, 1-t.luma())
		ink := max(outline[int(y)*c.w+int(x)], dot(x, y, gap, dark))
		v := mix(0.97, 0.05, ink)
		return grey(v)
	})
}

// dot is the ink of a printing screen turned by 45°, its dots as large as the
// tone is dark.
func dot(x, y, gap, dark float32) float32 {
	u, v := (x+y)/(gap*math.Sqrt2), (x-y)/(gap*math.Sqrt2)
	u -= float32(math.Floor(float64(u))) + 0.5
	v -= float32(math.Floor(float64(v))) + 0.5
	r := float32(math.Sqrt(float64(u*u + v*v)))
	return clamp((0.72*float32(math.Sqrt(float64(dark))) - r) * gap)
}
