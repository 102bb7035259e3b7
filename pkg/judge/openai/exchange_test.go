package openai_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"screentest/pkg/cost"
	"screentest/pkg/judge"
	"screentest/pkg/judge/openai"
	"screentest/pkg/judge/openai/openaitest"
	"screentest/pkg/verdict"
)

// elapsed judges a case of one image in simulated time.
func elapsed(t *testing.T, j *openai.Judge) (time.Duration, cost.Usage, error) {
	t.Helper()
	start := time.Now()
	_, usage, err := j.Judge(t.Context(), caseOf(1))
	return time.Since(start), usage, err
}

func TestWaitingBeforeTheNextAttempt(t *testing.T) {
	busy := openaitest.RateLimited("")
	tests := map[string]struct {
		fault    func() openaitest.Fault
		min, max time.Duration
	}{
		"no word of it":         {func() openaitest.Fault { return busy }, 250 * time.Millisecond, 500 * time.Millisecond},
		"seconds":               {func() openaitest.Fault { return openaitest.RateLimited("7") }, 7 * time.Second, 7 * time.Second},
		"fractions":             {func() openaitest.Fault { return openaitest.RateLimited("1.5") }, 1500 * time.Millisecond, 1500 * time.Millisecond},
		"milliseconds first":    {func() openaitest.Fault { return openaitest.With("Retry-After-Ms", "40", openaitest.RateLimited("7")) }, 40 * time.Millisecond, 40 * time.Millisecond},
		"a date":                {func() openaitest.Fault { return openaitest.RateLimited(inTwentySeconds()) }, 19 * time.Second, 20 * time.Second},
		"a date gone by":        {func() openaitest.Fault { return openaitest.RateLimited("Fri, 31 Dec 1999 23:59:59 GMT") }, 250 * time.Millisecond, 500 * time.Millisecond},
		"nonsense":              {func() openaitest.Fault { return openaitest.RateLimited("soon") }, 250 * time.Millisecond, 500 * time.Millisecond},
		"not a number":          {func() openaitest.Fault { return openaitest.RateLimited("NaN") }, 250 * time.Millisecond, 500 * time.Millisecond},
		"a negative number":     {func() openaitest.Fault { return openaitest.RateLimited("-3") }, 250 * time.Millisecond, 500 * time.Millisecond},
		"also for other errors": {func() openaitest.Fault { return openaitest.With("Retry-After", "9", openaitest.Error(503, "", "")) }, 9 * time.Second, 9 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j, h := direct(t, openaitest.Options{Fault: openaitest.Script(test.fault())})
				took, _, err := elapsed(t, j)
				if err != nil || took < test.min || took > test.max {
					t.Errorf("%s, %v; want %s to %s", took, err, test.min, test.max)
				}
				wantRequests(t, h, 2)
			})
		})
	}
}

func inTwentySeconds() string {
	return time.Now().Add(20 * time.Second).UTC().Format(http.TimeFormat)
}

func TestWhatIsTriedAgain(t *testing.T) {
	should := func(word string, f openaitest.Fault) openaitest.Fault {
		return openaitest.With("X-Should-Retry", word, f)
	}
	tests := map[string]struct {
		fault openaitest.Fault
		again bool
	}{
		"408":                         {openaitest.Raw(408, ""), true},
		"409":                         {openaitest.Error(409, "conflict", ""), true},
		"429":                         {openaitest.RateLimited(""), true},
		"500":                         {openaitest.Error(500, "server_error", "oops"), true},
		"502 with a page":             {openaitest.Raw(502, "<html>Bad Gateway</html>"), true},
		"503 without a body":          {openaitest.Raw(503, ""), true},
		"529":                         {openaitest.Raw(529, `{"error":"overloaded"}`), true},
		"error inside":                {openaitest.ErrorInside("server_error", "oops"), true},
		"error inside, with a number": {openaitest.Raw(200, `{"error":{"code":429,"message":"slow down"}}`), true},
		"empty body":                  {openaitest.Raw(200, ""), true},
		"half a body":                 {openaitest.Raw(200, `{"choices":[{"mess`), true},
		"a page":                      {openaitest.Raw(200, "<html>Welcome to the hotel</html>"), true},
		"an endless body":             {openaitest.Raw(200, `{"id":"`+strings.Repeat("x", 5<<20)+`"}`), true},
		"hung up":                     {openaitest.Hangup(), true},
		"400":                         {openaitest.Error(400, "invalid_request_error", "unknown parameter"), false},
		"400, but they say so":        {should("true", openaitest.Error(400, "", "")), true},
		"500, but they say not":       {should("false", openaitest.Error(500, "", "")), false},
		"moved":                       {openaitest.Raw(308, ""), false},
		"no quota":                    {openaitest.InsufficientQuota(), false},
		"no quota, told to retry":     {should("true", openaitest.InsufficientQuota()), false},
		"no quota, inside":            {openaitest.ErrorInside("insufficient_quota", "pay"), false},
		"billing":                     {openaitest.Error(429, "billing_hard_limit_reached", ""), false},
		"invalid key":                 {openaitest.InvalidKey(), false},
		"unsafe":                      {openaitest.Error(500, "content_policy_violation", ""), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j, h := direct(t, openaitest.Options{Fault: openaitest.Script(test.fault)})
				answers, usage, err := j.Judge(t.Context(), caseOf(1))
				want := 1
				if test.again {
					want = 2
				}
				wantRequests(t, h, want)
				if usage.Requests != want {
					t.Errorf("%d requests accounted for, want %d", usage.Requests, want)
				}
				sound := err == nil && answers[0].Err == nil
				if sound != test.again {
					t.Errorf("answer %v: %v, %v", sound, answers, err)
				}
			})
		})
	}
}

// A storm of refusals fails this case and no other.
func TestAttemptsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, h := direct(t, openaitest.Options{Fault: openaitest.Always(openaitest.RateLimited(""))})
		took, usage, err := elapsed(t, j)
		if !errors.Is(err, judge.ErrUnavailable) || errors.Is(err, judge.ErrHalt) || !strings.Contains(err.Error(), "429") || !strings.Contains(err.Error(), "6 attempts") {
			t.Errorf("error %v", err)
		}
		if took > 16*time.Second || took < 7*time.Second {
			t.Errorf("took %s for waits of 0.5, 1, 2, 4 and 8 s less jitter", took)
		}
		if usage != (cost.Usage{Requests: 6}) {
			t.Errorf("%+v: refused requests cost nothing", usage)
		}
		wantRequests(t, h, 6)
	})
}

func TestTimeIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, _ := direct(t, openaitest.Options{Delay: time.Hour}, func(c *openai.Config) {
			c.Retry = openai.Retry{MaxAttempts: 100, MaxElapsed: 150 * time.Second}
		})
		took, usage, err := elapsed(t, j)
		if err == nil || took > 150*time.Second {
			t.Errorf("%s, %v", took, err)
		}
		if usage.Requests != 3 {
			t.Errorf("%d attempts of a minute in two and a half", usage.Requests)
		}
	})
}

func TestWaitLongerThanIsLeftIsGivenUpAtOnce(t *testing.T) {
	for _, after := range []string{"181", "1e300", "Inf"} {
		synctest.Test(t, func(t *testing.T) {
			j, h := direct(t, openaitest.Options{Fault: openaitest.Always(openaitest.RateLimited(after))})
			took, _, err := elapsed(t, j)
			if err == nil || took > 0 || !strings.Contains(err.Error(), "3m0s left") {
				t.Errorf("%s, %v", took, err)
			}
			wantRequests(t, h, 1)
		})
	}
}

func TestCancellingEndsTheWaitBetweenAttemptsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, h := direct(t, openaitest.Options{Fault: openaitest.Always(openaitest.RateLimited("60"))})
		ctx, cancel := context.WithCancel(t.Context())
		start := time.Now()
		time.AfterFunc(time.Second, cancel)
		_, usage, err := j.Judge(ctx, caseOf(2))
		if !errors.Is(err, context.Canceled) || errors.Is(err, judge.ErrHalt) || time.Since(start) != time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		if usage.Requests != 1 {
			t.Errorf("%d requests accounted for", usage.Requests)
		}
		wantRequests(t, h, 1)
	})
}

func TestAnAnswerUnderWayIsAwaitedAfterCancelling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, h := direct(t, openaitest.Options{Delay: 30 * time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		start := time.Now()
		time.AfterFunc(time.Second, cancel)
		answers, usage, err := j.Judge(ctx, caseOf(2))
		if err != nil || len(answers) != 2 || answers[0].Err != nil || time.Since(start) != 30*time.Second {
			t.Errorf("%v, %v after %s", answers, err, time.Since(start))
		}
		if usage.Unbilled != 0 || usage.USD == 0 {
			t.Errorf("usage %+v", usage)
		}
		wantRequests(t, h, 1)
	})
}

// The close call has been paid for, so it is kept as what it is.
func TestCancelledBeforeACloseCallIsSettled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	options := openaitest.Options{
		Verdict: func([]byte) verdict.Verdict {
			return verdict.Verdict{Style: verdict.BWStylized, Quality: 5, Unsure: true}
		},
		Fault: func(r openaitest.Request) openaitest.Fault {
			if r.N == 2 {
				cancel()
			}
			return nil
		},
	}
	j, h := direct(t, options)
	answers, _, err := j.Judge(ctx, caseOf(2))
	if err != nil || len(answers) != 2 || !answers[0].Verdict.Unsure {
		t.Errorf("%v, %v", answers, err)
	}
	wantRequests(t, h, 2)
}

func TestCancelledBeforehand(t *testing.T) {
	j, h := direct(t, openaitest.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, usage, err := j.Judge(ctx, caseOf(2))
	if !errors.Is(err, context.Canceled) || usage != (cost.Usage{}) {
		t.Errorf("%+v, %v", usage, err)
	}
	wantRequests(t, h, 0)
}

// An answer that never came may be billed, so it counts against the limit.
func TestLostAnswersAreBooked(t *testing.T) {
	noUsage := func(r *openaitest.Reply) { r.Usage = nil }
	tests := map[string]struct {
		fault    openaitest.Fault
		unbilled int
	}{
		"timed out":          {openaitest.Slow(time.Hour), 1},
		"hung up":            {openaitest.Hangup(), 1},
		"empty":              {openaitest.Raw(200, ""), 1},
		"usage not reported": {noUsage, 1},
		"nonsense reported":  {func(r *openaitest.Reply) { r.Usage.Input = -5 }, 1},
		"refused":            {openaitest.RateLimited(""), 0},
		"broken there":       {openaitest.Error(500, "", ""), 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				budget := cost.NewBudget(-1)
				j, _ := direct(t, openaitest.Options{Fault: openaitest.Script(test.fault)}, func(c *openai.Config) { c.Budget = budget })
				_, usage, err := elapsed(t, j)
				if err != nil {
					t.Fatal(err)
				}
				reported := luna.USD(usage)
				if usage.Unbilled != test.unbilled || (usage.USD > reported+1e-9) != (test.unbilled > 0) {
					t.Errorf("%+v, of which $%v reported", usage, reported)
				}
				if budget.Spent() != usage.USD {
					t.Errorf("$%v booked, $%v accounted for", budget.Spent(), usage.USD)
				}
			})
		})
	}
}

// An error may come with a bill all the same.
func TestUsageOfFailuresCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		billed := openaitest.Raw(500, `{"error":{"message":"late"},"usage":{"prompt_tokens":1000,"completion_tokens":10}}`)
		j, h := direct(t, openaitest.Options{Fault: openaitest.Script(billed)})
		_, usage, err := elapsed(t, j)
		if err != nil {
			t.Fatal(err)
		}
		if want := h.Stats().Reported.InputTokens + 1000; usage.InputTokens != want {
			t.Errorf("%d tokens, want %d", usage.InputTokens, want)
		}
	})
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestUnreachableServerCostsNothing(t *testing.T) {
	tests := map[string]struct {
		err      error
		attempts int
	}{
		"refused":   {&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}, 6},
		"untrusted": {&tls.CertificateVerificationError{Err: errors.New("expired")}, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				down := transport(func(*http.Request) (*http.Response, error) { return nil, test.err })
				j, _ := direct(t, openaitest.Options{}, func(c *openai.Config) { c.Transport = down })
				_, usage, err := elapsed(t, j)
				if !errors.Is(err, test.err) {
					t.Errorf("error %v", err)
				}
				if usage != (cost.Usage{Requests: test.attempts}) {
					t.Errorf("%+v, want %d requests and nothing else", usage, test.attempts)
				}
			})
		})
	}
}

// The same over a real connection, where headers, bodies and hang-ups are real.
func TestFaultsOverTheNetwork(t *testing.T) {
	quick := func(f openaitest.Fault) openaitest.Fault { return openaitest.With("Retry-After-Ms", "1", f) }
	j, server := served(t, openaitest.Options{Fault: openaitest.Script(
		quick(openaitest.RateLimited("")), quick(openaitest.Error(500, "", "")), quick(openaitest.ErrorInside("oops", "")), openaitest.CutOff(),
	)})
	answers, usage := ask(t, j, caseOf(4))
	wantSound(t, answers)
	wantRequests(t, server.Handler, 6)
	if usage.Requests != 6 || usage.Unbilled != 0 {
		t.Errorf("%+v", usage)
	}
}

func TestAnswerThatBreaksOffOverTheNetwork(t *testing.T) {
	once := func(c *openai.Config) { c.Retry.MaxAttempts = 1 }
	faults := map[string]openaitest.Fault{
		"before it began": openaitest.Hangup(),
		"in the middle":   openaitest.With("Content-Length", "999", openaitest.Raw(200, `{"choices":[`)),
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			j, _ := served(t, openaitest.Options{Fault: openaitest.Always(fault)}, once)
			_, usage, err := j.Judge(t.Context(), caseOf(2))
			if err == nil || !strings.Contains(err.Error(), "booked") || errors.Is(err, judge.ErrHalt) {
				t.Errorf("error %v does not say what was booked", err)
			}
			if usage.Unbilled != 1 || usage.USD == 0 {
				t.Errorf("%+v", usage)
			}
		})
	}
}
