package inspect_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"testing"

	"screentest/pkg/inspect"
)

var limits = inspect.Limits{Bytes: 64 << 20, Megapixels: 50}

// scene paints a picture with sharp edges, soft light and grain; another seed
// gives another picture.
func scene(seed uint64, w, h int) *image.RGBA {
	r := rand.New(rand.NewPCG(seed, 1))
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{uint8(60 + 90*x/w), uint8(70 + 80*y/h), uint8(140 - 60*y/h), 255})
		}
	}
	for range 14 {
		x, y := r.IntN(w), r.IntN(h)
		box := image.Rect(x, y, x+w/12+r.IntN(w/4), y+h/12+r.IntN(h/4))
		c := color.RGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256)), 255}
		draw.Draw(img, box, image.NewUniform(c), image.Point{}, draw.Src)
	}
	return each(img, func(v uint8) uint8 { return clamp(int(v) + r.IntN(13) - 6) })
}

func clamp(v int) uint8 { return uint8(max(0, min(255, v))) }

// each returns img with f applied to every channel.
func each(img *image.RGBA, f func(v uint8) uint8) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	for i, v := range img.Pix {
		out.Pix[i] = f(v)
		if i%4 == 3 {
			out.Pix[i] = 255
		}
	}
	return out
}

func mirror(img *image.RGBA) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			out.SetRGBA(img.Rect.Dx()-1-x, y, img.RGBAAt(x, y))
		}
	}
	return out
}

// smear averages across and down; only across is what a moved camera does.
func smear(img *image.RGBA, across, down int) *image.RGBA {
	return smearAlong(smearAlong(img, 4, img.Rect.Dx(), across), img.Stride, img.Rect.Dy(), down)
}

// smearAlong averages reach pixels to either side in the direction in which n
// pixels lie step bytes apart.
func smearAlong(img *image.RGBA, step, n, reach int) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	for i := range out.Pix {
		at := i / step % n
		sum, from, to := 0, max(-reach, -at), min(reach, n-1-at)
		for d := from; d <= to; d++ {
			sum += int(img.Pix[i+d*step])
		}
		out.Pix[i] = uint8(sum / (to - from + 1))
	}
	return out
}

func asPNG(tb testing.TB, img image.Image) []byte {
	tb.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func asJPEG(tb testing.TB, img image.Image, quality int) []byte {
	tb.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// withOrientation puts an EXIF block behind the first marker of a JPEG.
func withOrientation(jpg []byte, orientation uint16, order binary.AppendByteOrder, mark string) []byte {
	tiff := order.AppendUint16([]byte(mark), 42)
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 1)
	tiff = order.AppendUint16(tiff, 0x0112)
	tiff = order.AppendUint16(tiff, 3)
	tiff = order.AppendUint32(tiff, 1)
	tiff = order.AppendUint16(tiff, orientation)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	block := segment(0xe1, append([]byte("Exif\x00\x00"), tiff...))
	return append(append(append([]byte{}, jpg[:2]...), block...), jpg[2:]...)
}

func segment(marker byte, body []byte) []byte {
	out := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2))
	return append(out, body...)
}

// fourChannels writes a JPEG in CMYK, or YCCK with transform 2, whose channels
// are all half: every block is two zero bits per channel.
func fourChannels(w, h int, transform byte) []byte {
	out := []byte{0xff, 0xd8}
	out = append(out, segment(0xee, append([]byte("Adobe\x00\x64\x00\x00\x00\x00"), transform))...)
	out = append(out, segment(0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...))...)
	frame := []byte{8, byte(h >> 8), byte(h), byte(w >> 8), byte(w), 4}
	scan := []byte{4}
	for c := range byte(4) {
		frame = append(frame, c+1, 0x11, 0)
		scan = append(scan, c+1, 0)
	}
	out = append(out, segment(0xc0, frame)...)
	for _, table := range []byte{0x00, 0x10} { // one symbol, 0, of one bit
		out = append(out, segment(0xc4, append([]byte{table, 1}, make([]byte, 16)...))...)
	}
	out = append(out, segment(0xda, append(scan, 0, 63, 0))...)
	out = append(out, make([]byte, (w+7)/8*((h+7)/8))...)
	return append(out, 0xff, 0xd9)
}

// pngHeader is a PNG that announces much and ends.
func pngHeader(tb testing.TB, w, h uint32) []byte {
	data := asPNG(tb, image.NewRGBA(image.Rect(0, 0, 1, 1)))
	binary.BigEndian.PutUint32(data[16:], w)
	binary.BigEndian.PutUint32(data[20:], h)
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
	return data
}
