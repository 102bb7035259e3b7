package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"screentest/pkg/store"
)

// Put implements store.Store. When the condition fails on a repetition and the
// object holds exactly body, then body was written and Put succeeds. It may have
// been written by another who wrote the very same bytes, so what must be told
// apart by its writer carries the writer's name.
func (s *Store) Put(ctx context.Context, k store.Key, body []byte, c store.Condition) (store.Version, error) {
	if err := check(ctx, k); err != nil {
		return "", fmt.Errorf("put %s: %w", k, err)
	}
	var v store.Version
	repeated, err := send(ctx, func(o func(*s3.Options)) error {
		out, err := s.client.PutObject(ctx, s.put(k, body, c), o)
		if err == nil {
			v = version(out.ETag)
		}
		return err
	})
	err = s.kind(err, "s3:PutObject")
	if errors.Is(err, store.ErrNotFound) {
		err = fmt.Errorf("%w: the object is gone", store.ErrConflict) // and not ErrNotFound
	}
	if repeated && errors.Is(err, store.ErrConflict) {
		v, err = s.ours(ctx, k, body, err)
	}
	if err != nil {
		return "", fmt.Errorf("put %s: %w", k, err)
	}
	return v, nil
}

func (s *Store) put(k store.Key, body []byte, c store.Condition) *s3.PutObjectInput {
	in := &s3.PutObjectInput{Bucket: &s.bucket, Key: s.name(k), Body: bytes.NewReader(body), ContentType: contentType(k)}
	if c == store.IfAbsent {
		in.IfNoneMatch = aws.String("*")
	} else {
		in.IfMatch = etag(c.Version())
	}
	return in
}

// ours returns the version of k if it holds body, else conflict.
func (s *Store) ours(ctx context.Context, k store.Key, body []byte, conflict error) (store.Version, error) {
	there, info, err := store.ReadAll(ctx, s, k, int64(len(body)))
	switch {
	case err == nil && bytes.Equal(there, body):
		return info.Version, nil
	case err == nil, errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrTooLarge):
		return "", conflict
	}
	// Not ErrConflict: whether our bytes lie there is unknown.
	return "", fmt.Errorf("the write was repeated and then refused; whether it was done is unknown: %w", err)
}

// Copy implements store.Store, with what Put says about repetitions. S3 copies
// objects of up to 5 GB.
func (s *Store) Copy(ctx context.Context, src store.Key, v store.Version, dst store.Key) (store.Version, error) {
	copied, err := s.copy(ctx, src, v, dst)
	if err != nil {
		return "", fmt.Errorf("copy %s to %s: %w", src, dst, err)
	}
	return copied, nil
}

func (s *Store) copy(ctx context.Context, src store.Key, v store.Version, dst store.Key) (store.Version, error) {
	if err := check(ctx, src, dst); err != nil {
		return "", err
	}
	if src == dst {
		return "", s.there(ctx, src) // S3 calls it an invalid request
	}
	var copied store.Version
	repeated, err := send(ctx, func(o func(*s3.Options)) error {
		out, err := s.client.CopyObject(ctx, &s3.CopyObjectInput{
			Bucket: &s.bucket, Key: s.name(dst), CopySource: s.source(src), CopySourceIfMatch: etag(v), IfNoneMatch: aws.String("*"),
		}, o)
		if err == nil && out.CopyObjectResult != nil {
			copied = version(out.CopyObjectResult.ETag)
		}
		return err
	})
	err = s.answer(ctx, src, err, "s3:GetObject and s3:PutObject")
	if repeated && errors.Is(err, store.ErrConflict) {
		return s.copied(ctx, src, v, dst, err)
	}
	return copied, err
}

// source is what CopyObject calls k. S3 decodes it, and a plus as a space.
func (s *Store) source(k store.Key) *string {
	escaped := url.QueryEscape(*s.name(k))
	escaped = strings.NewReplacer("+", "%20", "%2F", "/").Replace(escaped)
	return aws.String(s.bucket + "/" + escaped)
}

// copied returns the version of dst if it holds the state v of src, else
// conflict.
func (s *Store) copied(ctx context.Context, src store.Key, v store.Version, dst store.Key, conflict error) (store.Version, error) {
	from, err := s.Get(ctx, src)
	if err != nil {
		return "", err
	}
	defer from.Body.Close()
	if from.Version != v {
		return "", conflict
	}
	body, err := io.ReadAll(from.Body)
	if err != nil {
		return "", err
	}
	return s.ours(ctx, dst, body, conflict)
}

// Delete implements store.Store. In a bucket with versioning the bytes stay
// behind a delete marker. A delete that was done, reported as failed and
// repeated by the SDK ends with ErrNotFound: it is gone, by whosever hand.
func (s *Store) Delete(ctx context.Context, k store.Key, v store.Version) error {
	if err := check(ctx, k); err != nil {
		return fmt.Errorf("delete %s: %w", k, err)
	}
	_, err := send(ctx, func(o func(*s3.Options)) error {
		_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: s.name(k), IfMatch: etag(v)}, o)
		return err
	})
	err = s.answer(ctx, k, err, "s3:DeleteObject and s3:GetObject")
	if errors.Is(err, store.ErrConflict) {
		err = s.there(ctx, k) // behind a delete marker S3 says 412 too
	}
	if err != nil {
		return fmt.Errorf("delete %s: %w", k, err)
	}
	return nil
}

// there fails with ErrConflict if k exists, and with ErrNotFound if not.
func (s *Store) there(ctx context.Context, k store.Key) error {
	_, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: s.name(k)})
	if err == nil {
		return store.ErrConflict
	}
	return s.answer(ctx, k, err, "s3:GetObject")
}

// writeAttempts is how often a write is sent that meets another one under way.
const writeAttempts = 6

// send does a conditional write, again while S3 answers that another write of
// the object is under way (then ours was not done). repeated reports whether one
// of its requests was sent twice, because the first had no clear answer.
func send(ctx context.Context, request func(o func(*s3.Options)) error) (repeated bool, err error) {
	for attempt := range writeAttempts {
		sent := 0
		err = request(counting(&sent))
		repeated = repeated || sent > 1
		if !underWay(err) {
			break
		}
		if err := pause(ctx, attempt); err != nil {
			return repeated, err
		}
	}
	return repeated, err
}

// counting is the option that counts how often the SDK sends one request.
func counting(sent *int) func(*s3.Options) {
	count := middleware.FinalizeMiddlewareFunc("CountAttempts", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
		middleware.FinalizeOutput, middleware.Metadata, error) {
		*sent++
		return next.HandleFinalize(ctx, in)
	})
	return func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Finalize.Insert(count, "Retry", middleware.After)
		})
	}
}

// pause waits up to 20 ms, then up to 40 and so on, so that writers that met do
// not meet again.
func pause(ctx context.Context, attempt int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(20 * time.Millisecond << attempt)):
		return nil
	}
}

// contentType lets a browser show what lies in the bucket.
func contentType(k store.Key) *string {
	kinds := map[string]string{
		".json": "application/json", ".yaml": "application/yaml", ".html": "text/html; charset=utf-8", ".txt": "text/plain; charset=utf-8",
		".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg",
	}
	kind, known := kinds[strings.ToLower(path.Ext(string(k)))]
	if !known {
		kind = "application/octet-stream"
	}
	return &kind
}
