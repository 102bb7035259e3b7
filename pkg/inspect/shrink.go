package inspect

import "encoding/binary"

// rows is a picture as shrink reads it: from top to bottom, n bytes a pixel (1 or 4).
// What row returns is valid until its next call.
type rows struct {
	w, h, n int
	row     func(y int) []uint8
}

func plane(pix []uint8, stride, w, h int) rows {
	return rows{w, h, 1, func(y int) []uint8 { return pix[y*stride : y*stride+w] }}
}

// shrink returns src in w × h pixels, each the mean of the area it covers, a
// pixel that lies partly inside counting in part; the weight of a row is rounded
// to 1/256. The sides of src are at most maxSide, so that no sum overflows.
func shrink(src rows, w, h int) []uint8 {
	out := make([]uint8, w*h*src.n)
	band := newBand(src.w, src.n)
	for y := range h {
		band.fill(src, y*src.h, (y+1)*src.h, h)
		band.squeeze(out[y*w*src.n:][:w*src.n])
	}
	return out
}

// A band is the weighted sum of some rows, in 1/256 of a brightness step. Four
// 16-bit sums share a word: of every eight bytes even holds the first, third,
// fifth and seventh, odd the others. A byte times weights that add up to 256
// never leaves its 16 bits.
type band struct {
	width, n  int // pixels, values a pixel (1 or 4)
	even, odd []uint64
	tail      []uint8  // the last bytes of a row, filled up to a word
	integral  []uint32 // sums from the left end, by channel; wraps, its differences do not
}

const lanes = 0x00ff00ff00ff00ff

func newBand(width, n int) *band {
	words := (width*n + 7) / 8
	return &band{
		width: width, n: n,
		even: make([]uint64, words), odd: make([]uint64, words), tail: make([]uint8, 8),
		integral: make([]uint32, 8*words+2*n),
	}
}

// fill sums the rows from lo to hi, in units of which a row has unit.
func (b *band) fill(src rows, lo, hi, unit int) {
	clear(b.even)
	clear(b.odd)
	for y, done := lo/unit, 0; y*unit < hi; y++ {
		next := (min((y+1)*unit, hi) - lo) * 256 / (hi - lo)
		b.add(src.row(y), uint64(next-done))
		done = next
	}
}

func (b *band) add(row []uint8, weight uint64) {
	whole := len(row) / 8
	even, odd := b.even[:whole], b.odd[:whole]
	for i := range even {
		v := binary.LittleEndian.Uint64(row[8*i:])
		even[i] += v & lanes * weight
		odd[i] += v >> 8 & lanes * weight
	}
	if len(row)%8 > 0 {
		copy(b.tail, row[8*whole:])
		v := binary.LittleEndian.Uint64(b.tail)
		b.even[whole] += v & lanes * weight
		b.odd[whole] += v >> 8 & lanes * weight
	}
}

// squeeze averages the band into out.
func (b *band) squeeze(out []uint8) {
	if b.n == 1 {
		b.integrate()
		b.squeezeChannel(out, 0)
		return
	}
	b.integrate4()
	for channel := range 4 {
		b.squeezeChannel(out, channel)
	}
}

// integrate sums the band from its left end.
func (b *band) integrate() {
	var sum uint32
	for i, even := range b.even {
		v, odd := b.integral[8*i:8*i+8:8*i+8], b.odd[i]
		v[0], sum = sum, sum+uint32(even&0xffff)
		v[1], sum = sum, sum+uint32(odd&0xffff)
		v[2], sum = sum, sum+uint32(even>>16&0xffff)
		v[3], sum = sum, sum+uint32(odd>>16&0xffff)
		v[4], sum = sum, sum+uint32(even>>32&0xffff)
		v[5], sum = sum, sum+uint32(odd>>32&0xffff)
		v[6], sum = sum, sum+uint32(even>>48)
		v[7], sum = sum, sum+uint32(odd>>48)
	}
	b.integral[8*len(b.even)] = sum
}

// integrate4 does the same for four channels, of which two pixels share a word.
func (b *band) integrate4() {
	var red, green, blue, alpha uint32
	for i, even := range b.even {
		v, odd := b.integral[8*i:8*i+8:8*i+8], b.odd[i]
		v[0], red = red, red+uint32(even&0xffff)
		v[1], green = green, green+uint32(odd&0xffff)
		v[2], blue = blue, blue+uint32(even>>16&0xffff)
		v[3], alpha = alpha, alpha+uint32(odd>>16&0xffff)
		v[4], red = red, red+uint32(even>>32&0xffff)
		v[5], green = green, green+uint32(odd>>32&0xffff)
		v[6], blue = blue, blue+uint32(even>>48)
		v[7], alpha = alpha, alpha+uint32(odd>>48)
	}
	end := b.integral[8*len(b.even):]
	end[0], end[1], end[2], end[3] = red, green, blue, alpha
}

// squeezeChannel takes differences of the integral where the pixels of out meet.
func (b *band) squeezeChannel(out []uint8, channel int) {
	n, width, w := b.n, b.width, len(out)/b.n
	step, rest := width/w*n, width%w
	reciprocal := uint64(1<<40) / uint64(256*width)
	at, part, before := channel, 0, uint32(0)
	for x := channel; x < len(out); x += n {
		at, part = at+step, part+rest
		if part >= w {
			at, part = at+n, part-w
		}
		left, right := b.integral[at], b.integral[at+n]
		after := left*uint32(w) + (right-left)*uint32(part)
		out[x] = uint8((uint64(after-before)*reciprocal + 1<<39) >> 40)
		before = after
	}
}
