package endpoint

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// backoff doubles from attempt to attempt, with jitter so that the workers who
// were turned away together do not come back together.
func backoff(attempts int) time.Duration {
	full := min(firstBackoff<<min(attempts-1, 10), maxBackoff)
	return full/2 + rand.N(full/2)
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
