package openai_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"

	"screentest/pkg/generate/openai"
	"screentest/pkg/inspect"
	"screentest/pkg/judge/openai/openaitest"
)

// sent returns the base image as it reaches the endpoint, which has checked that
// it is small enough and carries no metadata.
func sent(t *testing.T, base []byte) image.Image {
	t.Helper()
	var got []byte
	g, _ := direct(t, openaitest.Options{EditFault: func(r openaitest.Request) openaitest.Fault {
		got = r.Base
		return nil
	}}, func(c *openai.Config) { c.Limits = inspect.Limits{Bytes: 1 << 30, Megapixels: 10} })
	o := order()
	o.Base = base
	if _, _, err := g.Generate(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// rotated writes an EXIF orientation into a JPEG.
func rotated(picture []byte, orientation uint16) []byte {
	tiff := []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	tiff = binary.BigEndian.AppendUint16(tiff, orientation)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	segment := append([]byte("Exif\x00\x00"), tiff...)
	header := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(segment)+2))
	return slices.Concat(picture[:2], header, segment, picture[2:])
}

func near(a, b color.Color) bool {
	r, g, bl, _ := a.RGBA()
	R, G, B, _ := b.RGBA()
	far := func(x, y uint32) bool { return max(x, y)-min(x, y) > 0x2800 }
	return !far(r, R) && !far(g, G) && !far(bl, B)
}

// The local checks turn pictures too, by code of their own: both must agree.
func TestBaseImageIsSentUpright(t *testing.T) {
	for orientation := range uint16(10) {
		base := rotated(asJPEG(quarters(96, 64)), orientation)
		seen, err := inspect.Inspect(base, inspect.Limits{Bytes: 1 << 20, Megapixels: 1}, 512)
		if err != nil {
			t.Fatal(err)
		}
		want, err := jpeg.Decode(bytes.NewReader(seen.Preview))
		if err != nil {
			t.Fatal(err)
		}
		got := sent(t, base)
		size := want.Bounds().Size()
		if got.Bounds().Size() != size {
			t.Errorf("orientation %d: %v, want %v", orientation, got.Bounds().Size(), size)
			continue
		}
		for _, at := range []image.Point{{size.X / 4, size.Y / 4}, {3 * size.X / 4, size.Y / 4}, {size.X / 4, 3 * size.Y / 4}, {3 * size.X / 4, 3 * size.Y / 4}} {
			if !near(got.At(at.X, at.Y), want.At(at.X, at.Y)) {
				t.Errorf("orientation %d: %v at %v, want %v", orientation, got.At(at.X, at.Y), at, want.At(at.X, at.Y))
			}
		}
	}
}

func TestBaseImageIsReduced(t *testing.T) {
	for _, test := range []struct{ width, height, wantWidth, wantHeight int }{
		{96, 64, 96, 64}, {1024, 300, 1024, 300}, {2048, 512, 1024, 256}, {1, 3000, 1, 1024},
	} {
		got := sent(t, asJPEG(quarters(test.width, test.height))).Bounds().Size()
		if got != image.Pt(test.wantWidth, test.wantHeight) {
			t.Errorf("%d×%d is sent as %v", test.width, test.height, got)
		}
	}
}

func TestBaseImageIsLaidOverWhite(t *testing.T) {
	clear := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for x := range 32 {
		for y := range 64 {
			clear.SetNRGBA(x, y, color.NRGBA{R: 200, A: 255})
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, clear); err != nil {
		t.Fatal(err)
	}
	got := sent(t, out.Bytes())
	if !near(got.At(48, 32), color.White) || !near(got.At(8, 32), color.NRGBA{R: 200, A: 255}) {
		t.Errorf("%v and %v", got.At(48, 32), got.At(8, 32))
	}
}
