package offline_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"sync"
	"testing"

	"screentest/pkg/cost"
	"screentest/pkg/generate"
	"screentest/pkg/generate/offline"
	"screentest/pkg/inspect"
	"screentest/pkg/judge"
	"screentest/pkg/verdict"
)

var limits = inspect.Limits{Bytes: 8 << 20, Megapixels: 20}

func newGenerator(t testing.TB, long int) *offline.Generator {
	t.Helper()
	g, err := offline.New(offline.Config{LongSide: long, Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func encode(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 88}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name   string
		config offline.Config
		want   string
	}{
		{"too small", offline.Config{LongSide: 479, Limits: limits}, "479 pixels is not between"},
		{"too large", offline.Config{LongSide: 2049, Limits: limits}, "2049 pixels is not between"},
		{"negative", offline.Config{LongSide: -1, Limits: limits}, "-1 pixels is not between"},
		{"no limits", offline.Config{}, "admit no base image"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := offline.New(test.config); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

func TestSaysWhatItIs(t *testing.T) {
	g := newGenerator(t, 0)
	id := g.ID()
	if id.Name != "offline" || id.Model == "" || id.Parameters["long_side"] != "768" || g.Bound() != 0 {
		t.Errorf("id %+v, bound %v", id, g.Bound())
	}
}

func TestSizes(t *testing.T) {
	base := encode(t, portrait(0))
	for _, long := range []int{offline.MinLongSide, 513, 1024} {
		for _, seed := range []string{"a", "b"} {
			order := generate.Order{Style: verdict.Photorealistic, Base: base, Seed: seed}
			p, used, err := newGenerator(t, long).Generate(t.Context(), order)
			if err != nil {
				t.Fatal(err)
			}
			config, format, err := image.DecodeConfig(bytes.NewReader(p.Data))
			if err != nil || format != "jpeg" || p.Extension != ".jpg" {
				t.Fatalf("%s named %s: %v", format, p.Extension, err)
			}
			if max(config.Width, config.Height) != long || min(config.Width, config.Height) < 256 {
				t.Errorf("%d × %d pixels, want a long side of %d and a short one of at least 256", config.Width, config.Height, long)
			}
			if used != (cost.Usage{}) {
				t.Errorf("used %+v", used)
			}
		}
	}
}

// The same order gives the same bytes, also when many are carried out at once;
// whatever fixes chance gives others.
func TestChanceComesFromTheOrder(t *testing.T) {
	g := newGenerator(t, offline.MinLongSide)
	photo := generate.Prompt{ID: "photo-01", Style: verdict.Photorealistic, Text: "one"}
	base := encode(t, portrait(0))
	orders := []generate.Order{
		{Style: verdict.Photorealistic, Prompt: photo, Base: base, Seed: "1"},
		{Style: verdict.Photorealistic, Prompt: photo, Base: base, Seed: "2"},
		{Style: verdict.Photorealistic, Prompt: generate.Prompt{ID: "photo-02"}, Base: base, Seed: "1"},
		{Style: verdict.BWStylized, Prompt: photo, Base: base, Seed: "1"},
		{Style: verdict.ColorStylized, Prompt: photo, Base: base, Seed: "1"},
		{Style: verdict.Photorealistic, Prompt: photo, Base: encode(t, portrait(1)), Seed: "1"},
		{Style: verdict.Photorealistic, Prompt: generate.Prompt{ID: "photo-01", Text: "two"}, Base: base, Seed: "1", Actor: "x"}, // as the first
	}
	once, again := all(t, g, orders), all(t, g, orders)
	for i, data := range once {
		if !bytes.Equal(data, again[i]) {
			t.Errorf("order %d gave different bytes the second time", i)
		}
		j := slices.IndexFunc(once, func(other []byte) bool { return bytes.Equal(other, data) })
		if want := i % 6; j != want {
			t.Errorf("order %d gave the bytes of order %d, want those of %d", i, j, want)
		}
	}
}

// all carries out orders at once.
func all(t *testing.T, g *offline.Generator, orders []generate.Order) [][]byte {
	t.Helper()
	out := make([][]byte, len(orders))
	var group sync.WaitGroup
	for i, o := range orders {
		group.Go(func() {
			p, _, err := g.Generate(t.Context(), o)
			if err != nil {
				t.Error(err)
			}
			out[i] = p.Data
		})
	}
	group.Wait()
	return out
}

func TestUnusableBase(t *testing.T) {
	sound := encode(t, portrait(0))
	tests := []struct {
		name string
		base []byte
		want string
	}{
		{"none", nil, "the file is empty"},
		{"text", []byte("<html>no picture</html>"), "no image"},
		{"cut off", sound[:len(sound)/2], "broken image: the jpeg is "},
		{"another format", []byte("GIF89a...................."), "the content is gif"},
		{"too many bytes", append(sound, make([]byte, limits.Bytes)...), "limit 8388608"},
		{"too many pixels", blank(t, 6000, 4000), "24.0 megapixels, limit 20"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			order := generate.Order{Actor: "0042", Style: verdict.BWStylized, Prompt: generate.Prompt{ID: "bw-03"}, Base: test.base}
			_, used, err := newGenerator(t, 0).Generate(t.Context(), order)
			if err == nil || !strings.Contains(err.Error(), "derive bw-03 for 0042: read the base image: ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if errors.Is(err, judge.ErrHalt) || errors.Is(err, generate.ErrRefused) || used != (cost.Usage{}) {
				t.Errorf("%v concerns more than this order, or cost %+v", err, used)
			}
		})
	}
}

// blank is a png of one tone.
func blank(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestUnknownStyle(t *testing.T) {
	_, _, err := newGenerator(t, 0).Generate(t.Context(), generate.Order{Style: "cubist", Base: encode(t, portrait(0))})
	if err == nil || !strings.Contains(err.Error(), `unknown style "cubist"`) {
		t.Error(err)
	}
}

func TestEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := newGenerator(t, 0).Generate(ctx, generate.Order{Style: verdict.BWStylized, Base: encode(t, portrait(0))})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A base image of any shape and tone gives pictures.
func TestOddBases(t *testing.T) {
	g := newGenerator(t, offline.MinLongSide)
	for _, size := range [][2]int{{1, 1}, {1, 700}, {700, 1}, {2, 2}, {3000, 40}} {
		for _, style := range verdict.Styles() {
			if _, _, err := g.Generate(t.Context(), generate.Order{Style: style, Base: blank(t, size[0], size[1])}); err != nil {
				t.Errorf("%v %s: %v", size, style, err)
			}
		}
	}
}

func FuzzGenerate(f *testing.F) {
	small := image.NewNRGBA(image.Rect(0, 0, 9, 13))
	for i := range small.Pix {
		small.Pix[i] = uint8(i * 37)
	}
	var transparent bytes.Buffer
	if err := png.Encode(&transparent, small); err != nil {
		f.Fatal(err)
	}
	f.Add(encode(f, small), "1", uint8(0))
	f.Add(transparent.Bytes(), "2", uint8(1))
	f.Add([]byte("\x89PNG\r\n\x1a\n"), "", uint8(2))
	g, err := offline.New(offline.Config{LongSide: offline.MinLongSide, Limits: inspect.Limits{Bytes: 1 << 16, Megapixels: 0.1}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, base []byte, seed string, style uint8) {
		order := generate.Order{Style: verdict.Styles()[style%3], Base: base, Seed: seed}
		p, _, err := g.Generate(t.Context(), order)
		if err != nil {
			return
		}
		if _, err := inspect.Inspect(p.Data, limits, 0); err != nil {
			t.Errorf("a picture that cannot be read: %v", err)
		}
	})
}

func BenchmarkGenerate(b *testing.B) {
	base := encode(b, portrait(0))
	g := newGenerator(b, 0)
	for _, style := range verdict.Styles() {
		b.Run(string(style), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, _, err := g.Generate(b.Context(), generate.Order{Style: style, Base: base, Seed: string(rune('a' + i%26))}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
