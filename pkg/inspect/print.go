package inspect

import (
	"encoding/base64"
	"math"
)

// A thumb is a fingerprint ready for comparing.
type thumb struct {
	luma, blue, red []uint8
	contrast        float64 // standard deviation of luma
}

// parsePrint returns false for what is no fingerprint of ours.
func parsePrint(print string) (thumb, bool) {
	raw, err := base64.StdEncoding.DecodeString(print)
	if err != nil || len(raw) != printSize {
		return thumb{}, false
	}
	var bins [256]int32
	for _, v := range raw[:lumaSide*lumaSide] {
		bins[v]++
	}
	blue := raw[lumaSide*lumaSide:]
	return thumb{
		luma:     raw[:lumaSide*lumaSide],
		blue:     blue[:chromaSide*chromaSide],
		red:      blue[chromaSide*chromaSide:],
		contrast: deviation(bins[:]),
	}, true
}

// mirrored returns t with left and right exchanged.
func (t thumb) mirrored() thumb {
	return thumb{
		flip(t.luma, lumaSide), flip(t.blue, chromaSide), flip(t.red, chromaSide), t.contrast,
	}
}

func flip(square []uint8, side int) []uint8 {
	out := make([]uint8, len(square))
	for i := range square {
		out[i] = square[opposite(i, side)]
	}
	return out
}

// How far two fingerprints of one picture may lie apart. Fitted on copies that
// were re-encoded at JPEG quality 58 to 75 or cropped by up to 0.7 %, which reach
// 0.21 and 2.1, and on different pictures of one person, which begin at 0.46.
// Colour is there so that a photograph and its rendering in grey stay two.
const (
	lumaApart   = 0.32 // of the contrast of the flatter one
	colourApart = 4.0  // of 255
)

// distance returns 0 for equal thumbs and 1 at the limit of what is a copy.
func (t thumb) distance(other thumb) float64 {
	contrast := max(1, min(t.contrast, other.contrast))
	luma := apart(t.luma, other.luma) / contrast / lumaApart
	if luma > 1 {
		return luma
	}
	return max(luma, math.Hypot(apart(t.blue, other.blue), apart(t.red, other.red))/colourApart)
}

// apart is the root of the mean squared difference.
func apart(a, b []uint8) float64 {
	sum := 0
	for i, v := range a {
		d := int(v) - int(b[i])
		sum += d * d
	}
	return math.Sqrt(float64(sum) / float64(len(a)))
}
