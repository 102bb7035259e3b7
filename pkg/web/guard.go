package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"screentest/pkg/actor"
	"screentest/pkg/ledger"
	"screentest/pkg/note"
	"screentest/pkg/page"
	"screentest/pkg/store"
)

// maxForm is the largest body of an act, in bytes.
const maxForm = 64 << 10

// A handler answers, or says why it cannot and has written nothing yet.
type handler func(w http.ResponseWriter, r *http.Request) error

// The failures that are the request's fault; a status follows from each.
var (
	errNoPage    = errors.New("there is no such page")
	errForeign   = errors.New("the form is not one of ours, or is from before the server was started again; go back and reload the page")
	errMalformed = errors.New("the request makes no sense")
	errBusy      = errors.New("not now")
	errOutdated  = errors.New("the plan has changed since you opened the page, and your decision is not recorded")
)

// errSettings is the owner's to mend.
var errSettings = errors.New("the settings cannot be used, and nothing is done until they can")

// answer turns what a handler returns into a page.
func (s *Server) answer(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil || errors.Is(err, context.Canceled) && r.Context().Err() != nil {
			return
		}
		status := statusOf(err)
		if status >= http.StatusInternalServerError {
			s.Log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		}
		m := page.Message{Title: titleOf(err, status), Text: err.Error()}
		if name := actor.Name(r.PathValue("name")); r.Method == http.MethodPost && name.Validate() == nil {
			m.Back, m.Of, m.Note = s.site.Actor(name)+strings.TrimSuffix(page.ParseFilter(from(r)).Address(), "?"), name, r.PostForm.Get("why")
		}
		_ = s.say(w, status, m)
	})
}

func titleOf(err error, status int) string {
	switch {
	case errors.Is(err, errSettings):
		return "The settings cannot be used"
	case errors.Is(err, errOutdated):
		return "The plan has changed"
	}
	return http.StatusText(status)
}

func statusOf(err error) int {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, errNoPage), errors.Is(err, store.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, errForeign):
		return http.StatusForbidden
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errMalformed), errors.Is(err, note.ErrUnfit):
		return http.StatusBadRequest
	case errors.Is(err, errBusy), errors.Is(err, errOutdated), errors.Is(err, store.ErrConflict), errors.Is(err, ledger.ErrState):
		return http.StatusConflict
	}
	return http.StatusInternalServerError
}

func (s *Server) say(w http.ResponseWriter, status int, m page.Message) error {
	m.Site = s.site
	w.Header().Set("Cache-Control", "no-store")
	return send(w, status, m.Render)
}

// guard lets an act through only if it comes from a page of ours.
func (s *Server) guard(h handler) http.Handler {
	foreign := http.NewCrossOriginProtection()
	return s.answer(func(w http.ResponseWriter, r *http.Request) error {
		if err := foreign.Check(r); err != nil {
			return fmt.Errorf("%w: %w", errForeign, err)
		}
		if err := r.ParseForm(); err != nil {
			return fmt.Errorf("%w: %w", errMalformed, err)
		}
		if !same(r.PostForm.Get("token"), s.site.Token) {
			return errForeign
		}
		return h(w, r)
	})
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// admit answers those who may come in, and asks the others for the token.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) {
	switch {
	case s.Login == "" && !isLoopback(r.Host):
		http.Error(w, "This server answers requests to this machine only; start it with --addr HOST:PORT to be asked for a token instead.", http.StatusForbidden)
	case s.Login == "" || s.signedIn(r) || r.URL.Path == "/login" && r.Method == http.MethodPost || r.URL.Path == "/assets/style.css":
		s.routes.ServeHTTP(w, r)
	default:
		_ = s.say(w, http.StatusUnauthorized, page.Message{Title: "Sign in", Text: "The token was printed where the server was started.", Login: true})
	}
}

// isLoopback reports whether a host, with or without a port, is this machine.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(host)
	return host == "localhost" || host == "[::1]" || ip != nil && ip.IsLoopback()
}

const sessionCookie = "screentest_session"

// session is what the cookie of those who signed in holds: not the token itself,
// which would be good for signing in elsewhere.
func (s *Server) session() string {
	sum := sha256.Sum256([]byte("session " + s.site.Token + s.Login))
	return hex.EncodeToString(sum[:])
}

func (s *Server) signedIn(r *http.Request) bool {
	cookie, err := r.Cookie(sessionCookie)
	return err == nil && same(cookie.Value, s.session())
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) error {
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		return fmt.Errorf("%w: %w", errForeign, err)
	}
	if s.Login == "" || !same(r.PostFormValue("login"), s.Login) {
		s.Log.Warn("somebody has tried to sign in with a wrong token", "from", r.RemoteAddr)
		return s.say(w, http.StatusUnauthorized, page.Message{Title: "Sign in", Text: "That is not the token.", Login: true})
	}
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: s.session(), Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

// immutable marks answers that never change under their address.
func immutable(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
		h.ServeHTTP(w, r)
	})
}
