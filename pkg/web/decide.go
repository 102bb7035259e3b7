package web

import (
	"fmt"
	"net/http"
	"regexp"

	"screentest/pkg/actor"
	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
	"screentest/pkg/ledger"
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
	if d.File, err = s.trainingImage(r.Context(), name, d.SHA256); err != nil {
		return err
	}
	if err := decision.Add(r.Context(), s.Store, name, d); err != nil {
		return err
	}
	if _, err := evaluation.Rebuild(r.Context(), s.Store, name, terms.Settings, ledger.Signature{By: s.By, At: d.At, Why: "after a decision about " + d.File}); err != nil {
		return fmt.Errorf("the decision is recorded, but the plan does not follow it yet: %w", err)
	}
	s.back(w, r, name, string(d.Kind), anchor.FindString(r.PostForm.Get("frame")))
	return nil
}
