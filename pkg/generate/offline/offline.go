// Package offline is the generator that needs no key: it derives pictures from
// the base image by arithmetic, so that the whole loop of generating, judging
// and replacing runs and is tested without a model. It asks nobody and costs
// nothing, and the same order always gets the same bytes (on one architecture
// and Go release).
//
// It is a stand-in. A picture shows the pose of the base image, framed, lit and
// rendered in another way: style and difference from every other picture are
// real, which is what the offline judge can see, the place and the action that
// the prompt asks for are not. The words of the prompt are not read. Whatever
// records a picture names this generator, so that nobody takes it for more.
package offline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"image/jpeg"
	"math/rand/v2"
	"strconv"

	"screentest/pkg/cost"
	"screentest/pkg/generate"
	"screentest/pkg/inspect"
	"screentest/pkg/verdict"
)

// filters is raised whenever the same order would give another picture.
const filters = "filters-1"

// Bounds and default of Config.LongSide, in pixels. The shorter side of a
// picture is at least 0.57 of the longer, and 256 pixels is what a sound picture
// has by default.
const (
	MinLongSide     = 480
	DefaultLongSide = 768
	MaxLongSide     = 2048
)

// quality of the pictures, which are JPEG.
const quality = 90

// baseSide is how much of the base image is used: as much as inspect hands out.
const baseSide = 512

// Config says how pictures are made.
type Config struct {
	LongSide int            // of a picture, in pixels; 0 means DefaultLongSide
	Limits   inspect.Limits // for the base image
}

// Generator implements generate.Generator.
type Generator struct{ config Config }

var _ generate.Generator = (*Generator)(nil)

// New returns the generator, or says what is wrong with the configuration.
func New(c Config) (*Generator, error) {
	if c.LongSide == 0 {
		c.LongSide = DefaultLongSide
	}
	if c.LongSide < MinLongSide || c.LongSide > MaxLongSide {
		return nil, fmt.Errorf("offline generator: a long side of %d pixels is not between %d and %d", c.LongSide, MinLongSide, MaxLongSide)
	}
	if c.Limits.Bytes <= 0 || c.Limits.Megapixels <= 0 {
		return nil, fmt.Errorf("offline generator: limits of %d bytes and %g megapixels admit no base image", c.Limits.Bytes, c.Limits.Megapixels)
	}
	return &Generator{c}, nil
}

// ID names the version of the filters.
func (g *Generator) ID() generate.ID {
	return generate.ID{
		Name: "offline", Model: filters,
		Parameters: map[string]string{"long_side": strconv.Itoa(g.config.LongSide), "format": "jpeg"},
	}
}

// Bound is 0: nothing is paid.
func (g *Generator) Bound() float64 { return 0 }

// Generate derives the picture. It fails only if the style is none, if the base
// image cannot be used, or if ctx has ended before it began; each holds for that
// order alone.
func (g *Generator) Generate(ctx context.Context, o generate.Order) (generate.Picture, cost.Usage, error) {
	if err := ctx.Err(); err != nil {
		return generate.Picture{}, cost.Usage{}, err
	}
	data, err := g.picture(o)
	if err != nil {
		return generate.Picture{}, cost.Usage{}, fmt.Errorf("derive %s for %s: %w", o.Prompt.ID, o.Actor, err)
	}
	return generate.Picture{Data: data, Extension: ".jpg"}, cost.Usage{}, nil
}

func (g *Generator) picture(o generate.Order) ([]byte, error) {
	render, known := renderings[o.Style]
	if !known {
		return nil, fmt.Errorf("unknown style %q: it must be one of %v", o.Style, verdict.Styles())
	}
	base, err := decode(o.Base, g.config.Limits)
	if err != nil {
		return nil, err
	}
	r := chance(o)
	c := shoot(base, g.config.LongSide, r)
	render(c, r)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, c.image(), &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return out.Bytes(), nil
}

// renderings turn what the camera saw into a picture of a style.
var renderings = map[verdict.Style]func(*canvas, *rand.Rand){
	verdict.Photorealistic: develop,
	verdict.BWStylized:     sketch,
	verdict.ColorStylized:  paint,
}

// decode reads the base image through inspect, which refuses what is too large
// before decoding, turns it upright and lays it over white.
func decode(base []byte, limits inspect.Limits) (*canvas, error) {
	p, err := inspect.Inspect(base, limits, baseSide)
	if err != nil {
		return nil, fmt.Errorf("read the base image: %w: put a sound png or jpeg into base_image", err)
	}
	img, err := jpeg.Decode(bytes.NewReader(p.Preview))
	if err != nil {
		return nil, fmt.Errorf("read the base image: %w", err)
	}
	return newCanvasOf(img), nil
}

// chance returns the source of every random choice, fixed by the order.
func chance(o generate.Order) *rand.Rand {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q\n", filters, o.Seed, o.Prompt.ID, o.Style)
	h.Write(o.Base)
	sum := h.Sum(nil)
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum), binary.BigEndian.Uint64(sum[8:])))
}
