// Package web serves the review page: the overview, the contact sheets, live
// progress, and what people do there. Its pages are those of package page.
//
// Reading changes nothing but the thumbnails that are kept. Acts are POSTs that
// carry a token which only our own pages know. Without a login token only
// requests that name this machine are answered, so that a foreign site cannot
// reach in by renaming itself; with one, everybody signs in. What a person decides
// is on the record (package decision) before the answer leaves.
package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"screentest/pkg/album"
	"screentest/pkg/page"
	"screentest/pkg/run"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/thumbnail"
)

// A Runner evaluates every actor as a run that changes no image. begun is told the
// run, seen every outcome once it is on the record. It returns nil when every
// actor has an outcome, and otherwise why it stopped; when ctx ends it stops as
// soon as what is under way is recorded.
type Runner interface {
	Run(ctx context.Context, begun func(run.Run), seen func(run.Outcome)) error
}

// Terms are what the owner has decided, and who works by it.
type Terms struct {
	Settings settings.Settings
	Runner   Runner // nil where nobody can judge
	Judge    string // by whom the Runner judges
	NoRunner string // why there is none, for people
	Restorer Restorer
	// PictureUSD is what one generated picture is expected to cost; 0 shows no price.
	PictureUSD float64
}

// Config are the parts of a Server.
type Config struct {
	Store store.Store
	// Terms returns what is in force. It is asked for every page, act and run, for
	// the owner may have narrowed a limit since; where it fails nothing is done.
	Terms    func(context.Context) (Terms, error)
	By       string // who decides: the name on the record
	Login    string // token that everybody signs in with; "" where only this machine is answered
	Now      func() time.Time
	Log      *slog.Logger
	PageSize int // actors on a page of the overview; 0 for 300
}

// A Server is the review page. It is safe for concurrent use.
type Server struct {
	Config
	album  *album.Album
	maker  *thumbnail.Maker
	site   page.Site
	policy string
	routes *http.ServeMux
	runs   runs
	hashes hashes

	mu       sync.Mutex
	shown    album.View // the latest look
	lookedAt time.Time
}

// New returns a server. Runs that are started on its pages end with ctx.
func New(ctx context.Context, c Config) *Server {
	if c.PageSize == 0 {
		c.PageSize = 300
	}
	s := &Server{
		Config: c, album: album.New(c.Store), maker: thumbnail.New(c.Store, settings.Images{}),
		site:   page.Site{Live: true, Token: rand.Text(), Version: page.AssetVersion()},
		policy: "default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; script-src " + page.ScriptHash(),
	}
	s.runs = runs{server: s, life: ctx}
	s.route()
	return s
}

func (s *Server) route() {
	s.routes = http.NewServeMux()
	read := func(pattern string, h handler) { s.routes.Handle("GET "+pattern, s.answer(h)) }
	act := func(pattern string, h handler) { s.routes.Handle("POST "+pattern, s.guard(h)) }
	read("/{$}", s.overview)
	read("/actors/{name}", s.sheet)
	read("/t/{name}/{file}", s.thumbnail)
	read("/images/{name}/{sha256}", s.image)
	read("/progress", s.progress)
	act("/actors/{name}/decide", s.decide)
	act("/actors/{name}/plan", s.plan)
	act("/actors/{name}/restore", s.restore)
	act("/run", s.startOrStop)
	s.routes.Handle("GET /assets/", immutable(http.StripPrefix("/assets/", http.FileServerFS(page.Assets()))))
	s.routes.Handle("POST /login", s.answer(s.login))
	read("/", func(http.ResponseWriter, *http.Request) error { return errNoPage })
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", s.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	s.admit(w, r)
}

// terms returns what the owner has decided by now.
func (s *Server) terms(ctx context.Context) (Terms, error) {
	t, err := s.Terms(ctx)
	if err != nil {
		return t, fmt.Errorf("%w: %w", errSettings, err)
	}
	return t, nil
}

// priced is the site with what a picture costs.
func (s *Server) priced(t Terms) page.Site {
	site := s.site
	site.PictureUSD = t.PictureUSD
	return site
}

// Wait returns when the run that was started here, if any, has ended.
func (s *Server) Wait() { s.runs.group.Wait() }

// freshFor is how old what the overview shows may be: it takes some listings to
// look again. What was done on these pages shows at once.
const freshFor = time.Second

// look returns the album as it stood at most age ago.
func (s *Server) look(ctx context.Context, age time.Duration) (album.View, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.Now(); s.lookedAt.IsZero() || now.Sub(s.lookedAt) > age {
		view, err := s.album.Look(ctx)
		if err != nil {
			return album.View{}, err
		}
		s.shown, s.lookedAt = view, now
	}
	return s.shown, nil
}

// changed makes the next look a new one.
func (s *Server) changed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lookedAt = time.Time{}
}
