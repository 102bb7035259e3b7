package inspect

import (
	"image"
	"image/color"
	"image/draw"
)

// reducedSide is the long side of the reduced picture, on which everything is
// measured. It is also the largest preview.
const reducedSide = 512

// fit returns the size of a w × h picture scaled down, never up, to a long side
// of at most side.
func fit(w, h, side int) (int, int) {
	long := max(w, h)
	if long <= side {
		return w, h
	}
	return max(1, (w*side+long/2)/long), max(1, (h*side+long/2)/long)
}

// reduce scales img down to reducedSide by averaging areas, over white where it
// is transparent. It reads the planes as the decoder left them: converting the
// full picture first would cost more than everything else together.
func reduce(img image.Image) *image.RGBA {
	size := img.Bounds().Size()
	w, h := fit(size.X, size.Y, reducedSide)
	switch img := img.(type) {
	case *image.YCbCr:
		return reduceYCbCr(img, w, h)
	case *image.Gray:
		return fromGrey(shrink(plane(img.Pix, img.Stride, size.X, size.Y), w, h), w, h)
	default:
		pix := shrink(colourRows(img), w, h)
		return &image.RGBA{Pix: pix, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
	}
}

// reduceYCbCr takes colour at half the resolution of brightness, as nearly every
// JPEG does and as the preview does again.
func reduceYCbCr(img *image.YCbCr, w, h int) *image.RGBA {
	size := img.Rect.Size()
	cw, ch := chromaSize(img)
	halfW, halfH := (w+1)/2, (h+1)/2
	luma := shrink(plane(img.Y, img.YStride, size.X, size.Y), w, h)
	cb := shrink(plane(img.Cb, img.CStride, cw, ch), halfW, halfH)
	cr := shrink(plane(img.Cr, img.CStride, cw, ch), halfW, halfH)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		line, blue, red := luma[y*w:][:w], cb[y/2*halfW:][:halfW], cr[y/2*halfW:][:halfW]
		pix := out.Pix[4*y*w:][:4*w]
		for x, v := range line {
			p := pix[4*x : 4*x+4 : 4*x+4]
			p[0], p[1], p[2] = color.YCbCrToRGB(v, blue[x/2], red[x/2])
			p[3] = 255
		}
	}
	return out
}

// chromaSize returns the number of colour samples across and down.
func chromaSize(img *image.YCbCr) (int, int) {
	last := img.Rect.Size().Sub(image.Pt(1, 1))
	across := img.COffset(last.X, 0) + 1
	return across, img.COffset(0, last.Y)/img.CStride + 1
}

func fromGrey(grey []uint8, w, h int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for i, v := range grey {
		p := out.Pix[4*i : 4*i+4 : 4*i+4]
		p[0], p[1], p[2], p[3] = v, v, v, 255
	}
	return out
}

// colourRows reads any picture as opaque RGBA.
func colourRows(img image.Image) rows {
	size := img.Bounds().Size()
	out := rows{w: size.X, h: size.Y, n: 4}
	line := image.NewRGBA(image.Rect(0, 0, size.X, 1))
	switch img := img.(type) {
	case *image.RGBA: // opaque: from a PNG or JPEG without alpha
		out.row = func(y int) []uint8 { return img.Pix[y*img.Stride : y*img.Stride+4*size.X] }
	case *image.RGBA64:
		out.row = func(y int) []uint8 { return overWhite(line.Pix, img.Pix[y*img.Stride:], 2) }
	case *image.NRGBA64:
		out.row = func(y int) []uint8 { return overWhite(line.Pix, img.Pix[y*img.Stride:], 2) }
	case *image.NRGBA:
		out.row = func(y int) []uint8 { return overWhite(line.Pix, img.Pix[y*img.Stride:], 1) }
	case *image.Paletted:
		table := paletteOverWhite(img.Palette)
		out.row = func(y int) []uint8 {
			for x, index := range img.Pix[y*img.Stride : y*img.Stride+size.X] {
				copy(line.Pix[4*x:], table[index][:])
			}
			return line.Pix
		}
	default: // CMYK, which draw knows well, and 16-bit grey, which is rare
		out.row = func(y int) []uint8 {
			draw.Draw(line, line.Rect, img, image.Pt(0, y), draw.Src)
			return line.Pix
		}
	}
	return out
}

// overWhite lays pixels with straight alpha over white. A channel of src takes
// size bytes, of which the first is the most significant.
func overWhite(dst, src []uint8, size int) []uint8 {
	for i := 0; i < len(dst); i += 4 {
		s, d := src[i*size:i*size+3*size+1], dst[i:i+4:i+4]
		a := uint32(s[3*size])
		d[0] = uint8((uint32(s[0])*a + 255*(255-a)) / 255)
		d[1] = uint8((uint32(s[size])*a + 255*(255-a)) / 255)
		d[2] = uint8((uint32(s[2*size])*a + 255*(255-a)) / 255)
		d[3] = 255
	}
	return dst
}

func paletteOverWhite(palette color.Palette) (table [256][4]uint8) {
	for i, c := range palette {
		n := color.NRGBAModel.Convert(c).(color.NRGBA)
		overWhite(table[i][:], []uint8{n.R, n.G, n.B, n.A}, 1)
	}
	return table
}
