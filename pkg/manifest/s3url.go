package manifest

import (
	"net/url"
	"path"
	"regexp"
	"strings"
)

// s3Host is the host of every endpoint of S3 through which objects are reached:
// regional (with a dot or, long ago, a dash), FIPS, dual-stack, accelerated and
// website. The first group is the bucket of a virtual-hosted URL.
var s3Host = func() *regexp.Regexp {
	const region = `(?:[a-z]{2,}(?:-[a-z]+)+-[0-9]+|external-1)`
	return regexp.MustCompile(`^(?:(.+)\.)?s3(?:` +
		`-accelerate(?:\.dualstack)?|` +
		`(?:-fips)?(?:\.dualstack)?(?:[.-]` + region + `)?|` +
		`-website[.-]` + region +
		`)\.amazonaws\.(?:com|com\.cn|eu)$`)
}()

var bucketName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{2,254}$`)

// ParseS3URL tells which object a URL names, in any dialect: virtual-hosted,
// path-style, accelerated, dual-stack, s3://, of any region. The key of an http
// URL is percent-decoded and a query, such as a signature, is ignored; an s3://
// URL holds the key as it is. ok is false for a URL of anything else.
func ParseS3URL(raw string) (bucket, key string, ok bool) {
	if rest, is := strings.CutPrefix(raw, "s3://"); is {
		bucket, key, _ = strings.Cut(rest, "/")
		return valid(bucket, key)
	}
	u, err := url.Parse(raw)
	if err != nil || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return "", "", false
	}
	host := s3Host.FindStringSubmatch(strings.ToLower(u.Hostname()))
	if host == nil {
		return "", "", false
	}
	bucket, key = host[1], strings.TrimPrefix(u.Path, "/")
	if bucket == "" {
		bucket, key, _ = strings.Cut(key, "/")
	}
	return valid(bucket, key)
}

func valid(bucket, key string) (string, string, bool) {
	if key == "" || !bucketName.MatchString(bucket) {
		return "", "", false
	}
	return bucket, key, true
}

// FileOfURL returns the file name of the image that a URL names: the last
// segment of the decoded key. It is "" where there is none; it is outside input
// and may be anything, see CheckFile.
func FileOfURL(raw string) string {
	if _, key, ok := ParseS3URL(raw); ok {
		return lastSegment(key)
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return ""
	}
	return lastSegment(u.Path)
}

func lastSegment(p string) string {
	_, file := path.Split(p)
	return file
}
