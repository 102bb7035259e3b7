package inspect

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
)

// Formats, as Checks.Format names them.
const (
	PNG  = "png"
	JPEG = "jpeg"
)

// maxSide is the longest side read: the longest a JPEG can have, and what
// shrink's sums have room for.
const maxSide = 65535

// A codec is how one format is read, and the fewest bytes that can hold so many
// pixels. A header that announces more than the file can hold is not believed:
// the file is damaged, whatever the limits are.
type codec struct {
	format string
	header func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	fewest func(data []byte, pixels float64) float64
}

var codecs = []codec{
	{PNG, png.DecodeConfig, png.Decode, fewestPNG},
	{JPEG, jpeg.DecodeConfig, jpeg.Decode, fewestJPEG},
}

// fewestPNG: deflate packs at most 1032 bytes into one. The header, which has
// been read, holds the bits of a channel and the kind of pixel.
func fewestPNG(data []byte, pixels float64) float64 {
	depth, kind := float64(data[24]), data[25]
	channels := map[byte]float64{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
	return pixels * channels * depth / 8 / 1032
}

// fewestJPEG: each block of 8 × 8 pixels takes at least one bit.
func fewestJPEG(_ []byte, pixels float64) float64 { return pixels / 64 / 8 }

// magics are the beginnings of formats, read or not; "?" stands for any byte.
var magics = []struct{ format, magic string }{
	{PNG, "\x89PNG\r\n\x1a\n"},
	{JPEG, "\xff\xd8\xff"},
	{"gif", "GIF8"},
	{"webp", "RIFF????WEBP"},
	{"bmp", "BM????\x00\x00\x00\x00"},
	{"tiff", "II*\x00"},
	{"tiff", "MM\x00*"},
	{"ico", "\x00\x00\x01\x00"},
	{"psd", "8BPS"},
	{"heic or avif", "????ftyp"},
	{"jpeg xl", "\xff\x0a"},
	{"jpeg xl", "\x00\x00\x00\x0cJXL "},
	{"jpeg 2000", "\x00\x00\x00\x0cjP  "},
}

// sniff returns the format that the content begins like, "" for none.
func sniff(data []byte) string {
	for _, m := range magics {
		if begins(data, m.magic) {
			return m.format
		}
	}
	return ""
}

func begins(data []byte, magic string) bool {
	if len(data) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != data[i] {
			return false
		}
	}
	return true
}

// decode reads the picture, upright or not, after the size of the file, its
// format and its header have passed the limits.
func decode(data []byte, limits Limits) (image.Image, string, error) {
	codec, err := choose(data, limits)
	if err != nil {
		return nil, "", err
	}
	var config image.Config
	err = careful(codec.format, func() (err error) {
		config, err = codec.header(bytes.NewReader(data))
		return err
	})
	if err != nil {
		return nil, "", err
	}
	if err := codec.admit(config, data, limits); err != nil {
		return nil, "", err
	}
	var img image.Image
	err = careful(codec.format, func() (err error) {
		img, err = codec.decode(bytes.NewReader(data))
		return err
	})
	return img, codec.format, err
}

// choose finds the codec for the content.
func choose(data []byte, limits Limits) (codec, error) {
	if len(data) == 0 {
		return codec{}, &BrokenError{"the file is empty"}
	}
	if int64(len(data)) > limits.Bytes {
		return codec{}, &LimitError{fmt.Sprintf("%d bytes, limit %d", len(data), limits.Bytes)}
	}
	format := sniff(data)
	for _, c := range codecs {
		if c.format == format {
			return c, nil
		}
	}
	if format != "" {
		return codec{}, &LimitError{fmt.Sprintf("the content is %s; only png and jpeg are read", format)}
	}
	return codec{}, &BrokenError{"the content is no image"}
}

// admit judges the announced size. Nothing of that size has been allocated yet.
func (c codec) admit(config image.Config, data []byte, limits Limits) error {
	w, h := config.Width, config.Height
	pixels := float64(w) * float64(h)
	switch {
	case w <= 0 || h <= 0:
		return &BrokenError{fmt.Sprintf("the header announces %d × %d pixels", w, h)}
	case c.fewest(data, pixels) > float64(len(data)):
		return &BrokenError{fmt.Sprintf("the header announces %d × %d pixels, which %d bytes cannot hold", w, h, len(data))}
	case pixels > limits.Megapixels*1e6:
		return &LimitError{fmt.Sprintf("%d × %d pixels are %.1f megapixels, limit %g", w, h, pixels/1e6, limits.Megapixels)}
	case w > maxSide || h > maxSide:
		return &LimitError{fmt.Sprintf("%d × %d pixels, the longest side read is %d", w, h, maxSide)}
	}
	if need := Footprint(data); limits.Memory > 0 && need > limits.Memory {
		return &LimitError{fmt.Sprintf("decoding it takes %d MB, and this process has %d for a picture: give it more memory", need>>20, limits.Memory>>20)}
	}
	return nil
}

// careful calls a decoder and says in our kinds of error what went wrong. A
// decoder that panics has a fault of its own, so the image may be sound.
func careful(format string, decode func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &LimitError{fmt.Sprintf("the %s decoder gave up: %v", format, cause)}
		}
	}()
	return explain(format, decode())
}

func explain(format string, err error) error {
	var unsupportedPNG png.UnsupportedError
	var unsupportedJPEG jpeg.UnsupportedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unsupportedPNG), errors.As(err, &unsupportedJPEG):
		return &LimitError{fmt.Sprintf("a kind of %s that is not read: %v", format, err)}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &BrokenError{fmt.Sprintf("the %s is cut off", format)}
	}
	return &BrokenError{fmt.Sprintf("the %s is damaged: %s", format, strings.TrimPrefix(err.Error(), format+": "))}
}
