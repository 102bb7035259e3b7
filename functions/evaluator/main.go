// Command evaluator judges the images of the actors that its queue names, and
// plans what their sets lack. The queue calls it with batches of messages.
package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"screentest/functions/internal/setup"
	"screentest/pkg/event"
	"screentest/pkg/worker"
)

func main() {
	ctx := context.Background()
	parts := setup.Must(ctx, setup.Evaluations, setup.Balances, setup.Secret, setup.AtOnce)
	balances := parts.Queue(ctx, setup.Balances)
	open := func(ctx context.Context) (worker.Handler, error) {
		set, err := parts.Settings(ctx)
		if err != nil {
			return nil, err
		}
		j, err := parts.Judge(ctx, set)
		if err != nil {
			return nil, err
		}
		remote, err := parts.Remote(ctx, set)
		return worker.NewEvaluations(parts.Store, j, parts.AtMost(set), remote, balances, parts.Metrics, time.Now), err
	}
	w := worker.Worker{
		Queue: parts.Queue(ctx, setup.Evaluations), Kind: event.Evaluate, Opening: worker.Opening{Open: open, Now: time.Now},
		Now: time.Now, Log: parts.Log, Metrics: parts.Metrics,
	}
	w.Warm(ctx)
	lambda.Start(func(ctx context.Context, payload json.RawMessage) (event.Response, error) {
		return w.Handle(ctx, payload)
	})
}
