package s3test

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/johannesboyne/gofakes3"
)

type listing struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	Name                  string
	EncodingType          string `xml:",omitempty"`
	KeyCount              int
	IsTruncated           bool
	NextContinuationToken string `xml:",omitempty"`
	Contents              []content
	CommonPrefixes        []common

	encode func(string) string
}

type content struct {
	Key          string
	LastModified gofakes3.ContentTime
	ETag         string
	Size         int64
}

type common struct{ Prefix string }

// list answers ListObjectsV2.
func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	bucket := strings.Trim(r.URL.Path, "/")
	if exists, _ := s.backend.BucketExists(bucket); !exists {
		refuse(w, http.StatusNotFound, "NoSuchBucket")
		return
	}
	q := r.URL.Query()
	after, err := base64.URLEncoding.DecodeString(q.Get("continuation-token"))
	if err != nil || !utf8.ValidString(q.Get("prefix")) {
		refuse(w, http.StatusBadRequest, "InvalidArgument")
		return
	}
	all, err := s.backend.ListBucket(bucket, &gofakes3.Prefix{HasPrefix: true, Prefix: q.Get("prefix")}, gofakes3.ListBucketPage{})
	if err != nil {
		refuse(w, http.StatusInternalServerError, "InternalError")
		return
	}
	answer(w, http.StatusOK, page(bucket, all.Contents, q, max(q.Get("start-after"), string(after))))
}

// page selects what follows after, folding what has the delimiter.
func page(bucket string, contents []*gofakes3.Content, q url.Values, after string) listing {
	l := listing{Name: bucket, EncodingType: q.Get("encoding-type"), encode: func(s string) string { return s }}
	if l.EncodingType == "url" {
		l.encode = encode
	}
	limit := 1000
	if n, err := strconv.Atoi(q.Get("max-keys")); err == nil {
		limit = min(n, limit)
	}
	last := after
	for _, c := range contents {
		name, folded := fold(c.Key, q.Get("prefix"), q.Get("delimiter"))
		if name <= last {
			continue
		}
		if l.KeyCount == limit {
			l.IsTruncated, l.NextContinuationToken = true, base64.URLEncoding.EncodeToString([]byte(last))
			break
		}
		l.add(c, name, folded)
		last = name
	}
	return l
}

func (l *listing) add(c *gofakes3.Content, name string, folded bool) {
	l.KeyCount++
	if folded {
		l.CommonPrefixes = append(l.CommonPrefixes, common{l.encode(name)})
		return
	}
	l.Contents = append(l.Contents, content{l.encode(name), c.LastModified, c.ETag, c.Size})
}

func fold(key, prefix, delimiter string) (name string, folded bool) {
	rest := key[len(prefix):]
	if i := strings.Index(rest, delimiter); delimiter != "" && i >= 0 {
		return key[:len(prefix)+i+len(delimiter)], true
	}
	return key, false
}

// encode leaves slashes alone, as S3 does.
func encode(name string) string { return strings.ReplaceAll(url.QueryEscape(name), "%2F", "/") }
