package web

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"screentest/pkg/page"
)

// send sends a page, whole or not at all.
func send(w http.ResponseWriter, status int, render func(io.Writer) error) error {
	var b bytes.Buffer
	if err := render(&b); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the reader has gone: nobody to tell
	return nil
}

func (s *Server) overview(w http.ResponseWriter, r *http.Request) error {
	terms, err := s.terms(r.Context())
	if err != nil {
		return err
	}
	view, err := s.look(r.Context(), freshFor)
	if err != nil {
		return err
	}
	o := page.NewOverview(s.priced(terms), view, page.ParseFilter(r.URL.Query()), s.PageSize, terms.Settings.Target)
	if o.Run, err = s.runs.show(r.Context(), terms); err != nil {
		return err
	}
	o.Since = s.visit(w, r)
	return send(w, http.StatusOK, o.Render)
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
