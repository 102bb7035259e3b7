package sample

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"path"
	"strings"

	"screentest/pkg/sample/picture"
)

// render returns the bytes of the file and what they are.
func (i *trainingImage) render() ([]byte, label, error) {
	if i.defect.undecodable() {
		body, err := i.broken()
		return body, newLabel(i, body, image.Point{}), err
	}
	how := i
	if i.defect == exact {
		how = i.of
	}
	m := spoiled(picture.Render(i.actor.person, i.shot), how.defect)
	body, err := how.encode(m)
	return body, newLabel(i, body, m.Rect.Max), err
}

// encode writes the format that the name promises, unless the defect is that it
// does not.
func (i *trainingImage) encode(m *image.RGBA) ([]byte, error) {
	switch i.defect {
	case jpegInPNG:
		return encodeJPEG(m, 84)
	case png16:
		return encodePNG(deep(m))
	case greyJPEG:
		return encodeJPEG(grey(m), 84)
	case near:
		return encodeJPEG(m, 58)
	case exifRotated:
		body, err := encodeJPEG(m, 84)
		return orient(body, 6), err
	}
	if strings.EqualFold(path.Ext(i.file), ".png") {
		if i.shot.Grey() {
			return encodePNG(grey(m))
		}
		return encodePNG(m)
	}
	return encodeJPEG(m, 84)
}

func encodeJPEG(m image.Image, quality int) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality})
	return b.Bytes(), err
}

func encodePNG(m image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, m)
	return b.Bytes(), err
}

// grey takes the first channel of a picture without colour.
func grey(m *image.RGBA) *image.Gray {
	out := image.NewGray(m.Rect)
	for i := range out.Pix {
		out.Pix[i] = m.Pix[4*i]
	}
	return out
}

// deep has 16 bits to a channel.
func deep(m *image.RGBA) *image.RGBA64 {
	out := image.NewRGBA64(m.Rect)
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			c := m.RGBAAt(x, y)
			out.SetRGBA64(x, y, color.RGBA64{R: uint16(c.R) * 257, G: uint16(c.G) * 257, B: uint16(c.B) * 257, A: 0xffff})
		}
	}
	return out
}

// orient puts an EXIF block with nothing but the orientation behind the first
// marker of a JPEG.
func orient(body []byte, orientation byte) []byte {
	exif := []byte("Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08" + // big-endian TIFF, its directory at 8
		"\x00\x01" + // with one entry:
		"\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(orientation) + "\x00\x00" + // orientation, one short
		"\x00\x00\x00\x00") // and no further directory
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(exif)+2))
	return bytes.Join([][]byte{body[:2], segment, exif, body[2:]}, nil)
}

// broken returns a file that no decoder reads.
func (i *trainingImage) broken() ([]byte, error) {
	switch i.defect {
	case zeroBytes:
		return nil, nil
	case textAsPNG:
		return []byte("<html><body><h1>503 Service Unavailable</h1></body></html>\n"), nil
	case hugePNG:
		return announced(60000, 60000), nil
	}
	m := picture.Render(i.actor.person, i.shot)
	body, err := encodeJPEG(m, 84)
	if i.defect == truncatedPNG {
		body, err = encodePNG(m)
	}
	if err != nil {
		return nil, fmt.Errorf("encode before cutting: %w", err)
	}
	return body[:len(body)*2/5], nil
}

// announced is a PNG that begins as a picture of the given size and ends there.
func announced(w, h uint32) []byte {
	header := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
	header = binary.BigEndian.AppendUint32(header, h)
	header = append(header, 8, 2, 0, 0, 0) // 8 bits, RGB
	body := []byte("\x89PNG\r\n\x1a\n")
	body = binary.BigEndian.AppendUint32(body, uint32(len(header)-4))
	body = append(body, header...)
	return binary.BigEndian.AppendUint32(body, crc32.ChecksumIEEE(header))
}
