package openai_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"math"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"screentest/pkg/cost"
	"screentest/pkg/endpoint"
	"screentest/pkg/generate"
	"screentest/pkg/generate/openai"
	"screentest/pkg/judge"
	"screentest/pkg/judge/openai/openaitest"
)

// What one order is booked at in the end.
const (
	nothing  = iota
	reported // what the answer says
	bound    // the most it can cost
)

func body(status int, text string) openaitest.Fault { return openaitest.Raw(status, text) }

func should(word string, f openaitest.Fault) openaitest.Fault {
	return openaitest.With("X-Should-Retry", word, f)
}

var errAny = errors.New("any other error")

// Each fault spoils the first attempt; what follows would be answered well.
var faults = map[string]struct {
	fault  openaitest.Fault
	want   error // nil: the picture comes
	again  bool  // by a second attempt
	booked int
}{
	"none":                       {nil, nil, false, reported},
	"usage not reported":         {openaitest.Unreported(), nil, false, bound},
	"nonsense reported":          {func(r *openaitest.Reply) { r.Usage.Output = -7 }, nil, false, bound},
	"slow, but in time":          {openaitest.Slow(179 * time.Second), nil, false, reported},
	"429":                        {openaitest.RateLimited(""), nil, true, reported},
	"429 without a word":         {body(429, ""), nil, true, reported},
	"409":                        {openaitest.Error(409, "conflict", ""), nil, true, reported},
	"500 in words":               {openaitest.Error(500, "server_error", "oops"), nil, true, reported},
	"503 in words":               {openaitest.Error(503, "", "overloaded"), nil, true, reported},
	"529 in a word":              {body(529, `{"error":"overloaded"}`), nil, true, reported},
	"500 with a page":            {body(500, "<html>oops</html>"), generate.ErrLost, false, bound},
	"503 without a word":         {body(503, ""), generate.ErrLost, false, bound},
	"502 with a page":            {body(502, "<html>Bad Gateway</html>"), generate.ErrLost, false, bound},
	"502 in words":               {openaitest.Error(502, "bad_gateway", "try again"), generate.ErrLost, false, bound},
	"502, told to retry":         {should("true", body(502, "")), generate.ErrLost, false, bound},
	"504":                        {body(504, ""), generate.ErrLost, false, bound},
	"520":                        {body(520, ""), generate.ErrLost, false, bound},
	"524":                        {body(524, ""), generate.ErrLost, false, bound},
	"408":                        {body(408, ""), generate.ErrLost, false, bound},
	"hung up":                    {openaitest.Hangup(), generate.ErrLost, false, bound},
	"broken off":                 {openaitest.BreakOff(), generate.ErrLost, false, bound},
	"too slow":                   {openaitest.Slow(time.Hour), generate.ErrLost, false, bound},
	"empty":                      {body(200, ""), generate.ErrUnusable, false, bound},
	"half an answer":             {body(200, `{"data":[{"b64_`), generate.ErrUnusable, false, bound},
	"a page":                     {body(200, "<html>Welcome to the hotel</html>"), generate.ErrUnusable, false, bound},
	"error inside":               {openaitest.ErrorInside("server_error", "oops"), generate.ErrUnusable, false, bound},
	"busy inside":                {body(200, `{"error":{"code":429,"message":"slow down"}}`), generate.ErrUnusable, false, bound},
	"error with a bill":          {body(500, `{"error":{"message":"late"},"usage":{"input_tokens":90,"output_tokens":1000}}`), generate.ErrUnusable, false, reported},
	"not a picture":              {openaitest.NoPicture(), generate.ErrUnusable, false, reported},
	"wrong size":                 {openaitest.Sized(512, 256), generate.ErrUnusable, false, reported},
	"wrong format":               {openaitest.Formatted("jpeg"), generate.ErrUnusable, false, reported},
	"no picture":                 {body(200, `{"data":[],"usage":{"input_tokens":90,"output_tokens":1}}`), generate.ErrUnusable, false, reported},
	"a link":                     {body(200, `{"data":[{"url":"https://host/p.png"}]}`), generate.ErrUnusable, false, bound},
	"two pictures":               {body(200, `{"data":[{"b64_json":"QQ=="},{"b64_json":"QQ=="}]}`), generate.ErrUnusable, false, bound},
	"not base64":                 {body(200, `{"data":[{"b64_json":"*"}]}`), generate.ErrUnusable, false, bound},
	"of another form":            {body(200, `{"data":"none"}`), generate.ErrUnusable, false, bound},
	"refused":                    {openaitest.Blocked(), generate.ErrRefused, false, nothing},
	"refused, told to retry":     {should("true", openaitest.Blocked()), generate.ErrRefused, false, nothing},
	"refused, with 500":          {openaitest.Error(500, "content_policy_violation", "no"), generate.ErrRefused, false, nothing},
	"refused inside":             {openaitest.ErrorInside("moderation_blocked", "no"), generate.ErrRefused, false, nothing},
	"no quota":                   {openaitest.InsufficientQuota(), judge.ErrHalt, false, nothing},
	"no quota inside":            {openaitest.ErrorInside("insufficient_quota", "pay"), judge.ErrHalt, false, nothing},
	"billing limit":              {openaitest.Error(429, "billing_hard_limit_reached", ""), judge.ErrHalt, false, nothing},
	"invalid key":                {openaitest.InvalidKey(), judge.ErrHalt, false, nothing},
	"not verified":               {openaitest.Error(403, "", "verify your organization"), judge.ErrHalt, false, nothing},
	"no such model":              {openaitest.Error(404, "model_not_found", "no such model"), judge.ErrHalt, false, nothing},
	"no such path":               {body(404, "404 page not found"), judge.ErrHalt, false, nothing},
	"no such method":             {body(405, ""), judge.ErrHalt, false, nothing},
	"not implemented":            {openaitest.Error(501, "", "images are not served here"), judge.ErrHalt, false, nothing},
	"400":                        {openaitest.Error(400, "invalid_image", "cannot read it"), errAny, false, nothing},
	"400 without a word":         {body(400, ""), errAny, false, nothing},
	"500, told not to retry":     {should("false", openaitest.Error(500, "", "")), judge.ErrUnavailable, false, nothing},
	"429, longer than we wait":   {openaitest.RateLimited("301"), judge.ErrUnavailable, false, nothing},
	"moved":                      {body(308, ""), errAny, false, nothing},
	"a picture without its bill": {body(200, `{"data":[{"b64_json":"`+base64.StdEncoding.EncodeToString(openaitest.Pattern(openaitest.Request{Size: "256x256"}))+`"}]}`), nil, false, bound},
}

func TestFaults(t *testing.T) {
	for name, test := range faults {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				budget := cost.NewBudget(-1)
				g, h := direct(t, openaitest.Options{EditFault: openaitest.Script(test.fault)}, func(c *openai.Config) { c.Budget = budget })
				picture, usage, err := g.Generate(t.Context(), order())
				wantOutcome(t, err, test.want)
				if (err == nil) != (len(picture.Data) > 0) {
					t.Errorf("%d bytes with error %v", len(picture.Data), err)
				}
				want := 1
				if test.again {
					want = 2
				}
				wantRequests(t, h, want)
				wantBooked(t, g, usage, want, test.booked)
				if budget.Spent() != usage.USD {
					t.Errorf("$%v booked, $%v accounted for", budget.Spent(), usage.USD)
				}
			})
		})
	}
}

// wantOutcome holds that err is of the kind wanted and of no other.
func wantOutcome(t *testing.T, err, want error) {
	t.Helper()
	if (err == nil) != (want == nil) {
		t.Errorf("error %v, want %v", err, want)
	}
	for _, kind := range []error{generate.ErrLost, generate.ErrUnusable, generate.ErrRefused, judge.ErrHalt, judge.ErrUnavailable} {
		if errors.Is(err, kind) != (kind == want) {
			t.Errorf("error %q: is it %q? %v", err, kind, errors.Is(err, kind))
		}
	}
}

func wantBooked(t *testing.T, g *openai.Generator, usage cost.Usage, requests, booked int) {
	t.Helper()
	unbilled, usd := 0, 0.0
	switch booked {
	case bound:
		unbilled, usd = 1, g.Bound()
	case reported:
		usd = usage.USD
		if usd <= 0 || usd >= g.Bound() || usage.OutputTokens == 0 {
			t.Errorf("%+v is no report", usage)
		}
	}
	if usage.Requests != requests || usage.Unbilled != unbilled || usage.USD != usd {
		t.Errorf("%+v; want %d requests, %d unbilled, $%v", usage, requests, unbilled, usd)
	}
}

// Nothing that the service may have billed is ever sent twice, whatever comes.
func TestNothingIsPaidTwice(t *testing.T) {
	for name, test := range faults {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if test.fault == nil {
					return
				}
				g, h := direct(t, openaitest.Options{EditFault: openaitest.Always(test.fault)})
				_, usage, _ := g.Generate(t.Context(), order())
				s := h.Stats().Edits
				if declines := test.again; s.Requests > 1 != declines {
					t.Errorf("%d requests for one order", s.Requests)
				}
				if usage.Requests != s.Requests || usage.Unbilled > 1 || usage.USD > g.Bound() {
					t.Errorf("%+v for one order of at most $%v, %d requests", usage, g.Bound(), s.Requests)
				}
			})
		})
	}
}

func TestWhatIsSaid(t *testing.T) {
	tests := map[string]struct {
		fault openaitest.Fault
		says  []string
	}{
		"wrong size":    {openaitest.Sized(512, 256), []string{"512×256", "256×256"}},
		"wrong format":  {openaitest.Formatted("jpeg"), []string{"jpeg", "png"}},
		"not a picture": {openaitest.NoPicture(), []string{"no png"}},
		"lost":          {openaitest.Slow(time.Hour), []string{"3m0s", "booked", "photo-07", "0042_black_25_female"}},
		"no such path":  {body(404, "404 page not found"), []string{"generation.model", "base URL", "edit images"}},
		"refused":       {openaitest.Blocked(), []string{"moderation_blocked", "safety system"}},
		"no quota":      {openaitest.InsufficientQuota(), []string{"quota"}},
		"invalid key":   {openaitest.InvalidKey(), []string{"OPENAI_API_KEY"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, _ := direct(t, openaitest.Options{EditFault: openaitest.Always(test.fault)})
				_, _, err := g.Generate(t.Context(), order())
				for _, word := range test.says {
					if err == nil || !strings.Contains(err.Error(), word) {
						t.Errorf("error %v does not say %q", err, word)
					}
				}
				wantNoKey(t, err.Error())
			})
		})
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAConnectionNeverMadeIsTriedAgainAndCostsNothing(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	expired := &tls.CertificateVerificationError{Err: errors.New("expired")}
	tests := map[string]struct {
		err      error
		attempts int
	}{"refused": {refused, 6}, "untrusted": {expired, 1}}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				down := transport(func(*http.Request) (*http.Response, error) { return nil, test.err })
				g, _ := direct(t, openaitest.Options{}, func(c *openai.Config) { c.Transport = down })
				_, usage, err := g.Generate(t.Context(), order())
				wantOutcome(t, err, judge.ErrUnavailable)
				wantError(t, err, test.err)
				if usage != (cost.Usage{Requests: test.attempts}) {
					t.Errorf("%+v, want %d requests and nothing else", usage, test.attempts)
				}
			})
		})
	}
}

// An attempt that begins late has its whole time: cut short, it would be paid for
// in vain.
func TestTimeToRetryDoesNotCutAnAttemptShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := func(r openaitest.Request) openaitest.Fault {
			if r.N == 1 {
				return openaitest.RateLimited("290")
			}
			return openaitest.Slow(170 * time.Second)
		}
		g, h := direct(t, openaitest.Options{EditFault: late})
		start := time.Now()
		if made(t, g); time.Since(start) != 460*time.Second {
			t.Errorf("took %s", time.Since(start))
		}
		wantRequests(t, h, 2)
	})
}

func TestAttemptsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, h := direct(t, openaitest.Options{EditFault: openaitest.Always(openaitest.RateLimited(""))},
			func(c *openai.Config) { c.Retry = endpoint.Retry{MaxAttempts: 3} })
		_, usage, err := g.Generate(t.Context(), order())
		wantOutcome(t, err, judge.ErrUnavailable)
		if usage != (cost.Usage{Requests: 3}) || !strings.Contains(err.Error(), "3 attempts") {
			t.Errorf("%+v, %v", usage, err)
		}
		wantRequests(t, h, 3)
	})
}

func TestAnOrderUnderWayIsAwaitedAfterCancelling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, h := direct(t, openaitest.Options{Delay: time.Minute})
		ctx, cancel := context.WithCancel(t.Context())
		start := time.Now()
		time.AfterFunc(time.Second, cancel)
		picture, usage, err := g.Generate(ctx, order())
		if err != nil || len(picture.Data) == 0 || usage.Unbilled != 0 || time.Since(start) != time.Minute {
			t.Errorf("%d bytes, %+v, %v after %s", len(picture.Data), usage, err, time.Since(start))
		}
		wantRequests(t, h, 1)
	})
}

func TestCancellingEndsTheWaitBetweenAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, h := direct(t, openaitest.Options{EditFault: openaitest.Always(openaitest.RateLimited("60"))})
		ctx, cancel := context.WithCancel(t.Context())
		start := time.Now()
		time.AfterFunc(time.Second, cancel)
		_, _, err := g.Generate(ctx, order())
		wantError(t, err, context.Canceled)
		if time.Since(start) != time.Second {
			t.Errorf("after %s", time.Since(start))
		}
		wantRequests(t, h, 1)
	})
}

func TestCancelledBeforehand(t *testing.T) {
	g, h := direct(t, openaitest.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, usage, err := g.Generate(ctx, order())
	wantError(t, err, context.Canceled)
	if usage != (cost.Usage{}) {
		t.Errorf("%+v", usage)
	}
	wantRequests(t, h, 0)
}

// The limit stops the run before the order that could exceed it.
func TestBudgetStopsBeforeTheOrder(t *testing.T) {
	budget := cost.NewBudget(0.1)
	g, h := direct(t, openaitest.Options{}, func(c *openai.Config) { c.Budget = budget })
	var err error
	done := 0
	for ; err == nil && done < 100; done++ {
		_, _, err = g.Generate(t.Context(), order())
	}
	wantOutcome(t, err, judge.ErrHalt)
	wantError(t, err, cost.ErrBudget)
	s := h.Stats().Edits
	said := (float64(s.TextTokens)*price.Text + float64(s.ImageTokens)*price.Image + float64(s.OutputTokens)*price.Output) / 1e6
	if done < 2 || budget.Spent() > 0.1 || math.Abs(budget.Spent()-said) > 1e-12 || s.Billed != done-1 {
		t.Errorf("$%v spent on %d orders, the server says $%v on %d", budget.Spent(), done-1, said, s.Billed)
	}
}

// Over a real connection, also one that is used again, where a client might think
// it safe to send once more.
func TestLostOrdersOverTheNetwork(t *testing.T) {
	for name, fault := range map[string]openaitest.Fault{"before it began": openaitest.Hangup(), "in the middle": openaitest.BreakOff()} {
		t.Run(name, func(t *testing.T) {
			g, server := served(t, openaitest.Options{EditFault: openaitest.After(1, fault)})
			made(t, g)
			_, usage, err := g.Generate(t.Context(), order())
			wantOutcome(t, err, generate.ErrLost)
			wantBooked(t, g, usage, 1, bound)
			wantRequests(t, server.Handler, 2)
		})
	}
}
