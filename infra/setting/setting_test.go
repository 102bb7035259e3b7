package setting_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"screentest/infra/setting"
)

func parse(t *testing.T, stage, stages string) (setting.Settings, error) {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(stages), &value); err != nil {
		t.Fatal(err)
	}
	return setting.Parse(stage, value)
}

func TestSayingNothingIsSafe(t *testing.T) {
	s, err := parse(t, "dev", `{"dev": {}}`)
	if err != nil {
		t.Fatal(err)
	}
	if s.UploadMode != "dry-run" || s.Bucket != "" || s.DollarsPerDay > 10 {
		t.Errorf("the defaults are not careful: %+v", s)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	for _, c := range []struct{ stages, says string }{
		{`[]`, "not an object"},
		{`null`, "not an object"},
		{`{"prod": {}}`, `no stage "dev", only prod`},
		{`{"dev": {"request_per_minute": 5}}`, `unknown field "request_per_minute"`},
		{`{"dev": {"requests_per_minute": "5"}}`, "requests_per_minute"},
		{`{"dev": {"requests_per_minute": 0}}`, "requests_per_minute is 0"},
		{`{"dev": {"seconds_per_request": 61}}`, "seconds_per_request is 61"},
		{`{"dev": {"requests_at_once": 0}}`, "requests_at_once is 0"},
		{`{"dev": {"upload_mode": "yes"}}`, `"yes" is neither dry-run nor execute`},
		{`{"dev": {"bucket": "s3://b"}}`, "no bucket name"},
		{`{"dev": {"bucket": "a..b"}}`, "no bucket name"},
		{`{"dev": {"bucket": "192.168.5.4"}}`, "no bucket name"},
		{`{"dev": {"bucket": "My-Bucket"}}`, "no bucket name"},
		{`{"dev": {"prefix": "a/../b"}}`, "a segment of dots"},
		{`{"dev": {"prefix": "."}}`, "a segment of dots"},
		{`{"dev": {"prefix": "` + strings.Repeat("a", 181) + `"}}`, "prefix of 181 characters"},
		{`{"dev": {"runbooks": "https://` + strings.Repeat("a", 1100) + `"}}`, "runbooks has 1108 characters"},
		{`{"dev": {"prefix": "/a"}}`, "prefix"},
		{`{"dev": {"prefix": "a*"}}`, "prefix"},
		{`{"dev": {"prefix": "a'b"}}`, "prefix"},
		{`{"dev": {"log_days": 15}}`, "log_days is 15"},
		{`{"dev": {"keep_versions_days": 0}}`, "keep_versions_days is 0"},
		{`{"dev": {"alarm_email": "nobody"}}`, "alarm_email"},
		{`{"dev": {"dollars_per_day": 0}}`, "dollars_per_day is 0"},
		{`{"dev": {"runbooks": ""}}`, "runbooks is empty"},
	} {
		if _, err := parse(t, "dev", c.stages); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want it to say %q", c.stages, err, c.says)
		}
	}
	if _, err := parse(t, "Dev!", `{"Dev!": {}}`); err == nil {
		t.Error("a stage that cannot name a queue was taken")
	}
}

func TestWorkersFollowFromTheRate(t *testing.T) {
	for _, c := range []struct {
		perMinute, atOnce int
		seconds           float64
		want              setting.Workers
	}{
		{perMinute: 60, seconds: 6, atOnce: 3, want: setting.Workers{Evaluators: 2, AtOnce: 2, Balancers: 2}},
		{perMinute: 500, seconds: 6, atOnce: 3, want: setting.Workers{Evaluators: 11, AtOnce: 3, Balancers: 16}},
		{perMinute: 500, seconds: 6, atOnce: 8, want: setting.Workers{Evaluators: 6, AtOnce: 5, Balancers: 16}},
		{perMinute: 500, seconds: 12, atOnce: 3, want: setting.Workers{Evaluators: 22, AtOnce: 3, Balancers: 33}},
		{perMinute: 1, seconds: 1, atOnce: 3, want: setting.Workers{Evaluators: 2, AtOnce: 1, Balancers: 2}},
		{perMinute: 1_000_000, seconds: 10, atOnce: 1, want: setting.Workers{Evaluators: 1000, AtOnce: 1, Balancers: 1000}},
	} {
		s := setting.Settings{RequestsPerMinute: c.perMinute, SecondsPerRequest: c.seconds, RequestsAtOnce: c.atOnce}
		if got := s.Workers(); got != c.want {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}

// What looks odd and is sound.
func TestWhatIsSoundIsTaken(t *testing.T) {
	for _, stages := range []string{`{"dev": {"bucket": "a.b-1", "prefix": "a..b/.c/..."}}`, `{"dev": {"bucket": "1.2.3.4.5"}}`} {
		if _, err := parse(t, "dev", stages); err != nil {
			t.Errorf("%s: %v", stages, err)
		}
	}
}

// Judging and balancing share one account: together they stay within its rate,
// wherever the least that Lambda allows does.
func TestWorkersTogetherStayWithinTheRate(t *testing.T) {
	for perMinute := range 3000 {
		for atOnce := 1; atOnce <= 8; atOnce++ {
			s := setting.Settings{RequestsPerMinute: perMinute + 1, SecondsPerRequest: 6, RequestsAtOnce: atOnce}
			w := s.Workers()
			asked := float64(w.Evaluators*w.AtOnce+w.Balancers) * 60 / s.SecondsPerRequest
			if s.RequestsPerMinute >= 40 && asked > float64(s.RequestsPerMinute) {
				t.Fatalf("%+v: %+v ask %.0f times a minute", s, w, asked)
			}
			if w.AtOnce > setting.Batch {
				t.Fatalf("%+v: %+v: no more can be under way than actors are in a batch", s, w)
			}
			if w.Evaluators < 2 || w.Balancers < 2 || w.AtOnce < 1 || w.AtOnce > atOnce {
				t.Fatalf("%+v: %+v", s, w)
			}
		}
	}
}

func TestKeysLieBelowThePrefix(t *testing.T) {
	for prefix, want := range map[string]string{"": "actors/a.png", "studio/one": "studio/one/actors/a.png"} {
		if got := (setting.Settings{Prefix: prefix}).Key("actors/a.png"); got != want {
			t.Errorf("with prefix %q: %q, want %q", prefix, got, want)
		}
	}
}

// The stages that the repository comes with are sound.
func TestStagesOfTheRepository(t *testing.T) {
	text, err := os.ReadFile("../../cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Context struct{ Stages map[string]any }
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	stages := file.Context.Stages
	if len(stages) < 2 {
		t.Fatalf("cdk.json has the stages %v", stages)
	}
	for name := range stages {
		if _, err := setting.Parse(name, stages); err != nil {
			t.Error(err)
		}
	}
}

// The page for whoever deploys has every setting, with its default.
func TestSettingsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/deployment.md")
	if err != nil {
		t.Fatal(err)
	}
	s, err := parse(t, "dev", `{"dev": {}}`)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var defaults map[string]any
	if err := json.Unmarshal(text, &defaults); err != nil {
		t.Fatal(err)
	}
	if len(defaults) < 12 {
		t.Fatalf("only %d settings", len(defaults))
	}
	for key, value := range defaults {
		if value == "" {
			value = "`\"\"`"
		}
		row := regexp.MustCompile(fmt.Sprintf("(?m)^\\| `%s` \\| `?%s`? \\| ", key, regexp.QuoteMeta(strings.Trim(fmt.Sprint(value), "`"))))
		if !row.Match(page) {
			t.Errorf("docs/deployment.md has no row for %s with the default %v", key, value)
		}
	}
}
