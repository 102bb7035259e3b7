package secret_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"screentest/pkg/secret"
	"screentest/pkg/store/s3/s3test"
)

func TestRead(t *testing.T) {
	tests := map[string]struct {
		status int
		answer string
		keys   secret.Keys
		fails  string
	}{
		"a key":        {200, `{"SecretString":" sk-1\n"}`, secret.Keys{Judge: "sk-1"}, ""},
		"two keys":     {200, `{"SecretString":"{\"judge\": \"sk-1\", \"generator\": \" sk-2\"}\n"}`, secret.Keys{Judge: "sk-1", Generator: "sk-2"}, ""},
		"of one":       {200, `{"SecretString":"{\"generator\": \"sk-2\"}"}`, secret.Keys{Generator: "sk-2"}, ""},
		"no value yet": {400, `{"__type":"ResourceNotFoundException"}`, secret.Keys{}, "put-secret-value"},
		"empty":        {200, `{"SecretString":" \n"}`, secret.Keys{}, "is empty"},
		"no keys":      {200, `{"SecretString":"{}"}`, secret.Keys{}, "is empty"},
		"other names":  {200, `{"SecretString":"{\"sk-1\": \"judge\"}"}`, secret.Keys{}, `{"judge": KEY, "generator": KEY}`},
		"cut off":      {200, `{"SecretString":"{\"judge\": \"sk-1"}`, secret.Keys{}, "no text that holds keys"},
		"two objects":  {200, `{"SecretString":"{\"judge\": \"sk-1\"} {}"}`, secret.Keys{}, "no text that holds keys"},
		"no text":      {200, `{"SecretString":"{\"judge\": 1}"}`, secret.Keys{}, "no text that holds keys"},
		"binary":       {200, `{"SecretBinary":"c2stMQ=="}`, secret.Keys{}, "no text"},
		"not allowed":  {400, `{"__type":"AccessDeniedException","message":"no"}`, secret.Keys{}, "AccessDenied"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if got := r.Header.Get("X-Amz-Target"); got != "secretsmanager.GetSecretValue" {
					t.Errorf("action %q", got)
				}
				w.Header().Set("Content-Type", "application/x-amz-json-1.1")
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.answer)
			}))
			defer server.Close()
			for name, value := range s3test.Environment(server.URL) {
				t.Setenv(name, value)
			}
			keys, err := secret.Read(t.Context(), "model-key")
			if keys != test.keys || (err == nil) != (test.fails == "") {
				t.Fatalf("%q %q, %v", keys.Judge, keys.Generator, err)
			}
			if err != nil && (!strings.Contains(err.Error(), test.fails) || strings.Contains(err.Error(), "sk-")) {
				t.Errorf("error %v", err)
			}
			if printed := fmt.Sprintf("%v %+v %#v %s", keys, keys, keys, keys); strings.Contains(printed, "sk-") {
				t.Errorf("fmt prints the keys: %s", printed)
			}
		})
	}
}
