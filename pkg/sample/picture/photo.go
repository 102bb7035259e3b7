package picture

import "math/rand/v2"

// finish turns the painted scene into the shot's style.
func (s Shot) finish(c *canvas, r *rand.Rand) {
	if !s.photographic() {
		c.lift()
	}
	switch s.Style {
	case PenInk:
		c.penInk(r)
	case Graphite:
		c.graphite(r)
	case Woodcut:
		c.woodcut(r)
	case MonoVector:
		c.monoVector(r)
	case Halftone:
		c.halftone(r)
	case Comic:
		c.comic(r)
	case FlatVector:
		c.flatVector()
	case Watercolor:
		c.watercolor(r)
	case Poster:
		c.poster(r)
	case Gouache:
		c.gouache(r)
	default:
		c.develop(r, s.Style)
	}
}

// develop adds what lens, sensor and print add to a scene.
func (c *canvas) develop(r *rand.Rand, s Style) {
	c.soften()
	if s == PhotoBW {
		c.tone(func(t tint, _, _ float32) tint { y := ramp(-0.12, 1.05, t.luma()); return grey(y) })
	}
	exposure := 0.94 + 0.14*r.Float32()
	noisy := float32(0.022)
	if s == PhotoNight {
		noisy = 0.03
	}
	salt := r.Uint32()
	c.tone(func(t tint, x, y float32) tint {
		u, v := 2*x/float32(c.w)-1, 2*y/float32(c.h)-1
		vignette := 1 - 0.13*(u*u+v*v)
		g := noisy * (hash(int(x), int(y), salt) - 0.5) * (0.6 + hash(int(y), int(x), salt))
		t = t.scale(exposure * vignette)
		return tint{shoulder(t.r) + g, shoulder(t.g) + g, shoulder(t.b) + g}
	})
}

// shoulder rolls highlights off instead of clipping them.
func shoulder(x float32) float32 {
	if x > 0.8 {
		return 0.8 + 0.2*(1-1/(1+(x-0.8)*5))
	}
	return max(x, 0.012)
}

// tone replaces every pixel by a function of it and its place.
func (c *canvas) tone(f func(t tint, x, y float32) tint) {
	for y := range c.h {
		for x := range c.w {
			at := y*c.w + x
			c.pix[at] = f(c.pix[at], float32(x), float32(y))
		}
	}
}

// soften mixes in a little of the neighbours, as a lens does; no edge in a
// photograph is a pixel wide.
func (c *canvas) soften() {
	src := c.before()
	for y := range c.h {
		up, down := max(y-1, 0)*c.w, min(y+1, c.h-1)*c.w
		for x := range c.w {
			left, right := max(x-1, 0), min(x+1, c.w-1)
			around := src[up+x].plus(src[down+x]).plus(src[y*c.w+left]).plus(src[y*c.w+right])
			c.pix[y*c.w+x] = src[y*c.w+x].mix(around.scale(0.25), 0.5)
		}
	}
}
