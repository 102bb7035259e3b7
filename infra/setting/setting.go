// Package setting is what an owner may decide about a stage: where the tree
// lies, how fast the model may be asked, what is kept, who is told. It stands
// first in the flow: context of the CDK app in, validated values out, and
// nothing else reads the context. A stage that says nothing gets the defaults,
// which cost next to nothing while idle and change no picture.
package setting

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// Settings are the decisions about one stage. The JSON names are the keys below
// context "stages".NAME in cdk.json.
type Settings struct {
	// Stage names everything that is deployed, so that two stages share an account.
	Stage string `json:"-"`

	// Bucket is an existing bucket that holds the tree; "" makes one. An existing
	// bucket is never reconfigured: docs/deployment.md says what it needs.
	Bucket string `json:"bucket"`
	// Prefix is where in the bucket the tree lies, without slashes at its ends.
	Prefix string `json:"prefix"`
	// UploadMode is what an uploaded image starts: "dry-run" or "execute".
	UploadMode string `json:"upload_mode"`

	// RequestsPerMinute is what the model's account allows; everything that limits
	// how many workers run follows from it.
	RequestsPerMinute int `json:"requests_per_minute"`
	// SecondsPerRequest is how long the model takes to answer, on average.
	SecondsPerRequest float64 `json:"seconds_per_request"`
	// RequestsAtOnce is how many requests one evaluator has under way at most,
	// whatever run.concurrency of screentest.yaml says; fewer where the rate is low,
	// and never more than a Batch has actors, each of whom has one.
	RequestsAtOnce int `json:"requests_at_once"`

	// Keep protects the stage against its own deletion.
	Keep bool `json:"keep"`
	// KeepVersionsDays is how long overwritten and deleted objects can be had back.
	KeepVersionsDays int `json:"keep_versions_days"`
	// LogDays is how long logs are kept; one of the periods CloudWatch knows.
	LogDays int `json:"log_days"`

	// AlarmEmail is told about alarms; "" leaves the topic without a reader.
	AlarmEmail string `json:"alarm_email"`
	// DollarsPerDay is the spending on models that raises an alarm.
	DollarsPerDay float64 `json:"dollars_per_day"`
	// Runbooks is the address of docs/runbooks.md as the reader of an alarm opens it.
	Runbooks string `json:"runbooks"`
}

func defaults(stage string) Settings {
	return Settings{
		Stage:             stage,
		UploadMode:        "dry-run",
		RequestsPerMinute: 60,
		SecondsPerRequest: 6,
		RequestsAtOnce:    3,
		KeepVersionsDays:  90,
		LogDays:           30,
		DollarsPerDay:     10,
		Runbooks:          "docs/runbooks.md",
	}
}

// Parse reads the settings of one stage. The argument is the value of the
// context "stages"; a key that means nothing is an error, so that a misspelt
// one is not ignored.
func Parse(stage string, stages any) (Settings, error) {
	s := defaults(stage)
	all, ok := stages.(map[string]any)
	if !ok {
		return s, errors.New(`context "stages" is not an object; cdk.json has an example`)
	}
	own, ok := all[stage]
	if !ok {
		return s, fmt.Errorf("context \"stages\" has no stage %q, only %s", stage, strings.Join(slices.Sorted(maps.Keys(all)), ", "))
	}
	text, err := json.Marshal(own)
	if err != nil {
		return s, fmt.Errorf("stage %s: %w", stage, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return s, fmt.Errorf("context \"stages\".%s: %w", stage, err)
	}
	if err := s.validate(); err != nil {
		return s, fmt.Errorf("context \"stages\".%s: %w", stage, err)
	}
	return s, nil
}

var (
	stageName  = regexp.MustCompile(`^[a-z][a-z0-9-]{0,15}$`)
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	// Nothing that EventBridge, IAM or a state machine would take for syntax.
	prefixName = regexp.MustCompile(`^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$`)
	email      = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
)

// logPeriods are those that CloudWatch accepts, up to two years.
var logPeriods = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731}

func (s Settings) validate() error {
	var wrong []error
	check := func(ok bool, format string, value any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf(format, value))
		}
	}
	check(stageName.MatchString(s.Stage), "stage %q: at most 16 lower-case letters, digits and dashes", s.Stage)
	check(s.Bucket == "" || isBucketName(s.Bucket), "bucket %q is no bucket name", s.Bucket)
	check(s.Prefix == "" || prefixName.MatchString(s.Prefix), "prefix %q: segments of letters, digits, dots, dashes and underscores, without a slash at the ends", s.Prefix)
	check(!hasDots(s.Prefix), "prefix %q has a segment of dots, which tools take for a directory", s.Prefix)
	check(len(s.Prefix) <= longestPrefix, "prefix of %d characters, more than a tag can hold", len(s.Prefix))
	check(s.UploadMode == "dry-run" || s.UploadMode == "execute", "upload_mode %q is neither dry-run nor execute", s.UploadMode)
	check(s.RequestsPerMinute >= 1, "requests_per_minute is %v, less than 1", s.RequestsPerMinute)
	check(s.SecondsPerRequest > 0 && s.SecondsPerRequest <= 60, "seconds_per_request is %v, not within 0 and 60", s.SecondsPerRequest)
	check(s.RequestsAtOnce >= 1, "requests_at_once is %v, less than 1", s.RequestsAtOnce)
	check(s.KeepVersionsDays >= 1, "keep_versions_days is %v, less than 1", s.KeepVersionsDays)
	check(slices.Contains(logPeriods, s.LogDays), "log_days is %v, not one of those that CloudWatch knows, such as 14, 30, 90 or 365", s.LogDays)
	check(s.AlarmEmail == "" || email.MatchString(s.AlarmEmail), "alarm_email %q is no address", s.AlarmEmail)
	check(s.DollarsPerDay > 0, "dollars_per_day is %v, not above 0", s.DollarsPerDay)
	check(s.Runbooks != "", "runbooks is empty%v", "")
	check(len(s.Runbooks) <= longestRunbooks, "runbooks has %d characters, more than the text of an alarm has room for", len(s.Runbooks))
	return errors.Join(wrong...)
}

// What AWS has room for: 256 characters in a tag, which holds s3://bucket/prefix, and
// 1,024 in the description of an alarm, which ends in the address of its runbook.
const (
	longestPrefix   = 180
	longestRunbooks = 512
)

// isBucketName holds a name to the rules that a template is deployed by.
func isBucketName(name string) bool {
	_, notIP := netip.ParseAddr(name)
	return bucketName.MatchString(name) && !strings.Contains(name, "..") && notIP != nil
}

// hasDots reports whether a path has a segment that stands for a directory.
func hasDots(path string) bool {
	return slices.ContainsFunc(strings.Split(path, "/"), func(segment string) bool { return segment == "." || segment == ".." })
}

// Batch is how many messages an evaluator takes at a time. They are of as many
// actors at most, who each have one request under way: an actor's next case is
// asked when the verdicts of the one before are on record.
const Batch = 5

// Workers are how many work at the same time.
type Workers struct {
	Evaluators int
	AtOnce     int // requests that each of them has under way at most
	Balancers  int // each of them has one
}

// Workers divides what the model's account allows among the workers, so that all
// of them together stay within it, however many sets are judged and balanced at
// once: a third goes to the balancers. The limits of an event source mapping are 2
// and 1000. Where fewer than four requests may be under way (40 a minute, if an
// answer takes six seconds), that least of 2 is too many, and the workers' own
// back-off has to keep the rate.
func (s Settings) Workers() Workers {
	underWay := int(min(float64(s.RequestsPerMinute)*s.SecondsPerRequest/60, 1e6))
	mapping := func(n int) int { return min(max(n, 2), 1000) }
	w := Workers{Balancers: mapping(underWay / 3)}
	w.AtOnce = min(max((underWay-w.Balancers)/2, 1), s.RequestsAtOnce, Batch)
	w.Evaluators = mapping((underWay - w.Balancers) / w.AtOnce)
	return w
}

// Key returns the key in the bucket of what lies at path in the tree.
func (s Settings) Key(path string) string {
	if s.Prefix == "" {
		return path
	}
	return s.Prefix + "/" + path
}

// Name returns the name of a deployed thing, such as "screentest-dev-upload".
func (s Settings) Name(part string) string {
	return "screentest-" + s.Stage + "-" + part
}
