package openai_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"testing/synctest"

	"screentest/pkg/cost"
	"screentest/pkg/judge"
	"screentest/pkg/judge/openai"
	"screentest/pkg/judge/openai/openaitest"
)

func TestWhatStopsTheRun(t *testing.T) {
	tests := map[string]struct {
		fault openaitest.Fault
		says  string
	}{
		"invalid key":         {openaitest.InvalidKey(), "OPENAI_API_KEY"},
		"invalid key, inside": {openaitest.ErrorInside("invalid_api_key", "no"), "OPENAI_API_KEY"},
		"forbidden":           {openaitest.Error(403, "unsupported_country_region_territory", "not here"), "not here"},
		"quota":               {openaitest.InsufficientQuota(), "quota"},
		"deactivated":         {openaitest.Error(429, "account_deactivated", "gone"), "gone"},
		"no such model":       {openaitest.Error(404, "model_not_found", "no such model"), "judge.model"},
		"no such path":        {openaitest.Raw(404, "404 page not found"), "base URL"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			j, h := direct(t, openaitest.Options{Fault: openaitest.After(1, test.fault)})
			wantAnswers, _ := ask(t, j, caseOf(2))
			wantSound(t, wantAnswers)
			_, usage, err := j.Judge(t.Context(), caseOf(2))
			if !errors.Is(err, judge.ErrHalt) || errors.Is(err, cost.ErrBudget) {
				t.Errorf("error %v does not stop the run", err)
			}
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v does not say %q", err, test.says)
			}
			if err != nil && strings.Contains(err.Error(), "sk-abc") {
				t.Errorf("error %v quotes a part of the key", err)
			}
			if usage.Requests != 1 || usage.USD != 0 {
				t.Errorf("%+v", usage)
			}
			wantRequests(t, h, 2)
		})
	}
}

// A model that answers nothing properly stops the run after three cases. One that
// does so once in a while, or declines, does not.
func TestAModelThatIsOfNoUseStopsTheRun(t *testing.T) {
	useless := openaitest.Always(replace("img_", "picture_"))
	showing := func(n int, f openaitest.Fault) func(openaitest.Request) openaitest.Fault {
		return openaitest.Showing(hash(n), f)
	}
	tests := map[string]struct {
		fault func(openaitest.Request) openaitest.Fault
		size  int
		halts int // the case with which it stops, 0 for never
	}{
		"wrong labels":             {useless, 10, 3},
		"wrong labels, one by one": {useless, 1, 30},
		"cut off":                  {openaitest.Always(openaitest.CutOff()), 10, 3},
		"refusals":                 {openaitest.Always(openaitest.Refused()), 10, 0},
		"one bad image":            {showing(6, openaitest.CutOff()), 10, 0},
		"one bad image, alone":     {showing(0, openaitest.CutOff()), 1, 30},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			j, h := direct(t, openaitest.Options{Fault: test.fault})
			for n := 1; n <= 40; n++ {
				_, _, err := j.Judge(t.Context(), caseOf(test.size))
				if !errors.Is(err, judge.ErrHalt) {
					continue
				}
				if n != test.halts || !strings.Contains(err.Error(), "gpt-6-luna at https://") {
					t.Errorf("case %d: %v", n, err)
				}
				if most := 2 * 30; h.Stats().Requests > most {
					t.Errorf("%d requests, want %d at most", h.Stats().Requests, most)
				}
				return
			}
			if test.halts > 0 {
				t.Error("it goes on for ever")
			}
		})
	}
}

// What comes back is counted anew: a run that follows on a server that was mended
// does not stop.
func TestAnAnswerOfUseGivesHopeAgain(t *testing.T) {
	requests := 0
	j, _ := direct(t, openaitest.Options{Fault: func(openaitest.Request) openaitest.Fault {
		if requests++; requests%(2*19+1) == 0 { // two cases are of no use, the third is answered
			return nil
		}
		return openaitest.CutOff()
	}})
	for n := range 9 {
		if _, _, err := j.Judge(t.Context(), caseOf(10)); err != nil {
			t.Errorf("case %d: %v", n, err)
		}
	}
}

// The limit stops the run before the request that could exceed it.
func TestBudgetStopsBeforeTheRequest(t *testing.T) {
	budget := cost.NewBudget(0.005)
	j, h := direct(t, openaitest.Options{}, func(c *openai.Config) { c.Budget = budget })
	var err error
	done := 0
	for ; err == nil && done < 100; done++ {
		_, _, err = j.Judge(t.Context(), caseOf(10))
	}
	if !errors.Is(err, judge.ErrHalt) || !errors.Is(err, cost.ErrBudget) {
		t.Fatalf("error %v", err)
	}
	wantRequests(t, h, done-1)
	said := luna.USD(h.Stats().Reported)
	if done < 3 || budget.Spent() > 0.005 || math.Abs(budget.Spent()-said) > 1e-12 {
		t.Errorf("$%v spent in %d requests, the server says $%v", budget.Spent(), done-1, said)
	}
}

// An attempt after a lost answer is a new expense: it needs a reservation too.
func TestBudgetHoldsBetweenAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, h := direct(t, openaitest.Options{Fault: openaitest.Always(openaitest.Raw(200, ""))},
			func(c *openai.Config) { c.Budget = cost.NewBudget(0.0025) })
		_, usage, err := j.Judge(t.Context(), caseOf(1))
		if !errors.Is(err, judge.ErrHalt) || !errors.Is(err, cost.ErrBudget) || usage.USD > 0.0025 || usage.USD == 0 {
			t.Errorf("%+v, %v", usage, err)
		}
		if n := h.Stats().Requests; n == 0 || n > 5 || usage.Unbilled != n {
			t.Errorf("%d requests, %+v", n, usage)
		}
	})
}

func TestKeyIsNowhereToBeSeen(t *testing.T) {
	echo := func(status int) openaitest.Fault {
		return openaitest.Raw(status, `{"error":{"message":"Bearer `+key+` is not welcome","code":"`+key+`","type":"x"}}`)
	}
	faults := map[string]openaitest.Fault{
		"401": echo(401), "400": echo(400), "403": echo(403), "200": openaitest.Raw(400, key),
		"answer": openaitest.Written(func(s string) string { return strings.ReplaceAll(s, "A person", key) }),
		"label":  openaitest.Written(func(string) string { return `{"` + key + `":1,"` + key + `":2}` }),
		"finish": func(r *openaitest.Reply) { r.Finish = key },
		"refuse": func(r *openaitest.Reply) { r.Refusal = key },
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			j, _ := direct(t, openaitest.Options{Key: key, Fault: openaitest.Always(fault)})
			answers, _, err := j.Judge(t.Context(), caseOf(1))
			wantNoKey(t, fmt.Sprintf("%v %+v %v", answers, answers, err))
		})
	}
}

func TestKeyIsNotPrinted(t *testing.T) {
	c := config()
	j := built(t, c)
	encoded, err := json.Marshal(map[string]any{"config": c, "judge": j})
	if err != nil {
		t.Fatal(err)
	}
	wantNoKey(t, string(encoded))
	wantNoKey(t, fmt.Sprintf("%v %+v %#v %s", c, c, c, c))
	wantNoKey(t, fmt.Sprintf("%v %+v %#v %s", &c, &c, &c, &c))
	wantNoKey(t, fmt.Sprintf("%v %+v %#v %s", j, j, j, j))
	wantNoKey(t, fmt.Sprintf("%v %+v %#v", *j, *j, *j))
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "config", c, "judge", j)
	slog.New(slog.NewTextHandler(&log, nil)).Info("start", "config", c, "judge", j)
	wantNoKey(t, log.String())
}

func wantNoKey(t *testing.T, s string) {
	t.Helper()
	if strings.Contains(s, key) || strings.Contains(s, key[8:]) {
		t.Errorf("the key is in %s", s)
	}
}

func TestConfigErrors(t *testing.T) {
	tests := map[string]struct {
		change func(*openai.Config)
		says   []string
	}{
		"no key":            {func(c *openai.Config) { c.APIKey = "" }, []string{"OPENAI_API_KEY", "--judge offline"}},
		"blank key":         {func(c *openai.Config) { c.APIKey = " \n" }, []string{"OPENAI_API_KEY"}},
		"two keys":          {func(c *openai.Config) { c.APIKey = key + "\n" + key }, []string{"OPENAI_API_KEY"}},
		"no price":          {func(c *openai.Config) { c.Price = cost.Price{} }, []string{"price", "gpt-6-luna"}},
		"not a URL":         {func(c *openai.Config) { c.BaseURL = "localhost:11434/v1" }, []string{"OPENAI_BASE_URL"}},
		"another protocol":  {func(c *openai.Config) { c.BaseURL = "ftp://host/v1" }, []string{"OPENAI_BASE_URL"}},
		"unknown dialect":   {func(c *openai.Config) { c.Dialect = "welsh" }, []string{"welsh", "compatible"}},
		"too many images":   {func(c *openai.Config) { c.BatchSize = 100 }, []string{"99"}},
		"negative timeout":  {func(c *openai.Config) { c.Timeout = -1 }, []string{"negative"}},
		"effort not taken":  {func(c *openai.Config) { c.Model = "gpt-6-astra" }, []string{"gpt-6-astra", "none"}},
		"tokens not taken":  {func(c *openai.Config) { c.Dialect = openai.DialectPlain }, []string{"MaxTokens"}},
		"key, other server": {func(c *openai.Config) { c.APIKey, c.BaseURL = "a b", "http://localhost/v1" }, []string{"OPENAI_API_KEY"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := config()
			test.change(&c)
			_, err := openai.New(c)
			if err == nil {
				t.Fatal("no error")
			}
			for _, word := range test.says {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %q", err, word)
				}
			}
			wantNoKey(t, err.Error())
		})
	}
}

func TestServerOfOnesOwnNeedsNoKeyAndNoPrice(t *testing.T) {
	j, _ := served(t, openaitest.Options{Compatible: true}, func(c *openai.Config) {
		c.APIKey, c.Price, c.Model = "", cost.Price{}, "qwen3-vl:8b"
	})
	answers, usage := ask(t, j, caseOf(2))
	wantSound(t, answers)
	if usage.USD != 0 {
		t.Errorf("$%v for a server of one's own", usage.USD)
	}
}

func TestDefaults(t *testing.T) {
	j := built(t, config())
	id := j.ID()
	if id.Name != "openai" || id.Model != "gpt-6-luna" || len(id.Rubric) != 12 {
		t.Errorf("%+v", id)
	}
	if j.PreviewSize() != 512 || j.BatchSize() != 10 {
		t.Errorf("previews of %d pixels, %d to a request", j.PreviewSize(), j.BatchSize())
	}
}
