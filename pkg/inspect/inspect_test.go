package inspect_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"runtime"
	"strings"
	"testing"

	"screentest/pkg/inspect"
)

func mustInspect(tb testing.TB, data []byte) inspect.Checks {
	tb.Helper()
	p, err := inspect.Inspect(data, limits, 0)
	if err != nil {
		tb.Fatal(err)
	}
	return p.Checks
}

func TestInspectReadsEveryKind(t *testing.T) {
	photo := scene(1, 600, 400)
	paint := func(img draw.Image) image.Image {
		draw.Draw(img, img.Bounds(), photo, image.Point{}, draw.Src)
		return img
	}
	palette := make(color.Palette, 0, 216)
	for i := range 216 {
		palette = append(palette, color.NRGBA{uint8(i / 36 * 51), uint8(i / 6 % 6 * 51), uint8(i % 6 * 51), 255})
	}
	r := photo.Rect
	tests := []struct {
		name, format string
		data         []byte
		grey         bool
		close        float64 // how near the brightness comes to that of the plain PNG
	}{
		{"rgb.png", inspect.PNG, asPNG(t, photo), false, 0},
		{"alpha.png", inspect.PNG, asPNG(t, paint(image.NewNRGBA(r))), false, 0},
		{"16bit.png", inspect.PNG, asPNG(t, paint(image.NewRGBA64(r))), false, 0.005},
		{"16bit-alpha.png", inspect.PNG, asPNG(t, paint(image.NewNRGBA64(r))), false, 0.005},
		{"grey.png", inspect.PNG, asPNG(t, paint(image.NewGray(r))), true, 0.005},
		{"grey16.png", inspect.PNG, asPNG(t, paint(image.NewGray16(r))), true, 0.005},
		{"palette.png", inspect.PNG, asPNG(t, paint(image.NewPaletted(r, palette))), false, 0.02},
		{"plain.jpg", inspect.JPEG, asJPEG(t, photo, 90), false, 0.01},
		{"grey.jpg", inspect.JPEG, asJPEG(t, paint(image.NewGray(r)), 90), true, 0.01},
	}
	want := mustInspect(t, asPNG(t, photo))
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := mustInspect(t, test.data)
			if c.Version != inspect.Version || c.Format != test.format || c.Width != 600 || c.Height != 400 || c.Grey != test.grey {
				t.Errorf("got %+v", c)
			}
			if d := math.Abs(c.Brightness - want.Brightness); d > test.close+1e-9 {
				t.Errorf("brightness %.4f, of the plain PNG %.4f", c.Brightness, want.Brightness)
			}
		})
	}
}

func TestInspectReadsFourChannels(t *testing.T) {
	for _, transform := range []byte{0, 2} {
		c := mustInspect(t, fourChannels(40, 24, transform))
		if c.Width != 40 || c.Height != 24 || math.Abs(c.Brightness-0.25) > 0.02 {
			t.Errorf("transform %d: %d × %d, brightness %.3f, want half of half", transform, c.Width, c.Height, c.Brightness)
		}
	}
}

func TestInspectLaysOverWhite(t *testing.T) {
	clear := image.NewNRGBA(image.Rect(0, 0, 300, 300))
	half := image.NewNRGBA(clear.Rect)
	draw.Draw(half, half.Rect, image.NewUniform(color.NRGBA{A: 128}), image.Point{}, draw.Src)
	for _, test := range []struct {
		name string
		img  image.Image
		want float64
	}{{"transparent", clear, 1}, {"half black", half, 0.5}} {
		if c := mustInspect(t, asPNG(t, test.img)); math.Abs(c.Brightness-test.want) > 0.01 {
			t.Errorf("%s: brightness %.3f, want %.1f", test.name, c.Brightness, test.want)
		}
	}
}

// A picture of four coloured quarters is stored in each of the eight ways and
// must come out the same.
func TestInspectTurnsUpright(t *testing.T) {
	quarters := [4]color.RGBA{{R: 255, A: 255}, {G: 255, A: 255}, {B: 255, A: 255}, {A: 255}}
	// Which quarters lie top left, top right, bottom left, bottom right as stored.
	stored := map[uint16][4]int{
		1: {0, 1, 2, 3}, 2: {1, 0, 3, 2}, 3: {3, 2, 1, 0}, 4: {2, 3, 0, 1},
		5: {0, 2, 1, 3}, 6: {1, 3, 0, 2}, 7: {3, 1, 2, 0}, 8: {2, 0, 3, 1},
	}
	for orientation, places := range stored {
		w, h := 160, 96
		if orientation >= 5 {
			w, h = h, w
		}
		img := image.NewRGBA(image.Rect(0, 0, w, h))
		for i, q := range places {
			x, y := i%2*w/2, i/2*h/2
			draw.Draw(img, image.Rect(x, y, x+w/2, y+h/2), image.NewUniform(quarters[q]), image.Point{}, draw.Src)
		}
		plain := asJPEG(t, img, 95)
		for _, data := range [][]byte{
			withOrientation(plain, orientation, binary.LittleEndian, "II"),
			withOrientation(plain, orientation, binary.BigEndian, "MM"),
		} {
			p, err := inspect.Inspect(data, limits, 160)
			if err != nil {
				t.Fatal(err)
			}
			if p.Checks.Width != 160 || p.Checks.Height != 96 || (orientation > 1) != (p.Checks.Orientation == int(orientation)) {
				t.Errorf("orientation %d: %d × %d, recorded as %d", orientation, p.Checks.Width, p.Checks.Height, p.Checks.Orientation)
			}
			shown, err := jpeg.Decode(bytes.NewReader(p.Preview))
			if err != nil {
				t.Fatal(err)
			}
			for i, q := range quarters {
				if got := shown.At(40+80*(i%2), 24+48*(i/2)); !alike(got, q) {
					t.Errorf("orientation %d: quarter %d is %v, want %v", orientation, i, got, q)
				}
			}
		}
	}
}

func alike(a, b color.Color) bool {
	r, g, bl, _ := a.RGBA()
	r2, g2, b2, _ := b.RGBA()
	near := func(x, y uint32) bool { return math.Abs(float64(x)-float64(y)) < 0x2000 }
	return near(r, r2) && near(g, g2) && near(bl, b2)
}

func TestInspectRefuses(t *testing.T) {
	whole, photo := asPNG(t, scene(1, 300, 200)), asJPEG(t, scene(1, 300, 200), 85)
	noise := scene(1, 1000, 1000)
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 0xff
	tests := []struct {
		name   string
		data   []byte
		limits inspect.Limits
		broken bool
		reason string
	}{
		{"empty", nil, limits, true, "empty"},
		{"text", []byte("<?xml version=\"1.0\"?><Error/>"), limits, true, "no image"},
		{"cut off png", whole[:len(whole)/2], limits, true, "png is"},
		{"only the magic", whole[:8], limits, true, "cut off"},
		{"cut off jpeg", photo[:len(photo)/2], limits, true, "jpeg is"},
		{"damaged", flipped, limits, true, "png is damaged"},
		{"announces too much", pngHeader(t, 60000, 60000), limits, true, "60000 × 60000 pixels, which"},
		{"announces too much within the limit", pngHeader(t, 5000, 5000), limits, true, "cannot hold"},
		{"announces nothing", pngHeader(t, 0, 10), limits, true, ""},
		{"too many pixels", asPNG(t, noise), inspect.Limits{Bytes: 64 << 20, Megapixels: 0.9}, false, "1.0 megapixels, limit 0.9"},
		{"too many bytes", whole, inspect.Limits{Bytes: 100, Megapixels: 9}, false, "limit 100"},
		{"too long", asPNG(t, image.NewGray(image.Rect(0, 0, 65536, 3))), limits, false, "65535"},
		{"webp", []byte("RIFF\x10\x00\x00\x00WEBPVP8 "), limits, false, "webp"},
		{"gif", []byte("GIF89a......"), limits, false, "gif"},
		{"avif", []byte("\x00\x00\x00\x1cftypavif"), limits, false, "avif"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := inspect.Inspect(test.data, test.limits, 0)
			var broken *inspect.BrokenError
			var limit *inspect.LimitError
			if errors.As(err, &broken) != test.broken || errors.As(err, &limit) == test.broken {
				t.Fatalf("got %T %v, want broken: %v", err, err, test.broken)
			}
			if !strings.Contains(err.Error(), test.reason) {
				t.Errorf("%q does not say %q", err, test.reason)
			}
		})
	}
}

func TestHugeHeaderCostsNothing(t *testing.T) {
	data := append(pngHeader(t, 60000, 60000), make([]byte, 16<<20)...) // enough bytes to be believed
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := inspect.Inspect(data, limits, 0)
	runtime.ReadMemStats(&after)
	var limit *inspect.LimitError
	if !errors.As(err, &limit) {
		t.Fatalf("got %T %v, want a LimitError", err, err)
	}
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 1<<20 {
		t.Errorf("%d bytes allocated", spent)
	}
}

func TestPreview(t *testing.T) {
	data := asPNG(t, scene(1, 900, 600))
	for _, test := range []struct{ side, w, h int }{{0, 0, 0}, {100, 100, 67}, {512, 512, 341}, {2000, 512, 341}} {
		p, err := inspect.Inspect(data, limits, test.side)
		if err != nil {
			t.Fatal(err)
		}
		if test.side == 0 {
			if p.Preview != nil {
				t.Error("a preview that nobody asked for")
			}
			continue
		}
		config, err := jpeg.DecodeConfig(bytes.NewReader(p.Preview))
		if err != nil || config.Width != test.w || config.Height != test.h {
			t.Errorf("side %d: %d × %d, %v, want %d × %d", test.side, config.Width, config.Height, err, test.w, test.h)
		}
		if bytes.Contains(p.Preview, []byte("Exif")) {
			t.Error("the preview carries metadata")
		}
	}
}

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		format, file string
		want         bool
	}{
		{inspect.PNG, "a.png", true}, {inspect.PNG, "a.PNG", true}, {inspect.PNG, "a.jpg", false},
		{inspect.JPEG, "a.JPG", true}, {inspect.JPEG, "a.b.jpeg", true}, {inspect.JPEG, "a.png", false},
		{inspect.JPEG, "jpg", false}, {inspect.JPEG, "a.webp", false},
	} {
		if got := (inspect.Checks{Format: test.format}).Matches(test.file); got != test.want {
			t.Errorf("%s in %s: %v", test.format, test.file, got)
		}
	}
}

// Run it with -fuzzminimizetime 10x: making an interesting picture smaller takes
// the fuzzer very long and gains nothing.
func FuzzInspect(f *testing.F) {
	photo := asJPEG(f, scene(1, 64, 40), 60)
	f.Add(photo)
	f.Add(withOrientation(photo, 6, binary.BigEndian, "MM"))
	f.Add(asPNG(f, scene(1, 30, 20)))
	f.Add(asPNG(f, image.NewGray16(image.Rect(0, 0, 5, 3))))
	f.Add(fourChannels(16, 16, 2))
	f.Add(pngHeader(f, 60000, 60000))
	f.Add([]byte("GIF89a"))
	small := inspect.Limits{Bytes: 1 << 20, Megapixels: 1}
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p, err := inspect.Inspect(data, small, 100)
		runtime.ReadMemStats(&after)
		// A megapixel takes at most 16 bytes a pixel while a progressive JPEG is decoded.
		if spent := after.TotalAlloc - before.TotalAlloc; spent > 48<<20 {
			t.Errorf("%d bytes allocated", spent)
		}
		var broken *inspect.BrokenError
		var limit *inspect.LimitError
		switch {
		case err == nil && (p.Checks.Width < 1 || p.Checks.Height < 1 || p.Checks.Print == "" || len(p.Preview) == 0):
			t.Errorf("half a result: %+v", p.Checks)
		case err != nil && !errors.As(err, &broken) && !errors.As(err, &limit):
			t.Errorf("%T %v", err, err)
		}
	})
}
