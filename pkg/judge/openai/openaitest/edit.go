package openaitest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	_ "image/png" // base images may be either
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const maxReference = 1024 // pixels; larger costs more and shows nothing more

type editBody struct {
	Model  string `json:"model"`
	Prompt string `json:"prompt"`
	Images []struct {
		ImageURL string `json:"image_url"`
	} `json:"images"`
	Size         string `json:"size"`
	Quality      string `json:"quality"`
	OutputFormat string `json:"output_format"`
	User         string `json:"user"`
}

func isEdit(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/images/edits") }

// readEdit takes an order; orders look alike at every server.
func readEdit(r *http.Request, raw []byte, _ bool) (Request, error) {
	request := Request{Raw: raw}
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
		return request, fmt.Errorf("%s of %q is not how an edit is ordered", r.Method, r.Header.Get("Content-Type"))
	}
	var b editBody
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&b); err != nil {
		return request, fmt.Errorf("body: %w", err)
	}
	if err := b.check(); err != nil {
		return request, err
	}
	request.Prompt, request.Size, request.Quality, request.Format = b.Prompt, b.Size, b.Quality, b.OutputFormat
	request.text = len(b.Prompt)
	return request, request.readReference(b.Images[0].ImageURL)
}

var (
	pictureSize = regexp.MustCompile(`^(auto|\d+x\d+)$`)
	hashed      = regexp.MustCompile(`^([0-9a-f]{64})?$`)
)

func (b editBody) check() error {
	switch {
	case b.Model == "":
		return errors.New("no model")
	case strings.TrimSpace(b.Prompt) == "" || len(b.Prompt) > 32_000:
		return fmt.Errorf("a prompt of %d bytes", len(b.Prompt))
	case len(b.Images) != 1:
		return fmt.Errorf("%d images, not the base image alone", len(b.Images))
	case !pictureSize.MatchString(b.Size):
		return fmt.Errorf("size %q", b.Size)
	case !slices.Contains([]string{"low", "medium", "high", "auto"}, b.Quality):
		return fmt.Errorf("quality %q", b.Quality)
	case !slices.Contains([]string{"png", "jpeg"}, b.OutputFormat):
		return fmt.Errorf("output_format %q", b.OutputFormat)
	case !hashed.MatchString(b.User):
		return errors.New("the user is not a hash")
	}
	return nil
}

var dataURL = regexp.MustCompile(`^data:image/(png|jpeg);base64,`)

func (r *Request) readReference(url string) error {
	kind := dataURL.FindStringSubmatch(url)
	if kind == nil {
		return errors.New("the base image is not in a data URL")
	}
	data, err := base64.StdEncoding.DecodeString(url[len(kind[0]):])
	if err != nil {
		return fmt.Errorf("the base image: %w", err)
	}
	picture, format, err := image.Decode(bytes.NewReader(data))
	size := image.Point{}
	if err == nil {
		size = picture.Bounds().Size()
	}
	switch {
	case err != nil:
		return fmt.Errorf("the base image: %w", err)
	case format != kind[1]:
		return fmt.Errorf("the base image is %s and said to be %s", format, kind[1])
	case max(size.X, size.Y) > maxReference:
		return fmt.Errorf("the base image has %d×%d pixels, more than %d", size.X, size.Y, maxReference)
	case bytes.Contains(data, []byte("Exif\x00\x00")) || bytes.Contains(data, []byte("eXIf")):
		return errors.New("the base image carries EXIF metadata")
	}
	r.Base = data
	r.imageTokens = (size.X + 31) / 32 * ((size.Y + 31) / 32)
	return nil
}

// edit answers an order.
func (h *Handler) edit(request Request) *Reply {
	usage := &Usage{Input: request.text/4 + request.imageTokens, Image: request.imageTokens, Output: request.outputTokens()}
	reply := &Reply{Status: http.StatusOK, Header: http.Header{}, Picture: h.options.Picture(request), Usage: usage, request: request}
	if fault := h.options.EditFault(request); fault != nil {
		fault(reply)
	}
	if !reply.Declined {
		h.mu.Lock()
		defer h.mu.Unlock()
		e := &h.stats.Edits
		e.Billed++
		e.TextTokens += usage.Input - usage.Image
		e.ImageTokens += usage.Image
		e.OutputTokens += usage.Output
	}
	return reply
}

// pixels returns the size of the picture ordered; where that is left to the
// model it is square.
func (r Request) pixels() (width, height int) {
	w, h, _ := strings.Cut(r.Size, "x")
	width, _ = strconv.Atoi(w) // 0 for "auto"
	height, _ = strconv.Atoi(h)
	if width == 0 || height == 0 {
		return 1024, 1024
	}
	return width, height
}

// outputTokens is what gpt-image-2 bills for a picture.
func (r Request) outputTokens() int {
	width, height := r.pixels()
	columns := map[string]float64{"low": 16, "medium": 48}[r.Quality]
	if columns == 0 {
		columns = 96
	}
	rows := math.Round(columns * float64(min(width, height)) / float64(max(width, height)))
	return int(math.Ceil(columns * rows * (2e6 + float64(width*height)) / 4e6))
}

func (r *Reply) encodePicture() string {
	answer := map[string]any{
		"created": 1, "size": r.request.Size, "quality": r.request.Quality, "output_format": r.request.Format,
		"data": []any{map[string]any{"b64_json": base64.StdEncoding.EncodeToString(r.Picture)}},
	}
	if r.Usage != nil {
		answer["usage"] = map[string]any{
			"input_tokens": r.Usage.Input, "output_tokens": r.Usage.Output, "total_tokens": r.Usage.Input + r.Usage.Output,
			"input_tokens_details": map[string]any{"text_tokens": r.Usage.Input - r.Usage.Image, "image_tokens": r.Usage.Image},
		}
	}
	text, err := json.Marshal(answer)
	if err != nil {
		panic(err) // texts and numbers encode
	}
	return string(text)
}
