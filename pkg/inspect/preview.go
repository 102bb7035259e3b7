package inspect

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"

	"golang.org/x/image/draw"
)

const previewQuality = 85

// Preview decodes an image for people: the preview of Inspect, without measuring
// anything. It fails as Inspect does.
func Preview(data []byte, limits Limits, side int) ([]byte, error) {
	img, format, err := decode(data, limits)
	if err != nil {
		return nil, err
	}
	exif := upright
	if format == JPEG {
		exif = orientation(data)
	}
	return encodePreview(turn(reduce(img), exif), side)
}

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
