// Package parts makes the judge, the generator and the mirror that the settings
// name. It is a part of the mains, of the command line as of the functions, and so
// it names the drivers; keys and identities come from the main.
package parts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
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
	Settings   settings.Settings
	Key        string            // of the judge; also of the generator where that is at the same address
	PictureKey string            // of the generator, where it has one of its own
	Identity   string            // tells this installation apart from others; only its hash is sent
	Budget     *cost.Budget      // nil for no limit
	Transport  http.RoundTripper // nil for a pool of connections of its own
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

// Generator makes the generator of the settings. It is not given the key of
// another server's judge, and no judge is given its own.
func (s Source) Generator() (generate.Generator, error) {
	if s.Settings.Generation.Name == "offline" {
		return generateoffline.New(generateoffline.Config{Limits: s.limits()})
	}
	j, g := s.Settings.Judge, s.Settings.Generation
	if s.PictureKey == "" && s.Key != "" && j.Name == "openai" && j.BaseURL != g.BaseURL {
		return nil, fmt.Errorf("the judge is at %q and the generator at %q, but there is one key: "+
			"put that of the generator into OPENAI_IMAGE_API_KEY, or on AWS both into the secret, as {\"judge\": KEY, \"generator\": KEY}, "+
			"so that neither server gets the other's", host(j.BaseURL), host(g.BaseURL))
	}
	return generateopenai.New(s.orders())
}

func (s Source) orders() generateopenai.Config {
	g := s.Settings.Generation
	return generateopenai.Config{
		APIKey: cmp.Or(s.PictureKey, s.Key), BaseURL: g.BaseURL, Model: g.Model, Size: g.Size, Quality: g.Quality, Format: g.Format,
		Price: generateopenai.Price(g.Price), MaxUSD: g.MaxUSDPerImage, Budget: s.Budget, Timeout: g.Timeout, Limits: s.limits(),
		SafetyIdentifier: s.Identity, Transport: s.Transport,
	}
}

func (s Source) limits() inspect.Limits {
	return inspect.Limits{Bytes: s.Settings.Images.MaxBytes, Megapixels: s.Settings.Images.MaxMegapixels}
}

// host is what of an address may be shown; "OpenAI" where there is none.
func host(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return "OpenAI"
}

// PicturePrice is what one picture is likely to cost in dollars: reckoned where
// the model's bills are known, and else what the owner expects.
func (s Source) PicturePrice() float64 {
	if s.Settings.Generation.Name == "offline" {
		return 0
	}
	return cmp.Or(s.orders().Expected(), s.Settings.Generation.USDPerImage)
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
	case !strings.HasPrefix(where, s3.Scheme) || where == s3.Scheme:
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
