package endpoint_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

	"screentest/pkg/cost"
	"screentest/pkg/endpoint"
)

const key = "sk-test-0123456789abcdef"

var kinds = endpoint.Errors{
	Halt: errors.New("halt"), Refused: errors.New("refused"), Input: errors.New("input"),
	Lost: errors.New("lost"), Unusable: errors.New("unusable"), Unavailable: errors.New("unavailable"),
}

// terms under which nobody ever says what was used.
func terms(once bool) endpoint.Terms {
	return endpoint.Terms{
		Bill:      func([]byte) (cost.Usage, bool) { return cost.Usage{}, false },
		MaxAnswer: 1 << 16, Once: once, Errors: kinds, Keyless: "do without", NotFound: "look elsewhere",
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answering(status int, body string) transport {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func built(t *testing.T, c endpoint.Config) *endpoint.Endpoint {
	t.Helper()
	c.APIKey = key
	e, err := endpoint.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestPost(t *testing.T) {
	var got *http.Request
	var sent []byte
	e := built(t, endpoint.Config{BaseURL: " http://host/v1/ ", Terms: terms(true), Transport: transport(func(r *http.Request) (*http.Response, error) {
		got = r
		sent, _ = io.ReadAll(r.Body)
		return answering(200, ` {"answer":42}`)(r)
	})})
	answer, used, err := e.Post(t.Context(), "/things", []byte(`{"question":"?"}`), 0.5)
	if err != nil || string(answer) != ` {"answer":42}` {
		t.Errorf("%s, %v", answer, err)
	}
	if used != (cost.Usage{Requests: 1, Unbilled: 1, USD: 0.5}) {
		t.Errorf("%+v: what is not reported costs the most it can", used)
	}
	if got.URL.String() != "http://host/v1/things" || got.Header.Get("Authorization") != "Bearer "+key || string(sent) != `{"question":"?"}` {
		t.Errorf("%s with %v: %s", got.URL, got.Header, sent)
	}
}

func TestOfficial(t *testing.T) {
	for address, want := range map[string]bool{
		"": true, "https://api.openai.com/v1": true, "https://eu.api.openai.com/v1": true,
		"https://openai.com.evil.example/v1": false, "https://notopenai.com/v1": false, "http://localhost:11434/v1": false,
	} {
		if got := built(t, endpoint.Config{BaseURL: address, Terms: terms(false)}).Official(); got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
}

// Without a name for a kind of failure, the failure still says what it is.
func TestFailuresNeedNoNames(t *testing.T) {
	plain := terms(true)
	plain.Errors = endpoint.Errors{}
	for _, status := range []int{401, 404, 502} {
		e := built(t, endpoint.Config{Terms: plain, Transport: answering(status, "")})
		if _, _, err := e.Post(t.Context(), "/things", []byte("{}"), 1); err == nil || errors.Unwrap(err) != nil {
			t.Errorf("status %d: %v", status, err)
		}
	}
	e := built(t, endpoint.Config{Terms: plain, Budget: cost.NewBudget(0.5)})
	if _, _, err := e.Post(t.Context(), "/things", []byte("{}"), 1); !errors.Is(err, cost.ErrBudget) {
		t.Errorf("budget: %v", err)
	}
}

// An answer that goes on and on is no answer; one of the largest size is.
func TestAnswersAreBounded(t *testing.T) {
	for _, test := range []struct {
		bytes int
		want  error
	}{{1 << 16, nil}, {1<<16 + 1, kinds.Unusable}, {1 << 20, kinds.Unusable}} {
		body := `{"id":"` + strings.Repeat("x", test.bytes-9) + `"}`
		e := built(t, endpoint.Config{Terms: terms(true), Transport: answering(200, body)})
		if _, _, err := e.Post(t.Context(), "/things", []byte("{}"), 1); !errors.Is(err, test.want) {
			t.Errorf("%d bytes: %v", test.bytes, err)
		}
	}
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"plain": "plain", " two\r\n lines\t": "two lines", "a\x00b\x1b[2Jc": "a b [2Jc",
		"pic\u202egnp.ex\u2066\u200b": "picgnp.ex", "\ue000\U000f0000ok\xff": "ok",
		"exactly ten": "exactly t…", "ten runes…": "ten runes…", "": "",
	} {
		if got := endpoint.Clean(text, 10); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Whatever an endpoint answers: the error is fit to print, of at most one kind,
// the attempts are bounded, and under Once what may be billed is sent once.
func FuzzFailure(f *testing.F) {
	for _, seed := range []string{
		"", "<html>", "null", `{"error":null}`, `{"error":"overloaded"}`, `{"error":{"code":429,"message":"\u0000\u202e"}}`,
		`{"error":{"code":"moderation_blocked"}}`, `{"error":{"type":"insufficient_quota"}}`, `{"error":[1]}`, "\xff" + key,
		key[:5] + "\u200b" + key[5:], `{"error":"sk\u002dtest-0123456789abcdef"}`,
	} {
		for _, status := range []uint16{200, 308, 400, 404, 408, 409, 413, 429, 500, 502} {
			f.Add(status, seed, "")
		}
	}
	f.Add(uint16(429), "", "1e300")
	f.Add(uint16(503), "", "-5")
	f.Fuzz(func(t *testing.T, status uint16, body, after string) {
		for _, once := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				e := built(t, endpoint.Config{Terms: terms(once), Transport: transport(func(r *http.Request) (*http.Response, error) {
					response, err := answering(200+int(status%400), body)(r)
					response.Header.Set("Retry-After", after)
					return response, err
				})})
				_, used, err := e.Post(t.Context(), "/things", []byte("{}"), 1)
				if used.Requests < 1 || used.Requests > 6 || time.Since(start) > 3*time.Minute || once && used.Unbilled > 1 {
					t.Errorf("%+v after %s", used, time.Since(start))
				}
				if once && used.Unbilled > 0 && used.Requests > 1 {
					t.Errorf("%+v: sent again", used)
				}
				if err != nil {
					checkError(t, err)
				}
			})
		}
	})
}

func checkError(t *testing.T, err error) {
	t.Helper()
	text := err.Error()
	unfit := func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > 700 || strings.ContainsFunc(text, unfit) || strings.Contains(text, key) {
		t.Errorf("not fit to print: %q", text)
	}
	n := 0
	for _, kind := range []error{kinds.Halt, kinds.Refused, kinds.Input, kinds.Lost, kinds.Unusable, kinds.Unavailable} {
		if errors.Is(err, kind) {
			n++
		}
	}
	if n > 1 {
		t.Errorf("%q is of %d kinds", text, n)
	}
}
