// Package s3 is the driver of the store port for a general purpose bucket of
// Amazon S3, or of a server that keeps the same preconditions: If-None-Match and
// If-Match on PutObject, If-None-Match on CopyObject beside the condition on its
// source, If-Match on DeleteObject. A server that ignores one of them overwrites
// or deletes blindly, and nothing here can notice.
//
// A Version is the object's ETag without its quotes, and means nothing more than
// that. For an object written in one request it is usually the MD5 of the bytes;
// of one uploaded in parts, or encrypted with a KMS key, it is something else.
// Either way S3 changes it with the bytes, which is all the port asks. Written
// twice with the same bytes an object may keep its version, so a document that
// needs two writes told apart carries a counter.
//
// The SDK repeats a request whose answer it has not understood, and the first
// attempt may have been done. A condition that fails on a repetition is therefore
// checked against what lies there: where that is what we wanted to write, the
// write was ours (see Store.Put).
//
// Two things are coarser than in a directory. A prefix that holds nothing but
// directory markers (empty objects whose key ends in a slash, as the console
// makes them) is listed as a prefix, because only a request for each prefix could
// tell. And an object can lie below another; nothing refuses it.
package s3

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"screentest/pkg/store"
)

// Scheme begins the URIs that Open understands.
const Scheme = "s3://"

// requestAttempts is how often the SDK sends a request that fails in passing,
// unless AWS_MAX_ATTEMPTS says otherwise. Its own default of three gives up
// within a second of SlowDown answers.
const requestAttempts = 6

// Store is a tree in a bucket, below a prefix.
type Store struct {
	client *s3.Client
	bucket string
	prefix string // "" or with a slash at the end
}

var _ store.Store = (*Store)(nil)

// Open returns the tree at uri, which is s3://bucket or s3://bucket/prefix; the
// prefix is taken as it stands, without any decoding. Region, credentials and
// endpoint come from where the AWS tools look for them: the environment, the
// shared configuration, the role of the machine. An endpoint of one's own
// (AWS_ENDPOINT_URL) is addressed by path, for few such servers have a host name
// for each bucket. Open fails where region or credentials are missing; it does
// not ask whether the bucket exists.
func Open(ctx context.Context, uri string) (*Store, error) {
	bucket, prefix, err := parse(uri)
	if err != nil {
		return nil, err
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRetryMode(aws.RetryModeAdaptive))
	if err != nil {
		return nil, fmt.Errorf("read the AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return nil, fmt.Errorf("no AWS region: set AWS_REGION to that of the bucket %s, or AWS_PROFILE to a profile that has one", bucket)
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, fmt.Errorf("no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role: %w", err)
	}
	if cfg.RetryMaxAttempts == 0 {
		cfg.RetryMaxAttempts = requestAttempts
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil })
	return New(client, bucket, prefix)
}

// New returns the tree below prefix in bucket. A slash at the end of prefix, or
// none, makes no difference.
func New(client *s3.Client, bucket, prefix string) (*Store, error) {
	if !bucketName.MatchString(bucket) {
		return nil, fmt.Errorf("%q cannot be the name of a bucket", bucket)
	}
	prefix = strings.TrimRight(prefix, "/")
	if prefix == "" {
		return &Store{client: client, bucket: bucket}, nil
	}
	if err := store.Key(prefix).Validate(); err != nil {
		return nil, fmt.Errorf("prefix in bucket %s: %w", bucket, err)
	}
	return &Store{client, bucket, prefix + "/"}, nil
}

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func parse(uri string) (bucket, prefix string, err error) {
	rest, ok := strings.CutPrefix(uri, Scheme)
	if !ok {
		return "", "", fmt.Errorf("%q is no address of a bucket; write s3://bucket/prefix", uri)
	}
	bucket, prefix, _ = strings.Cut(rest, "/")
	return bucket, prefix, nil
}

// Place returns the bucket and the prefix of its keys, which is "" or ends in a
// slash.
func (s *Store) Place() (bucket, prefix string) { return s.bucket, s.prefix }

// name returns what k is called in the bucket.
func (s *Store) name(k store.Key) *string { return aws.String(s.prefix + string(k)) }

func check(ctx context.Context, keys ...store.Key) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, k := range keys {
		if err := k.Validate(); err != nil {
			return err
		}
	}
	return nil
}

func version(etag *string) store.Version {
	return store.Version(strings.Trim(aws.ToString(etag), `"`))
}

// nowhere is an ETag that no object has. S3 takes no empty one, and the state of
// an object that does not exist is "".
const nowhere = "none"

func etag(v store.Version) *string {
	if v == "" {
		v = nowhere
	}
	return aws.String(`"` + string(v) + `"`)
}
