package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"screentest/pkg/actor"
	"screentest/pkg/mirror"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/verify"
)

func (a *app) verifyCommand() *cobra.Command {
	var repair bool
	var where string
	cmd := &cobra.Command{
		Use:   "verify [ACTOR...]",
		Short: "Prove that images, manifests, mirror, trash and ledger agree",
		Long: `Read every image of the named actors, or of all, and compare it with the training
manifest, the mirror, the trash and the ledger. What disagrees is listed, with
every image that was in a set on record and is nowhere, and the exit status is 3.
With --repair what has one right answer is mended, and it is said what is left
and why. No image is overwritten or deleted.`,
		Example: "  screentest --data ./data verify\n  screentest --data ./data verify --repair --mirror s3://bucket/prefix",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.verify(cmd.Context(), args, where, repair)
		},
	}
	cmd.Flags().BoolVar(&repair, "repair", false, "mend what has one right answer")
	registerMirror(cmd.Flags(), &where)
	return a.reports(cmd)
}

// verifyReport is what `verify` prints.
type verifyReport struct {
	Actors   int             `json:"actors"`
	Images   int             `json:"images"`
	Mended   int             `json:"mended"`
	Findings int             `json:"findings"`
	Problems []actor.Problem `json:"problems"` // what could not be verified
	Reports  []verify.Report `json:"reports"`  // of actors with something to tell
}

func (a *app) verify(ctx context.Context, args []string, where string, repair bool) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	r, err := a.remoteOf(ctx, s, where)
	if err != nil {
		return err
	}
	actors, problems, err := verify.Actors(ctx, s)
	if err != nil {
		return err
	}
	if len(args) > 0 {
		roster, err := actor.LoadRoster(ctx, s)
		if err != nil {
			return err
		}
		if actors, err = named(roster, args); err != nil {
			return err
		}
		problems = nil
	}
	look := verify.Actor
	if repair {
		look = verify.Repair
	}
	c := verify.Config{Store: s, Remote: r, By: person(), Now: a.now}
	report, err := a.verifyAll(ctx, actors, func(ctx context.Context, member actor.Actor) (verify.Report, error) { return look(ctx, c, member) })
	if err != nil {
		return err
	}
	a.warn(actor.Detection{Problems: problems})
	return a.printVerify(report)
}

// remoteOf is remote for commands that change no other setting.
func (a *app) remoteOf(ctx context.Context, s store.Store, where string) (mirror.Remote, error) {
	set, _, err := settings.Load(ctx, s)
	if err != nil {
		return mirror.Remote{}, usageError{err}
	}
	if where != "" {
		set.Mirror = where
	}
	return remote(ctx, s, set.Mirror)
}

// verifyAll looks at the actors, as many at once as there are processors.
func (a *app) verifyAll(ctx context.Context, actors []actor.Actor, look func(context.Context, actor.Actor) (verify.Report, error)) (verifyReport, error) {
	report := verifyReport{Problems: []actor.Problem{}, Reports: []verify.Report{}}
	m := newMeter(a.stderr, "verifying", "actors")
	defer m.stop()
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, member := range actors {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			one, err := look(ctx, member)
			mu.Lock()
			defer mu.Unlock()
			report.add(member, one, err)
			m.at(report.Actors, len(actors))
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return report, hint(errors.New("interrupted; nothing is half done"), "run the same command again")
	}
	slices.SortFunc(report.Reports, func(x, y verify.Report) int { return byName(actor.Actor{Name: x.Actor}, actor.Actor{Name: y.Actor}) })
	return report, nil
}

func (r *verifyReport) add(member actor.Actor, one verify.Report, err error) {
	if err != nil {
		r.Problems = append(r.Problems, actor.Problem{Where: string(member.Name), Reason: err.Error()})
	}
	r.Actors++
	r.Images += one.Images
	r.Mended += len(one.Mended)
	r.Findings += len(one.Findings)
	if len(one.Mended)+len(one.Findings)+len(one.Notes) > 0 {
		r.Reports = append(r.Reports, one)
	}
}

func (a *app) printVerify(r verifyReport) error {
	if a.json {
		if err := a.printJSON(r); err != nil {
			return err
		}
	} else {
		a.printFindings(r)
	}
	if r.Findings+len(r.Problems) > 0 {
		return partialError{fmt.Errorf("%s found, %s could not be verified", plural(r.Findings, "disagreement"), plural(len(r.Problems), "thing"))}
	}
	return nil
}

func (a *app) printFindings(r verifyReport) {
	notes := map[verify.NoteKind]int{}
	for _, one := range r.Reports {
		for _, f := range one.Mended {
			a.printf("mended: %s: %s: %s\n", printable(string(f.Actor)), what(f), printable(f.Repair))
		}
		for _, f := range one.Findings {
			a.printf("found: %s: %s: %s%s\n", printable(string(f.Actor)), what(f), printable(f.Detail), printable(remedy(f)))
		}
		for _, n := range one.Notes {
			notes[n.Kind]++
		}
	}
	for _, p := range r.Problems {
		a.printf("not verified: %s: %s\n", printable(p.Where), printable(p.Reason))
	}
	a.printf("%s of %s read: %s, %d mended.\n", plural(r.Images, "image"), plural(r.Actors, "actor"), plural(r.Findings, "disagreement"), r.Mended)
	for _, kind := range slices.Sorted(maps.Keys(notes)) {
		a.printf("note: %s; --json lists them\n", remark(kind, notes[kind]))
	}
}

// what is wrong with which file, if it is about one.
func what(f verify.Finding) string {
	if f.File == "" {
		return string(f.Kind)
	}
	return string(f.Kind) + " " + printable(f.File)
}

// remark says for people what n notes of a kind are about.
func remark(kind verify.NoteKind, n int) string {
	switch kind {
	case verify.Elsewhere:
		return plural(n, "image") + " with a copy elsewhere, which is never touched"
	case verify.LeftOut:
		return plural(n, "file") + " left out, which could not be looked at"
	case verify.NotMigrated:
		return plural(n, "actor") + " not migrated yet; screentest migrate makes the manifests"
	case verify.NotCompared:
		return plural(n, "actor") + " with an image that cannot be read, so that their manifests were not compared"
	case verify.PlanWaits:
		return plural(n, "approved plan") + " not begun; screentest balance performs them"
	}
	return plural(n, string(kind))
}

// remedy says what becomes of a finding.
func remedy(f verify.Finding) string {
	if f.Repair != "" {
		return "; --repair: " + f.Repair
	}
	return "; " + f.Left
}
