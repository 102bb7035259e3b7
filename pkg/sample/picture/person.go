package picture

import "math/rand/v2"

// A Person is how one actor looks, the same in every picture.
type Person struct {
	skin, hair    tint
	top, accent   tint // garment, and what is worn under it or woven into it
	bottom, shoes tint
	cut           int
	garment       int
	weave         int
	broad         float32 // half the width of the shoulders, in heads
	beard         bool
	glasses       bool
}

// Haircuts.
const (
	cropped = iota
	parted
	bob
	long
	bun
	curls
	bald
)

// Garments.
const (
	shirt = iota
	jacket
	sweater
	coat
	dress
)

// Weaves.
const (
	plain = iota
	plaid
	stripes
	knit
)

var (
	skins   = []tint{rgb(0xf0cdb4), rgb(0xe3b38f), rgb(0xc98f68), rgb(0xa56d48), rgb(0x7d4e34), rgb(0x5a3826)}
	hairs   = []tint{rgb(0x211a18), rgb(0x3b2a20), rgb(0x5f3f28), rgb(0x8a5a30), rgb(0xb98f57), rgb(0x94412a)}
	cloths  = []tint{rgb(0x2f5d73), rgb(0x8c3b3b), rgb(0x3f6b4a), rgb(0xc9a23f), rgb(0x5b4a78), rgb(0xb5674a), rgb(0x41506b), rgb(0x7c8a63), rgb(0xa44f6d), rgb(0xd8cfc0)}
	darks   = []tint{rgb(0x2b3144), rgb(0x3a342f), rgb(0x4a4f57), rgb(0x54452f), rgb(0x262626)}
	accents = []tint{rgb(0xf0ece2), rgb(0xd9c7a0), rgb(0x9fb4c4), rgb(0x2a2c33), rgb(0xc96f4a)}
)

// NewPerson draws a look at random. The darker of six complexions is 5; grey
// hair comes with age.
func NewPerson(r *rand.Rand, female bool, age, complexion int) Person {
	p := Person{
		skin: skins[complexion%len(skins)], hair: pick(r, hairs),
		top: pick(r, cloths), accent: pick(r, accents), bottom: pick(r, darks), shoes: pick(r, darks).scale(0.7),
		weave: r.IntN(4), broad: 0.93, glasses: r.IntN(4) == 0,
	}
	if complexion >= 2 {
		p.hair = hairs[r.IntN(3)]
	}
	if age > 50 {
		p.hair = p.hair.mix(rgb(0xbdbab5), clamp(float32(age-45)/22))
	}
	if female {
		p.broad = 0.8
		p.cut = pick(r, []int{parted, bob, long, long, bun, curls})
		p.garment = pick(r, []int{shirt, jacket, sweater, coat, dress})
		return p
	}
	p.cut = pick(r, []int{cropped, cropped, parted, parted, curls, bald})
	p.garment = pick(r, []int{shirt, jacket, sweater, coat})
	p.beard = r.IntN(2) == 0
	return p
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// figure paints the whole person, from the shoes up and from far to near.
func (c *canvas) figure(p Person, at pose) {
	c.legs(p, at)
	c.backHair(p, at)
	c.arm(p, at, -1)
	c.torso(p, at)
	c.neck(p, at)
	c.front(p, at)
	c.arm(p, at, 1)
	c.head(p, at)
}

func cloth(p Person) material {
	m := material{color: p.top, second: p.accent, round: 0.85, fold: 0.35, rough: 0.12}
	if p.garment == jacket || p.garment == coat {
		return m
	}
	switch p.weave {
	case plaid:
		m.pattern = func(u, v float32) float32 { return 0.35*band(u*3.5) + 0.35*band(v*5) }
	case stripes:
		m.pattern = func(_, v float32) float32 { return 0.5 * band(v*8) }
	case knit:
		m.rough = 0.2
	}
	return m
}

// band is 1 on every other half unit.
func band(x float32) float32 {
	if x -= float32(int(x+64)) - 64; x < 0.5 {
		return 1
	}
	return 0
}

func plainCloth(col tint) material {
	return material{color: col, round: 0.85, fold: 0.3, rough: 0.1}
}

func skin(p Person) material { return material{color: p.skin, round: 0.8, rough: 0.035} }

func (c *canvas) legs(p Person, at pose) {
	k := 1 - 0.3*at.turn
	shoe := material{color: p.shoes, round: 0.8}
	for _, s := range []float32{-1, 1} {
		x := 0.33 * s * k
		c.fill(at.oval(x+0.1, 6.42, 0.27, 0.13), shoe)
		leg := plainCloth(p.bottom)
		if p.garment == dress {
			leg = skin(p)
		}
		c.fill(at.limb(x, 4.5, 0.26, x*1.05, 6.2, 0.16), leg)
		c.fillSame(at.limb(x*0.9, 3.0, 0.38, x, 4.6, 0.27), leg)
	}
	switch p.garment {
	case dress:
		c.fill(at.curve(-0.6*k, 2.4, 0.6*k, 2.4, 0.95*k, 4.4, 0, 4.6, -0.95*k, 4.4), cloth(p))
	case coat:
		c.fill(at.curve(-0.7*k, 2.2, 0.7*k, 2.2, 0.78*k, 3.3, 0.84*k, 4.45, 0.72*k, 4.55, 0, 4.57, -0.72*k, 4.55, -0.84*k, 4.45, -0.78*k, 3.3), plainCloth(p.top))
	}
}

func (c *canvas) torso(p Person, at pose) {
	k := 1 - 0.28*at.turn
	b, hip := p.broad*k, p.broad*0.74*k
	c.fill(at.curve(-0.22, -0.1, -b+0.12, 0.14, -b, 0.5, -hip-0.04, 1.5, -hip+0.04, 2.2, -hip-0.06, 3.0, -hip+0.04, 3.22,
		0, 3.26, hip-0.04, 3.22, hip+0.06, 3.0, hip-0.04, 2.2, hip+0.06, 1.5, b, 0.5, b-0.12, 0.14, 0.22, -0.1), cloth(p))
}

func (c *canvas) neck(p Person, at pose) {
	c.fill(at.curve(-0.2, -0.5, 0.14, -0.5, 0.2, -0.02, 0.08, 0.16, -0.14, 0.1, -0.24, -0.06), skin(p))
	under := at.at(0.04+0.08*at.turn, -0.13)
	c.glow(under.x, under.y, 0.3*at.unit, 0.2*at.unit, p.skin.scale(0.35), 0.7)
}

// front paints what makes the garment: lapels, collar, buttons.
func (c *canvas) front(p Person, at pose) {
	if at.away {
		c.fillSame(at.curve(-0.26, -0.12, 0.26, -0.12, 0.3, 0.08, -0.3, 0.08), plainCloth(p.top.scale(0.9)))
		return
	}
	x := 0.12 + 0.16*at.turn // the middle of the chest turns with the person
	inner := plainCloth(p.accent)
	edge := plainCloth(p.top.scale(0.78))
	switch p.garment {
	case jacket, coat:
		c.fill(polygon(at.all(-0.12, 0.02, 0.24, 0.02, x+0.1, 1.9, x-0.02, 1.9)...), inner)
		c.fill(polygon(at.all(-0.2, -0.12, -0.1, -0.06, x, 1.5, x-0.34, 0.75, x-0.4, 0.5)...), edge)
		c.fill(polygon(at.all(0.2, -0.12, 0.24, -0.04, x+0.06, 1.5, x+0.3, 0.75, x+0.36, 0.5)...), edge)
		c.fill(at.limb(x+0.04, 1.6, 0.02, x, 3.0, 0.02), material{color: p.top.scale(0.45)})
	case shirt:
		c.fill(polygon(at.all(-0.26, -0.14, -0.02, 0.12, -0.26, 0.34, -0.36, 0.04)...), edge)
		c.fill(polygon(at.all(0.2, -0.14, x-0.04, 0.14, x+0.2, 0.3, 0.34, 0.04)...), edge)
		for y := float32(0.45); y < 3; y += 0.5 {
			c.fill(at.oval(x, y, 0.035, 0.035), material{color: p.accent, round: 0.8})
		}
	case sweater:
		c.fill(at.curve(-0.28, -0.12, 0.02, 0.08, 0.27, -0.12, 0.32, 0.05, 0.04, 0.24, -0.34, 0.06), edge)
	case dress:
		c.fill(at.curve(-0.2, -0.04, 0.2, -0.04, x+0.02, 0.34), skin(p))
	}
}

// Arm poses; the first two also suit a person seen from behind.
const (
	hanging = iota
	pocketed
	folded
	onHip
	holding
	armPoses
)

// arm paints the far (s = -1) or the near arm.
func (c *canvas) arm(p Person, at pose, s float32) {
	b := (p.broad - 0.14) * (1 - 0.28*at.turn) * s
	elbow, wrist := point{b * 1.22, 1.62}, point{b * 1.16, 2.75}
	hidden := false
	switch {
	case at.hands == pocketed:
		elbow, wrist, hidden = point{b * 1.5, 1.6}, point{b * 0.85, 2.6}, true
	case at.hands == folded:
		elbow, wrist = point{b * 1.25, 1.5}, point{-b * 0.55, 1.42 + 0.12*s}
	case at.hands == onHip && s > 0:
		elbow, wrist = point{b * 1.75, 1.45}, point{b * 0.95, 2.25}
	case at.hands == holding && s > 0:
		elbow, wrist = point{b * 1.3, 1.55}, point{b*0.4 + 0.2, 0.95}
	}
	sleeve := cloth(p)
	if sleeve.pattern != nil {
		sleeve.pattern = func(_, v float32) float32 { return 0.45 * band(v*4) }
	}
	if !hidden {
		c.fill(at.limb(wrist.x, wrist.y, 0.13, wrist.x+(wrist.x-elbow.x)*0.18, wrist.y+(wrist.y-elbow.y)*0.2, 0.1), skin(p))
	}
	if at.hands == holding && s > 0 {
		c.fill(polygon(at.all(wrist.x-0.1, 0.45, wrist.x+0.14, 0.45, wrist.x+0.11, 0.86, wrist.x-0.07, 0.86)...),
			material{color: rgb(0xe9e2d2), second: p.accent, round: 0.9, pattern: func(_, v float32) float32 { return band(v/2 + 0.5) }})
	}
	c.fill(at.limb(b*0.95, 0.42, 0.29, elbow.x, elbow.y, 0.2), sleeve)
	c.fillSame(at.limb(elbow.x, elbow.y, 0.2, wrist.x, wrist.y, 0.15), sleeve)
}
