package endpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"unicode"
)

// errGarbled: something came, with a status that promises an answer.
var errGarbled = errors.New("the answer is empty, not JSON or endless: check the base URL")

// A reply is an answer read to its end.
type reply struct {
	status int
	header http.Header
	body   []byte
	fault  json.RawMessage // the error in the body, whatever the status
}

// read reads the whole answer, so that one that breaks off is an attempt that
// failed and not a riddle for the decoder.
func (c *Config) read(response *http.Response) (reply, error) {
	body, err := io.ReadAll(io.LimitReader(response.Body, c.Terms.MaxAnswer))
	if err != nil {
		return reply{}, err
	}
	r := reply{status: response.StatusCode, header: response.Header, body: c.hideKey(body)}
	if r.ok() && !isObject(body) {
		return reply{}, errGarbled
	}
	var said struct {
		Error json.RawMessage `json:"error"`
	}
	_ = json.Unmarshal(r.body, &said) // a proxy's page says nothing
	if string(said.Error) != "null" {
		r.fault = said.Error
	}
	return r, nil
}

func (r reply) ok() bool { return r.status >= 200 && r.status < 300 }

// failed also sees the error that comes with status 200.
func (r reply) failed() bool { return !r.ok() || len(r.fault) > 0 }

func isObject(body []byte) bool {
	return json.Valid(body) && bytes.HasPrefix(bytes.TrimSpace(body), []byte("{"))
}

// hideKey makes sure that nothing read from an answer can show the key, which
// some servers repeat. Short keys are placeholders for servers that need none.
func (c *Config) hideKey(body []byte) []byte {
	if len(c.APIKey) < 16 {
		return body
	}
	return bytes.ReplaceAll(body, []byte(c.APIKey), []byte("(key)"))
}

// clean is Clean without the key, which escapes in JSON or invisible characters
// can have hidden so far.
func (c *Config) clean(s string, limit int) string {
	return Clean(string(c.hideKey([]byte(Clean(s, len(s)+1)))), limit)
}

// Clean makes a text from outside fit for a document and a terminal: one line of
// at most limit characters, none of which controls or reorders the others.
func Clean(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case r == unicode.ReplacementChar, unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return s
}
