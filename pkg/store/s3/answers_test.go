package s3_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"screentest/pkg/store"
	"screentest/pkg/store/s3"
)

// A reply is what the stub of S3 answers to one request.
type reply struct {
	status int
	body   string // of an error its code
	etag   string
	header map[string]string
	err    error // instead of an answer
}

// A script answers requests one after the other and keeps what they were. Used
// in a bubble of synctest, where no wait takes time.
type script struct {
	replies []reply
	asked   []string // method and what matters of the headers
}

func (s *script) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
	line := r.Method
	for _, name := range []string{"If-Match", "If-None-Match", "Content-Type"} {
		if v := r.Header.Get(name); v != "" && (name != "Content-Type" || r.Method == "PUT") {
			line += " " + name + ":" + v
		}
	}
	s.asked = append(s.asked, line)
	if len(s.replies) == 0 {
		return nil, errors.New("the script has ended")
	}
	next := s.replies[0]
	s.replies = s.replies[1:]
	return next.response(r)
}

func (p reply) response(r *http.Request) (*http.Response, error) {
	if p.err != nil {
		return nil, p.err
	}
	header := http.Header{"X-Amz-Request-Id": {"REQUEST"}, "Last-Modified": {"Mon, 02 Jan 2006 15:04:05 GMT"}}
	body := p.body
	if p.status >= 300 && body != "" {
		body = "<Error><Code>" + body + "</Code><Message>stub</Message></Error>"
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if p.etag != "" {
		header.Set("ETag", `"`+p.etag+`"`)
	}
	for name, value := range p.header {
		header.Set(name, value)
	}
	if r.Method == http.MethodHead {
		body = ""
	}
	return &http.Response{
		StatusCode: p.status, Status: http.StatusText(p.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}, nil
}

// stubbed is a store whose requests the script answers.
func stubbed(t *testing.T, s *script) store.Store {
	t.Helper()
	secret := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "hush-hush", SessionToken: "hush-token"}, nil
	})
	// Not adaptive: that mode asks the clock again and again until enough time
	// has passed, and in a bubble none passes without a sleep.
	client := awss3.NewFromConfig(aws.Config{
		Region: "eu-west-1", Credentials: secret, HTTPClient: s, RetryMode: aws.RetryModeStandard, RetryMaxAttempts: 4,
	})
	opened, err := s3.New(client, "bucket", "tree")
	must(t, err)
	return opened
}

var (
	list = func(ctx context.Context, s store.Store) error {
		_, err := s.List(ctx, store.ListOptions{})
		return err
	}
	get = func(ctx context.Context, s store.Store) error {
		_, _, err := store.ReadAll(ctx, s, "k.json", 100)
		return err
	}
	create = func(ctx context.Context, s store.Store) error {
		_, err := s.Put(ctx, "k.json", []byte("mine"), store.IfAbsent)
		return err
	}
	replace = func(ctx context.Context, s store.Store) error {
		_, err := s.Put(ctx, "k.json", []byte("mine"), store.IfVersion("old"))
		return err
	}
	copyIt = func(ctx context.Context, s store.Store) error {
		_, err := s.Copy(ctx, "src", "v", "dst")
		return err
	}
	remove = func(ctx context.Context, s store.Store) error { return s.Delete(ctx, "k", "v") }
)

func again(n int, r reply) (all []reply) {
	for range n {
		all = append(all, r)
	}
	return all
}

func replies(groups ...[]reply) (all []reply) {
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

func one(status int, code string) []reply { return []reply{{status: status, body: code}} }

// holding is the answer to a GET of an object that holds body.
func holding(body, etag string) []reply { return []reply{{status: 200, body: body, etag: etag}} }

// What S3 may say, and what becomes of it. Every reply must be asked for.
func TestAnswers(t *testing.T) {
	none := errors.New("success")
	other := errors.New("of no kind")
	slow, busy := one(503, "SlowDown"), one(409, "ConditionalRequestConflict")
	failed, lost := one(500, "InternalError"), []reply{{err: errors.New("connection reset by peer")}}
	ok, refused, gone := []reply{{status: 200, etag: "new"}}, one(412, "PreconditionFailed"), one(404, "NoSuchKey")
	denied := one(403, "AccessDenied")
	listing := func(key string) []reply {
		return one(200, "<ListBucketResult><Contents><Key>"+key+"</Key></Contents></ListBucketResult>")
	}
	copied := []reply{{status: 200, body: "<CopyObjectResult><ETag>&quot;new&quot;</ETag></CopyObjectResult>"}}
	for _, test := range []struct {
		name      string
		operation func(context.Context, store.Store) error
		replies   []reply
		want      error
		says      string
	}{
		{"get nothing", get, gone, store.ErrNotFound, ""},
		{"get without a bucket", get, one(404, "NoSuchBucket"), other, "there is no bucket bucket"},
		{"list without a bucket", list, one(404, "NoSuchBucket"), other, "there is no bucket bucket"},
		{"put without a bucket", create, one(404, "NoSuchBucket"), other, "there is no bucket bucket"},
		{"get denied, and no listing", get, replies(denied, denied), other, "access to bucket bucket is denied: allow s3:GetObject"},
		{"list denied", list, one(403, "AccessDenied"), other, "allow s3:ListBucket"},
		{"put denied", create, one(403, "AccessDenied"), other, "allow s3:PutObject (and s3:ListBucket, without which S3 denies what does not exist) on s3://bucket/tree/*"},
		{"copy denied", copyIt, replies(denied, denied), other, "allow s3:GetObject and s3:PutObject"},
		{"delete denied", remove, replies(denied, denied), other, "allow s3:DeleteObject and s3:GetObject"},
		{"denied without a body", get, replies(one(403, ""), denied), other, "access to bucket bucket is denied"},
		{"get denied, not listed", get, replies(denied, one(200, "<ListBucketResult/>")), store.ErrNotFound, "denied, and not in the listing"},
		{"get denied, another listed", get, replies(denied, listing("tree/k.json.old")), store.ErrNotFound, ""},
		{"get denied, listed", get, replies(denied, listing("tree/k.json")), other, "allow s3:GetObject"},
		{"copy denied, source not listed", copyIt, replies(denied, one(200, "<ListBucketResult/>")), store.ErrNotFound, ""},
		{"delete denied, not listed", remove, replies(denied, one(200, "<ListBucketResult/>")), store.ErrNotFound, ""},
		{"expired", get, one(400, "ExpiredToken"), other, "renew them"},
		{"wrong key", get, one(403, "InvalidAccessKeyId"), other, "refused: renew them"},
		{"another region", get, []reply{{status: 301, body: "PermanentRedirect", header: map[string]string{"X-Amz-Bucket-Region": "us-west-2"}}}, other, "set AWS_REGION to us-west-2"},
		{"key too long below the prefix", create, one(400, "KeyTooLongError"), store.ErrInvalidKey, "tree/"},

		{"create", create, ok, none, ""},
		{"create over another", create, refused, store.ErrConflict, ""},
		{"replace another", replace, refused, store.ErrConflict, ""},
		{"replace what is gone", replace, gone, store.ErrConflict, "gone"},
		{"slow down, then done", create, replies(slow, slow, ok), none, ""},
		{"slow down, list", list, replies(slow, one(200, "<ListBucketResult/>")), none, ""},
		{"slow down for ever", create, again(4, slow[0]), other, "SlowDown"},
		{"busy, then done", create, replies(busy, busy, ok), none, ""},
		{"busy, then another was first", create, replies(busy, refused), store.ErrConflict, ""},
		{"busy for ever", replace, again(6, busy[0]), store.ErrConflict, "ConditionalRequestConflict"},
		{"copy busy, then done", copyIt, replies(busy, copied), none, ""},
		{"delete busy, then done", remove, replies(busy, one(204, "")), none, ""},

		{"done, reported as failed, refused to ourselves", create, replies(failed, refused, holding("mine", "new")), none, ""},
		{"the same when the connection breaks", replace, replies(lost, refused, holding("mine", "new")), none, ""},
		{"failed, and another was first", create, replies(failed, refused, holding("their", "x")), store.ErrConflict, ""},
		{"failed, and another wrote more", create, replies(failed, refused, holding("their longer one", "x")), store.ErrConflict, ""},
		{"failed, written by another, removed", create, replies(failed, refused, gone), store.ErrConflict, ""},
		{"failed, then busy, then ours", create, replies(failed, busy, refused, holding("mine", "new")), none, ""},
		{"failed, refused, and no looking", create, replies(failed, refused, denied, denied), other, "unknown"},
		{"replace done, reported as failed, then removed", replace, replies(failed, gone, gone), store.ErrConflict, ""},

		{"copy", copyIt, copied, none, ""},
		{"copy of nothing", copyIt, gone, store.ErrNotFound, ""},
		{"copy over another", copyIt, refused, store.ErrConflict, ""},
		{"copy that fails after 200", copyIt, replies([]reply{{status: 200, body: "<Error><Code>InternalError</Code></Error>"}}, copied), none, ""},
		{"copy done, reported as failed", copyIt, replies(failed, refused, holding("src", "v"), holding("src", "new")), none, ""},
		{"copy failed, another was first", copyIt, replies(failed, refused, holding("src", "v"), holding("oth", "x")), store.ErrConflict, ""},
		{"copy failed, source changed", copyIt, replies(failed, refused, holding("newer", "w")), store.ErrConflict, ""},

		{"delete", remove, one(204, ""), none, ""},
		{"delete nothing", remove, gone, store.ErrNotFound, ""},
		{"delete another state", remove, replies(refused, ok), store.ErrConflict, ""},
		{"delete behind a delete marker", remove, replies(refused, one(404, "")), store.ErrNotFound, ""},
		{"delete done, reported as failed", remove, replies(failed, gone), store.ErrNotFound, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stub := &script{replies: test.replies}
				err := test.operation(t.Context(), stubbed(t, stub))
				if got := sort(err, none, other); got != test.want {
					t.Errorf("%v, want %v", err, test.want)
				}
				if err != nil && (!strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "hush")) {
					t.Errorf("the error is %v; want it to say %q", err, test.says)
				}
				if len(stub.replies) > 0 {
					t.Errorf("%d replies not asked for after %q", len(stub.replies), stub.asked)
				}
			})
		})
	}
}

// sort returns the one kind that err is of; other when it is of none or of two.
func sort(err, none, other error) error {
	if err == nil {
		return none
	}
	found := other
	for _, kind := range []error{store.ErrNotFound, store.ErrConflict, store.ErrInvalidKey, store.ErrTooLarge} {
		if errors.Is(err, kind) {
			if found != other {
				return fmt.Errorf("of two kinds: %w", err)
			}
			found = kind
		}
	}
	return found
}

func TestConditionsAreSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := &script{replies: again(3, reply{status: 200, etag: "new"})}
		s := stubbed(t, stub)
		for _, operation := range []func(context.Context, store.Store) error{create, replace, remove} {
			must(t, operation(t.Context(), s))
		}
		want := []string{"PUT If-None-Match:* Content-Type:application/json", `PUT If-Match:"old" Content-Type:application/json`, `DELETE If-Match:"v"`}
		for i, line := range stub.asked {
			if line != want[i] {
				t.Errorf("sent %s, want %s", line, want[i])
			}
		}
	})
}

// A body that ends early, or is not what S3 has the checksum of, is an error and
// not an object.
func TestBodyCutOff(t *testing.T) {
	for name, r := range map[string]reply{
		"cut off":  {status: 200, body: "half", etag: "v", header: map[string]string{"Content-Length": "8"}},
		"checksum": {status: 200, body: "half", etag: "v", header: map[string]string{"X-Amz-Checksum-Crc32": "AAAAAA=="}},
	} {
		synctest.Test(t, func(t *testing.T) {
			if err := get(t.Context(), stubbed(t, &script{replies: []reply{r}})); err == nil {
				t.Errorf("%s: read without an error", name)
			} else if sort(err, nil, nil) != nil {
				t.Errorf("%s: %v is of a kind", name, err)
			}
		})
	}
}

// Ctrl-C ends the waiting for a bucket that wants less of us.
func TestWaitingEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1)
		defer cancel()
		stub := &script{replies: again(9, reply{status: 409, body: "ConditionalRequestConflict"})}
		if err := create(ctx, stubbed(t, stub)); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}
