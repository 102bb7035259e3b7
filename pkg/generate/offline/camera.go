package offline

import (
	"math"
	"math/rand/v2"
)

// shapes are the width and the height of pictures, as shares of the long side.
var shapes = [][2]float32{{1, 0.575}, {1, 1}, {0.69, 1}, {0.8, 1}}

// shoot photographs the base image anew: another frame, another light.
func shoot(base *canvas, long int, r *rand.Rand) *canvas {
	c := newFrame(base, long, r).look(base)
	illuminate(c, r)
	return c
}

// A frame says which part of the base image is seen: a pixel (x, y) off the
// middle of the picture is the one at the centre plus the turned (x, y) / scale.
type frame struct {
	w, h             int
	scale            float32
	centreX, centreY float32
	sin, cos         float32
}

// newFrame draws a frame from over full length to about half. The figure, which
// a portrait has in the middle, stands off it; the frame is tilted a little. What
// it sees above and beside the base image is more of the backdrop, below there
// is none, for that is where the figure may be cut.
func newFrame(base *canvas, long int, r *rand.Rand) frame {
	shape := shapes[r.IntN(len(shapes))]
	f := frame{w: int(shape[0] * float32(long)), h: int(shape[1] * float32(long))}
	view := between(r, 0.55, 1.12)
	tall, wide := float32(base.h), float32(base.w)
	f.scale = float32(f.h) / (view * tall)
	f.centreY = tall * min(view/2+between(r, -0.06, 0.10), 1-view/2)
	seen := float32(f.w) / f.scale
	off := between(r, 0.10, 0.22) * min(seen, 1.3*wide)
	f.centreX = wide/2 + side(r)*off
	sin, cos := math.Sincos(float64(side(r) * between(r, 0.01, 0.07)))
	f.sin, f.cos = float32(sin), float32(cos)
	return f
}

// look returns what the frame sees.
func (f frame) look(base *canvas) *canvas {
	out := newCanvas(f.w, f.h)
	for y := range f.h {
		for x := range f.w {
			dx, dy := (float32(x)-float32(f.w)/2)/f.scale, (float32(y)-float32(f.h)/2)/f.scale
			bx, by := f.centreX+f.cos*dx-f.sin*dy, f.centreY+f.sin*dx+f.cos*dy
			s := base.colour[0].spot(bx, by)
			out.set(y*f.w+x, base.colour[0].at(s), base.colour[1].at(s), base.colour[2].at(s))
		}
	}
	return out
}

// develop finishes a photograph: well exposed, crisp, with the grain of a sensor.
func develop(c *canvas, r *rand.Rand) {
	expose(c, between(r, 0.30, 0.52), between(r, 0.82, 0.98))
	sharpen(c, between(r, 1.1, 1.6))
	grain := between(r, 0.012, 0.03)
	c.each(func(_, _ float32, i int) {
		n := grain * (r.Float32() + r.Float32() - 1)
		red, green, blue := c.get(i)
		c.set(i, red+n, green+n, blue+n)
	})
}

// sharpen lifts what differs from its surroundings, the same in all colours: the
// base image is small, and near views of it would pass for blurred.
func sharpen(c *canvas, amount float32) {
	luma := c.luma()
	soft := luma.blurred(c.pixels(1.5))
	for k := range c.colour {
		for i := range c.colour[k].v {
			c.colour[k].v[i] += amount * (luma.v[i] - soft.v[i])
		}
	}
}

// expose sets the tones so that their mean is about middle and the lightest are at
// white, as whoever prints a picture does.
func expose(c *canvas, middle, white float32) {
	low, high, mean := spread(c.luma())
	gamma := math.Log(float64(middle)) / math.Log(float64(mean))
	var curve [1025]float32
	for i := range curve {
		curve[i] = white * float32(math.Pow(float64(i)/1024, gamma))
	}
	for _, p := range c.colour {
		for i, v := range p.v {
			p.v[i] = curve[int(clamp((v-low)/(high-low))*1024)]
		}
	}
}

// spread returns about the darkest and the lightest value that count, which are
// never the same, and where the mean lies between them, never at an end.
func spread(p plane) (low, high, mean float32) {
	var bins [256]int
	for _, v := range p.v {
		bins[int(clamp(v)*255)]++
	}
	low = 0.7 * quantile(bins, len(p.v)/100)
	high = max(quantile(bins, len(p.v)*99/100), low+1./64)
	var sum float32
	for _, v := range p.v {
		sum += clamp((v - low) / (high - low))
	}
	return low, high, min(max(sum/float32(len(p.v)), 0.02), 0.98)
}

// quantile returns the value below which n pixels lie, 0 to 1.
func quantile(bins [256]int, n int) float32 {
	for v, count := range bins {
		if n -= count; n < 0 {
			return float32(v) / 255
		}
	}
	return 1
}
