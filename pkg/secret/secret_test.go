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
		status           int
		answer           string
		key, fails, hide string
	}{
		"a key":        {200, `{"SecretString":" sk-1\n"}`, "sk-1", "", ""},
		"no value yet": {400, `{"__type":"ResourceNotFoundException"}`, "", "put-secret-value", ""},
		"empty":        {200, `{"SecretString":" \n"}`, "", "is empty", ""},
		"binary":       {200, `{"SecretBinary":"c2stMQ=="}`, "", "not a text", "sk-1"},
		"not allowed":  {400, `{"__type":"AccessDeniedException","message":"no"}`, "", "AccessDenied", ""},
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
			key, err := secret.Read(t.Context(), "model-key")
			if key != test.key || (err == nil) != (test.fails == "") {
				t.Fatalf("%q, %v", key, err)
			}
			if err != nil && (!strings.Contains(err.Error(), test.fails) || test.hide != "" && strings.Contains(err.Error(), test.hide)) {
				t.Errorf("error %v", err)
			}
		})
	}
}
