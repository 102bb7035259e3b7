package functions_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"screentest/pkg/cloudtest"
	"screentest/pkg/store/s3/s3test"
)

// What the reviewed copy of the roles allows and denies, by function. It is that of
// a stage whose tree lies in the owner's bucket.
type policies map[string][]statement

type statement struct {
	Effect           string
	Action, Resource oneOrMore
	Condition        struct {
		StringLike map[string]oneOrMore
	}
}

// oneOrMore is a text or a list of them.
type oneOrMore []string

func (o *oneOrMore) UnmarshalJSON(text []byte) error {
	if strings.HasPrefix(string(text), "[") {
		return json.Unmarshal(text, (*[]string)(o))
	}
	*o = make([]string, 1)
	return json.Unmarshal(text, &(*o)[0])
}

// matches says whether one of the patterns does; a star stands for anything.
func (o oneOrMore) matches(text string) bool {
	return slices.ContainsFunc(o, func(pattern string) bool {
		expression := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `.*`)
		return regexp.MustCompile("^" + expression + "$").MatchString(text)
	})
}

func roles(t *testing.T) policies {
	t.Helper()
	text, err := os.ReadFile("../infra/stack/testdata/roles.json")
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]struct {
		May []struct {
			PolicyDocument struct{ Statement []statement }
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	p := policies{}
	for name, role := range file {
		p[strings.ToLower(strings.TrimSuffix(name, "Role"))] = role.May[0].PolicyDocument.Statement
	}
	return p
}

// A want is one thing that a request needs to be allowed.
type want struct{ action, on, prefix string }

func (p policies) allow(function string, w want) bool {
	allowed := false
	for _, s := range p[function] {
		if !s.Action.matches(w.action) || !s.Resource.matches(w.on) {
			continue
		}
		if like := s.Condition.StringLike["s3:prefix"]; like != nil && !like.matches(w.prefix) {
			continue
		}
		if s.Effect == "Deny" {
			return false
		}
		allowed = true
	}
	return allowed
}

// The tree of the test as the reviewed roles name it.
const (
	ownersBucket = "arn:${AWS::Partition}:s3:::the-owners-bucket"
	ownersPrefix = "cast/"
)

func place(key string) string {
	return ownersPrefix + strings.TrimPrefix(key, cloudtest.Prefix+"/")
}

// queueOf names the queue of a request as the template does.
func queueOf(r *http.Request) string {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	for name, resource := range map[string]string{"evaluations.fifo": "${Evaluations.Arn}", "balances.fifo": "${Balances.Arn}"} {
		if bytes.Contains(body, []byte("-"+name)) {
			return resource
		}
	}
	return ""
}

// wants is what IAM is asked before a request is done. Of those of the queues and
// of the secret it is which that matters.
func wants(r *http.Request) []want {
	service, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	switch service {
	case "AmazonSQS":
		return []want{{action: "sqs:" + strings.TrimSuffix(action, "Batch"), on: queueOf(r)}}
	case "secretsmanager":
		return []want{{action: "secretsmanager:" + action, on: "${ModelKey}"}}
	}
	key, isObject := strings.CutPrefix(r.URL.Path, "/"+s3test.Bucket+"/")
	if key == "" || !isObject {
		return []want{{action: "s3:ListBucket", on: ownersBucket, prefix: place(r.URL.Query().Get("prefix"))}}
	}
	object := ownersBucket + "/" + place(key)
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return []want{{action: "s3:GetObject", on: object}}
	case http.MethodDelete:
		return []want{{action: "s3:DeleteObject", on: object}}
	}
	all := []want{{action: "s3:PutObject", on: object}}
	if from := r.Header.Get("X-Amz-Copy-Source"); from != "" {
		from, _ = url.PathUnescape(from)
		source := ownersBucket + "/" + place(strings.TrimPrefix(strings.TrimPrefix(from, "/"), s3test.Bucket+"/"))
		all = append(all, want{action: "s3:GetObject", on: source}, want{action: "s3:GetObjectTagging", on: source},
			want{action: "s3:PutObjectTagging", on: object})
	}
	return all
}

// signer is who signs the requests of a function, as its role does.
var signer = regexp.MustCompile(`Credential=([a-z]+)/`)

// keepRoles denies the functions what their roles do, and fails the test.
func (p *pipeline) keepRoles(t *testing.T) {
	t.Helper()
	reviewed := roles(t)
	for name, f := range p.functions {
		if len(reviewed[name]) == 0 {
			t.Fatalf("the reviewed copy has no role of the %s", name)
		}
		f.Env["AWS_ACCESS_KEY_ID"] = name
	}
	p.May = func(r *http.Request) bool {
		who := signer.FindStringSubmatch(r.Header.Get("Authorization"))
		if who == nil || p.functions[who[1]] == nil {
			return true // the test itself
		}
		for _, w := range wants(r) {
			if !reviewed.allow(who[1], w) {
				t.Errorf("the role of the %s does not allow %s on %s%s", who[1], w.action, w.on, w.prefix)
				return false
			}
		}
		return true
	}
}
