package main

import (
	"context"
	"fmt"
	"slices"
	"time"

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
	Queue string      `json:"queue"`
	Live  queue.Depth `json:"messages"`
	Dead  queue.Depth `json:"dead_letters"`
}

func (a *app) queueStatusCommand() *cobra.Command {
	var s stage
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how many messages wait, are under way, or were given up",
		Long: `Show, for each queue of a stage, how many messages wait for a worker, are with
one, are not yet to be delivered, and were set aside because they failed five
times. SQS counts roughly.`,
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
	for _, name := range queueNames {
		live, dead, err := s.depths(ctx, name)
		if err != nil {
			return err
		}
		lines = append(lines, queueLine{name, live, dead})
	}
	if a.json {
		return a.printJSON(map[string]any{"queues": lines})
	}
	t := a.newTable("queue", "waiting", "in flight", "delayed", "dead")
	for _, l := range lines {
		t.AppendRow([]any{l.Queue, l.Live.Waiting, l.Live.Flying, l.Live.Delayed, l.Dead.Total()})
	}
	a.render(t)
	if slices.ContainsFunc(lines, func(l queueLine) bool { return l.Dead.Total() > 0 }) {
		a.printf("\nWhen their cause is mended, `screentest queue redrive` puts dead letters back.\n")
	}
	return nil
}

func (s *stage) depths(ctx context.Context, name string) (live, dead queue.Depth, err error) {
	for part, depth := range map[string]*queue.Depth{name: &live, name + "-dead": &dead} {
		q, err := s.queue(ctx, part)
		if err != nil {
			return live, dead, err
		}
		if *depth, err = q.Depth(ctx); err != nil {
			return live, dead, err
		}
	}
	return live, dead, nil
}

func (a *app) queueRedriveCommand() *cobra.Command {
	var s stage
	var limit int
	cmd := &cobra.Command{
		Use:   "redrive [evaluations | balances]",
		Short: "Put dead letters back into the queue they came from",
		Long: `Put the messages that were set aside back into their queue, of both queues or
of the one that is named. Work that was done meanwhile is not done again, so
doing this once too often costs next to nothing.`,
		Example: "  screentest queue redrive --stage prod\n  screentest queue redrive balances --stage prod --limit 1",
		RunE: func(cmd *cobra.Command, args []string) error {
			names := queueNames
			if len(args) > 0 {
				names = args
			}
			return a.redrive(cmd.Context(), &s, names, limit)
		},
	}
	s.register(cmd.Flags())
	cmd.Flags().IntVar(&limit, "limit", 1_000_000, "messages of each queue to put back at most")
	return a.reports(cmd)
}

func (a *app) redrive(ctx context.Context, s *stage, names []string, limit int) error {
	moved := map[string]int{}
	for _, name := range names {
		if !slices.Contains(queueNames, name) {
			return usageError{fmt.Errorf("there is no queue %q; there are %q", name, queueNames)}
		}
		dead, err := s.queue(ctx, name+"-dead")
		if err != nil {
			return err
		}
		live, err := s.queue(ctx, name)
		if err != nil {
			return err
		}
		if moved[name], err = queue.Move(ctx, dead, live, limit, a.now().Format(time.RFC3339Nano)); err != nil {
			return fmt.Errorf("after %s: %w", plural(moved[name], "message"), err)
		}
	}
	if a.json {
		return a.printJSON(map[string]any{"put_back": moved})
	}
	for _, name := range names {
		a.printf("%s: %s put back.\n", name, plural(moved[name], "message"))
	}
	return nil
}
