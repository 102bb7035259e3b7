package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"screentest/pkg/actor"
	"screentest/pkg/ledger"
)

func (a *app) historyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "history ACTOR",
		Short: "Show what was proposed, decided and done about an actor",
		Long: `Show the ledger of an actor, line by line: which plans were proposed, who
approved or rejected them and why, which pictures were ordered and what they
cost, what was placed, moved to the trash, restored or deleted for good. Nothing
in the ledger is ever changed.`,
		Example: "  screentest --data ./data history 0042_black_25_female\n  screentest --data ./data history 0042_black_25_female --json",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.history(cmd.Context(), args[0])
		},
	}
	return a.reports(cmd)
}

func (a *app) history(ctx context.Context, arg string) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	name := actor.Name(arg)
	if err := name.Validate(); err != nil {
		return usageError{err}
	}
	book, err := ledger.Load(ctx, s, name)
	if err != nil {
		return err
	}
	if len(book.Lines) == 0 { // who has left the roster keeps their history
		if _, _, err := a.one(ctx, arg); err != nil {
			return err
		}
	}
	if a.json {
		lines := book.Lines
		if lines == nil {
			lines = []ledger.Line{}
		}
		return a.printJSON(map[string]any{"actor": name, "lines": lines})
	}
	if len(book.Lines) == 0 {
		a.printf("Nothing was ever proposed for %s.\n", printable(arg))
	}
	for _, line := range book.Lines {
		a.printf("%s\n", printable(describe(line)))
	}
	return nil
}

// describe tells a line of the ledger on one line: when, what, by whom, why.
func describe(l ledger.Line) string {
	words := []string{fmt.Sprintf("%3d  %s  %-8s", l.N, l.At.Local().Format(time.DateTime), l.Act)}
	add := func(format string, value string) {
		if value != "" {
			words = append(words, fmt.Sprintf(format, value))
		}
	}
	if l.Plan != nil {
		add("plan %s", l.Proposal)
		words = append(words, fmt.Sprintf("delete %d, generate %s,", len(l.Plan.Delete), mix(l.Plan.Generate)))
	} else if l.Step == "" {
		add("plan %s", l.Proposal)
	}
	add("%s", l.File)
	if l.File == "" && l.Step != "" {
		_, step, _ := strings.Cut(l.Step, "/")
		add("%s", step)
	}
	add("prompt %s", l.Prompt)
	add("from %s", l.Generator)
	if l.Try > 1 {
		add("try %s", fmt.Sprint(l.Try))
	}
	if l.USD > 0 {
		add("$%s", fmt.Sprintf("%.4f", l.USD))
	}
	if len(l.SHA256) > 12 {
		add("sha256 %s", l.SHA256[:12])
	}
	add("to %s", string(l.To))
	add("by %s", l.By)
	add("(%s)", l.Why)
	return strings.Join(words, " ")
}
