package web

import (
	"context"
	"fmt"
	"net/http"

	"screentest/pkg/actor"
	"screentest/pkg/ledger"
	"screentest/pkg/page"
	"screentest/pkg/restore"
	"screentest/pkg/trash"
)

// A Restorer brings images back out of the trash, as restore.Config does.
type Restorer interface {
	Restore(ctx context.Context, n actor.Name, s restore.Selection) (restore.Report, error)
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
	case (err != nil || len(report.Images) == 0) && s.isBack(r.Context(), name, selection):
		s.back(w, r, name, page.DoneAlready, "")
		return nil
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

// isBack reports whether an image that was to be restored has been, by somebody else
// or by the first of two clicks.
func (s *Server) isBack(ctx context.Context, name actor.Name, wanted restore.Selection) bool {
	book, err := ledger.Load(ctx, s.Store, name)
	return err == nil && book.Became(ledger.DeletionKey(wanted.Proposal, wanted.Files[0])) == ledger.Restored
}

// trashed returns what can be brought back, newest first.
func (s *Server) trashed(ctx context.Context, name actor.Name) ([]page.Trashed, error) {
	receipts, _, err := trash.List(ctx, s.Store, name)
	var all []page.Trashed
	for i := range receipts {
		all = append(all, page.NewTrashed(s.site, name, receipts[len(receipts)-1-i]))
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
