package worker

import (
	"context"
	"log/slog"

	"screentest/pkg/actor"
	"screentest/pkg/event"
	"screentest/pkg/metric"
	"screentest/pkg/queue"
	"screentest/pkg/run"
	"screentest/pkg/sweep"
)

// Uploads asks for the evaluation of actors whose images have changed. It looks
// at nothing but the event, so that it costs a request to the queue and no more:
// whether the object is still there, and the actor in the roster, the evaluator
// sees. Objects of others, and our own, are passed over, so that nothing that the
// product writes can make it run in a circle.
type Uploads struct {
	Bucket, Prefix string // of the tree
	Mode           run.Mode
	Queue          sweep.Sender
	Metrics        *metric.Log
	Log            *slog.Logger
}

// Handle fails only where the queue does: the event then comes again. What cannot
// be understood would not be understood next time either.
func (u *Uploads) Handle(ctx context.Context, payload []byte) error {
	changes, problems, err := event.Changes(payload)
	if err != nil {
		problems = append(problems, err)
	}
	for _, problem := range problems {
		u.Metrics.Write(metric.Values{metric.Malformed: 1}, map[string]any{"error": problem.Error()})
		u.Log.WarnContext(ctx, "event", "end", "malformed", "error", problem.Error())
	}
	var messages []queue.Message
	for _, c := range changes {
		key, inside := c.In(u.Bucket, u.Prefix)
		name, owned := actor.Owner(key)
		if !inside || !owned {
			u.Log.InfoContext(ctx, "event", "end", "passed over", "bucket", c.Bucket, "object", c.Object)
			continue
		}
		u.Log.InfoContext(ctx, "event", "end", "asked for", "actor", name, "object", c.Object)
		messages = append(messages, event.Job{Kind: event.Evaluate, Actor: name, Mode: u.Mode, Cause: c.ID}.Message())
	}
	return u.Queue.Send(ctx, messages...)
}
