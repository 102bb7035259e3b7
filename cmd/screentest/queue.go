package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"screentest/pkg/queue"
)

func (a *app) queueCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "queue",
		Short:   "Look after the queues of a stage on AWS",
		Example: "  screentest queue status --stage prod\n  screentest queue redrive --stage prod",
		Args:    arguments(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.queueStatusCommand(), a.queueRedriveCommand())
	return cmd
}

type queueLine struct {
	Queue string       `json:"queue"`
	Live  *queue.Depth `json:"messages,omitempty"` // nil where events go to a function at once
	Dead  queue.Depth  `json:"dead_letters"`
}

func (a *app) queueStatusCommand() *cobra.Command {
	var s stage
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how many messages wait, are under way, or were given up",
		Long: `Show, for each queue of a stage, how many messages wait for a worker, are with
one, are not yet to be delivered, and were set aside because they failed five
times; and how many events of images and sweeps were, that go to their function
without a queue and failed three times. SQS counts roughly.`,
		Example: "  screentest queue status --stage prod --json",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.queueStatus(cmd.Context(), &s)
		},
	}
	s.register(cmd.Flags())
	return a.reports(cmd)
}

func (a *app) queueStatus(ctx context.Context, s *stage) error {
	var lines []queueLine
	for _, name := range slices.Concat(queueNames, []string{lostEvents}) {
		line, err := s.depths(ctx, name)
		if err != nil {
			return err
		}
		lines = append(lines, line)
	}
	if a.json {
		return a.printJSON(map[string]any{"queues": lines})
	}
	t := a.newTable("queue", "waiting", "in flight", "delayed", "dead")
	for _, l := range lines {
		row := []any{l.Queue, "", "", "", l.Dead.Total()}
		if l.Live != nil {
			row = []any{l.Queue, l.Live.Waiting, l.Live.Flying, l.Live.Delayed, l.Dead.Total()}
		}
		t.AppendRow(row)
	}
	a.render(t)
	if slices.ContainsFunc(lines, func(l queueLine) bool { return l.Dead.Total() > 0 }) {
		a.printf("\nWhen their cause is mended, `screentest queue redrive` puts dead letters back.\n")
	}
	return nil
}

// depths counts a queue and its dead letters.
func (s *stage) depths(ctx context.Context, name string) (queueLine, error) {
	line := queueLine{Queue: name}
	dead, err := s.dead(ctx, name)
	if err != nil {
		return line, err
	}
	if line.Dead, err = dead.Depth(ctx); err != nil || name == lostEvents {
		return line, err
	}
	live, err := s.queue(ctx, name)
	if err != nil {
		return line, err
	}
	depth, err := live.Depth(ctx)
	line.Live = &depth
	return line, err
}
