package picture

// room paints a wall and a floor.
func (s stage) room(wall, floor tint) {
	s.grade(0, s.height(), wall, wall.scale(0.82))
	s.grain(0, s.height(), 0.25, 0.25, 0.08)
	y := s.height() * s.between(0.8, 0.92)
	s.grade(y, s.height(), floor, floor.scale(0.8))
	s.fill(box(-9, y-s.height()*0.025, s.width()+9, y), material{color: wall.scale(1.15)})
}

func (s stage) windowRoom() {
	s.room(pick(s.Rand, []tint{rgb(0xb9b2a2), rgb(0x9fb0ae), rgb(0xc7a98f), rgb(0x8e95a5)}), rgb(0x8a6a4c))
	w, h := s.width()*s.between(0.3, 0.5), s.height()*s.between(0.5, 0.68)
	x, y := s.between(0, s.width()-w), s.height()*s.between(0.05, 0.16)
	frame := material{color: rgb(0xece8de), round: 0.2}
	s.fill(box(x-8, y-8, x+w+8, y+h+8), frame)
	for row := range 2 {
		for col := range 3 {
			px, py := x+float32(col)*w/3+3, y+float32(row)*h/2+3
			s.fill(box(px, py, px+w/3-6, py+h/2-6), material{color: s.sky[row].mix(tint{1, 1, 1}, 0.35)})
		}
	}
	s.glow(x+w/2, y+h/2, w, h, tint{1, 1, 0.95}, 0.35)
	curtain := material{color: pick(s.Rand, cloths), round: 0.5, fold: 0.5, rough: 0.15, across: 20}
	s.fill(box(x-w*0.28, y-20, x-2, y+h+s.height()*0.2), curtain)
	s.fill(box(x+w+2, y-20, x+w*1.28, y+h+s.height()*0.2), curtain)
	s.pictureFrame(s.between(0, 1)*s.width(), s.height()*s.between(0.1, 0.4))
	s.plant(s.between(0, 1)*s.width(), s.height()*0.95)
}

func (s stage) pictureFrame(x, y float32) {
	w := s.width() * s.between(0.06, 0.12) * s.zoom
	s.fill(box(x-4, y-4, x+w+4, y+w*1.2+4), material{color: rgb(0x4a3525)})
	s.fill(box(x, y, x+w, y+w*1.2), material{color: rgb(0xe8e0cc)})
	s.fill(oval(x+w/2, y+w*0.6, w*0.28, w*0.3), material{color: pick(s.Rand, cloths), round: 0.4})
}

func (s stage) plant(x, foot float32) {
	tall := s.height() * s.between(0.25, 0.45) * s.zoom
	for i := range 9 {
		a := circle[(i*5+6)%12]
		tip := point{x + a.x*tall*0.4, foot - tall*(0.55+0.3*hash(i, 5, 3))}
		s.fill(limb(point{x, foot - tall*0.25}, tall*0.02, tip, tall*0.06), material{color: rgb(0x4f7747).scale(s.between(0.7, 1.2)), round: 0.8})
	}
	s.fill(polygon(point{x - tall*0.14, foot - tall*0.3}, point{x + tall*0.14, foot - tall*0.3}, point{x + tall*0.1, foot}, point{x - tall*0.1, foot}),
		material{color: rgb(0xb0664a), round: 0.9})
}

func (s stage) library() {
	wood := rgb(0x6b472d)
	s.grade(0, s.height(), wood.scale(0.55), wood.scale(0.4))
	shelf := s.height() / 4.6 * s.zoom
	for y := -shelf * s.between(0, 0.8); y < s.height(); y += shelf {
		for x := -s.between(0, 40); x < s.width(); {
			w := shelf * s.between(0.09, 0.22)
			if s.IntN(9) > 0 {
				spine := pick(s.Rand, cloths).mix(rgb(0x6a5a48), s.between(0.3, 0.75))
				tall := shelf * s.between(0.62, 0.86)
				s.fill(box(x, y+shelf*0.92-tall, x+w, y+shelf*0.92), material{color: spine, second: spine.mix(rgb(0xe8d6a8), 0.5), round: 0.5, rough: 0.15,
					pattern: func(_, v float32) float32 { return band(v*1.6+0.2) * 0.5 }})
			}
			x += w
		}
		s.fill(box(-9, y+shelf*0.92, s.width()+9, y+shelf), material{color: wood, rough: 0.3})
	}
	post := s.between(0.1, 0.9) * s.width()
	s.fill(box(post, -9, post+shelf*0.16, s.height()+9), material{color: wood.scale(1.15), round: 0.3, rough: 0.3})
	s.glow(s.between(0, s.width()), s.height()*0.2, s.width()*0.6, s.height()*0.8, rgb(0xffd9a0), 0.4)
}

func (s stage) cafe() {
	s.room(pick(s.Rand, []tint{rgb(0x4e6660), rgb(0x7a4f43), rgb(0xd0c0a4), rgb(0x5c6276)}), rgb(0x5a4636))
	x := s.between(-0.1, 0.5) * s.width()
	s.fill(box(x, s.height()*0.12, x+s.width()*0.5, s.height()*0.46), material{color: rgb(0x2a2f2e), rough: 0.2})
	for i := range 6 {
		y := s.height() * (0.17 + 0.045*float32(i))
		s.fill(limb(point{x + 20, y}, 1.6, point{x + s.width()*s.between(0.15, 0.44), y}, 1.6), material{color: rgb(0xcfcabd)})
	}
	s.fill(box(-9, s.height()*0.66, s.width()+9, s.height()*0.7), material{color: rgb(0xb58a5a), rough: 0.2})
	s.grade(s.height()*0.7, s.height(), rgb(0x7a5738), rgb(0x4d3624))
	for range 7 {
		cx, r := s.between(0, 1)*s.width(), s.height()*0.03*s.zoom
		s.fill(box(cx-r, s.height()*0.66-2.4*r, cx+r, s.height()*0.66), material{color: pick(s.Rand, accents), round: 0.9})
	}
	for range 3 {
		lx, ly, r := s.between(0, 1)*s.width(), s.height()*s.between(0.1, 0.3), s.height()*0.05*s.zoom
		s.fill(limb(point{lx, -9}, 1.2, point{lx, ly}, 1.2), material{color: rgb(0x1d1d1d)})
		s.fill(polygon(point{lx - r*0.4, ly - r}, point{lx + r*0.4, ly - r}, point{lx + r*1.4, ly + r*0.5}, point{lx - r*1.4, ly + r*0.5}), material{color: pick(s.Rand, cloths), round: 0.8})
		s.glow(lx, ly+r, r*4, r*4, rgb(0xffdf9a), 0.6)
	}
}

func (s stage) corridor() {
	x, y := s.between(0.25, 0.75)*s.width(), s.height()*s.between(0.32, 0.5)
	w, h := s.width()*0.07, s.height()*0.1
	wall := pick(s.Rand, []tint{rgb(0xc4c0b6), rgb(0xa9b7bd), rgb(0xcbb89c), rgb(0x8d9890)})
	s.grade(0, s.height(), wall.scale(1.1), wall.scale(0.6))
	tl, tr, bl, br := point{x - w, y - h}, point{x + w, y - h}, point{x - w, y + h}, point{x + w, y + h}
	s.fill(polygon(bl, br, point{s.width() + 60, s.height() + 40}, point{-60, s.height() + 40}), material{color: rgb(0x8a7a68), rough: 0.1})
	s.fill(polygon(tl, bl, point{-60, s.height() + 40}, point{-60, -40}), flatly(wall.scale(0.85)))
	s.fill(polygon(tr, br, point{s.width() + 60, s.height() + 40}, point{s.width() + 60, -40}), flatly(wall.scale(0.7)))
	s.fill(box(x-w, y-h, x+w, y+h), material{color: rgb(0xf4f0df)})
	for _, f := range []float32{0.18, 0.42, 0.75} {
		s.door(tl, bl, point{-60, -40}, point{-60, s.height() + 40}, f)
		s.door(tr, br, point{s.width() + 60, -40}, point{s.width() + 60, s.height() + 40}, f+0.06)
		top := mix(y-h, -40, f+0.08)
		s.fill(box(x-w*(0.5+4*f), top, x+w*(0.5+4*f), top+h*0.5*f), material{color: rgb(0xfffbe8)})
	}
	s.glow(x, y, s.width()*0.35, s.height()*0.4, rgb(0xfff6dc), 0.5)
}

// door stands in a wall that runs from the far edge a–b to the near edge c–d, f
// of the way along.
func (s stage) door(a, b, c, d point, f float32) {
	top := func(k float32) point { return point{mix(a.x, c.x, k), mix(mix(a.y, c.y, k), mix(b.y, d.y, k), 0.25)} }
	foot := func(k float32) point { return point{mix(b.x, d.x, k), mix(b.y, d.y, k)} }
	s.fill(polygon(top(f), top(f*1.35+0.02), foot(f*1.35+0.02), foot(f)), material{color: rgb(0x6d5542), rough: 0.2})
}

func (s stage) studio() {
	cloth := pick(s.Rand, []tint{rgb(0x9a9ca0), rgb(0x6d7f8c), rgb(0xb59f86), rgb(0x57606a), rgb(0x8a7f95)})
	s.grade(0, s.height(), cloth.scale(0.8), cloth.scale(1.05))
	y := s.height() * s.between(0.78, 0.95)
	s.glow(s.between(0, s.width()), y, s.width()*0.9, s.height()*0.25, cloth.scale(0.7), 0.8)
	s.glow(s.between(-0.1, 1.1)*s.width(), s.between(0.1, 0.6)*s.height(), s.width()*0.5, s.height()*0.6, cloth.mix(tint{1, 1, 1}, 0.5), 0.8)
	s.glow(s.between(-0.1, 1.1)*s.width(), s.between(0, 1)*s.height(), s.width()*0.5, s.height()*0.7, cloth.scale(0.3), 0.6)
	s.grain(0, s.height(), 0.12, 0.12, 0.12)
}
