package s3_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"screentest/pkg/store"
	"screentest/pkg/store/s3"
	"screentest/pkg/store/s3/s3test"
	"screentest/pkg/store/storetest"
)

// open opens a prefix of the server as a program does: from the environment.
func open(t *testing.T, server *s3test.Server, prefix string) *s3.Store {
	t.Helper()
	for name, value := range server.Environment() {
		t.Setenv(name, value)
	}
	s, err := s3.Open(t.Context(), s3.Scheme+s3test.Bucket+"/"+prefix)
	must(t, err)
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Every store of the suite is a prefix in one bucket, so that each sees that the
// others are none of its business; the odd ones must be escaped rightly.
func TestConformance(t *testing.T) {
	server := s3test.New(t)
	var n atomic.Int64
	odd := []string{"plain", "a b", "a+b", "a%2Fb", "Zoë/演員", "deep/er"}
	storetest.Run(t, func(t *testing.T) store.Store {
		i := n.Add(1)
		return open(t, server, fmt.Sprintf("%s %d", odd[int(i)%len(odd)], i))
	})
}

func TestConformanceWithoutPrefix(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, s3test.New(t), "") })
}

func TestPrefixIsNormalised(t *testing.T) {
	server := s3test.New(t)
	must(t, server.Write("a/b/k", []byte("here")))
	must(t, server.Write("a/bc", nil))
	for _, prefix := range []string{"a/b", "a/b/", "a/b//"} {
		if got := names(t, open(t, server, prefix), store.ListOptions{}); !slices.Equal(got, []string{"k"}) {
			t.Errorf("%s: %q", prefix, got)
		}
	}
}

func names(t *testing.T, s store.Store, o store.ListOptions) (all []string) {
	t.Helper()
	for page, err := range store.All(t.Context(), s, o) {
		must(t, err)
		for _, i := range page.Objects {
			all = append(all, string(i.Key))
		}
		all = append(all, page.Prefixes...)
		for _, r := range page.Refused {
			all = append(all, "refused "+r.Name)
		}
	}
	return all
}

// What other programs put into a bucket must neither break nor hide a listing.
func TestListOddities(t *testing.T) {
	server := s3test.New(t)
	for _, name := range []string{
		"t/", "t/dir/", "t/dir/a", "t/empty/", "t/full/", "t/x//y", "t//z", "t/../up", "t/./dot", "t/ctl\x01", "t/" + strings.Repeat("n", 300), "t/ok", "tx",
	} {
		body := []byte("body")
		if name == "t/" || name == "t/dir/" || name == "t/empty/" {
			body = nil
		}
		must(t, server.Write(name, body))
	}
	long := strings.Repeat("n", 300)
	for _, limit := range []int{0, 1, 2, 3} {
		s := open(t, server, "t")
		got := names(t, s, store.ListOptions{Limit: limit})
		slices.Sort(got)
		want := []string{"dir/a", "ok", "refused ../up", "refused ./dot", "refused /z", "refused ctl\x01", "refused full/", "refused " + long, "refused x//y"}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("limit %d:\n got %q\nwant %q", limit, got, want)
		}
		got = names(t, s, store.ListOptions{Delimited: true, Limit: limit})
		slices.Sort(got)
		// That empty/ and full/ hold no object cannot be seen without asking for each.
		want = []string{"dir/", "empty/", "full/", "ok", "refused ", "refused .", "refused ..", "refused ctl\x01", "refused " + long, "x/"}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("delimited, limit %d:\n got %q\nwant %q", limit, got, want)
		}
	}
}

// No page is empty unless it is the last, whatever was left out of it.
func TestListSkipsEmptyPages(t *testing.T) {
	server := s3test.New(t)
	for _, name := range []string{"a/", "b/", "c/", "d"} {
		must(t, server.Write(name, nil))
	}
	page, err := open(t, server, "").List(t.Context(), store.ListOptions{Limit: 1})
	if err != nil || len(page.Objects) != 1 || page.Next != "" {
		t.Errorf("%+v, %v", page, err)
	}
}

// More than S3 lists in one answer.
func TestListManyPages(t *testing.T) {
	server := s3test.New(t)
	for n := range 2500 {
		must(t, server.Write(fmt.Sprintf("t/%04d/x", n), nil))
	}
	s := open(t, server, "t")
	server.Counts()
	for _, o := range []store.ListOptions{{}, {Delimited: true}, {Limit: 5000}} {
		if got := len(names(t, s, o)); got != 2500 {
			t.Errorf("%+v: %d names", o, got)
		}
		if got := server.Counts(); got["list"] != 3 {
			t.Errorf("%+v: %v", o, got)
		}
	}
}

// What one operation costs, in requests.
func TestRequests(t *testing.T) {
	server := s3test.New(t)
	s := open(t, server, "t")
	v, err := s.Put(t.Context(), "a", []byte("1"), store.IfAbsent)
	must(t, err)
	_, _, err = store.ReadAll(t.Context(), s, "a", 10)
	must(t, err)
	names(t, s, store.ListOptions{})
	for _, impossible := range []string{"/", "a/../b", "a//", "a\x00", "../"} {
		names(t, s, store.ListOptions{Prefix: impossible}) // nothing can begin like this: no request
	}
	_, err = s.Copy(t.Context(), "a", v, "b")
	must(t, err)
	must(t, s.Delete(t.Context(), "a", v))
	if got, want := fmt.Sprint(server.Counts()), "map[copy:1 delete:1 get:1 list:1 put:1]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestOpenFails(t *testing.T) {
	empty := map[string]string{
		"AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "", "AWS_WEB_IDENTITY_TOKEN_FILE": "",
	}
	region := map[string]string{"AWS_REGION": "eu-west-1"}
	for _, test := range []struct {
		name, uri, want string
		env             map[string]string
	}{
		{"no region", "s3://bucket/x", "set AWS_REGION", nil},
		{"no credentials", "s3://bucket/x", "no AWS credentials: set AWS_PROFILE", region},
		{"unknown profile", "s3://bucket/x", "nobody", map[string]string{"AWS_PROFILE": "nobody"}},
		{"another scheme", "gs://bucket/x", "s3://bucket/prefix", region},
		{"no bucket", "s3://", "bucket", region},
		{"a path", "s3:///x", "bucket", region},
		{"no name for a bucket", "s3://Not_One/x", "Not_One", region},
		{"prefix that leads out", "s3://bucket/../x", "invalid key", region},
		{"prefix with a hole", "s3://bucket//x", "invalid key", region},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, env := range []map[string]string{empty, test.env} {
				for name, value := range env {
					t.Setenv(name, value)
				}
			}
			if test.name != "no credentials" {
				t.Setenv("AWS_SECRET_ACCESS_KEY", "hush-hush")
				t.Setenv("AWS_ACCESS_KEY_ID", "AKIA")
			}
			_, err := s3.Open(t.Context(), test.uri)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hush") {
				t.Errorf("%v; want it to say %q", err, test.want)
			}
		})
	}
}
