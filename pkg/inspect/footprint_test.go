package inspect_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"screentest/pkg/inspect"
)

// pixelsOf is how many bytes a decoded picture holds.
func pixelsOf(t *testing.T, m image.Image) int {
	t.Helper()
	switch m := m.(type) {
	case *image.Gray:
		return len(m.Pix)
	case *image.Gray16:
		return len(m.Pix)
	case *image.Paletted:
		return len(m.Pix)
	case *image.RGBA:
		return len(m.Pix)
	case *image.NRGBA:
		return len(m.Pix)
	case *image.RGBA64:
		return len(m.Pix)
	case *image.NRGBA64:
		return len(m.Pix)
	case *image.YCbCr:
		return len(m.Y) + len(m.Cb) + len(m.Cr)
	}
	t.Fatalf("decoded as %T", m)
	return 0
}

// What decoding takes is told by the header, for every kind of picture.
func TestFootprint(t *testing.T) {
	box := image.Rect(0, 0, 640, 480)
	for what, m := range map[string]image.Image{
		"grey": image.NewGray(box), "deep grey": image.NewGray16(box), "palette": image.NewPaletted(box, color.Palette{color.RGBA{}, color.RGBA{R: 9, A: 255}}),
		"colour": image.NewRGBA(box), "see-through": image.NewNRGBA(box), "deep": image.NewRGBA64(box), "deep and see-through": image.NewNRGBA64(box),
	} {
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		checkFootprint(t, "png "+what, b.Bytes())
	}
	for what, m := range map[string]image.Image{"grey": image.NewGray(box), "colour": image.NewRGBA(box)} {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, nil); err != nil {
			t.Fatal(err)
		}
		checkFootprint(t, "jpeg "+what, b.Bytes())
		progressive := bytes.Replace(b.Bytes(), []byte{0xff, 0xc0}, []byte{0xff, 0xc2}, 1)
		if got, want := inspect.Footprint(progressive), 5*inspect.Footprint(b.Bytes()); got != want {
			t.Errorf("progressive jpeg %s: %d, want %d: a byte a sample and four for its coefficient", what, got, want)
		}
	}
	for _, data := range []string{"", "GIF89a", "\x89PNG\r\n\x1a\n", "\xff\xd8\xff\xc0\x00\x08\x08"} {
		if got := inspect.Footprint([]byte(data)); got != 0 {
			t.Errorf("%q: %d", data, got)
		}
	}
}

func checkFootprint(t *testing.T, what string, data []byte) {
	t.Helper()
	m, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	got, want := inspect.Footprint(data), int64(pixelsOf(t, m))
	if got < want || got > want*5/4 {
		t.Errorf("%s: %d bytes, it holds %d", what, got, want)
	}
}

// A picture that there is no memory for is not broken, and not decoded.
func TestMemoryIsALimit(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 640, 480))); err != nil {
		t.Fatal(err)
	}
	within := limits
	within.Memory = 640 * 480 * 4
	if _, err := inspect.Inspect(b.Bytes(), within, 0); err != nil {
		t.Error(err)
	}
	within.Memory--
	var limit *inspect.LimitError
	if _, err := inspect.Inspect(b.Bytes(), within, 0); !errors.As(err, &limit) || !strings.Contains(err.Error(), "more memory") {
		t.Errorf("got %v", err)
	}
}
