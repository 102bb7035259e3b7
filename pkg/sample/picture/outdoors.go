package picture

func (s stage) hills() {
	s.open()
	far := s.sky[1].mix(rgb(0x6a7f93), 0.5)
	green := pick(s.Rand, []tint{rgb(0x6f8a4a), rgb(0x8d8a4e), rgb(0x57784f), rgb(0xa08b55)})
	for i := range 3 {
		f := float32(i) / 2
		y := s.horizon + s.height()*0.14*float32(i)
		s.ridge(y, s.height()*s.between(0.08, 0.2), flatly(far.mix(green, f).scale(1-0.15*f)))
	}
	s.grain(s.horizon, s.height(), 2.2, 0.5, 0.18)
	for range s.IntN(5) {
		y := s.horizon + s.height()*s.between(0.08, 0.2)
		s.tree(s.between(0, s.width()), y, s.height()*s.between(0.15, 0.4)*s.zoom, green.scale(0.7))
	}
}

func (s stage) shore() {
	s.open()
	deep := pick(s.Rand, []tint{rgb(0x2f6f86), rgb(0x3b6080), rgb(0x4b8a8c)})
	sand := pick(s.Rand, []tint{rgb(0xd9c294), rgb(0xcbb08a), rgb(0xb9ab92)})
	beach := s.horizon + s.height()*s.between(0.18, 0.32)
	s.grade(s.horizon, beach+s.height()*0.06, deep.mix(s.sky[1], 0.4), deep)
	s.grain(s.horizon, beach, 0.35, 2.5, 0.3)
	x := s.between(0, s.width())
	s.fill(curve(point{x - s.width()*0.3, s.horizon + 2}, point{x, s.horizon - s.height()*s.between(0.05, 0.16)}, point{x + s.width()*0.35, s.horizon + 2}),
		flatly(s.sky[1].mix(rgb(0x4e6358), 0.7)))
	for range 1 + s.IntN(3) {
		s.sail(s.between(0.05, 0.95)*s.width(), s.horizon+s.between(2, 20), s.height()*s.between(0.06, 0.16)*s.zoom)
	}
	s.ridge(beach, s.height()*0.03, material{color: rgb(0xf1f2ec)})
	s.ridge(beach+s.height()*0.03, s.height()*0.03, flatly(sand))
	s.grain(beach, s.height(), 1.2, 1.2, 0.12)
}

func (s stage) sail(x, y, tall float32) {
	s.fill(polygon(point{x, y - tall}, point{x + tall*0.45, y - tall*0.15}, point{x, y - tall*0.15}), material{color: rgb(0xf3ede0)})
	s.fill(polygon(point{x - tall*0.25, y - tall*0.1}, point{x + tall*0.5, y - tall*0.1}, point{x + tall*0.35, y}, point{x - tall*0.15, y}),
		material{color: rgb(0x7a3f34)})
}

func (s stage) woods() {
	leaf := pick(s.Rand, []tint{rgb(0x7f9a4b), rgb(0xb98a3a), rgb(0x5e8757), rgb(0x9aa56a)})
	s.grade(0, s.horizon, leaf.mix(tint{1, 1, 1}, 0.5), leaf.mix(s.sky[1], 0.5))
	s.grade(s.horizon, s.height(), leaf.scale(0.8), leaf.scale(0.45))
	s.grain(0, s.height(), 0.6, 0.6, 0.35)
	for i := range 16 {
		near := float32(i) / 16
		x, r := s.between(-0.05, 1.05)*s.width(), s.width()*mix(0.006, 0.028, near)*s.zoom
		foot := s.horizon + s.height()*near*0.35
		bark := rgb(0xd8d4c8).mix(rgb(0x4a4038), s.between(0, 1)).mix(leaf, 0.5*(1-near))
		s.fill(limb(point{x, foot}, r, point{x + s.between(-2, 2)*r, -20}, r*0.7),
			material{color: bark, second: bark.scale(0.5), round: 0.9, rough: 0.25,
				pattern: func(u, v float32) float32 { return band(v*9+u*0.2) * band(v*23+3) }})
	}
	for range 40 {
		r := s.width() * s.between(0.015, 0.05)
		s.fill(oval(s.between(0, s.width()), s.height()*s.between(-0.05, 0.35), r, r*0.7),
			material{color: leaf.scale(s.between(0.7, 1.3)), round: 0.6, rough: 0.3})
	}
}

func (s stage) park() {
	s.open()
	lawn := pick(s.Rand, []tint{rgb(0x6f9450), rgb(0x7fa05a), rgb(0x8a9a55)})
	for range 9 {
		s.tree(s.between(0, s.width()), s.horizon+6, s.height()*s.between(0.25, 0.4), lawn.mix(s.sky[1], 0.25).scale(0.8))
	}
	s.grade(s.horizon, s.height(), lawn, lawn.scale(0.75))
	s.grain(s.horizon, s.height(), 0.8, 0.8, 0.22)
	x, bend := s.between(0.1, 0.9)*s.width(), s.between(-0.5, 0.5)*s.width()
	s.fill(polygon(point{x, s.horizon}, point{x + s.width()*0.03, s.horizon}, point{x + bend + s.width()*0.4, s.height() + 9}, point{x + bend - s.width()*0.1, s.height() + 9}),
		flatly(rgb(0xc9b79a)))
	s.tree(s.between(0, 1)*s.width(), s.horizon+s.height()*0.2, s.height()*0.8*s.zoom, lawn.scale(0.75))
	s.bench(s.between(0.05, 0.8)*s.width(), s.horizon+s.height()*0.2, s.height()*0.13*s.zoom)
}

func (s stage) bench(x, y, tall float32) {
	wood := material{color: rgb(0x7a5434), round: 0.4, rough: 0.2}
	for i := range 4 {
		top := y - tall + float32(i)*tall*0.2
		s.fill(box(x, top, x+tall*2.2, top+tall*0.12), wood)
	}
	for _, leg := range []float32{0.15, 1.95} {
		s.fill(box(x+leg*tall, y-tall, x+(leg+0.1)*tall, y+tall*0.3), material{color: rgb(0x2c2c2e)})
	}
}

func (s stage) street() {
	s.open()
	for x := float32(-20); x < s.width(); {
		w := s.width() * s.between(0.06, 0.13)
		s.house(x, w, s.horizon-s.height()*s.between(0.1, 0.35), s.horizon+4, 0.45)
		x += w
	}
	s.grade(s.horizon, s.height(), rgb(0x8b8a88), rgb(0x5c5b5d))
	s.grain(s.horizon, s.height(), 0.7, 0.7, 0.12)
	mid := s.between(0.3, 0.7) * s.width()
	s.fill(polygon(point{mid, s.horizon}, point{mid + 3, s.horizon}, point{mid + s.width()*0.1, s.height() + 9}, point{mid + s.width()*0.04, s.height() + 9}),
		flatly(rgb(0xd8d2bc)))
	w := s.width() * s.between(0.16, 0.3) * s.zoom
	s.house(-w*0.3, w, -20, s.horizon+s.height()*0.2, 0)
	if s.IntN(2) == 0 {
		s.house(s.width()-w*0.6, w, s.height()*0.05, s.horizon+s.height()*0.2, 0)
	}
}

// house is a front with rows of windows; haze fades it into the sky.
func (s stage) house(x, w, roof, foot, haze float32) {
	front := pick(s.Rand, []tint{rgb(0xb58f72), rgb(0x8f9aa3), rgb(0xc9b9a0), rgb(0x9c6552), rgb(0x75808c)}).mix(s.sky[1], haze)
	s.fill(box(x, roof, x+w, foot), flatly(front))
	glass := flatly(rgb(0x3a4654).mix(s.sky[1], haze))
	shine := flatly(rgb(0xf2d9a0).mix(s.sky[1], haze*0.5))
	columns := 3 + s.IntN(3)
	cell := w / float32(columns)
	for y := roof + cell*0.4; y < foot-cell; y += cell * 1.3 {
		for i := range columns {
			m := glass
			if s.IntN(5) == 0 {
				m = shine
			}
			left := x + (float32(i)+0.25)*cell
			s.fill(box(left, y, left+cell*0.5, y+cell*0.8), m)
		}
	}
}

func (s stage) brickwork() {
	clay := pick(s.Rand, []tint{rgb(0x9c5a43), rgb(0xa8705a), rgb(0x7d6a60), rgb(0xb0a295)})
	s.grade(0, s.height(), clay.mix(rgb(0xcfc6ba), 0.6), clay.mix(rgb(0x8f8780), 0.6))
	high := s.height() / 17 * s.zoom
	wide := high * 2.3
	shift := s.between(0, wide)
	for row := 0; float32(row)*high < s.height(); row++ {
		for x := -shift - wide*0.5*float32(row%2); x < s.width(); x += wide {
			y := float32(row) * high
			s.fill(box(x+1.5, y+1.5, x+wide-1.5, y+high-1.5), material{color: clay.scale(s.between(0.75, 1.15)), rough: 0.3})
		}
	}
	door := s.between(0.02, 0.85) * s.width()
	s.fill(box(door, s.height()*0.1, door+s.width()*0.13*s.zoom, s.height()+9), material{color: pick(s.Rand, cloths).scale(0.6), round: 0.3, rough: 0.2})
	s.ridge(s.height()*0.96, s.height()*0.05, material{color: clay.scale(0.5), rough: 0.3})
	s.glow(s.between(0, s.width()), s.between(0, s.height()*0.5), s.width()*0.8, s.height(), rgb(0xffe9c4), 0.35)
	s.glow(s.between(0, s.width()), s.height(), s.width()*0.7, s.height()*0.6, tint{}, 0.35)
}
