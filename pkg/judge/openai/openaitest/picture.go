package openaitest

import (
	"bytes"
	"hash/fnv"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"net/http"
	"strconv"
)

// Pattern returns stripes of the size and format ordered, different for each
// order.
func Pattern(r Request) []byte {
	width, height := r.pixels()
	return encodeImage(stripes(width, height, r.Prompt+strconv.Itoa(r.N)), r.Format)
}

// stripes draws slanting stripes in colours and of a width that follow from seed.
func stripes(width, height int, seed string) image.Image {
	hash := fnv.New64a()
	hash.Write([]byte(seed))
	random := rand.New(rand.NewPCG(hash.Sum64(), 0))
	palette := make(color.Palette, 16)
	for i := range palette {
		palette[i] = color.RGBA{uint8(random.Uint32()), uint8(random.Uint32()), uint8(random.Uint32()), 255}
	}
	across, down, wide := 1+random.IntN(4), 1+random.IntN(4), 8+random.IntN(40)
	out := image.NewPaletted(image.Rect(0, 0, width, height), palette)
	for y := range height {
		row := out.Pix[y*out.Stride:][:width]
		for x := range row {
			row[x] = uint8((across*x + down*y) / wide % len(palette))
		}
	}
	return out
}

func encodeImage(img image.Image, format string) []byte {
	var out bytes.Buffer
	var err error
	if format == "jpeg" {
		err = jpeg.Encode(&out, img, nil)
	} else {
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, img)
	}
	if err != nil {
		panic(err) // memory does not fail
	}
	return out.Bytes()
}

// Blocked declines an order for safety's sake.
func Blocked() Fault {
	return Error(http.StatusBadRequest, "moderation_blocked", "Your request was rejected by the safety system.")
}

// NoPicture sends something else than a picture.
func NoPicture() Fault {
	return func(r *Reply) { r.Picture = []byte("<svg xmlns='http://www.w3.org/2000/svg'/>") }
}

// Sized sends a picture of another size than was ordered.
func Sized(width, height int) Fault {
	return func(r *Reply) { r.Picture = encodeImage(stripes(width, height, r.request.Prompt), r.request.Format) }
}

// Formatted sends a picture of another format than was ordered.
func Formatted(format string) Fault {
	return func(r *Reply) {
		width, height := r.request.pixels()
		r.Picture = encodeImage(stripes(width, height, r.request.Prompt), format)
	}
}

// Unreported leaves out what was used.
func Unreported() Fault { return func(r *Reply) { r.Usage = nil } }
