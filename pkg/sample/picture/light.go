package picture

import (
	"math"
	"math/rand/v2"
)

// A mood is the hour and the weather.
type mood struct {
	sky   [2]tint // high and low
	light light
	wash  tint // what it does to the place
}

// drawMood chooses the light at random; only night pictures are dark.
func drawMood(r *rand.Rand, s Style) mood {
	day := []mood{
		{sky: [2]tint{rgb(0x5b94c9), rgb(0xcfe2ee)}, wash: tint{1, 1, 1},
			light: light{key: rgb(0xfff4e2).scale(0.72), ambient: tint{0.45, 0.48, 0.53}}},
		{sky: [2]tint{rgb(0x7d8fb0), rgb(0xf3c893)}, wash: tint{1.04, 0.94, 0.84},
			light: light{key: rgb(0xffd9a3).scale(0.85), ambient: tint{0.4, 0.38, 0.42}}},
		{sky: [2]tint{rgb(0x9aa7b2), rgb(0xdadfe2)}, wash: tint{0.92, 0.95, 0.98},
			light: light{key: rgb(0xf0f4f8).scale(0.45), ambient: tint{0.6, 0.62, 0.65}}},
		{sky: [2]tint{rgb(0x4f5f92), rgb(0xe79a86)}, wash: tint{0.9, 0.82, 0.92},
			light: light{key: rgb(0xffc5a8).scale(0.75), ambient: tint{0.4, 0.38, 0.5}}},
	}
	m := pick(r, day)
	if s == PhotoNight {
		m = mood{sky: [2]tint{rgb(0x1a2440), rgb(0x46506e)}, wash: tint{0.34, 0.39, 0.52},
			light: light{key: pick(r, []tint{rgb(0xffca8a), rgb(0xffe2b8), rgb(0xa9c8ff)}).scale(0.85), ambient: tint{0.17, 0.19, 0.27}}}
	}
	m.light.x, m.light.y = 0.35+0.4*r.Float32(), -0.25-0.4*r.Float32()
	if r.IntN(2) == 0 {
		m.light.x = -m.light.x
	}
	m.light.z = float32(math.Sqrt(float64(1 - m.light.x*m.light.x - m.light.y*m.light.y)))
	return m
}

// blur softens the picture with two passes of a box, radius pixels to each side.
func (c *canvas) blur(radius int) {
	if radius < 1 {
		return
	}
	for range 2 {
		boxRows(c.spare, c.pix, c.w, radius)
		boxColumns(c.pix, c.spare, c.w, radius)
	}
}

// boxRows averages along the rows of src into dst.
func boxRows(dst, src []tint, w, radius int) {
	k := 1 / float32(2*radius+1)
	for at := 0; at < len(src); at += w {
		row := src[at : at+w]
		var sum tint
		for x := -radius; x <= radius; x++ {
			sum = sum.plus(row[min(max(x, 0), w-1)])
		}
		for x := range w {
			dst[at+x] = sum.scale(k)
			sum = sum.plus(row[min(x+radius+1, w-1)]).minus(row[max(x-radius, 0)])
		}
	}
}

// boxColumns averages along the columns, a row at a time because that is how
// memory runs.
func boxColumns(dst, src []tint, w, radius int) {
	h := len(src) / w
	k := 1 / float32(2*radius+1)
	line := func(y int) []tint { y = min(max(y, 0), h-1); return src[y*w : (y+1)*w] }
	sum := make([]tint, w)
	for y := -radius; y <= radius; y++ {
		for x, t := range line(y) {
			sum[x] = sum[x].plus(t)
		}
	}
	for y := range h {
		in, out := line(y+radius+1), line(y-radius)
		for x := range w {
			dst[y*w+x] = sum[x].scale(k)
			sum[x] = sum[x].plus(in[x]).minus(out[x])
		}
	}
}

func (t tint) minus(o tint) tint { return tint{t.r - o.r, t.g - o.g, t.b - o.b} }
