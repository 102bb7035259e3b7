package inspect

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

// Copies compares each image with each other one and returns the pairs that are
// copies, in the order of A, then of B. An image that could not be inspected,
// whose Checks are empty, is a copy of nothing. The time grows with the square of
// the number: three hundred images take about 30 ms.
func Copies(prints []Print) []Match {
	thumbs := make([]*sides, len(prints))
	for i, p := range prints {
		thumbs[i] = sidesOf(p.Checks.Print)
	}
	var matches []Match
	for a := range prints {
		for b := a + 1; b < len(prints); b++ {
			if thumbs[a] == nil || thumbs[b] == nil {
				continue
			}
			m := Match{A: a, B: b, Kind: Exact}
			if prints[a].SHA256 != prints[b].SHA256 {
				m.Kind, m.Distance = thumbs[a].compare(thumbs[b])
			}
			if m.Distance <= 1 {
				matches = append(matches, m)
			}
		}
	}
	return matches
}

// sides are an image's fingerprint as it is and mirrored.
type sides struct{ plain, mirrored thumb }

// sidesOf returns nil for what is no fingerprint of ours.
func sidesOf(print string) *sides {
	f, ok := parsePrint(print)
	if !ok {
		return nil
	}
	return &sides{f, f.mirrored()}
}

// compare tells in which way two images are closer to being copies.
func (s *sides) compare(other *sides) (kind string, distance float64) {
	near, mirrored := s.plain.distance(other.plain), s.mirrored.distance(other.plain)
	if mirrored < near {
		return Mirrored, mirrored
	}
	return Near, near
}
