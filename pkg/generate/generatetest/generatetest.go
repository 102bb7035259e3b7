// Package generatetest makes a model's stand-in draw pictures and judge them, so
// that the whole loop of generating and judging can be tested: what is ordered in
// a style is judged to be of that style.
package generatetest

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"

	"screentest/pkg/generate"
	"screentest/pkg/judge/openai/openaitest"
	"screentest/pkg/verdict"
)

// Verdict is one that follows from the picture: grey ones are drawings in
// black and white, bright red ones in colour, and the rest photographs.
func Verdict(data []byte) verdict.Verdict {
	v := openaitest.Sound()
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		panic(err)
	}
	var red, green float64
	for y := 0; y < img.Bounds().Dy(); y += 4 {
		for x := 0; x < img.Bounds().Dx(); x += 4 {
			c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			red, green = red+float64(c.R), green+float64(c.G)
		}
	}
	switch {
	case red > 2.2*green:
		v.Style = verdict.ColorStylized
	case red < 1.03*green && red > 0.97*green:
		v.Style = verdict.BWStylized
	}
	return v
}

// Picture makes a picture that Verdict takes for one of the style ordered.
func Picture(r openaitest.Request) []byte {
	style := verdict.Photorealistic
	for _, p := range generate.Catalogue() {
		if strings.Contains(r.Prompt, p.Text) {
			style = p.Style
		}
	}
	tint := map[verdict.Style][3]float64{
		verdict.Photorealistic: {1, 0.7, 0.6}, verdict.BWStylized: {1, 1, 1}, verdict.ColorStylized: {1, 0.2, 0.2},
	}[style]
	return blocks(tint, r.Prompt+fmt.Sprint(r.N))
}

// blocks is a picture of blocks of one tint, bright and dark as seed has it.
func blocks(tint [3]float64, seed string) []byte {
	hash := fnv.New64a()
	hash.Write([]byte(seed))
	random := rand.New(rand.NewPCG(hash.Sum64(), 0))
	var light [16][16]float64
	for y := range light {
		for x := range light[y] {
			light[y][x] = 40 + 200*random.Float64()
		}
	}
	img := image.NewNRGBA(image.Rect(0, 0, 256, 256))
	for y := range 256 {
		for x := range 256 {
			l := light[y/16][x/16]
			img.SetNRGBA(x, y, color.NRGBA{uint8(l * tint[0]), uint8(l * tint[1]), uint8(l * tint[2]), 255})
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		panic(err) // memory does not fail
	}
	return out.Bytes()
}
