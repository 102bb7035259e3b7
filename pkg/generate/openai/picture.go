package openai

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	_ "image/png" // with jpeg, what image.DecodeConfig is to know

	"screentest/pkg/generate"
	"screentest/pkg/inspect"
)

// unpack takes the picture out of an answer and holds its header against the
// order. The pixels are for the judge to look at.
func (c *Config) unpack(answer []byte) (generate.Picture, error) {
	var said struct {
		Data []struct {
			Picture string `json:"b64_json"`
		} `json:"data"`
	}
	if err := json.Unmarshal(answer, &said); err != nil {
		return generate.Picture{}, errors.New("the answer is not of the form of image edits")
	}
	if len(said.Data) != 1 || said.Data[0].Picture == "" {
		return generate.Picture{}, fmt.Errorf("the answer lists %d pictures, and not one in base64", len(said.Data))
	}
	data, err := base64.StdEncoding.DecodeString(said.Data[0].Picture)
	if err != nil {
		return generate.Picture{}, errors.New("the picture is not in base64")
	}
	if err := c.checkPicture(data); err != nil {
		return generate.Picture{}, err
	}
	extensions := map[string]string{inspect.PNG: ".png", inspect.JPEG: ".jpg"}
	return generate.Picture{Data: data, Extension: extensions[c.Format]}, nil
}

func (c *Config) checkPicture(data []byte) error {
	header, format, err := image.DecodeConfig(bytes.NewReader(data))
	got := size{header.Width, header.Height}
	ordered, _ := parseSize(c.Size) // as New has made sure
	switch {
	case err != nil:
		return fmt.Errorf("%d bytes are no %s: %w", len(data), c.Format, err)
	case format != c.Format:
		return fmt.Errorf("the picture is a %s, ordered was a %s", format, c.Format)
	case !ordered.auto() && got != ordered:
		return fmt.Errorf("the picture has the wrong size: %s pixels, ordered were %s", got, ordered)
	}
	return nil
}
