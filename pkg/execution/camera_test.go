package execution_test

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"sync"
	"testing"

	"screentest/pkg/cost"
	"screentest/pkg/generate"
	"screentest/pkg/judge"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/verdict"
)

var widths = map[verdict.Style]int{verdict.Photorealistic: 64, verdict.BWStylized: 72, verdict.ColorStylized: 80}

// picture is blocks of noise that depend on the seed, of a style and a quality.
func picture(style verdict.Style, quality int, seed string) []byte {
	key := fmt.Sprint(style, quality, seed)
	if drawn, ok := pictures.Load(key); ok {
		return drawn.([]byte)
	}
	drawn := draw(style, quality, seed)
	pictures.Store(key, drawn)
	return drawn
}

var pictures sync.Map // drawn before: most tests draw the same ones

func draw(style verdict.Style, quality int, seed string) []byte {
	h := fnv.New64a()
	h.Write([]byte(seed))
	r := rand.New(rand.NewPCG(h.Sum64(), 1))
	img := image.NewNRGBA(image.Rect(0, 0, widths[style], 64+quality))
	var blocks [16][16]color.NRGBA
	for y := range blocks {
		for x := range blocks[y] {
			blocks[y][x] = color.NRGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256)), 255}
		}
	}
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			img.SetNRGBA(x, y, blocks[y/5%16][x/5%16])
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// fakeJudge reads style and quality off the size. It is paid, and complains when
// it is asked about the same content twice.
type fakeJudge struct {
	t     testing.TB
	mu    sync.Mutex
	asked map[string]int
	err   error // instead of answers
}

func (*fakeJudge) ID() judge.ID     { return judge.ID{Name: "fake", Model: "m", Rubric: "r"} }
func (*fakeJudge) PreviewSize() int { return 32 }
func (*fakeJudge) BatchSize() int   { return 50 }

func (j *fakeJudge) Judge(_ context.Context, c judge.Case) ([]judge.Answer, cost.Usage, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return nil, cost.Usage{}, j.err
	}
	var answers []judge.Answer
	for _, e := range c.Images {
		if j.asked[e.SHA256]++; j.asked[e.SHA256] > 1 {
			j.t.Errorf("%s was judged %d times", e.File, j.asked[e.SHA256])
		}
		v := verdict.Verdict{Quality: e.Checks.Height - 64}
		for style, width := range widths {
			if e.Checks.Width == width {
				v.Style = style
			}
		}
		answers = append(answers, judge.Answer{SHA256: e.SHA256, Verdict: v})
	}
	return answers, cost.Usage{Requests: 1, USD: 0.001}, nil
}

// camera is a generator that costs 6 cents and complains when an order is sent
// twice.
type camera struct {
	t      testing.TB
	mu     sync.Mutex
	orders map[string]int // by seed
	spoil  func(o generate.Order, n int) (*generate.Picture, error)
	free   bool
}

func (c *camera) ID() generate.ID {
	if c.free {
		return generate.ID{Name: "offline"}
	}
	return generate.ID{Name: "fake", Model: "camera-1", Parameters: map[string]string{"size": "64"}}
}

func (c *camera) Bound() float64 {
	if c.free {
		return 0
	}
	return 0.1
}

func (c *camera) Generate(_ context.Context, o generate.Order) (generate.Picture, cost.Usage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.orders[o.Seed]++; c.orders[o.Seed] > 1 {
		c.t.Errorf("%s was ordered twice", o.Seed)
	}
	if o.Prompt.Style != o.Style || o.Prompt.Text == "" || len(o.Base) == 0 {
		c.t.Errorf("order %s: prompt %q of %s, base of %d bytes", o.Seed, o.Prompt.Text, o.Prompt.Style, len(o.Base))
	}
	if c.spoil != nil {
		if p, err := c.spoil(o, len(c.orders)); p != nil || err != nil {
			var sent generate.Picture
			if p != nil {
				sent = *p
			}
			return sent, cost.Usage{Requests: 1, USD: 0.06}, err
		}
	}
	return generate.Picture{Data: picture(o.Style, 8, o.Seed), Extension: ".png"}, cost.Usage{Requests: 1, USD: 0.06}, nil
}

// memory returns an empty store in which the probe for room takes none.
func memory() store.Store { return light{mem.New()} }

type light struct{ store.Store }

func (l light) Put(ctx context.Context, k store.Key, body []byte, c store.Condition) (store.Version, error) {
	return l.Store.Put(ctx, k, body[:min(len(body), 1<<20)], c)
}
