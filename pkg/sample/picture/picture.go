// Package picture paints the pictures of the sample: a made-up person in a
// made-up place, as a photograph or as a drawing. Everything is computed from
// outlines and noise; nothing is loaded.
//
// One scene is painted in full precision with soft light. Photographs get what
// a camera adds: depth of field, vignette, grain. Drawings reduce the same scene
// to lines, hatching and few tones. The same Person and Shot give the same
// pixels on one architecture and Go release.
package picture

import (
	"image"
	"math/rand/v2"

	"screentest/pkg/verdict"
)

// A Style is a way to render a scene, finer than the three styles of a set.
type Style string

// The ways to render, by the style of a set that they belong to.
const (
	Photo      Style = "photo"
	PhotoBW    Style = "photo_bw"
	PhotoNight Style = "photo_night"

	PenInk     Style = "pen_ink"
	Graphite   Style = "graphite"
	Woodcut    Style = "woodcut"
	MonoVector Style = "mono_vector"
	Halftone   Style = "halftone"

	Comic      Style = "comic"
	FlatVector Style = "flat_vector"
	Watercolor Style = "watercolor"
	Poster     Style = "poster"
	Gouache    Style = "gouache"
)

// Styles returns the ways to render an image of the style of a set.
func Styles(of verdict.Style) []Style {
	switch of {
	case verdict.BWStylized:
		return []Style{PenInk, Graphite, Woodcut, MonoVector, Halftone}
	case verdict.ColorStylized:
		return []Style{Comic, FlatVector, Watercolor, Poster, Gouache}
	}
	return []Style{Photo, PhotoBW, PhotoNight}
}

// A Framing is how much of the person is seen.
type Framing int

// The framings, from near to far.
const (
	Close Framing = iota
	Bust
	Waist
	Knees
	Full
	Framings int = iota // how many there are
)

var framingWords = [...]string{"close-up", "head and shoulders", "waist up", "from the knees up", "full length"}

func (f Framing) String() string { return framingWords[f] }

// headShare is the height of the head as a share of the picture's.
var headShare = [...]float32{0.46, 0.33, 0.225, 0.158, 0.118}

// A Shot says what one picture shows, apart from the person.
type Shot struct {
	Width, Height int // pixels
	Style         Style
	Place         Place
	Framing       Framing
	Left          bool   // the person stands left of the middle and looks right; else the reverse
	Away          bool   // seen from behind
	Defocus       int    // pixels by which the whole picture is out of focus, 0 for a sharp one
	Seed          uint64 // everything else: light, pose, what stands where
}

// Render paints the shot.
func Render(p Person, s Shot) *image.RGBA {
	r := rand.New(rand.NewPCG(s.Seed, 0x5ce2e))
	m := drawMood(r, s.Style)
	grit := float32(0)
	if s.photographic() {
		grit = 1
	}
	c := newCanvas(s.Width, s.Height, m.light, grit, r.Float32()*200)
	view := stage{canvas: c, Rand: r, sky: m.sky, zoom: 1 + 0.22*float32(Full-s.Framing),
		horizon: float32(s.Height) * (0.42 + 0.2*r.Float32())}
	view.paint(s.Place)
	s.recede(view, m)
	at := s.stand(r)
	if s.Framing == Full {
		foot := at.at(0.2, 6.5)
		c.glow(foot.x, foot.y, at.unit*1.5, at.unit*0.22, tint{}, 0.7)
	}
	c.last++
	c.figure(p, at)
	s.finish(c, r)
	c.blur(s.Defocus)
	img := c.image()
	canvases.Put(c)
	return img
}

// photographic reports whether the shot is to look taken by a camera.
func (s Shot) photographic() bool {
	return s.Style == Photo || s.Style == PhotoBW || s.Style == PhotoNight
}

// recede sets the place off from the person: out of focus in a photograph,
// paler in a drawing.
func (s Shot) recede(v stage, m mood) {
	c := v.canvas
	if !s.photographic() {
		for i := range c.pix {
			c.pix[i] = c.pix[i].mix(tint{1, 1, 1}, 0.12)
		}
		return
	}
	for i := range c.pix {
		c.pix[i] = c.pix[i].times(m.wash)
	}
	radius := float32(s.Height) * (0.004 + 0.0035*float32(Full-s.Framing))
	if s.Style == PhotoNight {
		c.blur(int(radius*1.5) + 2)
		v.lamps(10 + v.IntN(18))
		c.blur(1)
		return
	}
	c.blur(int(radius) + 1)
}

// stand places the person in the frame.
func (s Shot) stand(r *rand.Rand) pose {
	h := float32(s.Height)
	p := pose{unit: h * headShare[s.Framing] * (0.92 + 0.16*r.Float32()), side: 1, turn: 0.38 + 0.5*r.Float32(),
		away: s.Away, hands: r.IntN(armPoses), lean: 0.05 * (r.Float32() - 0.5)}
	if s.Away {
		p.hands = r.IntN(2)
	}
	off := 0.1 + 0.12*r.Float32()
	if s.Framing <= Bust {
		off *= 0.75
	}
	if s.Width < s.Height {
		off *= 0.7
	}
	if s.Left {
		off = -off
	} else {
		p.side = -1
	}
	p.x = float32(s.Width) * (0.5 + off)
	p.y = h*(0.05+0.07*r.Float32()) + 1.28*p.unit
	if s.Framing == Full {
		p.y = h*0.95 - 6.5*p.unit
	}
	return p
}

// image rounds the canvas to bytes.
func (c *canvas) image() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, c.w, c.h))
	for i, t := range c.pix {
		at := img.Pix[i*4 : i*4+4]
		at[0], at[1], at[2], at[3] = channel(t.r), channel(t.g), channel(t.b), 255
	}
	return img
}

func channel(v float32) uint8 { return uint8(clamp(v)*255 + 0.5) }

// Grey reports whether the shot has no colour.
func (s Shot) Grey() bool {
	switch s.Style {
	case PhotoBW, PenInk, Graphite, Woodcut, MonoVector, Halftone:
		return true
	}
	return false
}
