// Command progress counts what a sweep has done. The state machine of the sweep
// calls it between its waits, and what it answers last is the sweep's result; where
// the machine itself comes to another end, EventBridge calls it once more.
package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"screentest/functions/internal/setup"
	"screentest/pkg/metric"
	"screentest/pkg/sweep"
)

func main() {
	parts := setup.Must(context.Background())
	lambda.Start(func(ctx context.Context, payload json.RawMessage) (sweep.LookOutput, error) {
		out, err := sweep.Answer(ctx, parts.Store, payload, time.Now())
		if err == nil {
			parts.Metrics.Write(metric.Values{
				metric.SweepTotal: float64(out.Total), metric.SweepCompleted: float64(out.Completed),
				metric.SweepFailed: float64(out.Failed), metric.SweepRemaining: float64(out.Remaining),
			}, map[string]any{"run": out.RunID})
		}
		parts.Log.InfoContext(ctx, "look", "run", out.RunID, "end", out.End, "settled", out.Settled(), "total", out.Total, "done", out.Done, "error", err)
		return out, err
	})
}
