package inspect

import (
	"image"
	"math"
)

// measured holds all that features are computed from: histograms, filled in one
// pass over the colours and a few over the luma.
type measured struct {
	tones               tones
	fine, half, quarter steps
	blocks              blocks
	border              [256]int32
}

func measure(p *image.RGBA, grey *image.Gray) *measured {
	m := &measured{}
	fine := luma{p.Rect.Dx(), p.Rect.Dy(), grey.Pix}
	m.tones.add(p, fine)
	half := fine.halved()
	m.fine.add(fine)
	m.half.add(half)
	m.quarter.add(half.halved())
	m.blocks.add(fine)
	addBorder(&m.border, fine)
	return m
}

// A luma is the luma of a picture, row by row.
type luma struct {
	w, h int
	pix  []uint8
}

// halved averages squares of four pixels. An odd last row or column is left out;
// a picture one pixel wide stays so.
func (l luma) halved() luma {
	if l.w < 2 || l.h < 2 {
		return l
	}
	o := luma{l.w / 2, l.h / 2, make([]uint8, (l.w/2)*(l.h/2))}
	for y := range o.h {
		a := l.pix[2*y*l.w:][:2*o.w]
		b := l.pix[(2*y+1)*l.w:][:2*o.w]
		row := o.pix[y*o.w:][:o.w]
		for x := range row {
			row[x] = uint8((int(a[2*x]) + int(a[2*x+1]) + int(b[2*x]) + int(b[2*x+1]) + 2) / 4)
		}
	}
	return o
}

// tones counts what pixels are like, wherever they lie.
type tones struct {
	luma    [256]int32
	chroma  [256]int32  // largest channel minus smallest
	colours [4096]int32 // four bits per channel
	// Sums and sums of squares of red − luma and blue − luma.
	red, blue, red2, blue2 int
}

// add counts every other row of p, whose luma is l.
func (t *tones) add(p *image.RGBA, l luma) {
	for y := 0; y < l.h; y += 2 {
		row := p.Pix[y*p.Stride:][:4*l.w]
		for x, v := range l.pix[y*l.w:][:l.w] {
			q := row[4*x : 4*x+3 : 4*x+3]
			r, g, b := int(q[0]), int(q[1]), int(q[2])
			t.luma[v]++
			t.chroma[uint8(max(r, g, b)-min(r, g, b))]++
			t.colours[(r>>4<<8|g&0xf0|b>>4)&0xfff]++
			dr, db := r-int(v), b-int(v)
			t.red, t.blue = t.red+dr, t.blue+db
			t.red2, t.blue2 = t.red2+dr*dr, t.blue2+db*db
		}
	}
}

// tint is the distance of the mean colour from grey.
func (t *tones) tint() float64 {
	n := float64(total(t.luma[:]))
	return math.Hypot(float64(t.red)/n, float64(t.blue)/n)
}

// chromaSpread is the deviation of the colours from their mean colour.
func (t *tones) chromaSpread() float64 {
	n := float64(total(t.luma[:]))
	square := float64(t.red2+t.blue2)/n - t.tint()*t.tint()
	return math.Sqrt(max(square, 0))
}

// steps counts the differences between neighbouring pixels at one scale.
type steps struct {
	step        [256]int32 // the larger of right and down
	n           int        // pixels tested for lines
	dark, light int        // pixels on a dark or a light line
}

// clearly is the difference of luma that makes a line.
const clearly = 24

// add counts every other row: the rows between say the same.
func (s *steps) add(l luma) {
	for y := 0; y < l.h-1; y += 2 {
		row := l.pix[y*l.w:][:l.w]
		below := l.pix[(y+1)*l.w:][:l.w]
		for x := range len(row) - 1 {
			v, right, down := int(row[x]), int(row[x+1]), int(below[x])
			s.step[uint8(max(v-right, right-v, v-down, down-v))]++
		}
	}
	for y := 2; y < l.h-2; y += 2 {
		s.addLines(l, y)
	}
}

func (s *steps) addLines(l luma, y int) {
	if l.w < 5 {
		return
	}
	row := l.pix[y*l.w:][:l.w]
	up, down := l.pix[(y-2)*l.w:][:l.w], l.pix[(y+2)*l.w:][:l.w]
	for x := 2; x < len(row)-2; x++ {
		v := int(row[x])
		a, b, c, d := int(row[x-2]), int(row[x+2]), int(up[x]), int(down[x])
		if max(min(a, b), min(c, d))-v >= clearly {
			s.dark++
		}
		if v-min(max(a, b), max(c, d)) >= clearly {
			s.light++
		}
	}
	s.n += len(row) - 4
}

func (s *steps) of(count int) float64 { return float64(count) / float64(max(s.n, 1)) }

// falloff returns by how many octaves the mean step shrinks from one scale to
// the next coarser one; negative where it grows.
func falloff(from, to *steps) float64 {
	return math.Log2((mean(from.step[:]) + .1) / (mean(to.step[:]) + .1))
}

func abs(v int) int {
	if v < 0 {
		return -v
	}
	return v
}

const (
	blockSide = 8
	octave    = 16 // bins of a block histogram per doubling
)

// blocks counts blocks of blockSide × blockSide pixels on a logarithmic scale.
type blocks struct {
	deviation [octave * 8]int32
	grain     [octave * 11]int32 // only blocks of middling luma
	rough     [octave * 8]int32  // only blocks that are not empty
}

func (b *blocks) add(l luma) {
	for y := 0; y+blockSide <= l.h; y += blockSide {
		for x := 0; x+blockSide <= l.w; x += blockSide {
			b.addBlock(l, x, y)
		}
	}
}

func (b *blocks) addBlock(l luma, x, y int) {
	var sum, square, second int
	for j := y; j < y+blockSide; j++ {
		row := l.pix[j*l.w+x:][:blockSide]
		for i, p := range row {
			v := int(p)
			sum += v
			square += v * v
			if i > 0 && i < blockSide-1 {
				second += abs(2*v - int(row[i-1]) - int(row[i+1]))
			}
		}
	}
	const n = blockSide * blockSide
	m := float64(sum) / n
	deviation := math.Sqrt(max(float64(square)/n-m*m, 0))
	count(b.deviation[:], 1+deviation)
	bend := float64(second) / (blockSide * (blockSide - 2))
	if m >= 48 && m < 208 {
		count(b.grain[:], 1+4*bend)
	}
	if deviation >= 2 {
		count(b.rough[:], 1+16*bend/deviation)
	}
}

// count adds v, at least 1, to a histogram of octave bins per doubling.
func count(h []int32, v float64) {
	h[min(int(math.Log2(v)*octave), len(h)-1)]++
}

// addBorder counts the outermost pixels, a hundredth of the shorter side deep.
func addBorder(h *[256]int32, l luma) {
	deep := max(min(l.w, l.h)/100, 1)
	for y := range l.h {
		row := l.pix[y*l.w:][:l.w]
		if y < deep || y >= l.h-deep {
			countAll(h, row)
			continue
		}
		countAll(h, row[:deep])
		countAll(h, row[len(row)-deep:])
	}
}

func countAll(h *[256]int32, values []uint8) {
	for _, v := range values {
		h[v]++
	}
}
