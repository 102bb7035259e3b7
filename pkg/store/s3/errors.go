package s3

import (
	"errors"
	"fmt"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"screentest/pkg/store"
)

// kind adds to an answer of S3 what it means for the port, or what to do about
// it. permission is what the request needs. The texts of the SDK name requests
// and hosts but no secrets.
func (s *Store) kind(err error, permission string) error {
	if err == nil {
		return nil
	}
	if denied(err) {
		return fmt.Errorf("access to bucket %s is denied: allow %s (and s3:ListBucket, without which S3 denies what does not exist) on s3://%s/%s*, or use other credentials: %w",
			s.bucket, permission, s.bucket, s.prefix, err)
	}
	switch code(err) {
	case "NoSuchKey", "NotFound":
		return fmt.Errorf("%w: %w", store.ErrNotFound, err)
	case "PreconditionFailed", "ConditionalRequestConflict", "OperationAborted":
		return fmt.Errorf("%w: %w", store.ErrConflict, err)
	case "KeyTooLongError":
		return fmt.Errorf("%w: too long below the prefix %q: %w", store.ErrInvalidKey, s.prefix, err)
	case "NoSuchBucket":
		return fmt.Errorf("there is no bucket %s: check its name and the account: %w", s.bucket, err)
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired":
		return fmt.Errorf("the credentials for bucket %s are refused: renew them, or choose others with AWS_PROFILE: %w", s.bucket, err)
	case "PermanentRedirect", "MovedPermanently", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
		return fmt.Errorf("bucket %s lies in another region: set AWS_REGION to %s: %w", s.bucket, region(err), err)
	}
	return err
}

// denied reports whether S3 refused for want of a permission.
func denied(err error) bool {
	c := code(err)
	return c == "AccessDenied" || c == "Forbidden" || c == "AllAccessDisabled"
}

// code is what S3 calls the error, "" if S3 did not answer. A code that follows
// from the status alone is filled in where the answer had no body.
func code(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		if c := api.ErrorCode(); c != "" && c != "UnknownError" {
			return c
		}
	}
	response, ok := errors.AsType[*awshttp.ResponseError](err)
	if !ok {
		return ""
	}
	return map[int]string{301: "PermanentRedirect", 403: "AccessDenied", 409: "ConditionalRequestConflict", 412: "PreconditionFailed"}[response.HTTPStatusCode()]
}

// underWay reports whether S3 refused a write because of another one at the
// same time.
func underWay(err error) bool {
	c := code(err)
	return c == "ConditionalRequestConflict" || c == "OperationAborted"
}

// region is the one that the answer names.
func region(err error) string {
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok && response.Response != nil {
		if r := response.Response.Header.Get("X-Amz-Bucket-Region"); r != "" {
			return r
		}
	}
	return "that region"
}
