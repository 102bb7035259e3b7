package openai_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"screentest/pkg/cost"
	"screentest/pkg/judge"
	"screentest/pkg/judge/openai"
	"screentest/pkg/judge/openai/openaitest"
	"screentest/pkg/verdict"
)

// Every verdict reaches the image it is about, whatever the order of showing.
func TestVerdictsReachTheirImages(t *testing.T) {
	want := map[string]verdict.Verdict{
		hash(0): {Style: verdict.BWStylized, Quality: 1, Issues: verdict.Seen(), Observation: "A sketch.", Text: "SALE"},
		hash(1): {Style: verdict.ColorStylized, Quality: 10, Issues: []verdict.Issue{verdict.OffCharacter}},
		hash(2): {Style: verdict.Photorealistic, Quality: 5, Unjudged: []verdict.Issue{verdict.OffCharacter}},
	}
	for _, issue := range verdict.Seen() {
		want[hash(len(want))] = verdict.Verdict{Style: verdict.Photorealistic, Quality: 7, Issues: []verdict.Issue{issue}}
	}
	j, server := served(t, openaitest.Options{Verdict: openaitest.BySHA256(want), Key: key})
	answers, _ := ask(t, j, caseOf(len(want)))
	for i, a := range answers {
		if a.Err != nil || !reflect.DeepEqual(a.Verdict, want[hash(i)]) {
			t.Errorf("image %d: %+v, %v; want %+v", i, a.Verdict, a.Err, want[hash(i)])
		}
	}
	wantRequests(t, server.Handler, 1)
}

func TestWithoutABaseImageIdentityIsUnknown(t *testing.T) {
	j, _ := served(t, openaitest.Options{})
	unreadable := exhibit(100)
	unreadable.Preview = nil
	for name, base := range map[string]*judge.Exhibit{"none": nil, "unreadable": &unreadable} {
		t.Run(name, func(t *testing.T) {
			c := caseOf(2)
			c.Base = base
			answers, _ := ask(t, j, c)
			for _, a := range answers {
				if !slices.Equal(a.Verdict.Unjudged, []verdict.Issue{verdict.OffCharacter}) {
					t.Errorf("unjudged %v, want off_character", a.Verdict.Unjudged)
				}
			}
		})
	}
}

// The order of showing depends on the seed and the content, and on nothing that
// the files are called or how they are sorted.
func TestOrderOfShowing(t *testing.T) {
	var mu sync.Mutex
	var shown [][]string
	record := func(r openaitest.Request) openaitest.Fault {
		var hashes []string
		for _, image := range r.Images {
			hashes = append(hashes, openaitest.SHA256(image))
		}
		mu.Lock()
		defer mu.Unlock()
		shown = append(shown, hashes)
		if strings.Contains(string(r.Raw), "secret-name") || strings.Contains(string(r.Raw), "0042") {
			t.Error("the request names a file or the actor")
		}
		return nil
	}
	j, _ := served(t, openaitest.Options{Fault: record})
	c, reversed, other := caseOf(9), caseOf(9), caseOf(9)
	slices.Reverse(reversed.Images)
	other.Seed = "another"
	for _, c := range []judge.Case{c, reversed, other} {
		ask(t, j, c)
	}
	files := make([]string, 9)
	for i := range files {
		files[i] = hash(i)
	}
	switch {
	case !slices.Equal(shown[0], shown[1]):
		t.Error("the same set is shown in two orders")
	case slices.Equal(shown[0], shown[2]):
		t.Error("two seeds, one order")
	case slices.Equal(shown[0], files):
		t.Error("shown in the order of the files")
	}
}

func TestUsageIsWhatTheServerReports(t *testing.T) {
	budget := cost.NewBudget(1)
	j, server := served(t, openaitest.Options{}, func(c *openai.Config) { c.Budget = budget })
	var total cost.Usage
	for range 3 {
		_, usage := ask(t, j, caseOf(10))
		total = total.Add(usage)
	}
	want := server.Stats().Reported
	want.Images, want.USD = 30, luna.USD(want)
	if math.Abs(total.USD-want.USD) > 1e-12 || math.Abs(budget.Spent()-want.USD) > 1e-12 {
		t.Errorf("$%v used, $%v booked, want $%v", total.USD, budget.Spent(), want.USD)
	}
	total.USD = want.USD
	if total != want {
		t.Errorf("%+v, want %+v", total, want)
	}
	if total.CachedTokens < 2*1024 {
		t.Errorf("%d tokens of the rubric came from the cache", total.CachedTokens)
	}
}

// What a request really costs never exceeds what was set aside for it.
func TestReservationIsAnUpperBound(t *testing.T) {
	for _, n := range []int{1, 3, 10} {
		j, _ := served(t, openaitest.Options{})
		_, usage := ask(t, j, caseOf(n))
		tight, _ := served(t, openaitest.Options{}, func(c *openai.Config) { c.Budget = cost.NewBudget(usage.USD) })
		if _, _, err := tight.Judge(t.Context(), caseOf(n)); !errors.Is(err, cost.ErrBudget) {
			t.Errorf("%d images: a budget of exactly the true cost was thought enough beforehand", n)
		}
	}
}

func TestCaseOfWrongSize(t *testing.T) {
	j, server := served(t, openaitest.Options{})
	for _, n := range []int{0, 11} {
		if _, _, err := j.Judge(t.Context(), caseOf(n)); err == nil {
			t.Errorf("a case of %d images was accepted", n)
		}
	}
	wantRequests(t, server.Handler, 0)
}

func TestImageWithoutPreview(t *testing.T) {
	j, server := served(t, openaitest.Options{})
	c := caseOf(3)
	c.Images[1].Preview = []byte("no picture")
	answers, usage := ask(t, j, c)
	if answers[1].Err == nil {
		t.Errorf("an image that cannot be shown has a verdict")
	}
	wantSound(t, []judge.Answer{answers[0], answers[2]})
	if usage.Images != 2 {
		t.Errorf("%d images shown, want 2", usage.Images)
	}
	wantRequests(t, server.Handler, 1)
}

// Many cases at once: for the race detector.
func TestConcurrentCases(t *testing.T) {
	j, server := served(t, openaitest.Options{})
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			answers, _, err := j.Judge(t.Context(), caseOf(5))
			if err != nil {
				t.Error(err)
			}
			wantSound(t, answers)
		})
	}
	workers.Wait()
	if got := server.Stats().Images; got != 40 {
		t.Errorf("%d images shown, want 40", got)
	}
}

// Order of properties is the order in which a model decides: the schema must
// reach it as written.
func TestSchemaKeepsItsOrder(t *testing.T) {
	check := func(r openaitest.Request) openaitest.Fault {
		order := []string{`"style":{`, `"looking_at_camera":{`, `"visible_text":{`, `"same_character":{`, `"observation":{`, `"unsure":{`, `"score":{`}
		at := 0
		for _, name := range order {
			next := strings.Index(string(r.Raw), name)
			if next < at {
				t.Errorf("%s is not where it belongs", name)
			}
			at = next
		}
		return nil
	}
	j, _ := served(t, openaitest.Options{Fault: check})
	ask(t, j, caseOf(2))
}

// What the question and the vocabulary name must be the same things.
func TestSchemaAsksForEverySeenIssue(t *testing.T) {
	check := func(r openaitest.Request) openaitest.Fault {
		for _, issue := range verdict.Seen() {
			if issue != verdict.OffCharacter && !strings.Contains(string(r.Raw), `"`+string(issue)+`":{"type":"boolean"}`) {
				t.Errorf("the schema does not ask for %s", issue)
			}
		}
		for _, style := range verdict.Styles() {
			if !strings.Contains(string(r.Raw), `"`+string(style)+`"`) {
				t.Errorf("the schema does not know %s", style)
			}
		}
		return nil
	}
	j, _ := served(t, openaitest.Options{Fault: check})
	ask(t, j, caseOf(1))
}

// The client refuses some fields for some models, and sends others where they
// were not meant.
func TestFieldsByServer(t *testing.T) {
	tests := map[string]struct {
		change func(*openai.Config)
		with   []string
	}{
		"openai":            {func(c *openai.Config) {}, []string{"store", "max_completion_tokens", "reasoning_effort", "service_tier", "safety_identifier", "seed"}},
		"gateway, gpt-5":    {func(c *openai.Config) { c.Model = "gpt-5.4-mini" }, []string{"store", "max_completion_tokens", "reasoning_effort", "service_tier", "safety_identifier", "seed"}},
		"local":             {func(c *openai.Config) { c.Model = "qwen3-vl:8b" }, []string{"max_tokens", "seed"}},
		"local, gpt-oss":    {func(c *openai.Config) { c.Model = "gpt-oss:20b" }, []string{"max_tokens", "seed"}},
		"without schema":    {func(c *openai.Config) { c.Model, c.Dialect = "llava", openai.DialectPlain }, []string{"max_tokens"}},
		"openai, by choice": {func(c *openai.Config) { c.Model, c.Dialect = "ours", openai.DialectOpenAI }, []string{"store", "max_completion_tokens", "reasoning_effort", "service_tier", "safety_identifier", "seed"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			check := func(r openaitest.Request) openaitest.Fault {
				var body map[string]json.RawMessage
				if err := json.Unmarshal(r.Raw, &body); err != nil {
					t.Error(err)
				}
				for _, common := range []string{"model", "messages", "response_format", "stream"} {
					delete(body, common)
				}
				for _, field := range test.with {
					if _, ok := body[field]; !ok {
						t.Errorf("no %s", field)
					}
					delete(body, field)
				}
				if len(body) > 0 {
					t.Errorf("more than was meant: %v", body)
				}
				if strings.Contains(string(r.Raw), "installation-7") {
					t.Error("the identifier is sent as it is")
				}
				return nil
			}
			compatible := !slices.Contains(test.with, "store")
			j, _ := served(t, openaitest.Options{Fault: check, Compatible: compatible}, test.change)
			answers, _ := ask(t, j, caseOf(2))
			wantSound(t, answers)
		})
	}
}
