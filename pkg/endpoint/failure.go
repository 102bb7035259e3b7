package endpoint

import (
	"cmp"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"

	"screentest/pkg/cost"
)

const maxMessage = 200 // characters kept of a server's words

// A failure is an attempt that brought no answer. It never holds what was sent.
type failure struct {
	terms   *Terms
	status  int    // 0: the answer never came, or was none
	code    string // the machine's words for it, each "" if there is none
	kind    string
	message string      // the server's words, made safe
	header  http.Header // of the answer
	cause   error       // why the answer never came
	inside  bool        // the error came with a status that promises an answer
	worded  bool        // the service itself said what is wrong, in its JSON
	used    cost.Usage
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

// Statuses that a gateway gives of its own accord when the service behind it was
// not heard of in time. That may be working, and billing, all the same.
var gatewayStatuses = []int{http.StatusRequestTimeout, http.StatusBadGateway, http.StatusGatewayTimeout, 520, 524}

func (f *failure) says(codes []string) bool {
	return slices.Contains(codes, f.code) || slices.Contains(codes, f.kind)
}

// refused: declined to look, for safety's sake.
func (f *failure) refused() bool { return f.says(refusalCodes) }

// hopeless: no other request would fare better.
func (f *failure) hopeless() bool {
	switch f.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusPaymentRequired:
		return true
	}
	return f.notFound() || f.says(accountCodes)
}

func (f *failure) keyRefused() bool {
	return f.status == http.StatusUnauthorized || f.code == "invalid_api_key"
}

// notFound: the endpoint has no such model, or does not do such things at all.
func (f *failure) notFound() bool {
	switch f.status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true
	}
	return f.code == "model_not_found"
}

// indigestible: the pictures may be the problem, and fewer of them may be none.
// Servers do not agree on how to say so; a request that is refused as such is
// not billed, so trying its halves costs nothing but time.
func (f *failure) indigestible() bool {
	unexplained := f.status == http.StatusBadRequest && f.code == "" && f.header.Get("X-Should-Retry") != "true"
	return unexplained || f.status == http.StatusRequestEntityTooLarge || f.says(inputCodes)
}

// garbled: something came, and it is no answer.
func (f *failure) garbled() bool { return f.inside || errors.Is(f.cause, errGarbled) }

// doubtful: nobody can tell whether it was billed. An error that the service has
// put into words is not billed; where that matters little, no error is.
func (f *failure) doubtful() bool {
	switch {
	case f.status == 0:
		return wasSent(f.cause)
	case !f.terms.Once || f.refused() || f.hopeless():
		return false
	}
	return f.inside || slices.Contains(gatewayStatuses, f.status) || f.status >= 500 && !f.worded
}

// final: it may have been billed, and that must not happen twice.
func (f *failure) final() bool {
	return f.terms.Once && (f.used.Unbilled > 0 || f.used.InputTokens+f.used.OutputTokens > 0)
}

// transient: the same request may succeed later. The server's own opinion on
// that counts for more than the status.
func (f *failure) transient() bool {
	if f.final() || f.refused() || f.hopeless() || f.indigestible() {
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
	s := "status " + strconv.Itoa(f.status)
	if f.status == 0 {
		s = "no answer: " + f.cause.Error()
	}
	if word := cmp.Or(f.code, f.kind); word != "" {
		s += " " + word
	}
	if f.message != "" {
		s += ": " + f.message
	}
	if f.used.Unbilled > 0 {
		s += fmt.Sprintf(" ($%.4f booked, as it may be billed)", f.used.USD)
	}
	return s + f.advice()
}

func (f *failure) advice() string {
	switch {
	case f.refused():
		return ""
	case f.keyRefused():
		return " (the key is refused: check OPENAI_API_KEY)"
	case f.notFound():
		return " (" + f.terms.NotFound + ")"
	case f.hopeless():
		return " (check the account's quota, billing and permissions)"
	}
	return ""
}

// Unwrap tells callers what follows, and why.
func (f *failure) Unwrap() []error {
	var reasons []error
	for _, reason := range []error{f.meaning(), f.cause} {
		if reason != nil {
			reasons = append(reasons, reason)
		}
	}
	return reasons
}

// meaning is the caller's name for it.
func (f *failure) meaning() error {
	names := f.terms.Errors
	switch {
	case f.refused():
		return names.Refused
	case f.hopeless():
		return names.Halt
	case f.final() && (f.garbled() || f.used.Unbilled == 0):
		return names.Unusable
	case f.final():
		return names.Lost
	case f.indigestible():
		return names.Input
	case f.unavailable():
		return names.Unavailable
	}
	return nil
}

// unavailable: the service was not reached, was too busy, or had a fault of its own,
// which most likely everybody has met.
func (f *failure) unavailable() bool {
	switch f.status {
	case 0, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	}
	return f.status >= 500
}

// failureOf returns what is wrong with the outcome of an attempt, or nil for an
// answer. The error in an answer has as many shapes as there are servers: an
// object, a text, or nothing but HTML from a proxy on the way.
func (x *Exchange) failureOf(r reply, err error) *failure {
	f := &failure{terms: &x.config.Terms, status: r.status, header: r.header, cause: err, inside: r.ok(), worded: len(r.fault) > 0}
	if err != nil {
		return f
	}
	if !r.failed() {
		return nil
	}
	var said struct {
		Message string
		Code    any
		Type    string
	}
	if json.Unmarshal(r.fault, &said) != nil && json.Unmarshal(r.fault, &said.Message) != nil {
		said.Message = string(r.body)
	}
	code, _ := said.Code.(string)
	f.code, f.kind = x.config.clean(code, 60), x.config.clean(said.Type, 60)
	if !f.keyRefused() { // there the message quotes part of the key
		f.message = x.config.clean(said.Message, maxMessage)
	}
	if f.inside {
		f.status = http.StatusBadGateway
		if n, ok := said.Code.(float64); ok && n >= 400 && n < 600 {
			f.status = int(n)
		}
	}
	return f
}

// wasSent reports whether the service may have seen a request that failed with
// err: everything but a connection that was never made.
func wasSent(err error) bool {
	var op *net.OpError
	dialing := errors.As(err, &op) && op.Op == "dial"
	return !dialing && !untrusted(err)
}

// untrusted: the server could not prove who it is, and will not next time.
func untrusted(err error) bool {
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &certificate)
}
