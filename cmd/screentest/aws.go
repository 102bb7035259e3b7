package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"screentest/pkg/queue/sqs"

	"github.com/spf13/pflag"
)

// A stage is what was deployed under one name.
type stage struct{ name string }

func (s *stage) register(flags *pflag.FlagSet) {
	flags.StringVar(&s.name, "stage", os.Getenv("SCREENTEST_STAGE"), "the stage that was deployed (SCREENTEST_STAGE)")
}

// resource is the name of a part of the stage, as the stack gives it.
func (s *stage) resource(part string) (string, error) {
	if s.name == "" {
		return "", usageError{errors.New("which stage? say --stage dev, or set SCREENTEST_STAGE")}
	}
	return "screentest-" + s.name + "-" + part, nil
}

// The queues of a stage, each with dead letters.
var queueNames = []string{"evaluations", "balances"}

// lostEvents names the dead letters of events, which go to a function without a
// queue.
const lostEvents = "events"

// queue finds a queue of the stage.
func (s *stage) queue(ctx context.Context, name string) (*sqs.Queue, error) {
	return s.find(ctx, name+".fifo")
}

// dead finds the dead letters of a queue, or of events.
func (s *stage) dead(ctx context.Context, name string) (*sqs.Queue, error) {
	if name == lostEvents {
		return s.find(ctx, name+"-dead")
	}
	return s.find(ctx, name+"-dead.fifo")
}

func (s *stage) find(ctx context.Context, part string) (*sqs.Queue, error) {
	name, err := s.resource(part)
	if err != nil {
		return nil, err
	}
	return sqs.Find(ctx, name)
}

// A machine is the state machine of a stage.
type machine struct {
	client *sfn.Client
	arn    string
}

// machine finds the state machine of the sweep.
func (s *stage) machine(ctx context.Context) (*machine, error) {
	name, err := s.resource("sweep")
	if err != nil {
		return nil, err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the AWS configuration: %w", err)
	}
	client := sfn.NewFromConfig(cfg)
	pages := sfn.NewListStateMachinesPaginator(client, &sfn.ListStateMachinesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("find the state machine %s: %w", name, err)
		}
		for _, m := range page.StateMachines {
			if aws.ToString(m.Name) == name {
				return &machine{client, aws.ToString(m.StateMachineArn)}, nil
			}
		}
	}
	return nil, hint(fmt.Errorf("%w: there is no state machine %s in this account and region", errNoStage, name), "check --stage and AWS_REGION, or deploy it")
}

// start starts an execution, whose name is that of the run, and stays until it is
// plain that the state machine does not refuse it at once.
func (m *machine) start(ctx context.Context, run, input string) error {
	_, err := m.client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &m.arn, Name: &run, Input: &input})
	if err != nil {
		return fmt.Errorf("start the sweep: %w", err)
	}
	for wait := 100 * time.Millisecond; wait < 2*time.Second; wait *= 2 {
		select {
		case <-ctx.Done():
			return nil // it has started
		case <-time.After(wait):
		}
		if err := m.refusal(ctx, run); err != nil {
			return err
		}
	}
	return nil
}

// refusal is the error with which an execution has ended already. Where that
// cannot be told there is none: it has started, and its end comes on record.
func (m *machine) refusal(ctx context.Context, run string) error {
	out, err := m.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: m.execution(run)})
	if err != nil || out.Status != types.ExecutionStatusFailed {
		return nil
	}
	if aws.ToString(out.Error) == "AnotherSweep" {
		return hint(fmt.Errorf("sweep %s was refused: another sweep is running", run), hintRunning)
	}
	return fmt.Errorf("sweep %s was refused: %s: %s", run, aws.ToString(out.Error), aws.ToString(out.Cause))
}

// execution names the execution of a run.
func (m *machine) execution(run string) *string {
	return aws.String(strings.Replace(m.arn, ":stateMachine:", ":execution:", 1) + ":" + run)
}

// running returns the runs whose executions are under way, the newest first.
func (m *machine) running(ctx context.Context) ([]string, error) {
	var runs []string
	pages := sfn.NewListExecutionsPaginator(m.client, &sfn.ListExecutionsInput{StateMachineArn: &m.arn, StatusFilter: types.ExecutionStatusRunning})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("look for sweeps that run: %w", err)
		}
		for _, e := range page.Executions {
			runs = append(runs, aws.ToString(e.Name))
		}
	}
	return runs, nil
}

// stop ends the execution of a run; one that has ended stays as it is.
func (m *machine) stop(ctx context.Context, run, why string) error {
	_, err := m.client.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: m.execution(run), Cause: &why})
	var gone *types.ExecutionDoesNotExist
	switch {
	case errors.As(err, &gone):
		return hint(fmt.Errorf("sweep %s is stopped on record, but there is no execution %s", run, *m.execution(run)),
			"if it was started by another stage, name that with --stage")
	case err != nil:
		return fmt.Errorf("stop the execution %s: %w", *m.execution(run), err)
	}
	return nil
}
