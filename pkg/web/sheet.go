package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/album"
	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
	"screentest/pkg/ledger"
	"screentest/pkg/page"
)

func (s *Server) sheet(w http.ResponseWriter, r *http.Request) error {
	name := actor.Name(r.PathValue("name"))
	view, err := s.look(r.Context(), time.Minute) // who comes next may be told by an old look
	if err != nil {
		return err
	}
	at := slices.IndexFunc(view.Entries, func(e album.Entry) bool { return e.Actor.Name == name })
	if at < 0 {
		return fmt.Errorf("%w: the roster has no actor %q", errNoPage, name)
	}
	terms, err := s.terms(r.Context())
	if err != nil {
		return err
	}
	sheet := page.Sheet{Site: s.priced(terms), Member: view.Entries[at].Actor, Filter: page.ParseFilter(r.URL.Query())}
	sheet.Previous, sheet.Next = sheet.Filter.Around(view.Entries, name)
	sheet.Onward = sheet.Filter.Onward(view.Entries, name)
	if err := s.fill(r.Context(), &sheet); err != nil {
		return err
	}
	sheet.Notice = s.takeNotice(w, r, name)
	return send(w, http.StatusOK, sheet.Render)
}

// fill reads what the store holds of the actor. A document that cannot be read is
// said on the sheet and hides nothing else.
func (s *Server) fill(ctx context.Context, sheet *page.Sheet) error {
	name := sheet.Member.Name
	trouble := func(err error) {
		if err != nil {
			sheet.Problems = append(sheet.Problems, err.Error())
		}
	}
	e, version, err := evaluation.Load(ctx, s.Store, name)
	switch sheet.Evaluation = e; {
	case err != nil:
		sheet.Problem = err.Error()
	case e == nil && version != "":
		sheet.Problem = album.Damaged
	}
	sheet.Decisions, err = decision.History(ctx, s.Store, name)
	trouble(err)
	sheet.Undecided = err != nil
	book, err := ledger.Load(ctx, s.Store, name)
	trouble(err)
	if latest, ok := book.Latest(); ok {
		sheet.Propose(latest)
	}
	sheet.Trash, err = s.trashed(ctx, name)
	trouble(err)
	trouble(s.compare(ctx, sheet, book))
	return ctx.Err()
}
