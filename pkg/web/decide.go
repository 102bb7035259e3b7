package web

import (
	"context"
	"fmt"
	"net/http"
	"regexp"

	"screentest/pkg/actor"
	"screentest/pkg/album"
	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
	"screentest/pkg/ledger"
	"screentest/pkg/page"
	"screentest/pkg/settings"
	"screentest/pkg/verdict"
)

var anchor = regexp.MustCompile(`^f[0-9]{1,6}$`)

// decide records what a person thinks of one image and draws the conclusions.
func (s *Server) decide(w http.ResponseWriter, r *http.Request) error {
	name := actor.Name(r.PathValue("name"))
	terms, err := s.terms(r.Context())
	if err != nil {
		return err
	}
	d := decision.Decision{
		SHA256: r.PostForm.Get("sha256"), Kind: decision.Kind(r.PostForm.Get("kind")),
		By: s.By, Why: r.PostForm.Get("why"), At: s.Now().UTC(),
	}
	if style := verdict.Style(d.Kind); style.Valid() {
		d.Kind, d.Style = decision.Style, style
	}
	if err := d.Validate(); err != nil {
		return fmt.Errorf("%w: %w", errMalformed, err)
	}
	words, err := s.conclude(r.Context(), name, d, terms.Settings)
	if err != nil {
		return err
	}
	s.back(w, r, name, words, anchor.FindString(r.PostForm.Get("frame")))
	return nil
}

// conclude puts d on record, has the plan follow it, and says what came of it.
func (s *Server) conclude(ctx context.Context, name actor.Name, d decision.Decision, set settings.Settings) (string, error) {
	before, err := s.evaluated(ctx, name)
	if err != nil {
		return "", err
	}
	if d.File, err = s.trainingImage(ctx, name, before, d.SHA256); err != nil {
		return "", err
	}
	was, err := s.planOf(ctx, name)
	if err != nil {
		return "", err
	}
	if err := decision.Add(ctx, s.Store, name, d); err != nil {
		return "", err
	}
	sign := ledger.Signature{By: s.By, At: d.At, Why: "after a decision about " + d.File}
	after, err := evaluation.Rebuild(ctx, s.Store, name, set, sign)
	if err != nil {
		return "", fmt.Errorf("the decision is recorded, but the plan does not follow it yet: %w", err)
	}
	is, err := s.planOf(ctx, name)
	return page.Decided{Decision: d, Before: *before, After: after, Was: was, Is: is}.Words(), err
}

// planOf says how far the latest plan has come.
func (s *Server) planOf(ctx context.Context, name actor.Name) (album.Plan, error) {
	book, err := ledger.Load(ctx, s.Store, name)
	if err != nil {
		return "", err
	}
	latest, _ := book.Latest()
	return album.PlanOf(latest), nil
}

// evaluated returns the evaluation of an actor that must have one.
func (s *Server) evaluated(ctx context.Context, name actor.Name) (*evaluation.Evaluation, error) {
	if err := name.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoPage, err)
	}
	e, _, err := evaluation.Load(ctx, s.Store, name)
	if err != nil || e == nil {
		return nil, fmt.Errorf("%w: %s has no evaluation", errNoPage, name)
	}
	return e, nil
}
