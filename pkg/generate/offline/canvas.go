package offline

import (
	"image"
	"image/draw"
	"math/rand/v2"
)

// A plane holds one value per pixel, row by row, from 0 to 1 for what is shown.
type plane struct {
	w, h int
	v    []float32
}

func newPlane(w, h int) plane { return plane{w, h, make([]float32, w*h)} }

// A spot is a place between four pixels: the index of the upper left one, the
// distances to the others, and how far off it is.
type spot struct {
	i, right, down int
	fx, fy         float32
}

// spot finds a place; beyond the edge it is on the edge.
func (p plane) spot(x, y float32) spot {
	x, y = min(max(x, 0), float32(p.w-1)), min(max(y, 0), float32(p.h-1))
	ix, iy := min(int(x), max(p.w-2, 0)), min(int(y), max(p.h-2, 0))
	return spot{iy*p.w + ix, min(1, p.w-1), min(1, p.h-1) * p.w, x - float32(ix), y - float32(iy)}
}

// at interpolates between the four pixels.
func (p plane) at(s spot) float32 {
	v := p.v[s.i:]
	return mix(mix(v[0], v[s.right], s.fx), mix(v[s.down], v[s.down+s.right], s.fx), s.fy)
}

// blurred returns the mean of the squares that reach radius pixels around each
// pixel, the edges going on for ever.
func (p plane) blurred(radius int) plane {
	across, out := newPlane(p.w, p.h), newPlane(p.w, p.h)
	share := 1 / float32(2*radius+1)
	for y := range p.h {
		in, row := p.row(y), across.row(y)
		var sum float32
		for x := -radius; x <= radius; x++ {
			sum += in[within(x, p.w)]
		}
		for x := range row {
			row[x] = sum * share
			sum += in[within(x+radius+1, p.w)] - in[within(x-radius, p.w)]
		}
	}
	sums := make([]float32, p.w)
	for y := -radius; y <= radius; y++ {
		for x, v := range across.row(y) {
			sums[x] += v
		}
	}
	for y := range p.h {
		row, enters, leaves := out.row(y), across.row(y+radius+1), across.row(y-radius)
		for x := range row {
			row[x] = sums[x] * share
			sums[x] += enters[x] - leaves[x]
		}
	}
	return out
}

// row returns a row, the nearest one for a y outside.
func (p plane) row(y int) []float32 { return p.v[within(y, p.h)*p.w:][:p.w] }

func within(i, n int) int { return min(max(i, 0), n-1) }

// A canvas is a picture in the making: a plane each of red, green and blue.
type canvas struct {
	w, h   int
	colour [3]plane
}

func newCanvas(w, h int) *canvas {
	return &canvas{w, h, [3]plane{newPlane(w, h), newPlane(w, h), newPlane(w, h)}}
}

func newCanvasOf(img image.Image) *canvas {
	size := img.Bounds().Size()
	pixels := image.NewRGBA(image.Rect(0, 0, size.X, size.Y))
	draw.Draw(pixels, pixels.Rect, img, img.Bounds().Min, draw.Src)
	c := newCanvas(size.X, size.Y)
	for i := range c.w * c.h {
		p := pixels.Pix[4*i:]
		c.set(i, float32(p[0])/255, float32(p[1])/255, float32(p[2])/255)
	}
	return c
}

// image returns the finished picture.
func (c *canvas) image() *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, c.w, c.h))
	for i := range c.w * c.h {
		for k := range c.colour {
			out.Pix[4*i+k] = uint8(clamp(c.colour[k].v[i])*255 + 0.5)
		}
		out.Pix[4*i+3] = 255
	}
	return out
}

// luma returns the brightness, by the weights of Rec. 601.
func (c *canvas) luma() plane {
	out := newPlane(c.w, c.h)
	r, g, b := c.colour[0].v, c.colour[1].v, c.colour[2].v
	for i := range out.v {
		out.v[i] = 0.299*r[i] + 0.587*g[i] + 0.114*b[i]
	}
	return out
}

// unit is how many pixels one is at a long side of 512, the size at which
// pictures are looked at: lines and dots scale with it.
func (c *canvas) unit() float32 { return float32(max(c.w, c.h)) / 512 }

// pixels returns a length in units as a whole number of pixels, at least one.
func (c *canvas) pixels(units float32) int { return max(1, int(units*c.unit()+0.5)) }

// each calls f for every pixel with its place in units and its index.
func (c *canvas) each(f func(x, y float32, i int)) {
	u := 1 / c.unit()
	for y := range c.h {
		for x := range c.w {
			f(float32(x)*u, float32(y)*u, y*c.w+x)
		}
	}
}

// set colours a pixel.
func (c *canvas) set(i int, r, g, b float32) {
	c.colour[0].v[i], c.colour[1].v[i], c.colour[2].v[i] = r, g, b
}

func (c *canvas) get(i int) (r, g, b float32) {
	return c.colour[0].v[i], c.colour[1].v[i], c.colour[2].v[i]
}

// grey sets a pixel without colour.
func (c *canvas) grey(i int, v float32) { c.set(i, v, v, v) }

func mix(a, b, t float32) float32 { return a + (b-a)*t }

func clamp(v float32) float32 { return min(max(v, 0), 1) }

// step rises smoothly from 0 at a to 1 at b.
func step(a, b, v float32) float32 {
	t := clamp((v - a) / (b - a))
	return t * t * (3 - 2*t)
}

// between draws a number from a to b.
func between(r *rand.Rand, a, b float32) float32 { return mix(a, b, r.Float32()) }

// side draws -1 or 1.
func side(r *rand.Rand) float32 { return float32(1 - 2*r.IntN(2)) }
