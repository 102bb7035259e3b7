package inspect

import (
	"bytes"
	"encoding/binary"
	"image"
	"iter"
)

// upright is the EXIF orientation of a picture that needs no turning.
const upright = 1

// segments yields what comes before the pixels of a JPEG: marker and content.
func segments(jpeg []byte) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		for rest := jpeg[min(2, len(jpeg)):]; len(rest) >= 4 && rest[0] == 0xff; {
			marker, size := rest[1], int(binary.BigEndian.Uint16(rest[2:]))
			switch {
			case marker == 0xff: // padding
				rest = rest[1:]
				continue
			case marker == 0xda || size < 2 || 2+size > len(rest): // the pixels begin, or nonsense
				return
			case !yield(marker, rest[4:2+size]):
				return
			}
			rest = rest[2+size:]
		}
	}
}

// orientation returns the EXIF orientation of a JPEG, 1 to 8; upright where
// there is none or it makes no sense.
func orientation(jpeg []byte) int {
	for marker, segment := range segments(jpeg) {
		if tiff, found := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); marker == 0xe1 && found {
			return tiffOrientation(tiff)
		}
	}
	return upright
}

// tiffOrientation looks for tag 0x0112 in the first directory.
func tiffOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return upright
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return upright
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			break
		}
		if order.Uint16(entries) == 0x0112 {
			if v := int(order.Uint16(entries[8:])); 1 <= v && v <= 8 {
				return v
			}
			break
		}
		entries = entries[12:]
	}
	return upright
}

// turn returns img as it is meant to be seen, given its EXIF orientation.
func turn(img *image.RGBA, orientation int) *image.RGBA {
	if orientation == upright {
		return img
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if orientation >= 5 { // on its side
		w, h = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			sx, sy := source(orientation, x, y, w, h)
			copy(out.Pix[4*(y*w+x):][:4], img.Pix[img.PixOffset(sx, sy):])
		}
	}
	return out
}

// source says where the pixel (x, y) of the upright w × h picture is stored.
func source(orientation, x, y, w, h int) (int, int) {
	right, bottom := w-1-x, h-1-y
	switch orientation {
	case 2:
		return right, y
	case 3:
		return right, bottom
	case 4:
		return x, bottom
	case 5:
		return y, x
	case 6:
		return y, right
	case 7:
		return bottom, right
	case 8:
		return bottom, x
	}
	return x, y
}
