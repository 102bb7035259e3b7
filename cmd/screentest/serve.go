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

	"screentest/pkg/note"
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
	desk := desk{app: a, flags: f, store: s, by: cmp.Or(f.by, person())}
	if err := desk.check(ctx); err != nil {
		return err
	}
	by := desk.by
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
		Store: s, Terms: desk.terms, By: by, Now: a.now, Login: token,
		Log: slog.New(slog.NewTextHandler(a.stderr, nil)),
	}
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
