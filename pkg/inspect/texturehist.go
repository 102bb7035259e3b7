package inspect

import "math"

// What the texture statistics read off a histogram. An empty histogram gives 0,
// or what an even grey would give.

// share returns the part of h in the bins from low up to but not including high.
func share(h []int32, low, high int) float64 {
	n := total(h)
	if n == 0 {
		return 0
	}
	return float64(total(h[low:high])) / float64(n)
}

func total(h []int32) (n int) {
	for _, v := range h {
		n += int(v)
	}
	return n
}

// moment returns the mean of the p-th power of the distance from c.
func moment(h []int32, c float64, p int) float64 {
	n, sum := 0, 0.
	for i, v := range h {
		if v == 0 {
			continue
		}
		d, power := float64(i)-c, 1.
		for range p {
			power *= d
		}
		n += int(v)
		sum += float64(v) * power
	}
	return sum / float64(max(n, 1))
}

func mean(h []int32) float64      { return moment(h, 0, 1) }
func deviation(h []int32) float64 { return math.Sqrt(moment(h, mean(h), 2)) }

// kurtosis is that of differences whose sizes h counts, taken to be as often
// negative as positive; 3 for a normal distribution, at least 1.
func kurtosis(h []int32) float64 {
	square := moment(h, 0, 2)
	if square == 0 {
		return 1
	}
	return moment(h, 0, 4) / (square * square)
}

// quantile returns the bin in which the share q of h is reached, with the
// fraction of the bin, so that it moves evenly.
func quantile(h []int32, q float64) float64 {
	want, below := q*float64(total(h)), 0.
	for i, v := range h {
		if v > 0 && below+float64(v) >= want {
			return float64(i) + (want-below)/float64(v)
		}
		below += float64(v)
	}
	return 0
}

// entropy is in bits.
func entropy(h []int32) float64 {
	n, sum := float64(max(total(h), 1)), 0.
	for _, v := range h {
		if v > 0 {
			p := float64(v) / n
			sum -= p * math.Log2(p)
		}
	}
	return sum
}

// peak returns the largest share that wide neighbouring bins hold.
func peak(h []int32, wide int) float64 {
	best := 0
	for i := range len(h) - wide + 1 {
		best = max(best, total(h[i:i+wide]))
	}
	return float64(best) / float64(max(total(h), 1))
}

// jagged returns how far bins stand out from the mean of their neighbours, as a
// share of all.
func jagged(h []int32) float64 {
	sum := 0.
	for i := 1; i < len(h)-1; i++ {
		sum += math.Abs(float64(h[i]) - float64(h[i-1]+h[i+1])/2)
	}
	return sum / float64(max(total(h), 1))
}

// twoClusters returns the part of the variance that the best division into two
// groups explains (Otsu's criterion): near 1 for ink on paper, 0.64 for an even
// spread of tones.
func twoClusters(h []int32) float64 {
	all, variance := mean(h), moment(h, mean(h), 2)
	if variance == 0 {
		return 0
	}
	n := float64(total(h))
	best, below, sum := 0., 0., 0.
	for i, v := range h {
		below += float64(v) / n
		sum += float64(v) / n * float64(i)
		if below > 0 && below < 1 {
			d := all*below - sum
			best = max(best, d*d/(below*(1-below)))
		}
	}
	return best / variance
}

// top returns the share of the n fullest bins.
func top(h []int32, n int) float64 {
	fullest := make([]int32, n) // descending
	for _, v := range h {
		for i := range fullest {
			if v > fullest[i] {
				v, fullest[i] = fullest[i], v
			}
		}
	}
	return float64(total(fullest)) / float64(max(total(h), 1))
}
