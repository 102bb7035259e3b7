package web_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/run"
	"screentest/pkg/settings"
	"screentest/pkg/web"
)

// A balance on the command line is watched on the page like a run.
func TestABalanceIsWatched(t *testing.T) {
	tree := tree(t)
	s := open(t, tree, nil)
	_, err := run.Start(t.Context(), tree, run.Run{Mode: run.Execute, Actors: []actor.Name{ada, "bob"}}, false, time.Unix(2e9-60, 0))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/progress"} {
		if got := s.get(path); !strings.Contains(got, "Performing plans: <b>0</b> of 2 actors") || strings.Contains(got, "evaluated,") {
			t.Errorf("%s does not tell of the balance: %s", path, got)
		}
	}
}

// A silent runner is started and has not said yet what it will do.
type silent struct{}

func (silent) Run(ctx context.Context, _ func(run.Run), _ func(run.Outcome)) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestARunThatBeginsIsNotCalledNone(t *testing.T) {
	s := open(t, tree(t), func(c *setup) { c.Runner, c.Judge = silent{}, "fake" })
	s.post("/run", url.Values{"act": {"start"}})
	if got := s.get("/progress"); strings.Contains(got, "No run yet") || !strings.Contains(got, "The run begins") || !strings.Contains(got, "Stop the run") {
		t.Errorf("it is said: %s", got)
	}
	s.post("/run", url.Values{"act": {"stop"}})
	s.server.Wait()
}

// A page whose server is gone, or does not know the reader any more, says so.
func TestAPageSaysThatItsServerIsAway(t *testing.T) {
	b := browse(t)
	c := setup{
		Config: web.Config{Store: tree(t), By: "mia", Now: time.Now, Log: slog.New(slog.DiscardHandler)},
		Terms:  web.Terms{Settings: settings.Default()},
	}
	var status atomic.Int32
	handler := c.serve(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s := status.Load(); s != 0 {
			w.WriteHeader(int(s))
			return
		}
		handler.ServeHTTP(w, r)
	}))
	b.open(server.URL)
	says := func(text string) {
		b.t.Helper()
		b.wait(`document.getElementById("away").textContent.includes("` + text + `")`)
	}
	status.Store(401)
	says("not signed in")
	status.Store(500)
	says("(500)")
	status.Store(0)
	b.wait(`document.getElementById("away").hidden`)
	server.CloseClientConnections()
	server.Close()
	says("does not answer")
}
