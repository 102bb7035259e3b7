package main

import (
	"context"
	"errors"
	"os"
	"os/user"
	"path/filepath"

	"screentest/internal/parts"
	"screentest/pkg/cost"
	"screentest/pkg/generate"
	"screentest/pkg/judge"
	"screentest/pkg/mirror"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/store/s3"
)

// source is what judges and generators are made of. The keys come from the
// environment.
func source(set settings.Settings, data string, budget *cost.Budget) parts.Source {
	key := os.Getenv("OPENAI_API_KEY")
	return parts.Source{Settings: set, Key: key, PictureKey: os.Getenv("OPENAI_IMAGE_API_KEY"), Identity: identity(data), Budget: budget}
}

// newJudge makes the judge of the settings for the tree data.
func newJudge(set settings.Settings, data string, budget *cost.Budget) (judge.Judge, error) {
	return source(set, data, budget).Judge()
}

// newGenerator makes the generator of the settings, likewise.
func newGenerator(set settings.Settings, data string, budget *cost.Budget) (generate.Generator, error) {
	return source(set, data, budget).Generator()
}

// identity tells this installation apart from others; only its hash is sent.
func identity(data string) string {
	host, _ := os.Hostname()
	path, _ := filepath.Abs(data)
	return host + ":" + path
}

// person says who is at the keyboard, for the ledger.
func person() string {
	host, _ := os.Hostname()
	if u, err := user.Current(); err == nil {
		return u.Username + "@" + host
	}
	return "unknown@" + host
}

// remote says where the images of s also lie; where is the setting "mirror".
func remote(ctx context.Context, s store.Store, where string) (mirror.Remote, error) {
	home, _ := s.(*s3.Store) // nil for a directory
	r, err := parts.Remote(ctx, home, where)
	if errors.Is(err, parts.ErrMirror) {
		err = usageError{err}
	}
	return r, err
}
