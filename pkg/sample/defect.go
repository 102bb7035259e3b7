package sample

import (
	"image"
	"image/draw"
	"math"

	xdraw "golang.org/x/image/draw"
)

// A defect is what is wrong with an image. The first four spoil the picture, the
// copies repeat another image of the actor, the rest are files that are not what
// they seem.
type defect string

const (
	blur   defect = "blur"
	dark   defect = "dark"
	bright defect = "bright"
	tiny   defect = "tiny"

	exact  defect = "exact"
	near   defect = "near" // encoded again, worse
	crop   defect = "crop" // a few pixels cut off, encoded again
	mirror defect = "mirror"

	zeroBytes     defect = "zero_bytes"
	truncatedPNG  defect = "truncated_png"
	truncatedJPEG defect = "truncated_jpeg"
	textAsPNG     defect = "text_as_png"
	hugePNG       defect = "huge_png" // a header announcing 60000×60000
	jpegInPNG     defect = "jpeg_in_png"
	png16         defect = "png16"
	exifRotated   defect = "exif_rotated"
	greyJPEG      defect = "grey_jpeg"
)

// undecodable reports whether no decoder reads the file.
func (d defect) undecodable() bool {
	switch d {
	case zeroBytes, truncatedPNG, truncatedJPEG, textAsPNG, hugePNG:
		return true
	}
	return false
}

func (d defect) copies() bool {
	return d == exact || d == near || d == crop || d == mirror
}

// words are the defect as truth.json names it.
func (i *trainingImage) words() []string {
	switch i.defect {
	case "":
		return []string{}
	case exact:
		return []string{"exact_duplicate_of:" + i.of.file}
	case near, crop:
		return []string{"near_duplicate_of:" + i.of.file}
	case mirror:
		return []string{"mirrored_of:" + i.of.file}
	case blur, dark, bright, tiny:
		return []string{string(i.defect)}
	}
	return []string{"broken:" + string(i.defect)}
}

// spoiled is the picture with the defect in its pixels; a blurred one was
// rendered so.
func spoiled(m *image.RGBA, d defect) *image.RGBA {
	switch d {
	case dark:
		return exposed(m, func(v float64) float64 { return 0.09 * v })
	case bright:
		return exposed(m, func(v float64) float64 { return 0.66 + 0.95*v })
	case tiny:
		return scaled(m, 96)
	case crop:
		b := m.Bounds()
		return copied(m, image.Rect(3, 2, b.Max.X-4, b.Max.Y-3))
	case mirror:
		return turned(m, m.Bounds().Max, func(x, y, w, _ int) (int, int) { return w - 1 - x, y })
	case exifRotated: // stored lying on its left side; the orientation says so
		b := m.Bounds().Max
		return turned(m, image.Pt(b.Y, b.X), func(x, y, w, _ int) (int, int) { return y, w - 1 - x })
	}
	return m
}

// scaled fits the picture to a longer side.
func scaled(m *image.RGBA, long int) *image.RGBA {
	k := float64(long) / float64(max(m.Rect.Dx(), m.Rect.Dy()))
	size := func(n int) int { return max(int(math.Round(float64(n)*k)), 1) }
	out := image.NewRGBA(image.Rect(0, 0, size(m.Rect.Dx()), size(m.Rect.Dy())))
	xdraw.CatmullRom.Scale(out, out.Rect, m, m.Rect, draw.Src, nil)
	return out
}

// exposed puts every channel, 0 to 1, through f.
func exposed(m *image.RGBA, f func(float64) float64) *image.RGBA {
	var table [256]uint8
	for v := range table {
		table[v] = uint8(255*min(f(float64(v)/255), 1) + 0.5)
	}
	out := image.NewRGBA(m.Rect)
	for i, v := range m.Pix {
		out.Pix[i] = table[v]
		if i%4 == 3 {
			out.Pix[i] = 255
		}
	}
	return out
}

func copied(m *image.RGBA, r image.Rectangle) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	draw.Draw(out, out.Rect, m, r.Min, draw.Src)
	return out
}

// turned fills a picture of the given size from the places that from names; w
// and h are that size.
func turned(m *image.RGBA, size image.Point, from func(x, y, w, h int) (int, int)) *image.RGBA {
	out := image.NewRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			sx, sy := from(x, y, size.X, size.Y)
			copy(out.Pix[out.PixOffset(x, y):][:4], m.Pix[m.PixOffset(sx, sy):][:4])
		}
	}
	return out
}
