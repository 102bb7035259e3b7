package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"screentest/pkg/actor"
	"screentest/pkg/album"
	"screentest/pkg/decision"
	"screentest/pkg/ledger"
	"screentest/pkg/page"
)

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
	case "approve", approveNext:
		if _, err := decision.Load(r.Context(), s.Store, name); err != nil {
			return fmt.Errorf("%w: nothing is approved while the decisions of people cannot be read: %w", errBusy, err)
		}
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
	if next := actor.Name(r.PostForm.Get("next")); act == approveNext && next.Validate() == nil {
		name, words = next, page.DoneNext
	}
	s.back(w, r, name, words, "")
	return nil
}

// approveNext approves the plan and leads on to the next that waits.
const approveNext = "approve-next"

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
