package picture

import "math/rand/v2"

// A Place is where the person is shown.
type Place int

// The places, outdoors first.
const (
	Hills Place = iota
	Shore
	Woods
	Park
	Street
	Brickwork
	Window
	Library
	Cafe
	Corridor
	Studio
	Places int = iota // how many there are
)

var placeWords = [...]string{"on a hillside", "by the sea", "in a birch wood", "in a city park", "on a busy street",
	"beside a brick wall", "at a bright window", "between library shelves", "at a café counter", "in a long corridor",
	"before a studio backdrop"}

func (p Place) String() string { return placeWords[p] }

// A stage is one place as one picture shows it.
type stage struct {
	*canvas
	*rand.Rand
	sky     [2]tint // high and low
	zoom    float32 // 1 for the whole figure, up to 2 for a close view
	horizon float32 // in pixels
}

func (s stage) width() float32  { return float32(s.w) }
func (s stage) height() float32 { return float32(s.h) }

// between draws a number from a range.
func (s stage) between(a, b float32) float32 { return mix(a, b, s.Float32()) }

// flatly is the material of things too far away to look round.
func flatly(col tint) material { return material{color: col, rough: 0.12} }

func (s stage) paint(p Place) {
	switch p {
	case Hills:
		s.hills()
	case Shore:
		s.shore()
	case Woods:
		s.woods()
	case Park:
		s.park()
	case Street:
		s.street()
	case Brickwork:
		s.brickwork()
	case Window:
		s.windowRoom()
	case Library:
		s.library()
	case Cafe:
		s.cafe()
	case Corridor:
		s.corridor()
	case Studio:
		s.studio()
	}
}

// open paints the sky, with a sun or clouds, and haze below the horizon.
func (s stage) open() {
	s.grade(0, s.horizon, s.sky[0], s.sky[1])
	s.grade(s.horizon, s.height(), s.sky[1], s.sky[1].scale(0.9)) // haze behind what stands on the horizon
	s.glow(s.between(0, s.width()), s.horizon*s.between(0.2, 0.9), s.width()*0.5, s.height()*0.45, s.sky[1].mix(tint{1, 1, 1}, 0.5), 0.8)
	for range s.IntN(9) {
		s.cloud(s.between(-0.1, 1)*s.width(), s.horizon*s.between(0.08, 0.75))
	}
}

func (s stage) cloud(x, y float32) {
	white := s.sky[1].mix(tint{1, 1, 1}, 0.7)
	for i := range 6 {
		w := s.width() * s.between(0.05, 0.13)
		s.glow(x+float32(i)*w*0.45, y+s.between(-0.2, 0.2)*w, w, w*0.4, white, 0.55)
	}
}

// ridge is a line of hills across the picture, filled down to the bottom.
func (s stage) ridge(y, rise float32, m material) {
	const steps = 24
	at := s.between(0, 200)
	points := make([]point, 0, steps+3)
	for i := range steps + 1 {
		x := float32(i) / steps
		points = append(points, point{x * s.width(), y - rise*noise(s.noise, x*60+at, at)})
	}
	points = append(points, point{s.width() + 9, s.height() + 9}, point{-9, s.height() + 9})
	s.fill(polygon(points...), m)
}

// tree is a trunk and a crown of leaves, about tall pixels high.
func (s stage) tree(x, foot, tall float32, leaf tint) {
	s.fill(limb(point{x, foot}, tall*0.035, point{x + tall*0.02, foot - tall*0.6}, tall*0.02), material{color: rgb(0x4d3b2e), round: 0.8, rough: 0.2})
	s.last++
	for i := range 14 {
		rx := tall * s.between(0.09, 0.16)
		dx, dy := tall*s.between(-0.24, 0.24), tall*s.between(-0.25, 0.2)
		tone := leaf.scale(s.between(0.7, 1.15) + 0.02*float32(i%3))
		s.fillSame(oval(x+dx, foot-tall*0.72+dy, rx, rx*0.8), material{color: tone, round: 0.75, rough: 0.4})
	}
}

// lamps are lights far away, which a camera spreads to discs.
func (s stage) lamps(n int) {
	for range n {
		warm := pick(s.Rand, []tint{rgb(0xffd58a), rgb(0xffb066), rgb(0xfff0cf), rgb(0x9fd0ff), rgb(0xff8a70)})
		r := s.width() * s.between(0.006, 0.02) * s.zoom
		s.fill(oval(s.between(0, s.width()), s.height()*s.between(0.1, 0.6), r, r), material{color: warm})
	}
}
