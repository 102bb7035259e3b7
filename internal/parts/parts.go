// Package parts makes the judge, the generator and the mirror that the settings
// name. It is a part of the mains, of the command line as of the functions, and so
// it names the drivers; keys and identities come from the main.
package parts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
	"screentest/pkg/store/s3"
)

// A Source is what judges and generators are made of.
type Source struct {
	Settings  settings.Settings
	Key       string            // of the model's provider
	Identity  string            // tells this installation apart from others; only its hash is sent
	Budget    *cost.Budget      // nil for no limit
	Transport http.RoundTripper // nil for a pool of connections of its own
}

// Judge makes the judge of the settings.
func (s Source) Judge() (judge.Judge, error) {
	j := s.Settings.Judge
	if j.Name == "offline" {
		return offline.New(), nil
	}
	price, err := s.Settings.Price()
	if err != nil {
		return nil, err
	}
	return openai.New(openai.Config{
		APIKey: s.Key, BaseURL: j.BaseURL, Model: j.Model, Price: price,
		ReasoningEffort: j.ReasoningEffort, BatchSize: j.Batch, Timeout: j.Timeout,
		Dialect: j.Dialect, Budget: s.Budget, SafetyIdentifier: s.Identity, Transport: s.Transport,
	})
}

// Generator makes the generator of the settings.
func (s Source) Generator() (generate.Generator, error) {
	g := s.Settings.Generation
	limits := inspect.Limits{Bytes: s.Settings.Images.MaxBytes, Megapixels: s.Settings.Images.MaxMegapixels}
	if g.Name == "offline" {
		return generateoffline.New(generateoffline.Config{Limits: limits})
	}
	return generateopenai.New(generateopenai.Config{
		APIKey: s.Key, BaseURL: g.BaseURL, Model: g.Model, Size: g.Size, Quality: g.Quality, Format: g.Format,
		Price: generateopenai.Price(g.Price), MaxUSD: g.MaxUSDPerImage, Budget: s.Budget, Timeout: g.Timeout, Limits: limits,
		SafetyIdentifier: s.Identity, Transport: s.Transport,
	})
}

// NoMirror is what an owner says who wants remote objects left where they are.
const NoMirror = "none"

// ErrMirror says that the setting "mirror" cannot be meant.
var ErrMirror = errors.New("mirror")

// Remote says where the images of a tree also lie; where is the setting "mirror",
// and home the bucket that holds the tree, nil if none does.
func Remote(ctx context.Context, home *s3.Store, where string) (mirror.Remote, error) {
	var r mirror.Remote
	if home != nil {
		r.Home = location(home)
	}
	switch {
	case where == "":
		return r, nil
	case where == NoMirror:
		r.Waived = true
		return r, nil
	case !strings.HasPrefix(where, s3.Scheme):
		return r, fmt.Errorf("%w %q: say s3://bucket/prefix, or %s", ErrMirror, where, NoMirror)
	}
	other, err := s3.Open(ctx, where)
	if err != nil {
		return r, fmt.Errorf("mirror %s: %w", where, err)
	}
	r.Mirror = &mirror.Mirror{Store: other, At: location(other)}
	if at := r.Mirror.At; at.Bucket == r.Home.Bucket && (strings.HasPrefix(at.Prefix, r.Home.Prefix) || strings.HasPrefix(r.Home.Prefix, at.Prefix)) {
		return r, fmt.Errorf("%w %s: that overlaps the tree itself", ErrMirror, where)
	}
	return r, nil
}

func location(s *s3.Store) mirror.Location {
	bucket, prefix := s.Place()
	return mirror.Location{Bucket: bucket, Prefix: prefix}
}
