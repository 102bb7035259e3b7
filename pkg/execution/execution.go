// Package execution performs approved plans: it makes a set what its plan says,
// so that objects, manifest, mirror and ledger agree whatever happens on the way.
// It is the only package that deletes an image or lets one into a set.
//
// A plan's steps are taken one by one. First what is missing is generated,
// judged like any other image and placed; only when all of that has succeeded is
// anything deleted, which is moving it to the trash. So at no moment does a set
// hold fewer sound images than before.
//
// What is paid for is written down before it is asked for, and what came is
// stored before anything is done with it. Killed at any moment and started
// again, Perform finishes what was begun; performed twice, a plan changes nothing
// the second time. A plan whose set has changed meanwhile is not performed.
package execution

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/evaluation"
	"screentest/pkg/evaluator"
	"screentest/pkg/generate"
	"screentest/pkg/inspect"
	"screentest/pkg/lease"
	"screentest/pkg/ledger"
	"screentest/pkg/manifest"
	"screentest/pkg/migration"
	"screentest/pkg/mirror"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/trash"
)

// Config are the parts of an Executor.
type Config struct {
	Store     store.Store
	Evaluator *evaluator.Evaluator // judges what is generated
	Generator generate.Generator
	Remote    mirror.Remote
	Settings  settings.Settings
	Allowance *Allowance        // of the run; nil for no limit
	By        string            // who acts, for the ledger
	Now       func() time.Time  // the clock
	Seen      func(ledger.Line) // told every act once it is on record, by several goroutines at once; optional
}

// An Executor performs plans; it is safe for concurrent use.
type Executor struct {
	Config
	lost    atomic.Int32 // answers lost in a row, of whatever actor
	useless atomic.Int32 // answers in a row that held no picture, likewise
	room    sync.Once
	full    error // why there is no room for pictures
}

// New returns an executor.
func New(c Config) *Executor {
	if c.Seen == nil {
		c.Seen = func(ledger.Line) {}
	}
	if c.Allowance == nil {
		c.Allowance = NewAllowance(-1, -1)
	}
	return &Executor{Config: c}
}

// ErrStale says that a plan was not performed, or not to its end, because the
// set is no longer the one it was made for. Evaluate again.
var ErrStale = errors.New("the plan is stale")

// ErrFailed says that a plan ended without reaching its target. Nothing was
// deleted; what was generated and passed is in the set.
var ErrFailed = errors.New("the plan failed")

// A Result is what Perform did in this call.
type Result struct {
	Proposal  string     // "" where no plan is approved
	Generated int        // images placed in the set
	Deleted   int        // images moved to the trash
	Spent     cost.Usage // for generating and judging, also when it failed
	Outside   []string   // addresses of deleted images that lie beyond our reach, where they still are
}

// Perform finishes the approved plan of an actor, if there is one. It fails with
// ErrStale or ErrFailed where the plan has ended otherwise than done, with
// judge.ErrHalt where no further actor can be worked on, such as at a limit of
// the run, and otherwise with what kept it from going on: then the plan stays
// approved, and the next call takes it up where this one stopped.
func (x *Executor) Perform(ctx context.Context, a actor.Actor) (Result, error) {
	var result Result
	err := lease.Hold(ctx, x.Store, actor.LeaseKey(a.Name), x.By, func(ctx context.Context) error {
		p, err := x.begin(ctx, a)
		if err != nil || p == nil {
			return err
		}
		err = p.perform(ctx)
		result = p.result
		return err
	})
	return result, err
}

// A performance is one plan being performed, by whoever holds the lease.
type performance struct {
	*Executor
	actor     actor.Actor
	ledger    *ledger.Ledger
	proposal  ledger.Proposal
	standing  standing
	examiner  *evaluator.Examiner
	manifest  *manifest.Manifest         // as last read or written, nil if not known
	version   store.Version              // of the manifest
	base      []byte                     // the base image, read when first needed
	portrait  inspect.Print              // of it
	held      *answer                    // the answer last stored or read
	measured  map[string]*inspect.Checks // by content; nil for what is broken
	evaluated *evaluation.Evaluation     // as on record when the plan was taken up, nil if there is none
	trashed   []trash.Receipt            // all of the actor's, when the plan was begun
	result    Result
}

// begin returns nil where no plan is approved.
func (x *Executor) begin(ctx context.Context, a actor.Actor) (*performance, error) {
	book, err := ledger.Load(ctx, x.Store, a.Name)
	if err != nil {
		return nil, err
	}
	latest, ok := book.Latest()
	if !ok || latest.State != ledger.Approved {
		return nil, nil
	}
	p := &performance{
		Executor: x, actor: a, ledger: book, proposal: latest,
		standing: standing{contents: map[string]string{}, versions: map[string]store.Version{}},
		measured: map[string]*inspect.Checks{}, result: Result{Proposal: latest.ID},
	}
	var problems []actor.Problem
	if p.trashed, problems, err = trash.List(ctx, x.Store, a.Name); err != nil {
		return nil, err
	}
	own := trash.Prefix(a.Name, latest.ID)
	for _, problem := range problems {
		if strings.HasPrefix(problem.Where, own) {
			return nil, fmt.Errorf("%s: %s; without it is not known what was begun", problem.Where, problem.Reason)
		}
	}
	return p, nil
}

// takeUp makes up for what an earlier performance has left half done.
func (p *performance) takeUp(ctx context.Context) error {
	switch err := p.load(ctx); {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, manifest.ErrInvalid):
		if err := p.reconcile(ctx); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	if err := p.settle(ctx); err != nil {
		return err
	}
	return p.reconcile(ctx)
}

func (p *performance) perform(ctx context.Context) error {
	if err := p.takeUp(ctx); err != nil {
		return err
	}
	if err := p.refresh(ctx); err != nil {
		return err
	}
	if err := p.reachable(ctx); err != nil {
		return err
	}
	failures, err := p.generateAll(ctx)
	if err != nil {
		return err
	}
	if len(failures) > 0 {
		return p.fail(ctx, failures)
	}
	if err := p.deleteAll(ctx); err != nil {
		return err
	}
	return p.end(ctx, ledger.Done, "")
}

// reconcile makes the manifest agree with the images as they lie there.
func (p *performance) reconcile(ctx context.Context) error {
	p.manifest = nil
	_, err := migration.Reconcile(ctx, p.Store, p.actor, p.Now)
	return err
}

// fail ends the plan before anything is deleted.
func (p *performance) fail(ctx context.Context, failures []error) error {
	var reasons []string
	for _, failure := range failures {
		if reason := failure.Error(); !slices.Contains(reasons, reason) { // one for many pictures
			reasons = append(reasons, reason)
		}
	}
	why := strings.Join(reasons, "; ")
	if err := p.end(ctx, ledger.Failed, why); err != nil {
		return err
	}
	return fmt.Errorf("%w, nothing was deleted: %s", ErrFailed, why)
}

// end closes the plan, once nothing is left lying about.
func (p *performance) end(ctx context.Context, act ledger.Act, why string) error {
	if err := p.clear(ctx); err != nil {
		return err
	}
	return p.ledger.End(ctx, p.proposal.ID, act, ledger.Signature{By: p.By, At: p.Now(), Why: why})
}

// record writes a line about a step. It is written also when the work is being
// stopped: what has happened has happened.
func (p *performance) record(ctx context.Context, step ledger.Step, line ledger.Line) error {
	line.By, line.At, line.Proposal, line.Step = p.By, p.Now(), p.proposal.ID, step.Key
	err := p.ledger.Record(context.WithoutCancel(ctx), p.proposal.ID, line)
	if err != nil {
		return err
	}
	p.proposal, _ = p.ledger.Latest()
	p.Seen(line)
	return nil
}
