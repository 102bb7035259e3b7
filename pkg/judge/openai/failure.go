package openai

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"screentest/pkg/judge"
)

// A failure is an attempt that brought no answer. It never holds what was sent.
type failure struct {
	status  int    // 0: the answer never came
	code    string // the machine's words for it, each "" if there is none
	kind    string
	message string      // the server's words, made safe
	header  http.Header // of the answer
	cause   error       // why the answer never came
}

// Words of servers, by what follows from them.
var (
	refusalCodes = []string{"content_policy_violation", "content_filter", "moderation_blocked", "safety", "invalid_prompt", "cyber_policy_violation"}
	accountCodes = []string{
		"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "invalid_api_key",
		"account_deactivated", "access_terminated", "model_not_found",
	}
	inputCodes = []string{"context_length_exceeded", "image_parse_error", "invalid_image", "invalid_image_format", "invalid_image_url", "image_too_large"}
)

func (f *failure) says(codes []string) bool {
	return slices.Contains(codes, f.code) || slices.Contains(codes, f.kind)
}

// refused: declined to look, for safety's sake.
func (f *failure) refused() bool { return f.says(refusalCodes) }

// hopeless: no other request would fare better.
func (f *failure) hopeless() bool {
	switch f.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusPaymentRequired:
		return true
	}
	return f.says(accountCodes)
}

func (f *failure) keyRefused() bool {
	return f.status == http.StatusUnauthorized || f.code == "invalid_api_key"
}

// indigestible: the pictures may be the problem, and fewer of them may be none.
// Servers do not agree on how to say so; a request that is refused as such is
// not billed, so trying its halves costs nothing but time.
func (f *failure) indigestible() bool {
	unexplained := f.status == http.StatusBadRequest && f.code == "" && f.header.Get("X-Should-Retry") != "true"
	return unexplained || f.status == http.StatusRequestEntityTooLarge || f.says(inputCodes)
}

// transient: the same request may succeed later. The server's own opinion on
// that counts for more than the status.
func (f *failure) transient() bool {
	if f.refused() || f.hopeless() || f.indigestible() {
		return false
	}
	switch f.header.Get("X-Should-Retry") {
	case "true":
		return true
	case "false":
		return false
	}
	switch f.status {
	case 0:
		return !untrusted(f.cause)
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests:
		return true
	}
	return f.status >= 500
}

func (f *failure) Error() string {
	if f.status == 0 {
		return "no answer: " + f.cause.Error()
	}
	s := "status " + strconv.Itoa(f.status)
	if word := cmp.Or(f.code, f.kind); word != "" {
		s += " " + word
	}
	if f.message != "" {
		s += ": " + f.message
	}
	return s + f.advice()
}

func (f *failure) advice() string {
	switch {
	case f.refused():
		return ""
	case f.keyRefused():
		return " (the key is refused: check OPENAI_API_KEY)"
	case f.status == http.StatusNotFound, f.code == "model_not_found":
		return " (check judge.model and the base URL)"
	case f.hopeless():
		return " (check the account's quota, billing and permissions)"
	}
	return ""
}

// Unwrap tells callers what follows.
func (f *failure) Unwrap() error {
	switch {
	case f.refused():
		return judge.ErrRefused
	case f.hopeless():
		return judge.ErrHalt
	case f.indigestible():
		return errAnswer
	}
	return f.cause
}

// newFailure reads the error in an answer, which has as many shapes as there are
// servers: an object, a text, or nothing but HTML from a proxy on the way.
func newFailure(r reply) *failure {
	f := &failure{status: r.status, header: r.header}
	var said struct {
		Message string
		Code    any
		Type    string
	}
	if json.Unmarshal(r.said.Error, &said) != nil && json.Unmarshal(r.said.Error, &said.Message) != nil {
		said.Message = string(r.body)
	}
	code, _ := said.Code.(string)
	f.code, f.kind = clean(code, 60), clean(said.Type, 60)
	if !f.keyRefused() { // there the message quotes part of the key
		f.message = clean(said.Message, maxMessage)
	}
	if r.ok() { // an error inside an answer that claims to be none
		f.status = http.StatusBadGateway
		if n, ok := said.Code.(float64); ok && n >= 400 && n < 600 {
			f.status = int(n)
		}
	}
	return f
}

// retryAfter is how long the server asks to wait; 0 if it does not say.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if wait := number(h.Get("Retry-After-Ms"), time.Millisecond); wait > 0 {
		return wait
	}
	after := h.Get("Retry-After")
	if wait := number(after, time.Second); wait > 0 {
		return wait
	}
	if date, err := http.ParseTime(after); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}

func number(s string, unit time.Duration) time.Duration {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || !(n > 0) { // so that what is no number waits no time
		return 0
	}
	return time.Duration(min(n*float64(unit), float64(365*24*time.Hour)))
}
