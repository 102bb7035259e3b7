package s3

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"screentest/pkg/store"
)

// Get implements store.Store. A body that ends early, or that is not what S3 has
// a checksum of, ends with an error.
func (s *Store) Get(ctx context.Context, k store.Key) (store.Object, error) {
	if err := check(ctx, k); err != nil {
		return store.Object{}, fmt.Errorf("get %s: %w", k, err)
	}
	in := &s3.GetObjectInput{Bucket: &s.bucket, Key: s.name(k), ChecksumMode: types.ChecksumModeEnabled}
	out, err := s.client.GetObject(ctx, in, quietly)
	if err != nil {
		return store.Object{}, fmt.Errorf("get %s: %w", k, s.answer(ctx, k, err, "s3:GetObject"))
	}
	return store.Object{
		Info: store.Info{
			Key: k, Size: aws.ToInt64(out.ContentLength), Version: version(out.ETag), Modified: aws.ToTime(out.LastModified),
		},
		Body: &body{out.Body, aws.ToInt64(out.ContentLength)},
	}, nil
}

// A body compares the checksum before it gives away the last bytes. The SDK does
// so at the end only, which somebody who knows the size never reads.
type body struct {
	io.ReadCloser
	left int64
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left > 0 || err != nil {
		return n, err
	}
	if _, err := b.ReadCloser.Read(make([]byte, 1)); err != nil && err != io.EOF {
		return 0, err
	}
	return n, nil
}

// quietly keeps the SDK from writing a line to standard error for every object
// that was stored without a checksum.
func quietly(o *s3.Options) { o.DisableLogOutputChecksumValidationSkipped = true }

// answer is kind for a request that needs the object k. S3 says "denied" and not
// "not found" to who may not list the bucket; where what may be listed goes by
// prefix, it is documented nowhere what it says. So when it denies an object that a
// listing, which may be allowed, does not have, that object is not there.
func (s *Store) answer(ctx context.Context, k store.Key, err error, permission string) error {
	if denied(err) {
		listed, listErr := s.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: s.name(k), MaxKeys: aws.Int32(1)})
		if listErr == nil && (len(listed.Contents) == 0 || aws.ToString(listed.Contents[0].Key) != *s.name(k)) {
			return fmt.Errorf("%w: denied, and not in the listing: %w", store.ErrNotFound, err)
		}
	}
	return s.kind(err, permission)
}

// List implements store.Store. Page.Next is the continuation token of S3. An
// object whose name is no Key is refused; a directory marker is not mentioned.
func (s *Store) List(ctx context.Context, o store.ListOptions) (store.Page, error) {
	var page store.Page
	if err := ctx.Err(); err != nil || !beginsKeys(o.Prefix) {
		return page, err
	}
	for {
		out, err := s.client.ListObjectsV2(ctx, s.listing(o))
		if err != nil {
			return store.Page{}, s.kind(err, "s3:ListBucket")
		}
		if err := s.add(&page, out, o.Prefix); err != nil {
			return store.Page{}, err
		}
		page.Next = aws.ToString(out.NextContinuationToken)
		// A page may hold nothing of ours and still not be the last.
		if page.Next == "" || len(page.Objects)+len(page.Prefixes) > 0 {
			return page, nil
		}
		o.After = page.Next
	}
}

// beginsKeys reports whether any key can begin with prefix.
func beginsKeys(prefix string) bool {
	i := strings.LastIndexByte(prefix, '/')
	if i >= 0 && store.Key(prefix[:i]).Validate() != nil {
		return false
	}
	return !strings.ContainsFunc(prefix[i+1:], func(r rune) bool { return r < 0x20 || r == 0x7f })
}

func (s *Store) listing(o store.ListOptions) *s3.ListObjectsV2Input {
	in := &s3.ListObjectsV2Input{
		Bucket: &s.bucket, Prefix: aws.String(s.prefix + whole(o.Prefix)), EncodingType: types.EncodingTypeUrl,
	}
	if o.Delimited {
		in.Delimiter = aws.String("/")
	}
	if o.After != "" {
		in.ContinuationToken = &o.After
	}
	if o.Limit > 0 {
		in.MaxKeys = aws.Int32(int32(min(o.Limit, 1000)))
	}
	return in
}

// whole cuts off the part of a character that prefix may end in: S3 takes UTF-8
// only. What is listed too much by that is left out again in add.
func whole(prefix string) string {
	for i := 1; i < utf8.UTFMax && i <= len(prefix); i++ {
		if tail := prefix[len(prefix)-i:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRuneInString(tail) {
				return prefix[:len(prefix)-i]
			}
			break
		}
	}
	return prefix
}

// add takes over what S3 listed, as far as it begins with prefix.
func (s *Store) add(page *store.Page, out *s3.ListObjectsV2Output, prefix string) error {
	for _, object := range out.Contents {
		name, err := s.relative(object.Key, out.EncodingType)
		if err != nil {
			return err
		}
		marker := strings.HasSuffix(name, "/") && aws.ToInt64(object.Size) == 0 || name == ""
		if marker || !strings.HasPrefix(name, prefix) || refused(page, name) {
			continue
		}
		page.Objects = append(page.Objects, store.Info{
			Key: store.Key(name), Size: aws.ToInt64(object.Size), Version: version(object.ETag), Modified: aws.ToTime(object.LastModified),
		})
	}
	for _, folded := range out.CommonPrefixes {
		name, err := s.relative(folded.Prefix, out.EncodingType)
		if err != nil {
			return err
		}
		if strings.HasPrefix(name, prefix) && !refused(page, strings.TrimSuffix(name, "/")) {
			page.Prefixes = append(page.Prefixes, name)
		}
	}
	return nil
}

// relative undoes the encoding in which names are listed, so that any character
// can be, and takes off the store's prefix.
func (s *Store) relative(listed *string, encoding types.EncodingType) (string, error) {
	name := aws.ToString(listed)
	if encoding == types.EncodingTypeUrl {
		var err error
		if name, err = url.QueryUnescape(name); err != nil {
			return "", fmt.Errorf("bucket %s lists a name that cannot be decoded: %w", s.bucket, err)
		}
	}
	return strings.TrimPrefix(name, s.prefix), nil
}

// refused notes a name that is no key in the page.
func refused(page *store.Page, name string) bool {
	if store.Key(name).Validate() == nil {
		return false
	}
	page.Refused = append(page.Refused, store.Refusal{Name: strings.ToValidUTF8(name, "\uFFFD"), Reason: "its name cannot be a key"})
	return true
}
