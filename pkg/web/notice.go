package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"screentest/pkg/actor"
)

// notices are what a sheet says after an act.
var notices = map[string]string{
	"keep":      "Recorded: no plan deletes that image.",
	"condemn":   "Recorded: the plan deletes that image.",
	"style":     "Recorded: the image counts as what you said.",
	"withdraw":  "Recorded: it is left to the judge again.",
	"approve":   "Approved: the next screentest balance performs the plan.",
	approveNext: "Approved. This is the next plan that waits.",
	"reject":    "Rejected: the plan is not performed unless somebody approves it.",
	"restore":   "The image is back in the set. What it was deleted for still holds: the next plan would delete it again unless it is kept.",
}

// noticeCookie says for a minute, and to one page, what was done. It is signed, so
// that nothing but an act makes a page say so.
const (
	noticeCookie  = "screentest_done"
	noticeSeconds = 60
)

func (s *Server) noticed(name actor.Name, act string) string {
	mac := hmac.New(sha256.New, []byte(s.site.Token))
	mac.Write([]byte(act + "\x00" + string(name)))
	return act + "." + hex.EncodeToString(mac.Sum(nil))
}

// leaveNotice has the next look at an actor's page say what was done.
func (s *Server) leaveNotice(w http.ResponseWriter, name actor.Name, act string) {
	http.SetCookie(w, &http.Cookie{
		Name: noticeCookie, Value: s.noticed(name, act), Path: "/", MaxAge: noticeSeconds, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

// takeNotice returns what was done to the actor just now, once.
func (s *Server) takeNotice(w http.ResponseWriter, r *http.Request, name actor.Name) string {
	cookie, err := r.Cookie(noticeCookie)
	if err != nil {
		return ""
	}
	act, _, _ := strings.Cut(cookie.Value, ".")
	if !same(cookie.Value, s.noticed(name, act)) {
		return ""
	}
	http.SetCookie(w, &http.Cookie{Name: noticeCookie, Path: "/", MaxAge: -1})
	return notices[act]
}
