package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"screentest/pkg/cost"
	"screentest/pkg/evaluator"
	"screentest/pkg/note"
	"screentest/pkg/restore"
	"screentest/pkg/run"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/web"
)

type serveFlags struct {
	overrides
	addr, by string
}

func (a *app) serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the review page: look, overrule, approve, watch",
		Long: `Serve the contact sheets of all actors as live pages. There people overrule
verdicts (keep this, condemn that, this is a drawing), which every later plan
respects, approve and reject plans, bring images back from the trash, and start
a run and watch it. Plans are performed by balance alone. Looking changes nothing.

Bound to this machine, which is the default, nobody signs in. On any other
address everybody signs in with a token: the one in SCREENTEST_TOKEN, or else a
new one, which is printed. Put a proxy with TLS in front of it there.`,
		Example: "  screentest --data ./data serve\n  screentest --data ./data serve --judge offline --as mia\n" +
			"  SCREENTEST_TOKEN=… screentest --data s3://bucket/prefix serve --addr 0.0.0.0:8080",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.serve(cmd.Context(), &f)
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().StringVar(&f.addr, "addr", "127.0.0.1:8080", "the address to listen on")
	cmd.Flags().StringVar(&f.by, "as", "", "the name under which decisions are recorded (default: of the user)")
	return cmd
}

func (a *app) serve(ctx context.Context, f *serveFlags) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	set, _, err := f.load(ctx, s)
	if err != nil {
		return err
	}
	by := cmp.Or(f.by, person())
	if err := note.Check(by, ""); err != nil {
		return usageError{hint(fmt.Errorf("--as: %w", err), "say --as NAME, in at most %d bytes", note.MaxName)}
	}
	listener, err := listen(f.addr)
	if err != nil {
		return err
	}
	token, told, err := login(listener.Addr())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	config := web.Config{
		Store: s, Settings: set, By: by, Now: a.now, Login: token,
		Log: slog.New(slog.NewTextHandler(a.stderr, nil)), PictureUSD: source(set, a.data, nil).PicturePrice(),
	}
	remote, err := remote(ctx, s, set.Mirror)
	if err != nil {
		return err
	}
	config.Restorer = restore.Config{Store: s, Remote: remote, By: config.By, Now: a.now}
	a.addRunner(&config, s, set)
	server := web.New(ctx, config)
	a.printf("Review page: %s (Ctrl-C stops it)\n", whereTo(f.addr, listener.Addr()))
	a.printf("%s", told)
	return serveUntil(ctx, listener, server)
}

// listen listens on addr. One that makes no sense here is wrong usage; one that
// somebody else has is a failure.
func listen(addr string) (net.Listener, error) {
	if addr == "" {
		return nil, usageError{hint(errors.New("--addr is empty"), "say HOST:PORT, such as 127.0.0.1:8080")}
	}
	listener, err := net.Listen("tcp", addr)
	if err == nil {
		return listener, nil
	}
	err = fmt.Errorf("--addr %s: %w", addr, err)
	if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EACCES) {
		return nil, hint(err, "name another port; --addr 127.0.0.1:0 takes a free one")
	}
	return nil, usageError{hint(err, "say HOST:PORT, such as 127.0.0.1:8080, or 0.0.0.0:8080 for every address of this machine")}
}

// whereTo says where a browser on this machine finds what listens on addr, as it was
// asked for and as it came about, and how far that reaches where it is every address.
func whereTo(addr string, bound net.Addr) string {
	host, _, _ := net.SplitHostPort(addr)
	_, port, _ := net.SplitHostPort(bound.String())
	ip := net.ParseIP(host)
	if host != "" && (ip == nil || !ip.IsUnspecified()) {
		return "http://" + net.JoinHostPort(host, port) + "/"
	}
	here := "127.0.0.1"
	if ip != nil && ip.To4() == nil {
		here = "::1"
	}
	return fmt.Sprintf("http://%s/ here, and every other address of this machine, as %s says", net.JoinHostPort(here, port), net.JoinHostPort(host, port))
}

// addRunner lets the page start runs, if there is a judge.
func (a *app) addRunner(c *web.Config, s store.Store, set settings.Settings) {
	r := &runner{a, s, set}
	e, err := r.evaluator()
	if err != nil {
		c.NoRunner = "No run can be started here: " + err.Error() + "."
		return
	}
	c.Runner, c.Judge = r, e.Judge.ID().Name
}

// serveUntil serves until ctx ends, then finishes what is under way.
func serveUntil(ctx context.Context, listener net.Listener, server *web.Server) error {
	h := &http.Server{
		Handler: server, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute,
		WriteTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute,
	}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := h.Shutdown(grace)
	server.Wait()
	if errors.Is(err, context.DeadlineExceeded) {
		return nil // a browser that would not let go
	}
	return err
}

// runner evaluates all actors for the review page.
type runner struct {
	app      *app
	store    store.Store
	settings settings.Settings
}

// evaluator returns the evaluator of one run, which may spend as much as one
// command.
func (r *runner) evaluator() (*evaluator.Evaluator, error) {
	j, err := newJudge(r.settings, r.app.data, cost.NewBudget(r.settings.Run.MaxCost))
	if err != nil {
		return nil, err
	}
	return evaluator.New(evaluator.Config{
		Store: r.store, Judge: j, Settings: r.settings, Holder: "screentest serve", Now: r.app.now,
	}), nil
}

// Run implements web.Runner.
func (r *runner) Run(ctx context.Context, begun func(run.Run), seen func(run.Outcome)) error {
	e, err := r.evaluator()
	if err != nil {
		return err
	}
	actors, err := r.app.selection(ctx, r.store, nil)
	if err != nil {
		return err
	}
	started, err := r.app.start(ctx, r.store, e, actors)
	if err != nil {
		return err
	}
	begun(started)
	_, err = r.app.goOver(ctx, r.store, e, started, actors, seen)
	return err
}
