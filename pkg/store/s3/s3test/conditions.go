package s3test

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

// put does what gofakes3 does, but for a condition on what is not there.
func (s *Server) put(w http.ResponseWriter, r *http.Request, name string) {
	if _, exists := s.etag(name); !exists && r.Header.Get("If-Match") != "" {
		refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	s.fake.ServeHTTP(w, r)
}

// delete deletes if the condition holds.
func (s *Server) delete(w http.ResponseWriter, r *http.Request, name string) {
	etag, exists := s.etag(name)
	switch want := r.Header.Get("If-Match"); {
	case want != "" && !exists:
		refuse(w, http.StatusNotFound, "NoSuchKey")
	case want != "" && want != "*" && want != etag:
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
	default:
		s.fake.ServeHTTP(w, r)
	}
}

// copy copies within the bucket if both conditions hold.
func (s *Server) copy(w http.ResponseWriter, r *http.Request, source, name string) {
	from, err := url.PathUnescape(strings.ReplaceAll(source, "+", " ")) // S3 reads a plus as a space
	from, ok := strings.CutPrefix(strings.TrimPrefix(from, "/"), Bucket+"/")
	if err != nil || !ok {
		refuse(w, http.StatusBadRequest, "InvalidArgument")
		return
	}
	etag, exists := s.etag(from)
	_, taken := s.etag(name)
	want := r.Header.Get("X-Amz-Copy-Source-If-Match")
	switch {
	case from == name:
		refuse(w, http.StatusBadRequest, "InvalidRequest")
	case !exists:
		refuse(w, http.StatusNotFound, "NoSuchKey")
	case want != "" && want != etag, r.Header.Get("If-None-Match") == "*" && taken:
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
	default:
		s.duplicate(w, from, name)
	}
}

func (s *Server) duplicate(w http.ResponseWriter, from, name string) {
	o, err := s.backend.GetObject(Bucket, from, nil)
	if err == nil {
		defer o.Contents.Close()
		var body bytes.Buffer
		if _, err = body.ReadFrom(o.Contents); err == nil {
			err = s.write(name, body.Bytes(), o.Metadata)
		}
	}
	if err != nil {
		refuse(w, http.StatusInternalServerError, "InternalError")
		return
	}
	etag, _ := s.etag(name)
	answer(w, http.StatusOK, struct {
		XMLName xml.Name `xml:"CopyObjectResult"`
		ETag    string
	}{ETag: etag})
}

// write puts an object; the caller holds the lock.
func (s *Server) write(name string, body []byte, meta map[string]string) error {
	_, err := s.backend.PutObject(Bucket, name, meta, bytes.NewReader(body), int64(len(body)), nil)
	return err
}

func (s *Server) etag(name string) (etag string, exists bool) {
	o, err := s.backend.HeadObject(Bucket, name)
	if err != nil {
		return "", false
	}
	return gofakes3.FormatETag(o.Hash), true
}

func refuse(w http.ResponseWriter, status int, code string) {
	answer(w, status, struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: code, Message: "refused by s3test"})
}

func answer(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	xml.NewEncoder(w).Encode(document) // a client that has gone is no concern of ours
}
