package picture

import (
	"image"
	"math"

	"golang.org/x/image/vector"
)

// A point is a place, in pixels or in the units of a figure.
type point struct{ x, y float32 }

// An outline is a closed line through its points, in pixels.
type outline struct {
	points []point
	curved bool // through the points in smooth curves instead of straight lines
	frame  frame
}

// polygon returns the outline with straight sides.
func polygon(p ...point) outline { return outline{points: p} }

// curve returns the outline that runs smoothly through the points.
func curve(p ...point) outline { return outline{points: p, curved: true} }

func box(x0, y0, x1, y1 float32) outline {
	return polygon(point{x0, y0}, point{x1, y0}, point{x1, y1}, point{x0, y1})
}

func oval(x, y, rx, ry float32) outline {
	const k = math.Sqrt2 / 2
	return curve(point{x + rx, y}, point{x + k*rx, y + k*ry}, point{x, y + ry}, point{x - k*rx, y + k*ry},
		point{x - rx, y}, point{x - k*rx, y - k*ry}, point{x, y - ry}, point{x + k*rx, y - k*ry})
}

// limb is a rounded bar from a, ra thick, to b, rb thick.
func limb(a point, ra float32, b point, rb float32) outline {
	dx, dy := b.x-a.x, b.y-a.y
	length := max(float32(math.Hypot(float64(dx), float64(dy))), 0.01)
	dx, dy = dx/length, dy/length
	end := func(p point, r, side float32) []point {
		dx, dy := dx*side*r, dy*side*r
		return []point{{p.x - dy, p.y + dx}, {p.x - 0.7*dy + 0.7*dx, p.y + 0.7*dx + 0.7*dy}, {p.x + dx, p.y + dy},
			{p.x + 0.7*dy + 0.7*dx, p.y - 0.7*dx + 0.7*dy}, {p.x + dy, p.y - dx}}
	}
	o := curve(append(end(b, rb, 1), end(a, ra, -1)...)...)
	r, half := max(ra, rb), length/2+max(ra, rb)
	o.frame = frame{x: (a.x + b.x) / 2, y: (a.y + b.y) / 2,
		ux: -dy / r, uy: dx / r, vx: dx / half, vy: dy / half, flat: 1}
	return o
}

// trace draws the outline into z, whose origin lies at x0, y0.
func (o outline) trace(z *vector.Rasterizer, x0, y0 float32) {
	n := len(o.points)
	at := func(i int) point { p := o.points[(i+n)%n]; return point{p.x - x0, p.y - y0} }
	z.MoveTo(at(0).x, at(0).y)
	for i := range n {
		p, q := at(i), at(i+1)
		if !o.curved {
			z.LineTo(q.x, q.y)
			continue
		}
		before, after := at(i-1), at(i+2)
		z.CubeTo(p.x+(q.x-before.x)/6, p.y+(q.y-before.y)/6, q.x-(after.x-p.x)/6, q.y-(after.y-p.y)/6, q.x, q.y)
	}
	z.ClosePath()
}

// bounds holds the outline, with room for curves that swing out.
func (o outline) bounds() image.Rectangle {
	lo, hi := o.extent()
	pad := float32(1)
	if o.curved {
		pad += 0.08 * max(hi.x-lo.x, hi.y-lo.y)
	}
	return image.Rect(int(lo.x-pad), int(lo.y-pad), int(hi.x+pad)+1, int(hi.y+pad)+1)
}

func (o outline) extent() (lo, hi point) {
	lo, hi = o.points[0], o.points[0]
	for _, p := range o.points {
		lo = point{min(lo.x, p.x), min(lo.y, p.y)}
		hi = point{max(hi.x, p.x), max(hi.y, p.y)}
	}
	return lo, hi
}

// boxFrame spans the frame over the extent of the outline.
func (o outline) boxFrame() frame {
	lo, hi := o.extent()
	return frame{x: (lo.x + hi.x) / 2, y: (lo.y + hi.y) / 2,
		ux: 2 / max(hi.x-lo.x, 1), vy: 2 / max(hi.y-lo.y, 1)}
}

// onto gives a small shape the roundness of o, on which it lies.
func (o outline) onto(small outline) outline {
	small.frame = o.boxFrame()
	return small
}

// A pose places a figure: it turns figure units, of which a head is one tall,
// into pixels.
type pose struct {
	x, y  float32 // of the pit of the neck, in pixels
	unit  float32 // pixels to a head
	side  float32 // 1 looks to the right, -1 to the left
	lean  float32 // sideways shift for each unit of height
	turn  float32 // 0.35 three-quarter view to 1 profile
	away  bool    // seen from behind
	hands int     // what the arms do
}

func (p pose) at(x, y float32) point {
	return point{p.x + p.side*p.unit*(x-p.lean*y), p.y + p.unit*y}
}

func (p pose) all(xy ...float32) []point {
	points := make([]point, len(xy)/2)
	for i := range points {
		points[i] = p.at(xy[2*i], xy[2*i+1])
	}
	return points
}

func (p pose) curve(xy ...float32) outline { return curve(p.all(xy...)...) }

func (p pose) oval(x, y, rx, ry float32) outline {
	c := p.at(x, y)
	return oval(c.x, c.y, rx*p.unit, ry*p.unit)
}

func (p pose) limb(ax, ay, ra, bx, by, rb float32) outline {
	return limb(p.at(ax, ay), ra*p.unit, p.at(bx, by), rb*p.unit)
}
