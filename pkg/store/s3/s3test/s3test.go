// Package s3test runs an S3 server inside a test, so that the driver, the SDK
// and whole commands meet real requests and answers without a network. It is
// gofakes3 with a handler in front that does what gofakes3 does otherwise than
// S3, one request at a time where it matters; Differences lists what that is,
// and what still differs.
package s3test

import (
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"sync"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// Bucket is the bucket that every Server has.
const Bucket = "actors"

// A Difference is one between gofakes3 and S3. A test runs those of the list
// that can be shown by one request, against gofakes3 and against a Server.
type Difference struct {
	What, S3, Emulator string
	Mended             bool // a Server does as S3 does
}

// Differences are those that are known and that the driver could meet.
var Differences = []Difference{
	{"PutObject If-Match on nothing", "404 NoSuchKey", "412", true},
	{"DeleteObject If-Match", "412 if it differs, 404 on nothing", "ignored: deletes, 204", true},
	{"CopyObject x-amz-copy-source-if-match", "412 if it differs", "ignored: copies", true},
	{"CopyObject If-None-Match", "412 if the destination exists", "ignored: overwrites", true},
	{"CopyObject onto itself", "400 InvalidRequest", "copies", true},
	{"ListObjectsV2 continuation", "goes on behind the last key or common prefix", "repeats the common prefix", true},
	{"ListObjectsV2 IsTruncated", "only if more of the prefix follows", "if anything follows in the bucket", true},
	{"ListObjectsV2 encoding-type", "url: keys of any characters", "ignored: some keys break the XML", true},
	{"ListObjectsV2 prefix that is not UTF-8", "400", "accepted", true},
	{"two writes of a key at the same time", "409 for one of them now and then", "one after the other", false},
	{"load", "503 SlowDown", "never", false},
	{"signatures, permissions, regions", "checked: 403, 301", "not checked", false},
	{"checksums of uploads other than Content-MD5", "checked, kept, returned", "ignored", false},
	{"ETag with a KMS key, or of parts", "not the MD5 of the bytes", "no KMS; MD5", false},
	{"keys longer than 1,024 bytes", "400 KeyTooLongError", "the same", false},
	{"LastModified", "whole seconds", "whole seconds in headers, finer in lists", false},
}

// A Server is an S3 server that lives as long as a test.
type Server struct {
	URL   string
	Plain string // the URL of gofakes3 without the handler in front

	backend  *s3mem.Backend
	fake     http.Handler
	writing  sync.Mutex
	counting sync.Mutex
	counts   map[string]int
}

// NewHandler returns a server with an empty Bucket that listens nowhere.
func NewHandler() *Server {
	s := &Server{backend: s3mem.New(), counts: map[string]int{}}
	if err := s.backend.CreateBucket(Bucket); err != nil {
		panic(err) // the name is valid, and there is no other bucket
	}
	s.fake = gofakes3.New(s.backend).Server()
	return s
}

// New starts a server with an empty Bucket. It listens on the loopback only.
func New(t testing.TB) *Server {
	t.Helper()
	s := NewHandler()
	front, plain := httptest.NewServer(s), httptest.NewServer(s.fake)
	t.Cleanup(front.Close)
	t.Cleanup(plain.Close)
	s.URL, s.Plain = front.URL, plain.URL
	return s
}

// Environment is what a program needs to find the server, and nothing else.
func (s *Server) Environment() map[string]string { return Environment(s.URL) }

// Environment is what a program needs to find AWS services at an address, and
// nothing else.
func Environment(address string) map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL": address, "AWS_REGION": "us-east-1",
		"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "hush-hush", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	}
}

// Counts returns how many requests of each kind there were since the last call:
// list, get, head, put, copy, delete.
func (s *Server) Counts() map[string]int {
	s.counting.Lock()
	defer s.counting.Unlock()
	defer clear(s.counts)
	return maps.Clone(s.counts)
}

func (s *Server) count(what string) {
	s.counting.Lock()
	defer s.counting.Unlock()
	s.counts[what]++
}

// Upload puts every regular file of tree below prefix, as another program might.
func (s *Server) Upload(tree fs.FS, prefix string) error {
	return fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		body, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		return s.Write(path.Join(prefix, name), body)
	})
}

// Write puts an object under any name, whatever lies there.
func (s *Server) Write(name string, body []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.write(name, body, map[string]string{})
}

// Remove takes an object of the bucket away, behind the back of every client.
func (s *Server) Remove(name string) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	_, err := s.backend.DeleteObject(Bucket, name)
	return err
}

// Names returns the names of the objects that begin with prefix.
func (s *Server) Names(prefix string) ([]string, error) {
	list, err := s.backend.ListBucket(Bucket, &gofakes3.Prefix{HasPrefix: true, Prefix: prefix}, gofakes3.ListBucketPage{})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, content := range list.Contents {
		names = append(names, content.Key)
	}
	return names, nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, hasName := objectName(r.URL)
	switch source := r.Header.Get("X-Amz-Copy-Source"); {
	case r.Method == http.MethodGet && !hasName && r.URL.Query().Get("list-type") == "2":
		s.count("list")
		s.list(w, r)
	case r.Method == http.MethodPut && hasName && source != "":
		s.count("copy")
		s.exclusively(func() { s.copy(w, r, source, name) })
	case r.Method == http.MethodPut && hasName:
		s.count("put")
		s.exclusively(func() { s.put(w, r, name) })
	case r.Method == http.MethodDelete && hasName:
		s.count("delete")
		s.exclusively(func() { s.delete(w, r, name) })
	case r.Method == http.MethodHead:
		s.count("head")
		s.fake.ServeHTTP(w, r)
	default:
		s.count("get")
		s.fake.ServeHTTP(w, r)
	}
}

func (s *Server) exclusively(do func()) {
	s.writing.Lock()
	defer s.writing.Unlock()
	do()
}

// objectName returns the key that a request addressed by path is about.
func objectName(u *url.URL) (string, bool) {
	const bucket = "/" + Bucket + "/"
	if len(u.Path) > len(bucket) && u.Path[:len(bucket)] == bucket {
		return u.Path[len(bucket):], true
	}
	return "", false
}

// Read returns the content of an object.
func (s *Server) Read(name string) ([]byte, error) {
	o, err := s.backend.GetObject(Bucket, name, nil)
	if err != nil {
		return nil, err
	}
	defer o.Contents.Close()
	return io.ReadAll(o.Contents)
}
