// Command screentest judges the training images of every actor of a roster, says
// what each set lacks, and keeps the record. See doc.go at the top of the module
// for a tour and `screentest --help` for the commands.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"screentest/pkg/store"
	"screentest/pkg/store/dir"
	"screentest/pkg/store/s3"
)

// Exit statuses.
const (
	statusOK      = 0
	statusFailed  = 1 // the command failed
	statusUsage   = 2 // wrong usage
	statusPartial = 3 // done, but some actors failed
)

func main() {
	// After the first Ctrl-C the command stops in its own time; a second one
	// finds the default behaviour restored and ends the process at once.
	ctx, stop := signal.NotifyContext(context.Background(), stopping()...)
	context.AfterFunc(ctx, func() {
		stop()
		fmt.Fprintln(os.Stderr, "\nstopping as soon as what is under way is recorded; Ctrl-C again to stop at once")
	})
	os.Exit(execute(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// stopping are the signals that end a command in its own time. The end of the
// terminal or of a connection is one, unless the command was started to outlive
// it, as by nohup.
func stopping() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// execute runs one command line and returns the exit status.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	a := &app{stdin: os.Stdin, stdout: stdout, stderr: stderr, now: time.Now}
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = hint(errors.New("interrupted"), "run the same command again to go on")
	}
	if err != nil {
		printFailure(stderr, err)
	}
	return status(err)
}

// A usageError is about how the command was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// A partialError says that the command did its work and some actors failed.
type partialError struct{ error }

func (e partialError) Unwrap() error { return e.error }

func status(err error) int {
	var usage usageError
	var partial partialError
	switch {
	case err == nil:
		return statusOK
	case errors.As(err, &usage):
		return statusUsage
	case errors.As(err, &partial):
		return statusPartial
	}
	return statusFailed
}

// app is what the commands share.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time
	data           string // --data
	dataGiven      bool   // somebody has said it
	json           bool   // --json
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "screentest",
		Short: "Keeps the training sets of synthetic actors fit to train on",
		Long: `screentest judges every training image of every actor, says what each actor's
set lacks, and, only when told to, makes it right: bad and surplus images to the
trash, missing ones generated, with images, manifest and record agreeing.

Exit status: 0 all well, 1 the command failed, 2 wrong usage, 3 done but some actors failed.`,
		Example: `  screentest sample ./data
  screentest --data ./data migrate
  screentest --data ./data evaluate --all --judge offline
  screentest --data ./data balance 0000_nordic_21_female
  screentest --data ./data history 0000_nordic_21_female
  screentest --data ./data restore --all
  screentest --data s3://bucket/prefix actors`,
		Args:             arguments(cobra.NoArgs),
		SilenceErrors:    true,
		SilenceUsage:     true,
		PersistentPreRun: func(cmd *cobra.Command, _ []string) { a.dataGiven = cmd.Flags().Changed("data") },
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{hint(err, "see `%s --help`", cmd.CommandPath())}
	})
	root.PersistentFlags().StringVar(&a.data, "data", "data", "the data tree: a directory, or s3://bucket/prefix")
	root.AddCommand(a.actorsCommand(), a.migrateCommand(), a.evaluateCommand(), a.balanceCommand(), a.rejectCommand(), a.historyCommand(),
		a.restoreCommand(), a.trashCommand(), a.verifyCommand(), a.progressCommand(), a.reportCommand(), a.serveCommand(),
		a.scoreCommand(), a.sampleCommand(), a.configCommand(),
		a.sweepCommand(), a.queueCommand(), a.explainCommand(), a.estimateCommand())
	return root
}

// arguments makes the errors of a check of positional arguments wrong usage.
func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{hint(err, "see `%s --help`", cmd.CommandPath())}
		}
		return nil
	}
}

// reports gives a command the --json flag.
func (a *app) reports(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().BoolVar(&a.json, "json", false, "print one JSON document instead of text")
	return cmd
}

// open returns the store that --data names.
func (a *app) open(ctx context.Context) (store.Store, error) {
	if strings.HasPrefix(a.data, s3.Scheme) {
		s, err := s3.Open(ctx, a.data)
		if err != nil {
			return nil, fmt.Errorf("--data %s: %w", a.data, err)
		}
		return s, nil
	}
	if scheme, _, found := strings.Cut(a.data, "://"); found {
		return nil, usageError{hint(fmt.Errorf("--data %s: %s is not known here", a.data, scheme), "name a directory or s3://bucket/prefix")}
	}
	s, err := dir.Open(a.data)
	if err != nil {
		return nil, hint(fmt.Errorf("--data %s: %w", a.data, err), "name the directory that holds actorsData.json, or make one with `screentest sample %s`", a.data)
	}
	return s, nil
}
