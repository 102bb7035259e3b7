package picture

func hair(p Person) material {
	return material{color: p.hair, round: 0.7, rough: 0.45, across: 40, fold: 0.1}
}

// backHair is what falls behind the neck and shoulders.
func (c *canvas) backHair(p Person, at pose) {
	switch p.cut {
	case long:
		c.fill(at.curve(-0.1, -1.2, 0.3, -1.0, 0.36, -0.4, 0.42, 0.5, 0.1, 0.95, -0.45, 0.95, -0.58, 0.3, -0.5, -0.8), hair(p))
	case bob:
		c.fill(at.curve(-0.1, -1.18, 0.34, -1.0, 0.4, -0.4, 0.36, 0.0, -0.1, 0.06, -0.5, 0.02, -0.52, -0.7), hair(p))
	case bun:
		c.fill(at.oval(-0.42, -1.02, 0.24, 0.23), hair(p))
	case curls:
		c.curly(p, at)
	}
}

// curly is a crown of many small locks.
func (c *canvas) curly(p Person, at pose) {
	crown := at.oval(-0.05, -0.85, 0.5, 0.48)
	c.fill(crown, hair(p))
	for i := range 24 {
		x, y := hash(i, 1, 7)*2-1, hash(i, 2, 7)*2-1
		c.fillSame(crown.onto(at.oval(-0.05+0.42*x, -0.88+0.36*y, 0.17, 0.16)), lock(p, i))
	}
}

// lock is the hair of one curl, a little lighter or darker than the next.
func lock(p Person, i int) material {
	m := hair(p)
	m.color = p.hair.scale(0.85 + 0.3*hash(i, 4, 7))
	return m
}

// head paints the head turned to the right; the pose mirrors it.
func (c *canvas) head(p Person, at pose) {
	c.fill(at.skull(), skin(p))
	if !at.away {
		c.face(p, at)
	}
	ear := skin(p)
	ear.color = p.skin.scale(0.9)
	c.fill(at.skull().onto(at.oval(-0.2+0.06*at.turn, -0.6, 0.06, 0.11)), ear)
	c.frontHair(p, at)
}

// skull is the outline of the bare head.
func (p pose) skull() outline {
	t := p.turn
	return p.curve(-0.05, -1.13, 0.2, -1.08, 0.34, -0.9, 0.36, -0.66, 0.33, -0.44, 0.24+0.08*t, -0.2,
		0.08+0.12*t, -0.12, -0.1, -0.2, -0.28, -0.44, -0.38-0.05*t, -0.72, -0.34-0.05*t, -0.98)
}

// face paints features that look past the viewer: the pupils lie towards the
// side to which the head is turned.
func (c *canvas) face(p Person, at pose) {
	x := 0.08 + 0.2*at.turn // the line down the middle of the face
	far := 0.16 * (1.1 - at.turn)
	cheek := at.at(x-0.16, -0.45)
	c.glow(cheek.x, cheek.y, 0.17*at.unit, 0.13*at.unit, p.skin.mix(rgb(0xb4483c), 0.45), 0.35)
	if p.beard {
		c.stubble(p, at, x)
	}
	c.eye(p, at, x-0.17, 1)
	if at.turn < 0.8 {
		c.eye(p, at, x+far, 0.7)
	}
	side := skin(p)
	side.color = p.skin.scale(0.88)
	c.fill(at.skull().onto(at.curve(x-0.03, -0.66, x+0.04, -0.62, x+0.1+0.06*at.turn, -0.47, x-0.05, -0.43)), side)
	nostril := at.at(x+0.01, -0.42)
	c.glow(nostril.x, nostril.y, 0.08*at.unit, 0.035*at.unit, p.skin.scale(0.4), 0.9)
	lip := p.skin.mix(rgb(0x8d2f2f), 0.5).scale(0.85)
	c.fill(at.curve(x-0.13, -0.31, x-0.02, -0.335, x+0.09, -0.315, x-0.01, -0.265), material{color: lip, round: 0.6})
	c.fill(at.limb(x-0.12, -0.308, 0.008, x+0.08, -0.31, 0.007), material{color: lip.scale(0.4)})
	if p.glasses {
		c.spectacles(at, x, far)
	}
}

func (c *canvas) eye(p Person, at pose, x, width float32) {
	white := c.lit(rgb(0xe6ddd3), 0, 0)
	c.fill(at.oval(x, -0.645, 0.065*width, 0.032), material{color: white})
	c.fillSame(at.oval(x+0.028*width, -0.645, 0.03, 0.032), material{color: p.hair.scale(0.5)})
	c.fillSame(at.limb(x-0.07*width, -0.66, 0.009, x+0.07*width, -0.675, 0.011), material{color: p.hair.scale(0.4)})
	c.fill(at.limb(x-0.08*width, -0.755, 0.014, x+0.08*width, -0.765, 0.022), material{color: p.hair.scale(0.6), round: 0.3})
}

func (c *canvas) stubble(p Person, at pose, x float32) {
	m := hair(p)
	m.color = p.skin.mix(p.hair, 0.75)
	c.fill(at.curve(-0.26, -0.5, -0.16, -0.42, x-0.16, -0.37, x+0.04, -0.4, x+0.14, -0.34, x+0.14, -0.2, x, -0.09, -0.08, -0.16), m)
}

func (c *canvas) spectacles(at pose, x, far float32) {
	rim := material{color: rgb(0x24211f)}
	for _, e := range []float32{x - 0.17, x + far} {
		for i := range 12 {
			a, b := circle[i], circle[(i+1)%12]
			c.fillSame(at.limb(e+0.11*a.x, -0.64+0.085*a.y, 0.012, e+0.11*b.x, -0.64+0.085*b.y, 0.012), rim)
		}
	}
	c.fillSame(at.limb(x-0.28, -0.66, 0.012, -0.18, -0.66, 0.012), rim)
}

// circle has twelve points on the unit circle.
var circle = [12]point{{1, 0}, {0.866, 0.5}, {0.5, 0.866}, {0, 1}, {-0.5, 0.866}, {-0.866, 0.5},
	{-1, 0}, {-0.866, -0.5}, {-0.5, -0.866}, {0, -1}, {0.5, -0.866}, {0.866, -0.5}}

// frontHair is the hair over forehead and temples, or the back of the head.
func (c *canvas) frontHair(p Person, at pose) {
	m := hair(p)
	if p.cut == bald {
		return
	}
	if at.away {
		c.fill(at.curve(-0.05, -1.2, 0.26, -1.12, 0.4, -0.85, 0.34, -0.4, 0.1, -0.22, -0.22, -0.24, -0.42, -0.5, -0.44, -0.95), m)
		return
	}
	switch p.cut {
	case cropped:
		m.color = p.skin.mix(p.hair, 0.85)
		c.fill(at.curve(-0.05, -1.17, 0.22, -1.12, 0.33, -0.96, 0.12, -0.98, -0.08, -0.86, -0.16, -0.62, -0.3, -0.42,
			-0.43, -0.72, -0.38, -1.02), m)
	case curls:
		for i := range 9 {
			f := float32(i) / 8
			c.fillSame(at.skull().onto(at.oval(0.3-0.62*f, -1.0+0.3*f*f-0.06*hash(i, 3, 9), 0.15, 0.14)), lock(p, i))
		}
	case bob, long:
		c.fill(at.curve(-0.05, -1.21, 0.24, -1.16, 0.39, -0.96, 0.36, -0.74, 0.2, -0.95, 0.02, -0.92, -0.12, -0.7, -0.15, -0.25,
			-0.34, -0.08, -0.5, -0.4, -0.46, -1.0), m)
	default: // parted, bun
		c.fill(at.curve(0.1, -1.26, 0.34, -1.14, 0.4, -0.94, 0.22, -0.92, 0.0, -0.94, -0.13, -0.8, -0.17, -0.58, -0.32, -0.4,
			-0.46, -0.74, -0.4, -1.04, -0.18, -1.2), m)
	}
}
