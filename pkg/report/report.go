// Package report writes what is known of the actors as a static site, with the
// same figures as CSV and JSON beside it. The site needs no server and asks no
// other host for anything: it works from a file system, an archive or a bucket.
//
// It reads the tree and writes thumbnails into it, which are kept for the next
// report and for the review page; the site itself goes where the caller says.
package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"golang.org/x/sync/errgroup"

	"screentest/pkg/actor"
	"screentest/pkg/album"
	"screentest/pkg/evaluation"
	"screentest/pkg/ledger"
	"screentest/pkg/page"
	"screentest/pkg/run"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/thumbnail"
)

// perPage is how many actors one page of the overview of a report shows.
const perPage = 500

// workers is how many actors are written at once.
const workers = 8

// A Config says what to report and where to.
type Config struct {
	Store    store.Store
	Settings settings.Settings
	Now      time.Time
	// Write puts one file of the site in place, whole or not at all. Names are
	// slash-separated; it is called from several goroutines.
	Write func(name string, content []byte) error
	// Seen is told how many of the actors are written, one call at a time.
	Seen func(done, total int)
	// PictureUSD is what one generated picture is expected to cost; 0 shows no price.
	PictureUSD float64
}

// A Result is what a report holds.
type Result struct {
	Actors     int   `json:"actors"`
	Images     int   `json:"images"`
	Thumbnails int   `json:"thumbnails"`
	Bytes      int64 `json:"bytes"`
	// Unshown are images without a thumbnail, each with the reason; broken ones
	// are expected and not among them.
	Unshown []actor.Problem `json:"unshown"`
}

// Make writes the report. It fails where the roster cannot be read or a file cannot
// be written; what is wrong with one image or actor is in the result.
func Make(ctx context.Context, c Config) (Result, error) {
	view, err := album.New(c.Store).Look(ctx)
	if err != nil {
		return Result{}, err
	}
	w := &writer{Config: c, maker: thumbnail.New(c.Store, c.Settings.Images), shots: map[string]*shot{}}
	w.result.Unshown = []actor.Problem{}
	overview := page.NewOverview(page.Site{PictureUSD: c.PictureUSD}, view, page.Filter{Sort: page.ByNeed, Page: 1}, perPage, c.Settings.Target)
	if err := w.actors(ctx, overview.Entries); err != nil {
		return Result{}, err
	}
	if err := w.tables(); err != nil {
		return Result{}, err
	}
	if err := w.assets(); err != nil {
		return Result{}, err
	}
	if overview.Run, err = latest(ctx, c); err != nil {
		return Result{}, err
	}
	overview.Made = c.Now
	return w.result, w.overview(overview) // last, so that no link leads nowhere
}

func latest(ctx context.Context, c Config) (*page.Run, error) {
	r, err := run.Current(ctx, c.Store, c.Now)
	if err != nil || r == nil {
		return nil, err
	}
	progress, err := r.Progress(ctx, c.Store, c.Now)
	return &page.Run{Progress: progress}, err
}

func (w *writer) overview(o page.Overview) error {
	for n := 1; n <= o.Pages(); n++ {
		o.Filter.Page = n
		var b bytes.Buffer
		if err := o.Render(&b); err != nil {
			return err
		}
		if err := w.write(page.IndexFile(n), b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// actors writes the pages of all actors and collects the rows of the tables.
func (w *writer) actors(ctx context.Context, entries []album.Entry) error {
	w.rows = make([]Row, len(entries))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for i, entry := range entries {
		group.Go(func() error {
			if err := w.actor(ctx, entries, i); err != nil {
				return fmt.Errorf("report on %s: %w", entry.Actor.Name, err)
			}
			w.seen(len(entries))
			return nil
		})
	}
	return group.Wait()
}

func (w *writer) actor(ctx context.Context, entries []album.Entry, i int) error {
	entry := entries[i]
	sheet := page.Sheet{Site: page.Site{Root: "../", PictureUSD: w.PictureUSD}, Member: entry.Actor, Problem: entry.Problem}
	if i > 0 {
		sheet.Previous = entries[i-1].Actor.Name
	}
	if i+1 < len(entries) {
		sheet.Next = entries[i+1].Actor.Name
	}
	book, err := ledger.Load(ctx, w.Store, entry.Actor.Name)
	if err != nil {
		sheet.Problems = append(sheet.Problems, err.Error())
	}
	if err := w.people(ctx, &sheet); err != nil {
		return err
	}
	e, _, err := evaluation.Load(ctx, w.Store, entry.Actor.Name)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		sheet.Problem = err.Error()
	case e != nil:
		sheet.Evaluation = e
		if sheet.Missing, err = w.thumbnails(ctx, *e); err != nil {
			return err
		}
	}
	if latest, ok := book.Latest(); ok {
		sheet.Propose(latest)
	}
	if !w.has(entry.Cover.SHA256) {
		entries[i].Cover = album.Cover{}
	}
	w.rows[i] = newRow(entry, sheet.Evaluation)
	var b bytes.Buffer
	if err := sheet.Render(&b); err != nil {
		return err
	}
	return w.write("actors/"+string(entry.Actor.Name)+".html", b.Bytes())
}

func (w *writer) assets() error {
	return fs.WalkDir(page.Assets(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(page.Assets(), name)
		return errors.Join(err, w.write("assets/"+name, content))
	})
}
