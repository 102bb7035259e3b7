package openai

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/jpeg"

	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"

	"screentest/pkg/inspect"
)

const (
	maxSide        = 1024 // pixels of what is sent; the model looks at no more
	encodedQuality = 92
)

// reduce returns the base image as it is sent: upright, laid over white, its long
// side at most maxSide, as a JPEG, to which the encoder adds no metadata.
func reduce(base []byte, limits inspect.Limits) ([]byte, error) {
	found, err := inspect.Inspect(base, limits, 0)
	if err != nil {
		return nil, err
	}
	stored, _, err := image.Decode(bytes.NewReader(base))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, turn(scale(stored), found.Checks.Orientation), &jpeg.Options{Quality: encodedQuality}); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return out.Bytes(), nil
}

func dataURL(data []byte) string {
	return "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(data)
}

// scale returns img over white, with a long side of at most maxSide.
func scale(img image.Image) *image.RGBA {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if long := max(w, h); long > maxSide {
		w, h = max(1, w*maxSide/long), max(1, h*maxSide/long)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	draw.CatmullRom.Scale(out, out.Rect, img, img.Bounds(), draw.Over, nil)
	return out
}

// turn returns img as it is meant to be seen, given its EXIF orientation, 2 to 8.
func turn(img *image.RGBA, orientation int) *image.RGBA {
	w, h := float64(img.Rect.Dx()), float64(img.Rect.Dy())
	// Where the pixel (x, y) goes: the rows of each matrix are new x and new y.
	way, turned := map[int]f64.Aff3{
		2: {-1, 0, w, 0, 1, 0},
		3: {-1, 0, w, 0, -1, h},
		4: {1, 0, 0, 0, -1, h},
		5: {0, 1, 0, 1, 0, 0},
		6: {0, -1, h, 1, 0, 0},
		7: {0, -1, h, -1, 0, w},
		8: {0, 1, 0, -1, 0, w},
	}[orientation]
	if !turned {
		return img
	}
	bounds := image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy())
	if orientation >= 5 { // it was on its side
		bounds = image.Rect(0, 0, img.Rect.Dy(), img.Rect.Dx())
	}
	out := image.NewRGBA(bounds)
	draw.NearestNeighbor.Transform(out, way, img, img.Rect, draw.Src, nil)
	return out
}
