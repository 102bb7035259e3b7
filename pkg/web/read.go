package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/album"
	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
	"screentest/pkg/page"
	"screentest/pkg/store"
	"screentest/pkg/trash"
)

// A rendering is a page that can be written.
type rendering interface{ Render(w io.Writer) error }

// write sends a page, whole or not at all.
func write(w http.ResponseWriter, p rendering) error {
	var b bytes.Buffer
	if err := p.Render(&b); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes()) // the reader has gone: nobody to tell
	return nil
}

func (s *Server) overview(w http.ResponseWriter, r *http.Request) error {
	view, err := s.look(r.Context(), freshFor)
	if err != nil {
		return err
	}
	o := page.NewOverview(s.site, view, page.ParseFilter(r.URL.Query()), s.PageSize, s.Settings.Target)
	if o.Run, err = s.runs.show(r.Context()); err != nil {
		return err
	}
	o.Since = s.visit(w, r)
	return write(w, o)
}

const (
	visitCookie = "screentest_visit"
	// visitGap is how long a reader is away before coming back counts as a new visit.
	visitGap = 30 * time.Minute
)

// visit returns when the visit before this one ended, zero if unknown. The browser
// keeps that, as "END.LATEST" in seconds.
func (s *Server) visit(w http.ResponseWriter, r *http.Request) time.Time {
	now := s.Now().Unix()
	var end, latest int64
	if cookie, err := r.Cookie(visitCookie); err == nil {
		first, second, _ := strings.Cut(cookie.Value, ".")
		end, _ = strconv.ParseInt(first, 10, 64)
		latest, _ = strconv.ParseInt(second, 10, 64)
	}
	if latest != 0 && now-latest > int64(visitGap/time.Second) {
		end = latest
	}
	http.SetCookie(w, &http.Cookie{
		Name: visitCookie, Value: fmt.Sprintf("%d.%d", end, now), Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	if end == 0 {
		return time.Time{}
	}
	return time.Unix(end, 0)
}

// notices are what a sheet says after an act, by the word in its address.
var notices = map[string]string{
	"keep":     "Recorded: no plan deletes that image.",
	"condemn":  "Recorded: the plan deletes that image.",
	"style":    "Recorded: the image counts as what you said.",
	"withdraw": "Recorded: it is left to the judge again.",
	"approve":  "Approved. `screentest balance` performs the plan.",
	"reject":   "Rejected. The plan is not performed unless somebody approves it.",
	"restore":  "The image is back in the set; the next evaluation judges it again.",
}

func (s *Server) sheet(w http.ResponseWriter, r *http.Request) error {
	name := actor.Name(r.PathValue("name"))
	view, err := s.look(r.Context(), time.Hour) // the order of the sheets may be an old one
	if err != nil {
		return err
	}
	at := slices.IndexFunc(view.Entries, func(e album.Entry) bool { return e.Actor.Name == name })
	if at < 0 {
		return fmt.Errorf("%w: the roster has no actor %q", errNoPage, name)
	}
	sheet := page.Sheet{Site: s.site, Member: view.Entries[at].Actor, Notice: notices[r.URL.Query().Get("did")]}
	sheet.Previous, sheet.Next = neighbours(view.Entries, name)
	if err := s.fill(r.Context(), &sheet); err != nil {
		return err
	}
	return write(w, sheet)
}

// neighbours returns who stands before and behind an actor in the order of the
// overview.
func neighbours(entries []album.Entry, name actor.Name) (previous, next actor.Name) {
	ordered := page.Filter{Sort: page.ByNeed}.Apply(entries)
	at := slices.IndexFunc(ordered, func(e album.Entry) bool { return e.Actor.Name == name })
	if at > 0 {
		previous = ordered[at-1].Actor.Name
	}
	if at+1 < len(ordered) {
		next = ordered[at+1].Actor.Name
	}
	return previous, next
}

// fill reads what the store holds of the actor. A document that cannot be read is
// said on the sheet and hides nothing else.
func (s *Server) fill(ctx context.Context, sheet *page.Sheet) error {
	name := sheet.Member.Name
	var err error
	if sheet.Evaluation, _, err = evaluation.Load(ctx, s.Store, name); err != nil {
		sheet.Problem = err.Error()
	}
	if sheet.Decisions, err = decision.History(ctx, s.Store, name); err != nil {
		sheet.Problems = append(sheet.Problems, err.Error())
	}
	if sheet.Proposal, err = s.proposal(ctx, name); err != nil {
		sheet.Problems = append(sheet.Problems, err.Error())
	}
	if sheet.Trash, err = s.trashed(ctx, name); err != nil {
		sheet.Problems = append(sheet.Problems, err.Error())
	}
	return ctx.Err()
}

// thumbnail answers with what is kept under the content, and looks for the image
// only where that has to be made.
func (s *Server) thumbnail(w http.ResponseWriter, r *http.Request) error {
	sum, ok := strings.CutSuffix(r.PathValue("file"), ".jpg")
	if !ok || actor.ThumbnailKey(sum).Validate() != nil {
		return errNoPage
	}
	small, err := s.maker.Kept(r.Context(), sum)
	if err != nil {
		return err
	}
	if small == nil {
		found, err := s.find(r.Context(), actor.Name(r.PathValue("name")), sum)
		if err != nil {
			return err
		}
		if small, err = s.maker.Get(r.Context(), found.Key, sum); err != nil {
			return err
		}
	}
	return picture(w, "image/jpeg", bytes.NewReader(small))
}

func picture(w http.ResponseWriter, kind string, content io.Reader) error {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	_, _ = io.Copy(w, content) // the reader has gone: nobody to tell
	return nil
}

// find returns the object of an actor that holds a content: by the receipts in the
// trash, then without a version, or by the evaluation, which may still name what
// has gone there.
func (s *Server) find(ctx context.Context, name actor.Name, sum string) (store.Info, error) {
	if err := name.Validate(); err != nil {
		return store.Info{}, fmt.Errorf("%w: %w", errNoPage, err)
	}
	e, _, err := evaluation.Load(ctx, s.Store, name)
	if err != nil || e == nil {
		return store.Info{}, fmt.Errorf("%w: %s has no evaluation", errNoPage, name)
	}
	if e.Base != nil && e.Base.SHA256 == sum {
		return store.Info{Key: actor.BaseKey(name, e.Base.File), Version: e.Base.Version}, nil
	}
	receipts, _, err := trash.List(ctx, s.Store, name)
	for _, r := range receipts {
		if r.SHA256 == sum && err == nil {
			return store.Info{Key: r.ImageKey()}, nil
		}
	}
	for _, i := range e.Images {
		if i.SHA256 == sum && sum != "" {
			return store.Info{Key: actor.TrainingKey(name, i.File), Version: i.Version}, nil
		}
	}
	return store.Info{}, fmt.Errorf("%w: %s has no such image", errNoPage, name)
}

// image answers with an image as it lies in the tree, if it is still the one that
// was judged.
func (s *Server) image(w http.ResponseWriter, r *http.Request) error {
	found, err := s.find(r.Context(), actor.Name(r.PathValue("name")), r.PathValue("sha256"))
	if err != nil {
		return err
	}
	object, err := s.Store.Get(r.Context(), found.Key)
	if err != nil {
		return err
	}
	defer object.Body.Close()
	if found.Version != "" && object.Version != found.Version {
		return fmt.Errorf("%s: %w: evaluate the actor again", found.Key, store.ErrConflict)
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(object.Body, head)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return err
	}
	kind := http.DetectContentType(head[:n])
	if kind != "image/png" && kind != "image/jpeg" {
		return fmt.Errorf("%w: %s is no picture that a browser shows", errNoPage, found.Key)
	}
	return picture(w, kind, io.MultiReader(bytes.NewReader(head[:n]), object.Body))
}
