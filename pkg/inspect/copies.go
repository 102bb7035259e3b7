package inspect

import "iter"

// A Print is what Copies knows of an image.
type Print struct {
	SHA256 string
	Checks Checks
}

// Kinds of copies.
const (
	Exact    = "exact"    // the same bytes
	Near     = "near"     // the same picture, encoded again or cropped by a few pixels
	Mirrored = "mirrored" // the same, with left and right exchanged
)

// A Match says that two images are copies of one picture.
type Match struct {
	A, B     int     // places in the prints, A before B
	Kind     string  // Exact, Near or Mirrored
	Distance float64 // 0 the same, 1 at the limit of what is a copy
}

// Copies compares each image with each other one and yields the pairs that are
// copies, in the order of A, then of B. An image that could not be inspected,
// whose Checks are empty, is a copy of nothing. The time grows with the square of
// the number: three hundred images take about 30 ms.
func Copies(prints []Print) iter.Seq[Match] {
	return func(yield func(Match) bool) {
		known := make([]*sides, len(prints))
		for i, p := range prints {
			known[i] = sidesOf(p)
		}
		for a := range known {
			for b := a + 1; b < len(known); b++ {
				kind, distance := known[a].compare(known[b])
				if kind != "" && !yield(Match{A: a, B: b, Kind: kind, Distance: distance}) {
					return
				}
			}
		}
	}
}

// CopyOf returns the place of the first of the images that p is a copy of.
func CopyOf(p Print, images []Print) (place int, ok bool) {
	s := sidesOf(p)
	for i, other := range images {
		if kind, _ := sidesOf(other).compare(s); kind != "" {
			return i, true
		}
	}
	return 0, false
}

// sides are an image's fingerprint as it is and mirrored.
type sides struct {
	sha256          string
	plain, mirrored thumb
}

// sidesOf returns nil for what has no fingerprint of ours.
func sidesOf(p Print) *sides {
	f, ok := parsePrint(p.Checks.Print)
	if !ok {
		return nil
	}
	return &sides{p.SHA256, f, f.mirrored()}
}

// compare tells in which way two images are closest to being copies, and "" if
// they are none.
func (s *sides) compare(other *sides) (kind string, distance float64) {
	switch {
	case s == nil || other == nil:
		return "", 0
	case s.sha256 == other.sha256:
		return Exact, 0
	}
	near, mirrored := s.plain.distance(other.plain), s.mirrored.distance(other.plain)
	switch {
	case min(near, mirrored) > 1:
		return "", 0
	case mirrored < near:
		return Mirrored, mirrored
	}
	return Near, near
}
