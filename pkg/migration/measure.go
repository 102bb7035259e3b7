package migration

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg" // the formats of training images
	_ "image/png"
	"io"

	"screentest/pkg/manifest"
	"screentest/pkg/store"
)

// measured are the fields that the file itself tells.
type measured struct {
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
}

// measure reads an object once, through the hash. Of the picture only the
// header is looked at; one that is broken leaves out width and height.
func measure(ctx context.Context, s store.Store, k store.Key) (measured, error) {
	o, err := s.Get(ctx, k)
	if err != nil {
		return measured{}, fmt.Errorf("measure %s: %w", k, err)
	}
	defer o.Body.Close()
	hash := sha256.New()
	content := &counter{reader: io.TeeReader(o.Body, hash)}
	header, _, headerErr := image.DecodeConfig(content)
	if _, err := io.Copy(io.Discard, content); err != nil {
		return measured{}, fmt.Errorf("measure %s: %w", k, err)
	}
	m := measured{SHA256: hex.EncodeToString(hash.Sum(nil)), Bytes: content.n}
	if headerErr == nil {
		m.Width, m.Height = header.Width, header.Height
	}
	return m, nil
}

// A counter counts what is read through it.
type counter struct {
	reader io.Reader
	n      int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.reader.Read(p)
	c.n += int64(n)
	return n, err
}

// claim is what was measured of a file, as one more source.
func (m measured) claim(file string) (claim, error) {
	raw, err := json.Marshal(m)
	if err != nil {
		return claim{}, err
	}
	fields, err := manifest.ParseObject(raw)
	return claim{file, fromFile, fields}, err
}
