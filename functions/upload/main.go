// Command upload asks for the evaluation of an actor whose images have changed.
// S3 calls it, directly or through EventBridge.
package main

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/lambda"

	"screentest/functions/internal/setup"
	"screentest/pkg/worker"
)

func main() {
	ctx := context.Background()
	parts := setup.Must(ctx, setup.Evaluations)
	bucket, prefix := parts.Bucket.Place()
	uploads := worker.Uploads{
		Bucket: bucket, Prefix: prefix, Mode: parts.Mode(),
		Queue: parts.Queue(ctx, setup.Evaluations), Metrics: parts.Metrics, Log: parts.Log,
	}
	lambda.Start(func(ctx context.Context, payload json.RawMessage) error {
		return uploads.Handle(ctx, payload)
	})
}
