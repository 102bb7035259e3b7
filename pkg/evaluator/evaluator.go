// Package evaluator makes the evaluation of one actor: it lists the set, measures
// what has changed, asks the judge for what is not yet known, looks for copies of
// what is in the trash, and writes the document. It is the same for the command
// line and for a worker on a queue.
//
// It writes under screentest/ and nowhere else. Every verdict is on the record
// before the next case is asked, then the plan is put on the ledger, and the
// evaluation is written last: killed at any moment and started again, it asks
// only for what is missing. Two evaluators
// of one actor take turns (package lease), so that the second finds the work
// done; where a queue sees to that already, Config.Alone saves the claim.
package evaluator

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sync/semaphore"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
	"screentest/pkg/judge"
	"screentest/pkg/lease"
	"screentest/pkg/ledger"
	"screentest/pkg/settings"
	"screentest/pkg/store"
)

// Config are the parts of an Evaluator.
type Config struct {
	Store    store.Store
	Judge    judge.Judge
	Settings settings.Settings
	Holder   string           // who claims the actors while working on them, for people to read
	Now      func() time.Time // the clock
	Fresh    bool             // make every evaluation again, even where nothing has changed
	Alone    bool             // the caller sees to it that nobody evaluates the same actor meanwhile: no claim is taken
}

// An Evaluator evaluates actors; it is safe for concurrent use. However many
// actors are under way, as many images are decoded at once as there are
// processors, of large ones fewer, and as many cases asked as
// settings.Run.Concurrency. A picture that takes more memory than the process may
// have (debug.SetMemoryLimit, GOMEMLIMIT) is beyond the limits.
type Evaluator struct {
	Config
	basis   string
	looking *semaphore.Weighted // actors whose images are being measured
	pixels  room                // images being decoded
	memory  room                // files held in memory
	largest int64               // bytes that decoding one may take, 0 for no limit
	asks    *semaphore.Weighted // cases being asked
	workers int                 // actors worth having under way at once
}

// New returns an evaluator.
func New(c Config) *Evaluator {
	processors := runtime.GOMAXPROCS(0)
	return &Evaluator{
		Config:  c,
		basis:   evaluation.Basis(c.Judge.ID(), c.Settings),
		looking: semaphore.NewWeighted(int64(processors + 1)),
		pixels:  newRoom(processors, ordinaryPicture),
		memory:  newRoom(2*processors, ordinaryFile),
		largest: largestPicture(),
		asks:    semaphore.NewWeighted(int64(c.Settings.Run.Concurrency)),
		workers: processors + 1,
	}
}

// Workers returns how many actors to evaluate at once: enough to keep the
// processors busy while the judge's answers are awaited.
func (e *Evaluator) Workers() int {
	if e.free() {
		return e.workers
	}
	return e.workers + e.Settings.Run.Concurrency
}

// free reports whether the judge works from the checks alone, which costs nothing.
func (e *Evaluator) free() bool { return e.Judge.PreviewSize() == 0 }

// A Result is the outcome for one actor.
type Result struct {
	Evaluation evaluation.Evaluation
	Unchanged  bool       // the evaluation on record still holds; nothing was read, asked or written
	Spent      cost.Usage // in this call, also when it failed
}

// ErrUnjudged says that the evaluation was written but some images have no
// verdict. The next evaluation asks for them again.
var ErrUnjudged = errors.New("images without a verdict")

// ErrDamaged says that the evaluation was written but plans nothing, because files
// of the set are broken that look like a loss: see evaluation.Evaluation.Damage.
var ErrDamaged = errors.New("a damaged set")

// ErrNotJudgeable is the ErrUnjudged of images that no evaluation will get a verdict
// for: the judge has refused them on record, or they are beyond the limits or of a
// kind that is not read. Where but one was only not reached, another evaluation is
// worth its while.
var ErrNotJudgeable = fmt.Errorf("%w, and none is to be had", ErrUnjudged)

// ErrNoImages says that there is nothing to evaluate. An evaluation that is on
// record stays as it is.
var ErrNoImages = errors.New("no training images")

// Evaluate brings the evaluation of a up to date. It fails with ErrUnjudged or
// ErrDamaged where the document was written but plans nothing, with judge.ErrHalt
// where no further actor can succeed, and otherwise with what went wrong for this
// actor alone.
func (e *Evaluator) Evaluate(ctx context.Context, a actor.Actor) (Result, error) {
	return e.EvaluateSeen(ctx, a, "")
}

// EvaluateSeen is Evaluate where somebody has listed the set before and found it to
// have that mark. While the evaluation on record is of that set, it is not listed
// again: what has come since is for whoever hears of it to evaluate.
func (e *Evaluator) EvaluateSeen(ctx context.Context, a actor.Actor, mark string) (Result, error) {
	rulings, err := decision.Load(ctx, e.Store, a.Name)
	if err != nil {
		return Result{}, err
	}
	found, err := e.survey(ctx, a, rulings, mark)
	if err != nil || found.current && !e.Fresh {
		return found.unchanged(), err
	}
	if e.Alone {
		return e.make(ctx, found)
	}
	var result Result
	err = lease.Hold(ctx, e.Store, actor.LeaseKey(a.Name), e.Holder, func(ctx context.Context) error {
		var err error
		result, err = e.renew(ctx, a, found)
		return err
	})
	return result, err
}

// A survey is how things stand: the set, what people decided, and the evaluation
// on record.
type survey struct {
	set     actor.Set
	rulings decision.Rulings
	old     *evaluation.Evaluation
	version store.Version // of the document of old
	current bool          // old still holds
}

func (e *Evaluator) survey(ctx context.Context, a actor.Actor, r decision.Rulings, mark string) (survey, error) {
	old, version, err := evaluation.Load(ctx, e.Store, a.Name)
	if err != nil {
		return survey{}, err
	}
	if mark != "" && !e.Fresh && old.CurrentFor(mark, e.basis) && old.Decisions == r.Digest() {
		return survey{rulings: r, old: old, version: version, current: true}, nil
	}
	set, err := actor.LoadSet(ctx, e.Store, a)
	if err != nil {
		return survey{}, err
	}
	if err := set.Unreadable(); err != nil {
		return survey{}, err
	}
	if len(set.Images) == 0 {
		return survey{}, fmt.Errorf("%s has %w", a.Name, ErrNoImages)
	}
	current := old.Current(set, e.basis) && old.Decisions == r.Digest()
	return survey{set, r, old, version, current}, nil
}

func (s survey) unchanged() Result {
	if s.old == nil {
		return Result{}
	}
	return Result{Evaluation: *s.old, Unchanged: true}
}

// renew makes the evaluation while nobody else does. Others may have been at it
// before the claim was ours, so it looks again; an evaluation that came since
// and holds is as good as one of our own, also where a fresh one is wanted.
func (e *Evaluator) renew(ctx context.Context, a actor.Actor, before survey) (Result, error) {
	now, err := e.survey(ctx, a, before.rulings, "")
	if err != nil {
		return Result{}, err
	}
	if now.current && (!e.Fresh || now.version != before.version) {
		return now.unchanged(), nil
	}
	return e.make(ctx, now)
}

// make does the work and writes the evaluation over the one that was found.
func (e *Evaluator) make(ctx context.Context, now survey) (Result, error) {
	work := &work{Evaluator: e, set: now.set, facts: make([]evaluation.Fact, len(now.set.Images))}
	err := work.run(ctx, now.old)
	if err == nil {
		err = work.compareBroken(ctx)
	}
	result := Result{Spent: work.usage}
	if err != nil {
		return result, err
	}
	result.Evaluation, err = e.conclude(ctx, work, now)
	if errors.Is(err, store.ErrConflict) {
		result.Evaluation, err = e.concludeAgain(ctx, work)
	}
	if err != nil {
		return result, err
	}
	return result, work.incomplete(result.Evaluation)
}

// conclude makes the evaluation of what is known and puts it on record.
func (e *Evaluator) conclude(ctx context.Context, w *work, s survey) (evaluation.Evaluation, error) {
	// Also where there is no evaluation: it may have been thrown away, and what is in
	// the trash must be known again.
	book, err := ledger.Load(ctx, e.Store, w.set.Actor.Name)
	if err != nil {
		return evaluation.Evaluation{}, err
	}
	if err := w.lookIntoTrash(ctx, book); err != nil {
		return evaluation.Evaluation{}, err
	}
	made := w.build(s.rulings)
	made.Follow(s.old)
	// The plan is on the ledger before the evaluation that it follows from is on
	// record: were it the other way round, a crash between the two would leave a
	// plan that nobody knows of.
	if err := book.Propose(ctx, made.Plan, made.Contents(), ledger.Signature{By: e.Holder, At: made.EvaluatedAt}); err != nil {
		return made, err
	}
	return made, evaluation.Save(ctx, e.Store, made, s.version)
}

// concludeAgain is for when a person decided something while the images were
// judged: then the old evaluation was rebuilt, and the new one must follow the
// decision.
func (e *Evaluator) concludeAgain(ctx context.Context, w *work) (evaluation.Evaluation, error) {
	rulings, err := decision.Load(ctx, e.Store, w.set.Actor.Name)
	if err != nil {
		return evaluation.Evaluation{}, err
	}
	old, version, err := evaluation.Load(ctx, e.Store, w.set.Actor.Name)
	if err != nil {
		return evaluation.Evaluation{}, err
	}
	return e.conclude(ctx, w, survey{rulings: rulings, old: old, version: version})
}
