// Command balancer performs approved plans: new images in, surplus and condemned
// ones to the trash. The queue calls it with the actors whose plan was approved.
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
	parts := setup.Must(ctx, setup.Evaluations, setup.Balances, setup.Secret)
	evaluations := parts.Queue(ctx, setup.Evaluations)
	open := func(ctx context.Context) (worker.Handler, error) {
		executor, err := parts.Executor(ctx, "balancer")
		return &worker.Balances{
			Store: parts.Store, Executor: executor, Evaluations: evaluations, Metrics: parts.Metrics, Now: time.Now,
			Sweeps: worker.Sweeps{Store: parts.Store, Now: time.Now},
		}, err
	}
	w := worker.Worker{
		Queue: parts.Queue(ctx, setup.Balances), Kind: event.Balance, Opening: worker.Opening{Open: open, Now: time.Now},
		Now: time.Now, Log: parts.Log, Metrics: parts.Metrics,
	}
	w.Warm(ctx)
	lambda.Start(func(ctx context.Context, payload json.RawMessage) (event.Response, error) {
		return w.Handle(ctx, payload)
	})
}
