package main

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"screentest/pkg/cost"
	"screentest/pkg/generate"
	generateoffline "screentest/pkg/generate/offline"
	generateopenai "screentest/pkg/generate/openai"
	"screentest/pkg/inspect"
	"screentest/pkg/judge"
	"screentest/pkg/judge/offline"
	"screentest/pkg/judge/openai"
	"screentest/pkg/mirror"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/store/s3"
)

// newJudge makes the judge of the settings for the tree data. The key comes from
// the environment.
func newJudge(set settings.Settings, data string, budget *cost.Budget) (judge.Judge, error) {
	if set.Judge.Name == "offline" {
		return offline.New(), nil
	}
	price, err := set.Price()
	if err != nil {
		return nil, err
	}
	return openai.New(openai.Config{
		APIKey: os.Getenv("OPENAI_API_KEY"), BaseURL: set.Judge.BaseURL, Model: set.Judge.Model, Price: price,
		ReasoningEffort: set.Judge.ReasoningEffort, BatchSize: set.Judge.Batch, Timeout: set.Judge.Timeout,
		Dialect: set.Judge.Dialect, Budget: budget, SafetyIdentifier: identity(data),
	})
}

// newGenerator makes the generator of the settings, likewise.
func newGenerator(set settings.Settings, data string, budget *cost.Budget) (generate.Generator, error) {
	g := set.Generation
	limits := inspect.Limits{Bytes: set.Images.MaxBytes, Megapixels: set.Images.MaxMegapixels}
	if g.Name == "offline" {
		return generateoffline.New(generateoffline.Config{Limits: limits})
	}
	return generateopenai.New(generateopenai.Config{
		APIKey: os.Getenv("OPENAI_API_KEY"), BaseURL: g.BaseURL, Model: g.Model, Size: g.Size, Quality: g.Quality, Format: g.Format,
		Price: generateopenai.Price(g.Price), MaxUSD: g.MaxUSDPerImage, Budget: budget, Timeout: g.Timeout, Limits: limits,
		SafetyIdentifier: identity(data),
	})
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
	r := mirror.Remote{Home: locationOf(s)}
	switch {
	case where == "":
		return r, nil
	case where == noMirror:
		r.Waived = true
		return r, nil
	case !strings.HasPrefix(where, s3.Scheme):
		return r, usageError{fmt.Errorf("mirror %q: say s3://bucket/prefix, or %s", where, noMirror)}
	}
	other, err := s3.Open(ctx, where)
	if err != nil {
		return r, fmt.Errorf("mirror %s: %w", where, err)
	}
	r.Mirror = &mirror.Mirror{Store: other, At: locationOf(other)}
	if at := r.Mirror.At; at.Bucket == r.Home.Bucket && (strings.HasPrefix(at.Prefix, r.Home.Prefix) || strings.HasPrefix(r.Home.Prefix, at.Prefix)) {
		return r, usageError{fmt.Errorf("mirror %s: that overlaps the tree itself", where)}
	}
	return r, nil
}

// noMirror is what an owner says who wants remote objects left where they are.
const noMirror = "none"

func locationOf(s store.Store) mirror.Location {
	if bucket, ok := s.(*s3.Store); ok {
		name, prefix := bucket.Place()
		return mirror.Location{Bucket: name, Prefix: prefix}
	}
	return mirror.Location{}
}
