// Package inspect is the free half of the judgement: everything about an image
// that needs no model. It decodes under limits, measures, and finds copies. It
// does no I/O: bytes in, Checks out.
//
// An image is decoded exactly once; Inspect takes from that one decoding the
// measurements, the fingerprint for copies, the texture statistics from which
// the offline judge works, and the preview that the model is shown. Checks are
// small, are stored with the evaluation, and stay valid while the content and
// Version stay the same, so that an unchanged image is never decoded again.
package inspect

import (
	"path"
	"strings"
)

// Version changes whenever the same bytes would give other Checks; stored checks
// of another version are measured again.
const Version = 1

// Limits bound what a file may cost, tested against its size and its header
// before a pixel is allocated.
type Limits struct {
	Bytes      int64   // largest file read
	Megapixels float64 // largest width × height, in millions
	Memory     int64   // most bytes that decoding may take, see Footprint; 0 for no limit
}

// Checks are the measurements of one decodable image. Lengths are in pixels
// after the EXIF orientation is applied. Brightness, from 0 black to 1 white, is
// luma; everything but the size is measured on the picture reduced to a long
// side of at most 512 pixels and laid over white.
type Checks struct {
	Version     int     `json:"version"`
	Format      string  `json:"format"` // what the content is, PNG or JPEG, whatever the name says
	Width       int     `json:"width"`
	Height      int     `json:"height"`
	Orientation int     `json:"orientation,omitempty"` // EXIF 2 to 8; absent when upright
	Grey        bool    `json:"grey"`                  // no visible colour
	Saturation  float64 `json:"saturation"`            // mean difference of the strongest and the weakest channel, 0 to 1
	Brightness  float64 `json:"brightness"`            // mean
	Contrast    float64 `json:"contrast"`              // standard deviation of brightness
	Shadows     float64 `json:"shadows"`               // what 0.2 % of the pixels are darker than
	Highlights  float64 `json:"highlights"`            // what 1 % of the pixels are brighter than
	ClippedLow  float64 `json:"clipped_low"`           // share of pixels that are black
	ClippedHigh float64 `json:"clipped_high"`          // share of pixels that are white
	Sharpness   float64 `json:"sharpness"`             // of the sharpest edges, 0 to 1; see sharpness.go
	Symmetry    float64 `json:"symmetry"`              // correlation of the picture with its mirror image, -1 to 1
	Print       string  `json:"print"`                 // perceptual fingerprint for Copies, base64
	Texture     Texture `json:"texture"`               // statistics for the offline judge
}

// Matches reports whether the extension of file agrees with the content.
func (c Checks) Matches(file string) bool {
	switch strings.ToLower(path.Ext(file)) {
	case ".png":
		return c.Format == PNG
	case ".jpg", ".jpeg":
		return c.Format == JPEG
	}
	return false
}

// A Picture is what Inspect takes from one image.
type Picture struct {
	Checks  Checks
	Preview []byte // JPEG without metadata, upright; nil unless asked for
}

// A BrokenError says that the bytes are no usable image: nothing a decoder with
// more memory could do would help.
type BrokenError struct{ Reason string }

func (e *BrokenError) Error() string { return "broken image: " + e.Reason }

// A LimitError says that an image may be sound but is not for this program to
// read: it is over the limits, or of a format or kind that we have no decoder
// for. It is not broken, and nothing may be deleted because of it.
type LimitError struct{ Reason string }

func (e *LimitError) Error() string { return "image beyond the limits: " + e.Reason }

// Inspect decodes an image once and takes everything from it. preview is the
// long side in pixels of the preview wanted, 0 for none; a picture is never
// enlarged, nor a preview made over 512. Nothing is decoded before the
// size of the file and the announced size of the picture have passed the limits.
// The error is a *BrokenError or a *LimitError.
func Inspect(data []byte, limits Limits, preview int) (Picture, error) {
	img, format, err := decode(data, limits)
	if err != nil {
		return Picture{}, err
	}
	exif := upright
	if format == JPEG {
		exif = orientation(data)
	}
	size := img.Bounds().Size()
	if exif >= 5 {
		size.X, size.Y = size.Y, size.X
	}
	reduced := turn(reduce(img), exif)
	checks := check(reduced)
	checks.Version, checks.Format, checks.Width, checks.Height = Version, format, size.X, size.Y
	if exif != upright {
		checks.Orientation = exif
	}
	shown, err := encodePreview(reduced, preview)
	if err != nil {
		return Picture{}, err
	}
	return Picture{Checks: checks, Preview: shown}, nil
}
