package inspect

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"

	"golang.org/x/image/draw"
)

const previewQuality = 85

// encodePreview returns the reduced picture as a JPEG with a long side of at
// most side pixels. The encoder writes no metadata.
func encodePreview(reduced *image.RGBA, side int) ([]byte, error) {
	if side <= 0 {
		return nil, nil
	}
	shown := reduced
	if w, h := fit(reduced.Rect.Dx(), reduced.Rect.Dy(), side); w < reduced.Rect.Dx() || h < reduced.Rect.Dy() {
		shown = image.NewRGBA(image.Rect(0, 0, w, h))
		draw.CatmullRom.Scale(shown, shown.Rect, reduced, reduced.Rect, draw.Src, nil)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, shown, &jpeg.Options{Quality: previewQuality}); err != nil {
		return nil, fmt.Errorf("encode preview: %w", err)
	}
	return out.Bytes(), nil
}
