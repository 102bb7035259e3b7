package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"

	"screentest/pkg/actor"
)

// noticeCookie says for a minute, and to one page, what was done. It is signed, so
// that nothing but an act makes a page say so.
const (
	noticeCookie  = "screentest_done"
	noticeSeconds = 60
)

// noticed signs what is to be said of an actor.
func (s *Server) noticed(name actor.Name, words string) string {
	mac := hmac.New(sha256.New, []byte(s.site.Token))
	mac.Write([]byte(words + "\x00" + string(name)))
	return hex.EncodeToString(mac.Sum(nil)) + "." + base64.RawURLEncoding.EncodeToString([]byte(words))
}

// leaveNotice has the next look at an actor's page say what was done.
func (s *Server) leaveNotice(w http.ResponseWriter, name actor.Name, words string) {
	http.SetCookie(w, &http.Cookie{
		Name: noticeCookie, Value: s.noticed(name, words), Path: "/", MaxAge: noticeSeconds, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

// takeNotice returns what was done to the actor just now, once.
func (s *Server) takeNotice(w http.ResponseWriter, r *http.Request, name actor.Name) string {
	cookie, err := r.Cookie(noticeCookie)
	if err != nil {
		return ""
	}
	_, coded, _ := strings.Cut(cookie.Value, ".")
	words, err := base64.RawURLEncoding.DecodeString(coded)
	if err != nil || !same(cookie.Value, s.noticed(name, string(words))) {
		return ""
	}
	http.SetCookie(w, &http.Cookie{Name: noticeCookie, Path: "/", MaxAge: -1})
	return string(words)
}
