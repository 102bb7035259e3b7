package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"screentest/pkg/actor"
	"screentest/pkg/album"
	"screentest/pkg/ledger"
	"screentest/pkg/page"
	"screentest/pkg/restore"
	"screentest/pkg/trash"
)

// A Restorer brings images back out of the trash, as restore.Config does.
type Restorer interface {
	Restore(ctx context.Context, n actor.Name, s restore.Selection) (restore.Report, error)
}

// plan approves or rejects the plan that is on the page.
func (s *Server) plan(w http.ResponseWriter, r *http.Request) error {
	name := actor.Name(r.PathValue("name"))
	if err := name.Validate(); err != nil {
		return fmt.Errorf("%w: %w", errNoPage, err)
	}
	if _, err := s.terms(r.Context()); err != nil {
		return err
	}
	book, err := ledger.Load(r.Context(), s.Store, name)
	if err != nil {
		return err
	}
	id, act := r.PostForm.Get("id"), r.PostForm.Get("act")
	seen, err := strconv.Atoi(r.PostForm.Get("line"))
	if err != nil || seen <= 0 {
		return fmt.Errorf("%w: it does not say how the plan stood on the page", errMalformed)
	}
	sign := ledger.Signature{By: s.By, At: s.Now().UTC(), Why: r.PostForm.Get("why"), Seen: seen}
	words := page.DoneApprove
	switch act {
	case "approve":
		err = book.Approve(r.Context(), id, sign)
	case "reject":
		words = page.DoneReject
		err = book.Reject(r.Context(), id, sign)
	default:
		return fmt.Errorf("%w: %q is nothing that can be done to a plan", errMalformed, act)
	}
	if errors.Is(err, ledger.ErrState) {
		return stands(book, id)
	}
	if err != nil {
		return err
	}
	s.back(w, r, name, words, "")
	return nil
}

// stands says how things stand by now, to somebody who decided about the plan id and
// saw it otherwise.
func stands(book *ledger.Ledger, id string) error {
	latest, ok := book.Latest()
	if !ok {
		return fmt.Errorf("%w: there is none any more", errOutdated)
	}
	plan := "it"
	if latest.ID != id {
		plan = "the one of now"
	}
	return fmt.Errorf("%w: %s is %s %s", errOutdated, plan, album.PlanOf(latest), page.Signed(latest.Last()))
}

// back leads to an actor's page, which says what was done.
func (s *Server) back(w http.ResponseWriter, r *http.Request, name actor.Name, words, fragment string) {
	s.changed()
	s.leaveNotice(w, name, words)
	to := url.URL{Path: "/actors/" + string(name), RawPath: s.site.Actor(name), Fragment: fragment}
	to.RawQuery = strings.TrimPrefix(page.ParseFilter(from(r)).Address(), "?")
	http.Redirect(w, r, to.String(), http.StatusSeeOther)
}

// from returns the filter of the overview that led to the page that acts.
func from(r *http.Request) url.Values {
	filter, _ := url.ParseQuery(strings.TrimPrefix(r.PostForm.Get("from"), "?"))
	return filter
}

// restore brings one image back from the trash.
func (s *Server) restore(w http.ResponseWriter, r *http.Request) error {
	name := actor.Name(r.PathValue("name"))
	if err := name.Validate(); err != nil {
		return fmt.Errorf("%w: %w", errNoPage, err)
	}
	selection := restore.Selection{Files: []string{r.PostForm.Get("file")}, Proposal: r.PostForm.Get("proposal")}
	if selection.Files[0] == "" || selection.Proposal == "" {
		return fmt.Errorf("%w: no image is named", errMalformed)
	}
	terms, err := s.terms(r.Context())
	if err != nil {
		return err
	}
	report, err := terms.Restorer.Restore(r.Context(), name, selection)
	switch {
	case err != nil:
		return err
	case len(report.Problems) > 0:
		return fmt.Errorf("%w: %s: %s", errBusy, report.Problems[0].Where, report.Problems[0].Reason)
	case len(report.Images) == 0:
		return fmt.Errorf("%w: that image is not in the trash any more", errBusy)
	}
	s.back(w, r, name, page.DoneRestore, "")
	return nil
}

// trashed returns what can be brought back, newest first.
func (s *Server) trashed(ctx context.Context, name actor.Name) ([]page.Trashed, error) {
	receipts, _, err := trash.List(ctx, s.Store, name)
	var all []page.Trashed
	for i := range receipts {
		r := receipts[len(receipts)-1-i]
		all = append(all, page.Trashed{
			Proposal: r.Proposal, File: r.File, Thumb: s.site.Thumbnail(name, r.SHA256),
			Words: fmt.Sprintf("%s; by %s, %s", r.Reason, r.By, r.At.UTC().Format("2 January 2006 15:04 MST")),
		})
	}
	return all, err
}

// trashedAs returns the name under which a content went to the trash.
func (s *Server) trashedAs(ctx context.Context, name actor.Name, sum string) (string, error) {
	receipts, _, err := trash.List(ctx, s.Store, name)
	if err != nil {
		return "", err
	}
	for _, r := range receipts {
		if r.SHA256 == sum {
			return r.File, nil
		}
	}
	return "", fmt.Errorf("%w: %s has no such image", errNoPage, name)
}
