package offline

import "math"

// simplify replaces every pixel by the mean of that of four squares around it
// that varies least, which leaves edges sharp and areas plain (a Kuwahara filter).
func simplify(c *canvas, radius int) {
	luma := c.luma()
	reach := max(1, radius/2)
	mean := luma.blurred(reach)
	for i, v := range luma.v {
		luma.v[i] = v * v
	}
	square := luma.blurred(reach)
	for i, m := range mean.v {
		square.v[i] -= m * m
	}
	from := quietest(square, reach)
	for k := range c.colour {
		soft := c.colour[k].blurred(reach)
		for i, j := range from {
			c.colour[k].v[i] = soft.v[j]
		}
	}
}

// quietest says for every pixel which of its four diagonal neighbours, reach
// pixels away, has the smallest value.
func quietest(p plane, reach int) []int32 {
	from := make([]int32, len(p.v))
	for y := range p.h {
		up, down := max(y-reach, 0)*p.w, min(y+reach, p.h-1)*p.w
		for x := range p.w {
			left, right := max(x-reach, 0), min(x+reach, p.w-1)
			best := up + left
			for _, j := range [3]int{up + right, down + left, down + right} {
				if p.v[j] < p.v[best] {
					best = j
				}
			}
			from[y*p.w+x] = int32(best)
		}
	}
	return from
}

// contours returns ink where the picture is darker than a little around: 0 none,
// 1 full. faint is the difference that makes no line yet.
func contours(c *canvas, faint float32) plane {
	luma := c.luma()
	near, far := luma.blurred(c.pixels(0.8)), luma.blurred(c.pixels(3))
	for i := range near.v {
		near.v[i] = step(faint, 4*faint, far.v[i]-near.v[i])
	}
	return near
}

// level rounds a tone to one of n+1.
func level(v, n float32) float32 {
	return float32(math.Round(float64(clamp(v)*n))) / n
}
