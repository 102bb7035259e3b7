package offline

import "math/rand/v2"

// paints are the techniques in colour.
var paints = []technique{comic, poster, watercolour, stencil, gouache}

func paint(c *canvas, r *rand.Rand) {
	expose(c, between(r, 0.45, 0.6), 1)
	paints[r.IntN(len(paints))](c, r)
}

// comic lays flat colours and draws black contours.
func comic(c *canvas, r *rand.Rand) {
	simplify(c, c.pixels(between(r, 2.5, 4)))
	contour := contours(c, 0.012)
	flatten(c, 5, r)
	shade(c, func(_, _ float32, i int) float32 { return 1 - 0.93*contour.v[i] })
}

// poster prints few strong colours.
func poster(c *canvas, r *rand.Rand) {
	simplify(c, c.pixels(between(r, 4, 6)))
	flatten(c, 3, r)
}

// watercolour lays washes that dry darker at their edges, and stops short of the
// edge of the paper.
func watercolour(c *canvas, r *rand.Rand) {
	simplify(c, c.pixels(between(r, 4, 6)))
	contour := contours(c, 0.006)
	flatten(c, 4, r)
	pools, brush := newGrit(r, 0, 40, 40), newGrit(r, 0, 9, 9)
	w, h := float32(c.w)/c.unit(), float32(c.h)/c.unit()
	c.each(func(x, y float32, i int) {
		rim := min(x, y, w-x, h-y) - 14*brush.at(x, y)
		thin := max(0.3*step(0.4, 0.6, pools.at(x, y)), 1-step(7, 9, rim))
		for k := range c.colour {
			c.colour[k].v[i] = mix(c.colour[k].v[i]*(1-0.5*contour.v[i]), 0.98, thin)
		}
	})
}

// stencil sprays few colours through stencils, whose bridges stay white.
func stencil(c *canvas, r *rand.Rand) {
	simplify(c, c.pixels(between(r, 3, 5)))
	bridge := contours(c, 0.012)
	flatten(c, 4, r)
	c.each(func(_, _ float32, i int) {
		for k := range c.colour {
			c.colour[k].v[i] = mix(c.colour[k].v[i], 0.97, bridge.v[i])
		}
	})
}

// gouache lays opaque colours in visible strokes.
func gouache(c *canvas, r *rand.Rand) {
	simplify(c, c.pixels(between(r, 5, 7)))
	flatten(c, 4, r)
	strokes := newGrit(r, between(r, 0, 3), 22, 2.5)
	shade(c, func(x, y float32, _ int) float32 { return 0.88 + 0.24*strokes.at(x, y) })
}

// palettes are pairs of a dark and a light colour; what lies between them tints
// a painting, so that a grey backdrop becomes one of colour.
var palettes = [][2][3]float32{
	{{0.10, 0.14, 0.55}, {1.00, 0.90, 0.50}}, // night and straw
	{{0.45, 0.06, 0.40}, {1.00, 0.80, 0.55}}, // plum and peach
	{{0.03, 0.35, 0.25}, {1.00, 0.88, 0.45}}, // forest and sand
	{{0.55, 0.13, 0.04}, {0.55, 0.90, 1.00}}, // brick and sky
	{{0.02, 0.28, 0.45}, {1.00, 0.65, 0.50}}, // sea and coral
}

// flatten rounds the brightness of colours to n+1 levels, strengthens them, and
// tints them by a palette.
func flatten(c *canvas, n float32, r *rand.Rand) {
	palette, strength := palettes[r.IntN(len(palettes))], between(r, 1.3, 1.8)
	luma := c.luma()
	for i, v := range luma.v {
		flat := level(v, n)
		for k := range c.colour {
			own := flat * (1 + strength*(c.colour[k].v[i]-v)/max(v, 0.05))
			c.colour[k].v[i] = mix(clamp(own), mix(palette[0][k], palette[1][k], flat), 0.55)
		}
	}
}

// shade multiplies the colours.
func shade(c *canvas, by func(x, y float32, i int) float32) {
	c.each(func(x, y float32, i int) {
		s := by(x, y, i)
		red, green, blue := c.get(i)
		c.set(i, red*s, green*s, blue*s)
	})
}
