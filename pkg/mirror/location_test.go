package mirror_test

import (
	"regexp"
	"strings"
	"testing"

	"screentest/pkg/manifest"
	"screentest/pkg/mirror"
	"screentest/pkg/store"
)

func TestURL(t *testing.T) {
	for want, l := range map[string]mirror.Location{
		"": {},
		"https://b-1.s3.amazonaws.com/" + "a%20b%2B%3F/%C5%BE.png":   {Bucket: "b-1"},
		"https://b.c.s3.amazonaws.com/" + "p/a%20b%2B%3F/%C5%BE.png": {Bucket: "b.c", Prefix: "p/"},
	} {
		if got := l.URL("a b+?/ž.png"); got != want {
			t.Errorf("%+v: %s, want %s", l, got, want)
		}
	}
}

func TestCanHold(t *testing.T) {
	for k, want := range map[store.Key]bool{
		"actors/ann/training_data/ann_1.png":            true,
		"7f-1/custom_actor/ann/training_data/ann_1.png": true,
		"system_actors/training_data/ann/ann_1.png":     true,
		"ann_1.png":                                           true,
		"actors/ann/training_data/ann_2.png":                  false,
		"actors/bob/training_data/ann_1.png":                  false,
		"actors/ann/base_image/ann_1.png":                     false,
		"actors/ann/training_data/old/ann_1.png":              false,
		"actors/ann_1.png":                                    false,
		"7f-1/custom_actor/ann/base_image/ann_1.png":          false,
		"screentest/trash/ann/p/images/ann_1.png":             false,
		"actors/ann/training_data/../training_data/ann_1.png": false,
	} {
		if mirror.CanHold("ann", k, "ann_1.png") != want {
			t.Errorf("%s: %t", k, !want)
		}
	}
}

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// FuzzURL: an address names the object that it was made for, and is plain ASCII.
func FuzzURL(f *testing.F) {
	f.Add("bucket", "some/where/", "actors/ann/training_data/ann_1.png")
	f.Add("my.s3.bucket", "", "a+b/50%2F ?#&=:@!$'()*,;~.png")
	f.Add("s3-accelerate.dualstack", "%/", "Zoë/演員.jpg")
	f.Fuzz(func(t *testing.T, bucket, prefix, key string) {
		l := mirror.Location{Bucket: bucket, Prefix: prefix}
		name := store.Key(prefix + key)
		if !bucketName.MatchString(bucket) || name.Validate() != nil || prefix != "" && !strings.HasSuffix(prefix, "/") {
			t.Skip()
		}
		url := l.URL(store.Key(key))
		gotBucket, gotKey, ok := manifest.ParseS3URL(url)
		if !ok || gotBucket != bucket || gotKey != string(name) {
			t.Errorf("%q: %q, %q, %t", url, gotBucket, gotKey, ok)
		}
		if strings.ContainsFunc(url, func(r rune) bool { return r <= ' ' || r > '~' || r == '+' }) {
			t.Errorf("%q holds characters that are read in several ways", url)
		}
	})
}

// FuzzLocate: whatever address stands in a manifest, nothing is taken for a copy
// of the image but what has its name and contents.
func FuzzLocate(f *testing.F) {
	f.Add("https://bucket.s3.amazonaws.com/some/where/7f-1/custom_actor/ann/training_data/ann_1.png")
	f.Add("https://s3.us-west-1.amazonaws.com/bucket/some/where/screentest/trash/ann/p/images/ann_1.png")
	f.Add("s3://bucket/some/where/actors/ann/training_data/ann_2.png")
	f.Add("s3://bucket/some/where/../where/ann_1.png")
	f.Fuzz(func(t *testing.T, url string) {
		s := with(t, map[store.Key]string{
			legacy: "A", own: "A", "ann_1.png/ann_1.png": "B", "screentest/trash/ann/p/images/ann_1.png": "A", "actors/ann/training_data/ann_2.png": "A",
		})
		o, err := mirror.Remote{Mirror: &mirror.Mirror{Store: s, At: at}}.Locate(t.Context(), "ann", "ann_1.png", hash("A"), url)
		if err == nil && o.Key != own && o.Key != legacy {
			t.Errorf("%q leads to %q", url, o.Key)
		}
		if err == nil && o.Outside != "" && o.Outside != url {
			t.Errorf("%q became %q", url, o.Outside)
		}
	})
}
