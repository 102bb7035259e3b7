package main

import (
	"context"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/evaluator"
	"screentest/pkg/restore"
	"screentest/pkg/run"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/web"
)

// A desk hands the review page what the owner has decided: the settings as they are
// when they are asked for, under the flags of the command.
type desk struct {
	app   *app
	flags *serveFlags
	store store.Store
	by    string
}

// check fails where the page could do nothing as things are.
func (d desk) check(ctx context.Context) error {
	t, err := d.terms(ctx)
	if err != nil {
		return err
	}
	_, err = remote(ctx, d.store, t.Settings.Mirror)
	return err
}

// terms are the web.Config.Terms.
func (d desk) terms(ctx context.Context) (web.Terms, error) {
	set, _, err := d.flags.load(ctx, d.store)
	if err != nil {
		return web.Terms{}, err
	}
	t := web.Terms{
		Settings: set, PictureUSD: source(set, d.app.data, nil).PicturePrice(),
		Restorer: restorer{desk: d, mirror: set.Mirror},
	}
	r := &runner{d.app, d.store, set}
	e, err := r.evaluator()
	if err != nil {
		t.NoRunner = "No run can be started here: " + err.Error() + "."
		return t, nil
	}
	t.Runner, t.Judge = r, e.Judge.ID().Name
	return t, nil
}

// A restorer restores to the tree and to the mirror of the settings, which is
// looked for only then.
type restorer struct {
	desk
	mirror string
}

// Restore implements web.Restorer.
func (r restorer) Restore(ctx context.Context, n actor.Name, s restore.Selection) (restore.Report, error) {
	remote, err := remote(ctx, r.store, r.mirror)
	if err != nil {
		return restore.Report{}, err
	}
	return restore.Config{Store: r.store, Remote: remote, By: r.by, Now: r.app.now}.Restore(ctx, n, s)
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
