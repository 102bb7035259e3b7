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
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"screentest/internal/parts"
	"screentest/pkg/evaluator"
	"screentest/pkg/execution"
	"screentest/pkg/judge"
	"screentest/pkg/metric"
	"screentest/pkg/mirror"
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
	Secret      = "SCREENTEST_SECRET"            // ARN or name of the secret with the model's key, or with two
	UploadMode  = "SCREENTEST_UPLOAD_MODE"       // "dry-run", also if absent, or "execute"
	AtOnce      = "SCREENTEST_REQUESTS_AT_ONCE"  // requests to the model that one evaluator has under way at most
)

// Parts are what every function works with.
type Parts struct {
	Log     *slog.Logger
	Metrics *metric.Log
	Env     map[string]string
	Store   store.Store // the tree, with its lost races counted
	Bucket  *s3.Store   // the tree itself
}

// Must makes the parts, and ends the process with a line that says what is wrong
// where a variable is missing or means nothing.
func Must(ctx context.Context, variables ...string) Parts {
	p := Parts{Log: lambdacontext.NewLogger(), Env: map[string]string{}}
	keepWithin(lambdacontext.MemoryLimitInMB)
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
	p.Bucket, p.Store = tree, metric.Store(tree, p.Metrics)
	return p
}

// keepWithin has the collector keep the process within the memory of the function,
// of which a fifth is left for what is not on the heap. By that limit an evaluator
// also tells which pictures are too large for it; 0 means none.
func keepWithin(megabytes int) {
	if megabytes > 0 {
		debug.SetMemoryLimit(int64(megabytes) << 20 / 5 * 4)
	}
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

// AtMost holds the requests to the model that are under way at once to what the
// stack has reckoned with, from the rate that the model's account allows.
func (p Parts) AtMost(set settings.Settings) settings.Settings {
	n, err := strconv.Atoi(p.Env[AtOnce])
	if err == nil && n < 1 {
		err = errors.New("less than 1")
	}
	if err != nil {
		p.Check(fmt.Errorf("%s %q: %w", AtOnce, p.Env[AtOnce], err))
	}
	set.Run.Concurrency = min(set.Run.Concurrency, n)
	return set
}

// Settings returns the owner's settings, validated.
func (p Parts) Settings(ctx context.Context) (settings.Settings, error) {
	set, _, err := settings.Load(ctx, p.Store)
	if err == nil {
		err = set.Validate()
	}
	return set, err
}

// Judge makes the judge of the settings, whoever generates.
func (p Parts) Judge(ctx context.Context, set settings.Settings) (judge.Judge, error) {
	source, err := p.source(ctx, set, set.Judge.Name)
	if err != nil {
		return nil, err
	}
	return source.Judge()
}

// source is what the judge and the generator are made of. The keys come from the
// secret, which is not asked for where all that are needed work offline. What one
// command may spend (run.max_cost) is no limit for a worker that never ends.
func (p Parts) source(ctx context.Context, set settings.Settings, needed ...string) (parts.Source, error) {
	source := parts.Source{Settings: set, Identity: p.Env[Data], Transport: metric.Transport(http.DefaultTransport, p.Metrics)}
	if !slices.ContainsFunc(needed, func(name string) bool { return name != "offline" }) {
		return source, nil
	}
	keys, err := secret.Read(ctx, p.Env[Secret])
	source.Key, source.PictureKey = keys.Judge, keys.Generator
	return source, err
}

// Remote says where the images of the tree also lie.
func (p Parts) Remote(ctx context.Context, set settings.Settings) (mirror.Remote, error) {
	return parts.Remote(ctx, p.Bucket, set.Mirror)
}

// Executor makes what performs plans, in the name of by. Limits of a run cannot be
// kept by workers that do not know of each other, so rather than going beyond them
// nothing is done.
func (p Parts) Executor(ctx context.Context, by string) (*execution.Executor, error) {
	set, err := p.Settings(ctx)
	if err != nil {
		return nil, err
	}
	if set.Run.MaxDeletions >= 0 || set.Run.MaxGenerations >= 0 {
		return nil, fmt.Errorf("run.max_deletions and run.max_generations in %s hold for one command only: set plan.limits, which hold for each actor, instead", settings.File)
	}
	source, err := p.source(ctx, set, set.Judge.Name, set.Generation.Name)
	if err != nil {
		return nil, err
	}
	j, err := source.Judge()
	if err != nil {
		return nil, err
	}
	g, err := source.Generator()
	if err != nil {
		return nil, err
	}
	remote, err := p.Remote(ctx, set)
	examiner := evaluator.New(evaluator.Config{Store: p.Store, Judge: j, Settings: set, Holder: by, Now: time.Now})
	return execution.New(execution.Config{
		Store: p.Store, Evaluator: examiner, Generator: g, Remote: remote, Settings: set, By: by, Now: time.Now,
	}), err
}
