package manifest_test

import (
	"strings"
	"testing"

	"screentest/pkg/manifest"
)

func TestParseS3URL(t *testing.T) {
	tests := []struct {
		url, bucket, key string // no bucket: not an S3 URL
	}{
		{"https://bucket.s3.us-west-1.amazonaws.com/a/b.png", "bucket", "a/b.png"},
		{"https://bucket.s3.amazonaws.com/a/b.png", "bucket", "a/b.png"},
		{"https://bucket.s3-us-west-2.amazonaws.com/b.png", "bucket", "b.png"},
		{"http://bucket.s3-external-1.amazonaws.com/b.png", "bucket", "b.png"},
		{"https://my.bucket.s3.eu-central-1.amazonaws.com/b.png", "my.bucket", "b.png"},
		{"https://a.s3.b.s3.us-gov-west-1.amazonaws.com/b.png", "a.s3.b", "b.png"},
		{"https://bucket.s3-accelerate.amazonaws.com/b.png", "bucket", "b.png"},
		{"https://bucket.s3-accelerate.dualstack.amazonaws.com/b.png", "bucket", "b.png"},
		{"https://bucket.s3.dualstack.us-west-1.amazonaws.com/b.png", "bucket", "b.png"},
		{"https://bucket.s3-fips.dualstack.us-east-1.amazonaws.com/b.png", "bucket", "b.png"},
		{"https://bucket.s3.cn-north-1.amazonaws.com.cn/b.png", "bucket", "b.png"},
		{"http://bucket.s3-website.us-west-1.amazonaws.com/b.png", "bucket", "b.png"},
		{"https://s3.us-west-1.amazonaws.com/bucket/a/b.png", "bucket", "a/b.png"},
		{"https://s3.amazonaws.com/bucket/b.png", "bucket", "b.png"},
		{"https://s3.dualstack.us-west-1.amazonaws.com/bucket/b.png", "bucket", "b.png"},
		{"https://s3-us-west-1.amazonaws.com/bucket/b.png", "bucket", "b.png"},
		{"HTTPS://Bucket.S3.US-West-1.AmazonAWS.com/B.png", "bucket", "B.png"},
		{"https://bucket.s3.amazonaws.com:443/b.png", "bucket", "b.png"},
		{"https://bucket.s3.amazonaws.com/Ana%20Maria/%C5%BE+1.png", "bucket", "Ana Maria/ž+1.png"},
		{"https://bucket.s3.amazonaws.com/Ana Maria/b.png", "bucket", "Ana Maria/b.png"},
		{"https://bucket.s3.amazonaws.com/a%252Fb.png", "bucket", "a%2Fb.png"},
		{"https://bucket.s3.amazonaws.com/a//b.png", "bucket", "a//b.png"},
		{"https://bucket.s3.amazonaws.com/b.png?X-Amz-Signature=00#x", "bucket", "b.png"},
		{"s3://bucket/a/b.png", "bucket", "a/b.png"},
		{"s3://bucket/a b%20c?.png", "bucket", "a b%20c?.png"},
		{"https://bucket.s3.amazonaws.com/", "", ""},
		{"https://s3.amazonaws.com/bucket", "", ""},
		{"https://s3.amazonaws.com//b.png", "", ""},
		{"https://bucket.s3.amazonaws.com/%zz.png", "", ""},
		{"https://bucket.s3.amazonaws.com.example.com/b.png", "", ""},
		{"https://bucket.s3.amazonaws.com@example.com/b.png", "", ""},
		{"https://x@bucket.s3.amazonaws.com/b.png", "", ""},
		{"https://point-123.s3-accesspoint.us-west-1.amazonaws.com/b.png", "", ""},
		{"https://bucket.ec2.us-west-1.amazonaws.com/b.png", "", ""},
		{"https://buckets3.amazonaws.com/b.png", "", ""},
		{"https://example.com/bucket/b.png", "", ""},
		{"ftp://bucket.s3.amazonaws.com/b.png", "", ""},
		{"s3://bucket", "", ""},
		{"s3:///b.png", "", ""},
		{"b.png", "", ""},
		{"", "", ""},
	}
	for _, test := range tests {
		bucket, key, ok := manifest.ParseS3URL(test.url)
		if bucket != test.bucket || key != test.key || ok != (test.bucket != "") {
			t.Errorf("%q: %q, %q, %t", test.url, bucket, key, ok)
		}
	}
}

func TestFileOfURL(t *testing.T) {
	for url, want := range map[string]string{
		"https://bucket.s3.amazonaws.com/a/b%20c.png":     "b c.png",
		"s3://bucket/b.png":                               "b.png",
		"https://cdn.example.com/a/b.png?width=3":         "b.png",
		"https://bucket.s3.amazonaws.com/a/%2e%2e":        "..",
		"https://bucket.s3.amazonaws.com/a%2Fb.png":       "b.png",
		"https://bucket.s3.amazonaws.com/a/":              "",
		"b.png":                                           "",
		"https://bucket.s3.amazonaws.com/a/b%zz.png":      "",
		"https://bucket.s3.amazonaws.com/a/b.png#c/d.png": "b.png",
	} {
		if got := manifest.FileOfURL(url); got != want {
			t.Errorf("%q: %q, want %q", url, got, want)
		}
	}
}

func FuzzParseS3URL(f *testing.F) {
	for _, seed := range []string{
		"https://bucket.s3.us-west-1.amazonaws.com/a/b%20c.png",
		"https://s3.dualstack.us-west-1.amazonaws.com/bucket/b.png",
		"https://bucket.s3-accelerate.amazonaws.com/../b.png",
		"s3://bucket/a?b",
		"https://[::1]/b.png",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, url string) {
		bucket, key, ok := manifest.ParseS3URL(url)
		if ok != (bucket != "") || ok != (key != "") || strings.Contains(bucket, "/") {
			t.Errorf("%q: %q, %q, %t", url, bucket, key, ok)
		}
		if !ok {
			return
		}
		// An s3:// URL of the parts names the same object.
		again, sameKey, ok := manifest.ParseS3URL("s3://" + bucket + "/" + key)
		if !ok || again != bucket || sameKey != key {
			t.Errorf("%q: %q, %q came back as %q, %q", url, bucket, key, again, sameKey)
		}
		if strings.Contains(manifest.FileOfURL(url), "/") {
			t.Errorf("%q names the file %q", url, manifest.FileOfURL(url))
		}
	})
}
