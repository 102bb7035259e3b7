package s3test_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"screentest/pkg/store/s3/s3test"
)

// Each row of Differences that one request can show, shown: what gofakes3
// answers, and what a Server answers instead. When gofakes3 learns one of them,
// the row goes and the handler with it.
func TestDifferences(t *testing.T) {
	const here, none = `"900150983cd24fb0d6963f7d28e17f72"`, `"none"` // of abc
	for _, test := range []struct {
		what, method, path string
		header             map[string]string
		emulator, s3       string // status and what matters of the body
	}{
		{"PutObject If-Match on nothing", "PUT", "/gone", map[string]string{"If-Match": here}, "412", "404"},
		{"DeleteObject If-Match", "DELETE", "/a/1", map[string]string{"If-Match": none}, "204", "412"},
		{"DeleteObject If-Match", "DELETE", "/gone", map[string]string{"If-Match": here}, "204", "404"},
		{"CopyObject x-amz-copy-source-if-match", "PUT", "/new",
			map[string]string{"X-Amz-Copy-Source": "actors/a/1", "X-Amz-Copy-Source-If-Match": none}, "200", "412"},
		{"CopyObject If-None-Match", "PUT", "/a/2", map[string]string{"X-Amz-Copy-Source": "actors/a/1", "If-None-Match": "*"}, "200", "412"},
		{"CopyObject onto itself", "PUT", "/a/1", map[string]string{"X-Amz-Copy-Source": "actors/a/1"}, "200", "400"},
		{"ListObjectsV2 IsTruncated", "GET", "?list-type=2&prefix=a/&max-keys=2", nil, "200 true", "200 false"},
		{"ListObjectsV2 encoding-type", "GET", "?list-type=2&prefix=b&encoding-type=url", nil, "200 b c", "200 b+c"},
		{"ListObjectsV2 prefix that is not UTF-8", "GET", "?list-type=2&prefix=%C3", nil, "200", "400"},
	} {
		t.Run(test.what, func(t *testing.T) {
			mended(t, test.what)
			server := s3test.New(t)
			for _, name := range []string{"a/1", "a/2", "b c"} {
				if err := server.Write(name, []byte("abc")); err != nil {
					t.Fatal(err)
				}
			}
			// The Server first: it leaves everything as it is.
			for _, at := range []struct{ url, want string }{{server.URL, test.s3}, {server.Plain, test.emulator}} {
				status, body := ask(t, test.method, at.url+"/"+s3test.Bucket+test.path, test.header)
				wantStatus, wantBody, _ := strings.Cut(at.want, " ")
				if fmt.Sprint(status) != wantStatus || !strings.Contains(body, ">"+wantBody) && wantBody != "" {
					t.Errorf("%s says %d %s, want %s", at.url, status, body, at.want)
				}
			}
		})
	}
}

func mended(t *testing.T, what string) {
	t.Helper()
	for _, d := range s3test.Differences {
		if d.What == what && d.Mended {
			return
		}
	}
	t.Errorf("%s is not in Differences", what)
}

// gofakes3 repeats a common prefix on every page that it spans.
func TestPagesOfPrefixes(t *testing.T) {
	server := s3test.New(t)
	for _, name := range []string{"a/1", "a/2", "b/1"} {
		if err := server.Write(name, nil); err != nil {
			t.Fatal(err)
		}
	}
	for url, want := range map[string]string{server.URL: "a/ b/", server.Plain: "a/ a/ b/"} {
		if got := strings.Join(pages(t, url+"/"+s3test.Bucket+"?list-type=2&delimiter=/&max-keys=1"), " "); got != want {
			t.Errorf("%s lists %s, want %s", url, got, want)
		}
	}
}

var (
	prefix = regexp.MustCompile(`<CommonPrefixes><Prefix>(.*?)<`)
	next   = regexp.MustCompile(`<NextContinuationToken>(.*?)<`)
)

func pages(t *testing.T, first string) (prefixes []string) {
	t.Helper()
	for address := first; len(prefixes) < 10; {
		_, body := ask(t, "GET", address, nil)
		body = regexp.MustCompile(`>\s+<`).ReplaceAllString(body, "><")
		for _, m := range prefix.FindAllStringSubmatch(body, -1) {
			prefixes = append(prefixes, m[1])
		}
		token := next.FindStringSubmatch(body)
		if token == nil {
			break
		}
		address = first + "&continuation-token=" + url.QueryEscape(token[1])
	}
	return prefixes
}

func ask(t *testing.T, method, address string, header map[string]string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if method == "PUT" {
		r.Header.Set("Content-Length", "0")
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}
