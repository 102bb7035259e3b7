package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"screentest/pkg/page"
	"screentest/pkg/run"
)

// runs knows the run that was started here and the latest on record.
type runs struct {
	server *Server
	life   context.Context // a run outlives the request that starts it
	group  sync.WaitGroup

	mu       sync.Mutex
	stop     context.CancelFunc // nil while no run is under way here
	stopping bool
	failure  string // why the last run here stopped
	here     run.Run
	outcomes []run.Outcome // of the run here

	read   run.Progress // of the run on record
	readAt time.Time
}

// rereadAfter is how often the record of a run that goes on elsewhere is read: it
// is one object for each actor.
const rereadAfter = 5 * time.Second

// show returns the latest run as the pages show it.
func (r *runs) show(ctx context.Context, t Terms) (*page.Run, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.server
	shown := &page.Run{Site: s.site, Here: r.stop != nil, Stopping: r.stopping, Error: r.failure, Why: t.NoRunner}
	if t.Runner != nil {
		shown.Judge = t.Judge
	}
	if r.stop != nil {
		shown.Progress = r.here.Summarize(r.outcomes, s.Now())
		return shown, nil
	}
	err := r.reread(ctx)
	shown.Progress = r.read
	return shown, err
}

// reread brings what is known of the run on record up to date.
func (r *runs) reread(ctx context.Context) error {
	now := r.server.Now()
	latest, err := run.Current(ctx, r.server.Store, now)
	switch {
	case err != nil:
		return err
	case latest == nil:
		r.read = run.Progress{}
		return nil
	case latest.ID == r.read.ID && latest.Mode == r.read.Mode && latest.EndedAt.Equal(r.read.EndedAt) && latest.StoppedAt.Equal(r.read.StoppedAt) &&
		(r.read.Over() || now.Sub(r.readAt) < rereadAfter):
		return nil
	}
	r.read, err = latest.Progress(ctx, r.server.Store, now)
	r.readAt = now
	return err
}

func (s *Server) progress(w http.ResponseWriter, r *http.Request) error {
	terms, err := s.terms(r.Context())
	if err != nil {
		return err
	}
	shown, err := s.runs.show(r.Context(), terms)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, shown.Render)
}

func (s *Server) startOrStop(w http.ResponseWriter, r *http.Request) error {
	var err error
	switch act := r.PostForm.Get("act"); act {
	case "start":
		var terms Terms
		if terms, err = s.terms(r.Context()); err == nil {
			err = s.runs.start(terms)
		}
	case "stop":
		s.runs.cancel()
	default:
		err = fmt.Errorf("%w: %q is nothing that a run can do", errMalformed, act)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.site.Home()+strings.TrimSuffix(page.ParseFilter(cameFrom(r)).Address(), "?"), http.StatusSeeOther)
	return nil
}

// cameFrom returns the filter of the overview that the form stands on.
func cameFrom(r *http.Request) url.Values {
	at, err := url.Parse(r.Referer())
	if err != nil {
		return nil
	}
	return at.Query()
}

// start starts a run where none is under way here.
func (r *runs) start(t Terms) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case t.Runner == nil:
		return fmt.Errorf("%w: %s", errBusy, t.NoRunner)
	case r.stop != nil:
		return nil // a second tab, or a second click: what was wanted is so
	}
	ctx, stop := context.WithCancel(r.life)
	r.stop, r.stopping, r.failure, r.outcomes, r.here = stop, false, "", nil, run.Run{}
	r.group.Go(func() {
		err := t.Runner.Run(ctx, r.begun, r.seen)
		r.ended(err)
	})
	return nil
}

func (r *runs) cancel() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop != nil {
		r.stopping = true
		r.stop()
	}
}

func (r *runs) begun(started run.Run) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.here = started
}

func (r *runs) seen(o run.Outcome) {
	r.server.changed()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outcomes = append(r.outcomes, o)
}

func (r *runs) ended(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stop()
	r.stop, r.readAt, r.read = nil, time.Time{}, run.Progress{}
	switch {
	case errors.Is(err, context.Canceled):
		r.failure = "The run was stopped; starting it again goes on from there."
	case err != nil:
		r.failure = err.Error()
		r.server.Log.Error("run stopped", "error", err)
	}
}
