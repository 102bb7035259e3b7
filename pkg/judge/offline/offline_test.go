package offline_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"screentest/pkg/cost"
	"screentest/pkg/inspect"
	"screentest/pkg/judge"
	"screentest/pkg/judge/offline"
	"screentest/pkg/verdict"
)

// inspected paints a picture of 480 × 320 pixels and inspects it.
func inspected(t testing.TB, at func(x, y float64) (r, g, b float64)) inspect.Checks {
	t.Helper()
	p := image.NewRGBA(image.Rect(0, 0, 480, 320))
	level := func(v float64) uint8 { return uint8(min(max(v, 0), 255)) }
	for y := range 320 {
		for x := range 480 {
			r, g, b := at(float64(x), float64(y))
			p.SetRGBA(x, y, color.RGBA{level(r), level(g), level(b), 255})
		}
	}
	var body bytes.Buffer
	if err := png.Encode(&body, p); err != nil {
		t.Fatal(err)
	}
	picture, err := inspect.Inspect(body.Bytes(), inspect.Limits{Bytes: 1 << 20, Megapixels: 1}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return picture.Checks
}

// lamp lights a dim room with a soft lamp, leaves a dark figure in it, and adds
// the grain of a film.
func lamp() func(x, y float64) float64 {
	r := rand.New(rand.NewPCG(3, 4))
	return func(x, y float64) float64 {
		v := 30 + 190*math.Exp(-(math.Pow(x-330, 2)+math.Pow(y-90, 2))/14000) + y/12
		if d := math.Hypot(x-180, (y-230)/1.8); d < 70 {
			v = 55 + 60*(x-110)/140 - d/4
		}
		return v + r.NormFloat64()*3
	}
}

func photo(t testing.TB) inspect.Checks {
	tone := lamp()
	return inspected(t, func(x, y float64) (r, g, b float64) {
		v := tone(x, y)
		return v * 1.06, v * .94, v * .8
	})
}

func bwPhoto(t testing.TB) inspect.Checks {
	tone := lamp()
	return inspected(t, func(x, y float64) (r, g, b float64) {
		v := tone(x, y)
		return v, v, v
	})
}

// hatching draws the same figure in ink.
func hatching(t testing.TB) inspect.Checks {
	return inspected(t, func(x, y float64) (r, g, b float64) {
		edge := min(x, y, 479-x, 319-y)
		d := math.Hypot(x-180, (y-230)/1.8)
		v := 250.
		if edge > 14 && (math.Abs(d-70) < 2 || math.Mod(x+y, 7) < 3 && d < 70 || math.Mod(x+9*y, 61) < 2) {
			v = 15
		}
		return v, v, v
	})
}

// poster sets it in four flat colours.
func poster(t testing.TB) inspect.Checks {
	return inspected(t, func(x, y float64) (r, g, b float64) {
		switch {
		case math.Hypot(x-180, (y-230)/1.8) < 70:
			return 20, 33, 61
		case math.Hypot(x-330, y-90) < 60:
			return 253, 240, 213
		case y > 200+x/8:
			return 193, 18, 31
		}
		return 102, 155, 188
	})
}

func ask(t testing.TB, checks ...inspect.Checks) []judge.Answer {
	t.Helper()
	c := judge.Case{Actor: "Ada"}
	for i, k := range checks {
		c.Images = append(c.Images, judge.Exhibit{File: "a.png", SHA256: string(rune('a' + i)), Checks: k})
	}
	answers, usage, err := offline.New().Judge(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	if usage != (cost.Usage{}) {
		t.Errorf("usage is %+v, want none", usage)
	}
	return answers
}

func TestStyles(t *testing.T) {
	tests := []struct {
		name   string
		checks inspect.Checks
		want   verdict.Style
		says   string
	}{
		{"photograph", photo(t), verdict.Photorealistic, "a photograph"},
		{"photograph in black and white", bwPhoto(t), verdict.Photorealistic, "a black-and-white photograph"},
		{"hatching", hatching(t), verdict.BWStylized, "a drawing in black and white"},
		{"poster", poster(t), verdict.ColorStylized, "a drawing or painting in colour"},
	}
	for _, test := range tests {
		v := ask(t, test.checks)[0].Verdict
		if v.Style != test.want || !strings.Contains(v.Observation, test.says) {
			t.Errorf("%s: judged %s, %q", test.name, v.Style, v.Observation)
		}
	}
}

func TestSaysWhatItCannotSee(t *testing.T) {
	v := ask(t, photo(t))[0].Verdict
	if !slices.Equal(v.Unjudged, verdict.Seen()) {
		t.Errorf("unjudged are %v, want %v", v.Unjudged, verdict.Seen())
	}
	if len(v.Issues) != 0 || v.Text != "" {
		t.Errorf("reports issues %v and text %q that it cannot see", v.Issues, v.Text)
	}
}

func TestAnswersInOrder(t *testing.T) {
	old := photo(t)
	old.Texture = old.Texture[1:]
	answers := ask(t, poster(t), old, hatching(t))
	if answers[0].SHA256 != "a" || answers[1].SHA256 != "b" || answers[2].SHA256 != "c" {
		t.Errorf("answers are not in the order of the case: %+v", answers)
	}
	if answers[1].Err == nil || answers[1].Verdict.Style != "" {
		t.Errorf("an image with other statistics got the verdict %+v", answers[1])
	}
	if answers[0].Err != nil || answers[2].Err != nil {
		t.Errorf("the others got errors %v, %v", answers[0].Err, answers[2].Err)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := offline.New().Judge(ctx, judge.Case{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestAsksForNoPreview(t *testing.T) {
	j := offline.New()
	if j.PreviewSize() != 0 || j.BatchSize() < 20 {
		t.Errorf("preview of %d pixels, batches of %d", j.PreviewSize(), j.BatchSize())
	}
	if id := j.ID(); id.Name != "offline" || id.Model == "" || id.Rubric == "" {
		t.Errorf("ID is %+v", id)
	}
}

// Whatever the measurements, quality is in range, and a picture that is better
// in one respect and worse in none never ranks lower.
func TestQualityIsMonotone(t *testing.T) {
	textures := []inspect.Texture{photo(t).Texture, bwPhoto(t).Texture, hatching(t).Texture, poster(t).Texture}
	rapid.Check(t, func(r *rapid.T) {
		worse := inspect.Checks{
			Width: rapid.IntRange(0, 3000).Draw(r, "width"), Height: rapid.IntRange(0, 3000).Draw(r, "height"),
			Sharpness: share(r, "sharpness"), Contrast: share(r, "contrast"), Highlights: share(r, "highlights"),
			ClippedLow: share(r, "clipped low"), ClippedHigh: share(r, "clipped high"),
			Texture: rapid.SampledFrom(textures).Draw(r, "texture"),
		}
		better := worse
		by := share(r, "by")
		switch rapid.IntRange(0, 5).Draw(r, "field") {
		case 0:
			better.Width, better.Height = worse.Width+int(3000*by), worse.Height+int(3000*by)
		case 1:
			better.Sharpness += by
		case 2:
			better.Contrast += by
		case 3:
			better.Highlights += by
		case 4:
			better.ClippedLow -= by
		case 5:
			better.ClippedHigh -= by
		}
		answers := ask(t, worse, better)
		low, high := answers[0].Verdict.Quality, answers[1].Verdict.Quality
		if low < verdict.WorstQuality || high > verdict.BestQuality || low > high {
			r.Fatalf("quality %d, and %d of the better one", low, high)
		}
	})
}

func share(r *rapid.T, label string) float64 { return rapid.Float64Range(0, 1).Draw(r, label) }

func TestQualityNoticesFaults(t *testing.T) {
	sound := photo(t)
	sound.Width, sound.Height, sound.Sharpness = 1344, 768, .6
	faults := map[string]func(c *inspect.Checks){
		"blurred": func(c *inspect.Checks) { c.Sharpness = .18 },
		"dark":    func(c *inspect.Checks) { c.Highlights, c.Contrast = .06, .02 },
		"bright":  func(c *inspect.Checks) { c.ClippedHigh = .7 },
		"tiny":    func(c *inspect.Checks) { c.Width, c.Height = 96, 55 },
	}
	good := ask(t, sound)[0].Verdict.Quality
	if good < 7 {
		t.Errorf("a sound picture has quality %d", good)
	}
	for name, spoil := range faults {
		c := sound
		spoil(&c)
		if q := ask(t, c)[0].Verdict.Quality; q > 3 {
			t.Errorf("%s: quality %d, sound %d", name, q, good)
		}
	}
}

func TestHeldOut(t *testing.T) {
	held := 0
	for i := range 1000 {
		if offline.HeldOut(strings.Repeat("x", i/26) + string(rune('a'+i%26))) {
			held++
		}
	}
	if held < 250 || held > 350 {
		t.Errorf("%d of 1000 names are held out, want about 300", held)
	}
	for name, want := range map[string]bool{"": true, "Ada": false, "Grace": true} { // the rule must never change
		if offline.HeldOut(name) != want {
			t.Errorf("HeldOut(%q) is %t", name, !want)
		}
	}
}

func BenchmarkJudge(b *testing.B) {
	j, c := offline.New(), judge.Case{Images: []judge.Exhibit{{Checks: photo(b)}}}
	for b.Loop() {
		if _, _, err := j.Judge(context.Background(), c); err != nil {
			b.Fatal(err)
		}
	}
}
