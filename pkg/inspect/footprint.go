package inspect

import (
	"bytes"
	"encoding/binary"
)

// Footprint is about how many bytes decoding takes at once, by what the header
// announces; 0 where there is no header that is understood. The announced size of a
// picture and its depth count, not the size of the file: a hundred kilobytes can hold
// 400 MB of pixels.
func Footprint(data []byte) int64 {
	var size float64
	switch sniff(data) {
	case PNG:
		size = footprintPNG(data)
	case JPEG:
		size = footprintJPEG(data)
	}
	return int64(min(size, 1<<60)) // a header may announce more than there is
}

// footprintPNG: greys and palettes are kept at their depth, all else as four
// channels. The passes of an interlaced picture are pictures of their own, which
// together have as many pixels as the whole.
func footprintPNG(data []byte) float64 {
	const header = 29 // signature, length and name of the first chunk, and its first 13 bytes
	if len(data) < header {
		return 0
	}
	size := float64(binary.BigEndian.Uint32(data[16:])) * float64(binary.BigEndian.Uint32(data[20:]))
	depth, kind, interlaced := data[24], data[25], data[28] != 0
	if kind != 0 && kind != 3 { // neither grey nor palette
		size *= 4
	}
	if depth == 16 {
		size *= 2
	}
	if interlaced {
		size *= 2
	}
	return size
}

// footprintJPEG: every component has a byte a sample, and in a progressive picture
// its coefficients besides, four bytes each. CMYK and RGB are turned into four
// channels at the end.
func footprintJPEG(data []byte) float64 {
	adobe := false
	for marker, segment := range segments(data) {
		switch {
		case marker == 0xee && bytes.HasPrefix(segment, []byte("Adobe")):
			adobe = true
		case marker >= 0xc0 && marker <= 0xc2 && len(segment) >= 6:
			return frame(segment, marker == 0xc2, adobe)
		}
	}
	return 0
}

// frame reads the header of a frame: precision, height, width, and for each component
// its name, its sampling factors, and a table.
func frame(segment []byte, progressive, adobe bool) float64 {
	pixels := float64(binary.BigEndian.Uint16(segment[1:])) * float64(binary.BigEndian.Uint16(segment[3:]))
	n := int(segment[5])
	if len(segment) < 6+3*n {
		return 0
	}
	var samples, most float64 // in a block of the picture, and of its largest component
	for i := range n {
		factors := segment[6+3*i+1]
		area := float64(factors>>4) * float64(factors&15)
		samples, most = samples+area, max(most, area)
	}
	size := pixels * samples / max(1, most)
	if progressive {
		size *= 5
	}
	if n == 4 || n == 3 && adobe {
		size += 4 * pixels
	}
	return size
}
