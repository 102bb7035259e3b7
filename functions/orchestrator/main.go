// Command orchestrator asks for the evaluation of a page of the roster. The state
// machine of the sweep calls it until it is done.
package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"screentest/functions/internal/setup"
	"screentest/pkg/sweep"
)

func main() {
	ctx := context.Background()
	parts := setup.Must(ctx, setup.Evaluations)
	orchestrator := sweep.Orchestrator{Store: parts.Store, Queue: parts.Queue(ctx, setup.Evaluations), Now: time.Now}
	lambda.Start(func(ctx context.Context, payload json.RawMessage) (sweep.PageOutput, error) {
		in, err := sweep.DecodePage(payload)
		var out sweep.PageOutput
		if err == nil {
			out, err = orchestrator.Page(ctx, in)
		}
		parts.Log.InfoContext(ctx, "page", "run", in.RunID, "sent", out.Sent, "total", out.Total, "done", out.Done, "error", err)
		return out, err
	})
}
