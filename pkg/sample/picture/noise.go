package picture

import "sync"

// tileSize is the period of the noise, a power of two.
const tileSize = 256

// hash scatters a lattice point to a number in [0, 1).
func hash(x, y int, salt uint32) float32 {
	h := uint32(x)*0x9e3779b1 ^ uint32(y)*0x85ebca77 ^ salt*0xc2b2ae3d
	h ^= h >> 15
	h *= 0x2c1b3c6d
	h ^= h >> 12
	h *= 0x297a2d39
	h ^= h >> 15
	return float32(h>>8) / (1 << 24)
}

// cloud is the noise that every texture is cut from. It is the same for all
// pictures; they differ in where and how large they cut.
var cloud = sync.OnceValue(func() []float32 {
	t := make([]float32, tileSize*tileSize)
	amplitude := float32(0.5)
	for cell := 32; cell >= 2; cell /= 2 {
		for y := range tileSize {
			for x := range tileSize {
				t[y*tileSize+x] += amplitude * (2*lattice(x, y, cell) - 1)
			}
		}
		amplitude *= 0.6
	}
	return t
})

// lattice interpolates random values on a wrapping grid of the given cell.
func lattice(x, y, cell int) float32 {
	n := tileSize / cell
	gx, gy := x/cell, y/cell
	fx := ease(float32(x%cell) / float32(cell))
	fy := ease(float32(y%cell) / float32(cell))
	at := func(i, j int) float32 { return hash(i%n, j%n, uint32(cell)) }
	top := mix(at(gx, gy), at(gx+1, gy), fx)
	low := mix(at(gx, gy+1), at(gx+1, gy+1), fx)
	return mix(top, low, fy)
}

// noise reads the cloud between its points: about -1 to 1, smooth, features
// between 2 and 32 units wide.
func noise(t []float32, x, y float32) float32 {
	x, y = x+(1<<16), y+(1<<16) // keeps the conversions below from rounding towards zero
	ix, iy := int(x), int(y)
	fx, fy := x-float32(ix), y-float32(iy)
	x0, x1 := ix&(tileSize-1), (ix+1)&(tileSize-1)
	y0, y1 := (iy&(tileSize-1))*tileSize, ((iy+1)&(tileSize-1))*tileSize
	return mix(mix(t[y0+x0], t[y0+x1], fx), mix(t[y1+x0], t[y1+x1], fx), fy)
}

func mix(a, b, t float32) float32 { return a + (b-a)*t }

func ease(t float32) float32 { return t * t * (3 - 2*t) }

// ramp rises smoothly from 0 at a to 1 at b.
func ramp(a, b, x float32) float32 { return ease(clamp((x - a) / (b - a))) }

func clamp(x float32) float32 { return min(max(x, 0), 1) }
