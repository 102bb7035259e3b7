package picture

import (
	"math"
	"math/rand/v2"
)

// flatten cuts the light into steps and keeps the colours: what is left are the
// flat areas of a vector drawing.
func (c *canvas) flatten(steps, vivid float32) {
	for i, t := range c.pix {
		y := max(t.luma(), 0.02)
		level := (float32(int(clamp(y)*steps*0.999)) + 0.5) / steps
		c.pix[i] = t.scale(level / y).saturate(vivid)
	}
}

// lift opens the shadows, as an illustrator would: a dark face keeps its features.
func (c *canvas) lift() {
	c.tone(func(t tint, _, _ float32) tint {
		y := max(t.luma(), 0.01)
		return t.scale(float32(1 / math.Sqrt(math.Sqrt(float64(y)))))
	})
}

func (c *canvas) flatVector() { c.flatten(6, 1.35); c.round(10) }

// round leaves n tones to each channel.
func (c *canvas) round(n float32) {
	step := func(v float32) float32 { return float32(int(clamp(v)*n+0.5)) / n }
	for i, t := range c.pix {
		c.pix[i] = tint{step(t.r), step(t.g), step(t.b)}
	}
}

func (c *canvas) comic(r *rand.Rand) {
	outline := c.lines(2, 0.9)
	shade := make([]float32, len(c.pix))
	for i, t := range c.pix {
		shade[i] = ramp(0.2, 0.7, 1-t.luma())
	}
	c.flatten(4, 1.7)
	gap := 5 + 1.5*r.Float32()
	white := 5 + 6*r.Float32()
	c.tone(func(t tint, x, y float32) tint {
		at := int(y)*c.w + int(x)
		t = t.scale(1.12).mix(t.scale(0.55), 0.7*dot(x, y, gap, shade[at]*shade[at]*0.7))
		t = t.mix(rgb(0x14121a), outline[at])
		return rgb(0xfbf7ec).mix(t, c.margin(x, y, white, 0))
	})
}

func (c *canvas) watercolor(r *rand.Rand) {
	pencil := c.lines(1, 2.5)
	c.flatten(7, 1.25)
	c.bleed(3.5)
	flat := append([]tint(nil), c.pix...)
	c.blur(2)
	paper := rgb(0xf7f2e6)
	width := 10 + 10*r.Float32()
	c.tone(func(t tint, x, y float32) tint {
		at := int(y)*c.w + int(x)
		rim := t.luma() - flat[at].luma() // pigment gathers where a wash ends
		pool := 0.09*noise(c.noise, x*0.12+c.seed, y*0.12) + 0.05*noise(c.noise, x*1.1, y*1.1)
		wash := t.mix(flat[at], 0.7).mix(paper, 0.3).scale(1 - 1.6*max(rim, 0) + pool)
		wash = wash.mix(rgb(0x4a4440), 0.8*pencil[at])
		return paper.scale(1-0.03*noise(c.noise, x, y)).mix(wash, c.margin(x, y, width, 16))
	})
}

// bleed moves every pixel a little, so that edges run as they do in wet paint.
func (c *canvas) bleed(far float32) {
	src := c.before()
	c.tone(func(_ tint, x, y float32) tint {
		sx := x + far*noise(c.noise, x*0.5+c.seed, y*0.5)
		sy := y + far*noise(c.noise, x*0.5, y*0.5+c.seed)
		return src[min(max(int(sy), 0), c.h-1)*c.w+min(max(int(sx), 0), c.w-1)]
	})
}

var inks = [][4]tint{
	{rgb(0x16233f), rgb(0xb5372f), rgb(0xe3a94b), rgb(0xf4e9cf)},
	{rgb(0x10302f), rgb(0x2d7d74), rgb(0xe58f4a), rgb(0xf6ecd6)},
	{rgb(0x2b1a3d), rgb(0x8a3b72), rgb(0xef8a62), rgb(0xfbe6c4)},
	{rgb(0x1d2a1b), rgb(0x4f7a3a), rgb(0xcfb84a), rgb(0xf3efd8)},
}

// poster prints the scene with four inks.
func (c *canvas) poster(r *rand.Rand) {
	ink := pick(r, inks)
	c.blur(1)
	low, mid, high := 0.27+0.06*r.Float32(), 0.47+0.06*r.Float32(), 0.68+0.06*r.Float32()
	width := 8 + 8*r.Float32()
	c.tone(func(t tint, x, y float32) tint {
		l := t.luma()
		col := ink[0].mix(ink[1], clamp((l-low)*60))
		col = col.mix(ink[2], clamp((l-mid)*60))
		col = col.mix(ink[3], clamp((l-high)*60))
		return ink[3].mix(col, c.margin(x, y, width, 0))
	})
}

// gouache lays the scene down in opaque areas with ragged edges, the hairs of
// the brush showing in each stroke.
func (c *canvas) gouache(r *rand.Rand) {
	c.flatten(6, 1.5)
	c.bleed(5)
	slant, long := 0.3*(r.Float32()-0.5), 14+6*r.Float32()
	c.tone(func(t tint, x, y float32) tint {
		bend := 4 * noise(c.noise, x*0.15+c.seed, y*0.15)
		across := y + slant*x + bend + 200
		stroke := int(across / 5)
		along := int((x + long*hash(stroke, 0, 5)) / long)
		hairs := hash(int(across), along, 13) - 0.5
		return t.scale(1 + 0.14*(hash(stroke, along, 11)-0.5) + 0.12*hairs)
	})
}
