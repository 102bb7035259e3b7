package offline

import (
	"math"
	"math/rand/v2"
)

// A technique is a way of drawing or painting: it replaces the picture by its
// rendering.
type technique func(c *canvas, r *rand.Rand)

// inks are the techniques in black and white; sketch uses one of them.
var inks = []technique{pen, woodcut, screen, cutout, pencil}

func sketch(c *canvas, r *rand.Rand) {
	expose(c, between(r, 0.42, 0.58), 1)
	inks[r.IntN(len(inks))](c, r)
}

// pen draws contours, and shades by layers of hatching.
func pen(c *canvas, r *rand.Rand) {
	tone, contour := c.luma().blurred(c.pixels(1.5)), contours(c, 0.010)
	first := between(r, 0, math.Pi)
	var layers [3]func(x, y float32) float32
	for k := range layers {
		layers[k] = stripes(first+float32(k)*0.9, between(r, 4.5, 6.5))
	}
	c.each(func(x, y float32, i int) {
		ink := contour.v[i]
		for k, stripe := range layers {
			dark := 0.62 - 0.2*float32(k) - tone.v[i]
			ink = max(ink, step(-0.15, 0.15, stripe(x, y)-1+2.2*clamp(dark*2.2)))
		}
		c.grey(i, 0.97-0.92*ink)
	})
}

// woodcut cuts lines that swell where it is dark, and follow the tones.
func woodcut(c *canvas, r *rand.Rand) {
	tone, contour := c.luma().blurred(c.pixels(2)), contours(c, 0.012)
	stripe := stripes(between(r, 0, math.Pi), between(r, 6, 9))
	bend := between(r, 6, 14)
	c.each(func(x, y float32, i int) {
		t := tone.v[i]
		ink := step(-0.2, 0.2, stripe(x+bend*t, y-bend*t)+1.1-2.6*t)
		c.grey(i, 0.95-0.9*max(ink, contour.v[i]))
	})
}

// screen prints dots that grow where it is dark.
func screen(c *canvas, r *rand.Rand) {
	tone, contour := c.luma().blurred(c.pixels(1.5)), contours(c, 0.012)
	dot := dotted(r, between(r, 5, 8))
	c.each(func(x, y float32, i int) {
		ink := step(-0.15, 0.15, dot(x, y)+0.95-2*tone.v[i])
		c.grey(i, 0.98-0.95*max(ink, contour.v[i]))
	})
}

// cutout lays few even greys and draws the contours.
func cutout(c *canvas, r *rand.Rand) {
	simplify(c, c.pixels(between(r, 3, 5)))
	tone, contour := c.luma(), contours(c, 0.012)
	levels := float32(2 + r.IntN(3))
	c.each(func(_, _ float32, i int) {
		c.grey(i, level(tone.v[i], levels)*(1-0.95*contour.v[i]))
	})
}

// pencil rubs slanting strokes onto rough paper.
func pencil(c *canvas, r *rand.Rand) {
	tone, contour := c.luma().blurred(c.pixels(1.2)), contours(c, 0.008)
	angle := between(r, 0, math.Pi)
	strokes, tooth := newGrit(r, angle, 16, 1.8), newGrit(r, 0, 1.3, 1.3)
	c.each(func(x, y float32, i int) {
		dark := clamp(1 - 1.25*tone.v[i])
		rub := step(0.35, 0.75, strokes.at(x, y)+0.3*tooth.at(x, y)-0.55+0.9*dark) * (0.4 + 0.6*dark)
		c.grey(i, 0.98-0.85*max(rub, contour.v[i]))
	})
}
