// Package setup makes the parts of the functions from what they find in their
// environment. It is a part of their mains and no more: it names the drivers and
// decides nothing.
package setup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"screentest/pkg/judge"
	"screentest/pkg/judge/offline"
	"screentest/pkg/judge/openai"
	"screentest/pkg/metric"
	"screentest/pkg/queue/sqs"
	"screentest/pkg/run"
	"screentest/pkg/secret"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/store/s3"
)

// The variables of the environment.
const (
	Stage       = "SCREENTEST_STAGE"             // name of the stage, the dimension of every metric
	Data        = "SCREENTEST_DATA"              // s3://bucket/prefix, the tree
	Evaluations = "SCREENTEST_EVALUATIONS_QUEUE" // URL of evaluations.fifo
	Balances    = "SCREENTEST_BALANCES_QUEUE"    // URL of balances.fifo
	Secret      = "SCREENTEST_SECRET"            // ARN or name of the secret with the model's key
	UploadMode  = "SCREENTEST_UPLOAD_MODE"       // "dry-run", also if absent, or "execute"
)

// Parts are what every function works with.
type Parts struct {
	Log     *slog.Logger
	Metrics *metric.Log
	Env     map[string]string
	Store   store.Store
}

// Must makes the parts, and ends the process with a line that says what is wrong
// where a variable is missing or means nothing.
func Must(ctx context.Context, variables ...string) Parts {
	p := Parts{Log: lambdacontext.NewLogger(), Env: map[string]string{}}
	var problems []error
	for _, name := range append(variables, Stage, Data) {
		if p.Env[name] = os.Getenv(name); p.Env[name] == "" {
			problems = append(problems, fmt.Errorf("%s is not set", name))
		}
	}
	p.Metrics = metric.New(os.Stdout, p.Env[Stage], time.Now)
	tree, err := s3.Open(ctx, p.Env[Data])
	problems = append(problems, err)
	p.Check(errors.Join(problems...))
	p.Store = metric.Store(tree, p.Metrics)
	return p
}

// Check ends the process where there is an error.
func (p Parts) Check(err error) {
	if err != nil {
		p.Log.Error("the function cannot start", "error", err.Error())
		os.Exit(1)
	}
}

// Queue opens the queue whose URL a variable holds.
func (p Parts) Queue(ctx context.Context, variable string) *sqs.Queue {
	q, err := sqs.Open(ctx, p.Env[variable])
	p.Check(err)
	return q
}

// Mode returns what an upload starts.
func (p Parts) Mode() run.Mode {
	mode := run.Mode(os.Getenv(UploadMode))
	switch mode {
	case "":
		return run.DryRun
	case run.DryRun, run.Execute:
	default:
		p.Check(fmt.Errorf("%s: %q is neither %q nor %q", UploadMode, mode, run.DryRun, run.Execute))
	}
	return mode
}

// Settings returns the owner's settings, validated.
func (p Parts) Settings(ctx context.Context) (settings.Settings, error) {
	set, _, err := settings.Load(ctx, p.Store)
	if err == nil {
		err = set.Validate()
	}
	return set, err
}

// Judge makes the judge of the settings. The key comes from the secret; what one
// command may spend (run.max_cost) is no limit for a worker that never ends.
func (p Parts) Judge(ctx context.Context, set settings.Settings) (judge.Judge, error) {
	if set.Judge.Name == "offline" {
		return offline.New(), nil
	}
	price, err := set.Price()
	if err != nil {
		return nil, err
	}
	key, err := secret.Read(ctx, p.Env[Secret])
	if err != nil {
		return nil, err
	}
	return openai.New(openai.Config{
		APIKey: key, BaseURL: set.Judge.BaseURL, Model: set.Judge.Model, Price: price,
		ReasoningEffort: set.Judge.ReasoningEffort, BatchSize: set.Judge.Batch, Timeout: set.Judge.Timeout,
		Dialect: set.Judge.Dialect, SafetyIdentifier: p.Env[Data], Transport: metric.Transport(http.DefaultTransport, p.Metrics),
	})
}
