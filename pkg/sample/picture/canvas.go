package picture

import (
	"image"
	"math"
	"sync"

	"golang.org/x/image/vector"
)

// A tint is a colour, red, green and blue from 0 to 1 as a screen shows them.
type tint struct{ r, g, b float32 }

func (t tint) scale(k float32) tint { return tint{t.r * k, t.g * k, t.b * k} }

// times filters the light t through o.
func (t tint) times(o tint) tint { return tint{t.r * o.r, t.g * o.g, t.b * o.b} }

func (t tint) plus(o tint) tint { return tint{t.r + o.r, t.g + o.g, t.b + o.b} }

func (t tint) mix(o tint, k float32) tint {
	return tint{mix(t.r, o.r, k), mix(t.g, o.g, k), mix(t.b, o.b, k)}
}

func (t tint) luma() float32 { return 0.299*t.r + 0.587*t.g + 0.114*t.b }

// saturate leaves t alone at 1, takes the colour out at 0 and heightens it above.
func (t tint) saturate(k float32) tint { return grey(t.luma()).mix(t, k) }

func grey(y float32) tint { return tint{y, y, y} }

func rgb(hex uint32) tint {
	return tint{float32(hex>>16&255) / 255, float32(hex>>8&255) / 255, float32(hex&255) / 255}
}

// A canvas is the scene while it is painted: colours in full precision and, for
// the drawn styles, which surface each pixel belongs to.
type canvas struct {
	w, h  int
	pix   []tint
	spare []tint   // as long as pix, for passes that read one picture and write another
	id    []uint16 // surface; outlines run where it changes
	last  uint16   // newest surface
	light light
	grit  float32 // strength of material textures: 1 in photographs, 0 in flat drawings
	seed  float32 // where this picture cuts its noise
	noise []float32
	mask  image.Alpha
	ras   vector.Rasterizer
}

// light is a lamp far away and what the surroundings add.
type light struct {
	x, y, z      float32 // direction to the lamp, of length 1
	key, ambient tint
}

func newCanvas(w, h int, l light, grit, seed float32) *canvas {
	c := canvases.Get().(*canvas)
	c.w, c.h, c.light, c.grit, c.seed, c.noise, c.last = w, h, l, grit, seed, cloud(), 0
	if n := w * h; cap(c.pix) < n {
		c.pix, c.spare, c.id = make([]tint, n), make([]tint, n), make([]uint16, n)
	} else {
		c.pix, c.spare, c.id = c.pix[:n], c.spare[:n], c.id[:n]
	}
	return c
}

// canvases keeps the buffers of finished pictures. Whatever is left in them is
// painted over, because every place covers the whole picture.
var canvases = sync.Pool{New: func() any { return new(canvas) }}

// before returns what the picture is now, for a pass that replaces it. It is
// good until the next such pass.
func (c *canvas) before() []tint {
	copy(c.spare, c.pix)
	return c.spare
}

// A material says how a surface takes the light.
type material struct {
	color   tint
	second  tint                       // the other colour of pattern
	pattern func(u, v float32) float32 // share of second at a place of the shape; nil for none
	round   float32                    // 0 flat and unlit, 1 a ball
	fold    float32                    // depth of folds, in shares of the light
	rough   float32                    // fine texture
	across  float32                    // how much finer the texture runs across the shape than along it; 0 means alike
}

// A frame gives each point of a shape the coordinates u across and v along,
// -1 to 1 from edge to edge. Light and patterns follow it.
type frame struct {
	x, y   float32 // centre in pixels
	ux, uy float32 // u = (x-f.x)*ux + (y-f.y)*uy
	vx, vy float32
	flat   float32 // 1: v does not turn the surface, as on a cylinder
}

// fill paints a closed outline given in pixels.
func (c *canvas) fill(o outline, m material) {
	c.last++
	c.fillSame(o, m)
}

// fillSame is fill without a new surface, so that no outline is drawn between
// this shape and the one before it.
func (c *canvas) fillSame(o outline, m material) {
	box := o.bounds().Intersect(image.Rect(0, 0, c.w, c.h))
	if box.Empty() {
		return
	}
	c.rasterize(o, box)
	f := o.frame
	if f == (frame{}) {
		f = o.boxFrame()
	}
	for y := box.Min.Y; y < box.Max.Y; y++ {
		row := c.mask.Pix[(y-box.Min.Y)*c.mask.Stride:]
		for x := box.Min.X; x < box.Max.X; x++ {
			cover := row[x-box.Min.X]
			if cover == 0 {
				continue
			}
			at := y*c.w + x
			col := c.shade(f, m, float32(x), float32(y))
			if cover < 255 {
				col = c.pix[at].mix(col, float32(cover)/255)
			}
			c.pix[at] = col
			if cover > 127 {
				c.id[at] = c.last
			}
		}
	}
}

// rasterize leaves the coverage of o within box in c.mask.
func (c *canvas) rasterize(o outline, box image.Rectangle) {
	n := box.Dx() * box.Dy()
	if cap(c.mask.Pix) < n {
		c.mask.Pix = make([]uint8, n)
	}
	c.mask.Pix = c.mask.Pix[:n]
	clear(c.mask.Pix)
	c.mask.Stride, c.mask.Rect = box.Dx(), image.Rect(0, 0, box.Dx(), box.Dy())
	c.ras.Reset(box.Dx(), box.Dy())
	o.trace(&c.ras, float32(box.Min.X), float32(box.Min.Y))
	c.ras.Draw(&c.mask, c.mask.Rect, image.Opaque, image.Point{})
}

// shade is the colour of the material at a pixel.
func (c *canvas) shade(f frame, m material, x, y float32) tint {
	dx, dy := x-f.x, y-f.y
	u, v := dx*f.ux+dy*f.uy, dx*f.vx+dy*f.vy
	col := m.color
	if m.pattern != nil {
		col = col.mix(m.second, m.pattern(u, v))
	}
	texture := float32(0)
	if k := m.rough * c.grit; k > 0 {
		texture = k * c.texture(f, m, x, y, u, v)
	}
	if m.round == 0 {
		return col.scale(1 + texture)
	}
	nx, ny := u*m.round, v*m.round*(1-f.flat)
	if m.fold > 0 {
		nx += m.fold * noise(c.noise, u*14+c.seed+f.x, v*9+f.y)
	}
	return c.lit(col.scale(1+texture), nx, ny)
}

// texture is the fine noise of a surface: alike in all directions, or drawn out
// along the shape as in hair, grass and wood.
func (c *canvas) texture(f frame, m material, x, y, u, v float32) float32 {
	if m.across > 0 {
		return noise(c.noise, u*m.across+c.seed, v*4+f.x)
	}
	return noise(c.noise, x*0.9+c.seed, y*0.9) + 0.35*noise(c.noise, x*0.13+c.seed, y*0.13)
}

// lit is a colour on a surface that leans by nx, ny out of the picture plane.
func (c *canvas) lit(col tint, nx, ny float32) tint {
	s := nx*nx + ny*ny
	nz := float32(0)
	if s < 1 {
		nz = float32(math.Sqrt(float64(1 - s)))
	}
	d := max(0, nx*c.light.x+ny*c.light.y+nz*c.light.z)
	rim := 0.75 + 0.25*nz
	return col.times(c.light.ambient.plus(c.light.key.scale(d))).scale(rim)
}

// glow mixes a colour softly into the picture around a point, rx and ry away.
func (c *canvas) glow(x, y, rx, ry float32, col tint, strength float32) {
	box := image.Rect(int(x-rx), int(y-ry), int(x+rx)+1, int(y+ry)+1).Intersect(image.Rect(0, 0, c.w, c.h))
	for py := box.Min.Y; py < box.Max.Y; py++ {
		for px := box.Min.X; px < box.Max.X; px++ {
			u, v := (float32(px)-x)/rx, (float32(py)-y)/ry
			if s := 1 - u*u - v*v; s > 0 {
				at := py*c.w + px
				c.pix[at] = c.pix[at].mix(col, s*s*strength)
			}
		}
	}
}

// grade paints the rows from y0 to y1 from one colour to another, as a sky or a
// floor runs.
func (c *canvas) grade(y0, y1 float32, from, to tint) {
	c.last++
	for y := max(0, int(y0)); y < min(c.h, int(y1)+1); y++ {
		col := from.mix(to, clamp((float32(y)-y0)/(y1-y0)))
		for at := y * c.w; at < (y+1)*c.w; at++ {
			c.pix[at], c.id[at] = col, c.last
		}
	}
}

// grain roughens the whole picture so far: plaster, clouds, grass.
func (c *canvas) grain(y0, y1, sx, sy, strength float32) {
	strength *= c.grit
	if strength == 0 {
		return
	}
	for y := max(0, int(y0)); y < min(c.h, int(y1)); y++ {
		for x := range c.w {
			at := y*c.w + x
			c.pix[at] = c.pix[at].scale(1 + strength*noise(c.noise, float32(x)*sx+c.seed, float32(y)*sy))
		}
	}
}
