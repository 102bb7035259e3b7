package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
)

// HashOf is the SHA-256 of a content, in hex.
func HashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

var hashed = regexp.MustCompile(`^[0-9a-f]{64}$`)

// IsHash reports whether s is a SHA-256 as HashOf writes it.
func IsHash(s string) bool { return hashed.MatchString(s) }

// Hash reads an object and returns the SHA-256 of its content in hex, and which
// state of it that is.
func Hash(ctx context.Context, s Store, k Key) (string, Info, error) {
	o, err := s.Get(ctx, k)
	if err != nil {
		return "", Info{}, err
	}
	defer o.Body.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, o.Body); err != nil {
		return "", Info{}, fmt.Errorf("hash %s: %w", k, err)
	}
	return hex.EncodeToString(hash.Sum(nil)), o.Info, nil
}
