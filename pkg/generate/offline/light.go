package offline

import "math/rand/v2"

// A light says how much of itself reaches a place, 0 to 1; places are in units.
type light func(x, y float32) float32

// lights are the kinds of light, each drawn at random within a w × h picture.
var lights = []func(w, h float32, r *rand.Rand) light{sidelight, lamp, blinds, window, leaves}

// illuminate relights the picture. That is what most of all makes each another
// picture to the finder of copies: one strong light of a warm or cold colour,
// another weaker one of the opposite colour, and what is left in the shadow.
func illuminate(c *canvas, r *rand.Rand) {
	w, h := float32(c.w)/c.unit(), float32(c.h)/c.unit()
	kinds := r.Perm(len(lights))
	key, fill := lights[kinds[0]](w, h, r), lights[kinds[1]](w, h, r)
	dark, strength := between(r, 0.35, 0.6), between(r, 0.15, 0.45)
	warm := side(r) * between(r, 0.05, 0.16)
	c.each(func(x, y float32, i int) {
		a, b := key(x, y), strength*fill(x, y)
		red, green, blue := c.get(i)
		t := warm * (a - b - 0.3)
		level := dark + a + b
		c.set(i, red*level*(1+t), green*level, blue*level*(1-t))
	})
}

// sidelight falls off from one side to the other.
func sidelight(w, h float32, r *rand.Rand) light {
	along := direction(r)
	reach := between(r, 0.25, 0.7) * max(w, h)
	middle := between(r, -0.2, 0.2) * max(w, h)
	return func(x, y float32) float32 {
		d := along(x-w/2, y-h/2) - middle
		return step(-reach/2, reach/2, d)
	}
}

// lamp is a round pool of light off the middle.
func lamp(w, h float32, r *rand.Rand) light {
	cx, cy := w*(0.5+side(r)*between(r, 0.12, 0.4)), h*between(r, 0.1, 0.75)
	radius := between(r, 0.3, 0.6) * max(w, h)
	return func(x, y float32) float32 {
		dx, dy := x-cx, y-cy
		d := 1 - (dx*dx+dy*dy)/(radius*radius)
		return max(d, 0) * max(d, 0)
	}
}

// blinds throw bars of shadow.
func blinds(w, h float32, r *rand.Rand) light {
	along := direction(r)
	width, phase := between(r, 70, 170), between(r, 0, 170)
	open := between(r, -0.3, 0.3)
	return func(x, y float32) float32 {
		return step(-0.5, 0.5, wave((along(x, y)+phase)/width)-open)
	}
}

// window throws a slanting patch of light, divided by a bar.
func window(w, h float32, r *rand.Rand) light {
	cx, cy := w*between(r, 0.25, 0.75), h*between(r, 0.2, 0.7)
	halfW, halfH := w*between(r, 0.2, 0.35), h*between(r, 0.25, 0.45)
	slant := side(r) * between(r, 0.2, 0.6)
	return func(x, y float32) float32 {
		dy := y - cy
		dx := x - cx - slant*dy
		inside := step(0, 20, halfW-abs(dx)) * step(0, 20, halfH-abs(dy))
		return inside * step(2, 10, abs(dx)) * step(2, 10, abs(dy+halfH/4))
	}
}

// leaves let light through in patches.
func leaves(_, _ float32, r *rand.Rand) light {
	var waves [4]func(x, y float32) float32
	for i := range waves {
		along, width, phase := direction(r), between(r, 60, 170), between(r, 0, 1)
		waves[i] = func(x, y float32) float32 { return wave(along(x, y)/width + phase) }
	}
	return func(x, y float32) float32 {
		sum := float32(0)
		for _, wave := range waves {
			sum += wave(x, y)
		}
		return step(-1.2, 1.8, sum)
	}
}

func abs(v float32) float32 { return max(v, -v) }
