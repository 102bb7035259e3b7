package worker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/event"
	"screentest/pkg/judge"
	"screentest/pkg/run"
	"screentest/pkg/store"
	"screentest/pkg/worker"
)

// A flawed store breaks off reading one object, so many times.
type flawed struct {
	store.Store
	key   store.Key
	times int
	cause error
}

func (f *flawed) Get(ctx context.Context, k store.Key) (store.Object, error) {
	if k == f.key && f.times > 0 {
		f.times--
		return store.Object{}, f.cause
	}
	return f.Store.Get(ctx, k)
}

// An image that cannot be read now, or that has gone or been replaced since the set
// was listed, is looked at again, also where there is nothing to ask about the
// others. One that is not for us to read is not.
func TestAnImageThatIsNotReachedIsLookedAtAgain(t *testing.T) {
	for what, c := range map[string]struct {
		cause  error
		failed bool
	}{
		"S3 is busy": {errors.New("SlowDown"), false}, "gone": {store.ErrNotFound, false},
		"replaced": {store.ErrConflict, false}, "too large": {store.ErrTooLarge, true},
	} {
		t.Run(what, func(t *testing.T) {
			s := &flawed{Store: tree(t, 3), cause: c.cause}
			st := evaluations(t, s, &model{})
			st.send(t, "ada")
			st.settle(t)
			s.key, s.times = actor.TrainingKey("ada", "new.png"), 1
			write(t, s.Store, s.key, picture(42))
			st.send(t, "ada")
			st.settle(t)
			last, err := worker.LastFailure(t.Context(), s, "ada")
			if _, dead := st.left(t); err != nil || (last != nil) != c.failed || dead != 0 {
				t.Errorf("on record is %+v, %v; %d dead letters", last, err, dead)
			}
			if e := evaluated(t, s, "ada"); len(e.Images) != 4 || (len(e.Unjudged()) > 0) != c.failed {
				t.Errorf("%d images, %d without a verdict", len(e.Images), len(e.Unjudged()))
			}
		})
	}
}

// failing is what an actor does that fails so many times, each time with the next
// error in turn, the last for ever after.
func failing(times int, causes ...error) func(context.Context) error {
	calls := 0
	return func(context.Context) error {
		if calls++; calls > times {
			return nil
		}
		return causes[min(calls, len(causes))-1]
	}
}

var (
	errHalt = fmt.Errorf("%w: insufficient_quota", judge.ErrHalt)
	errDown = fmt.Errorf("%w: 503, given up after 6 attempts", judge.ErrUnavailable)
)

// A service that is not to be had for hours costs nobody a message, like a quota
// that is used up.
func TestAServiceThatIsDownCostsNoMessage(t *testing.T) {
	s := newStage(t)
	for _, name := range []actor.Name{"a", "b"} {
		s.act[name] = func(context.Context) error { return errDown }
	}
	s.send(t, "a", "b")
	for range 3 * 60 {
		s.poll(t)
		s.now = s.now.Add(time.Minute)
	}
	if alive, dead := s.left(t); alive != 2 || dead != 0 || len(s.did) > 2*6 {
		t.Errorf("after three hours %d alive, %d dead, %d tries", alive, dead, len(s.did))
	}
	clear(s.act)
	s.settle(t)
	if _, dead := s.left(t); dead != 0 || len(s.gaveUp) != 0 {
		t.Errorf("%d dead, gave up on %q", dead, s.gaveUp)
	}
}

// A picture that breaks the service each time it is sent is given up, on the record,
// after hours and few tries; put back from the dead letters it has a few more.
func TestWhatBreaksTheServiceIsGivenUp(t *testing.T) {
	s := newStage(t)
	s.act["ada"] = func(context.Context) error { return errDown }
	s.send(t, "ada")
	began := s.now
	s.settle(t)
	waited := s.now.Sub(began)
	if _, dead := s.left(t); dead != 1 || waited < 6*time.Hour || waited > 10*time.Hour || s.times("ada") > 12 || !slices.Equal(s.gaveUp, []actor.Name{"ada"}) {
		t.Errorf("%d dead after %s and %d tries, gave up on %q", dead, waited, s.times("ada"), s.gaveUp)
	}
	letters, err := s.dead.Receive(t.Context(), 1)
	if err != nil || len(letters) != 1 {
		t.Fatal(letters, err)
	}
	letters[0].ID = "again"
	if err := s.queue.Send(t.Context(), letters[0].Message); err != nil {
		t.Fatal(err)
	}
	before := s.times("ada")
	s.act["ada"] = failing(2, errDown)
	s.settle(t)
	if s.times("ada") != before+3 || len(s.gaveUp) != 1 {
		t.Errorf("put back: %d tries, gave up on %q", s.times("ada")-before, s.gaveUp)
	}
}

// Rests use up no tries, and one kind of trouble leaves the others' allowance alone.
func TestRestsAreNoTries(t *testing.T) {
	for what, c := range map[string]struct {
		times  int
		causes []error
	}{
		"quota, then busy":     {6, []error{errHalt, errHalt, errHalt, errors.New("429"), errors.New("429"), errors.New("429")}},
		"down, then broken":    {6, []error{errDown, errDown, errDown, errors.New("no sense"), errors.New("no sense"), errors.New("no sense")}},
		"days, then down":      {14, []error{errHalt, errHalt, errHalt, errHalt, errHalt, errHalt, errHalt, errHalt, errHalt, errDown}},
		"broken between rests": {5, []error{errors.New("no sense"), errHalt, errors.New("no sense"), errors.New("no sense"), errDown}},
	} {
		t.Run(what, func(t *testing.T) {
			s := newStage(t)
			s.act["ada"] = failing(c.times, c.causes...)
			s.send(t, "ada")
			s.settle(t)
			if _, dead := s.left(t); dead != 0 || s.times("ada") != c.times+1 {
				t.Errorf("%d dead after %d tries, gave up on %q", dead, s.times("ada"), s.gaveUp)
			}
		})
	}
}

// A roster that cannot be read is nobody's fault: uploads wait, and so do plans.
func TestARosterThatCannotBeReadCostsNoMessage(t *testing.T) {
	l := newLoop(t, tree(t, 5))
	write(t, l.store, actor.RosterKey, []byte(`{"actors":`))
	l.send(t, "ada")
	j := event.Job{Kind: event.Balance, Actor: "ada", Mode: run.Execute, Cause: "p"}
	if err := l.balances.Send(t.Context(), j.Message()); err != nil {
		t.Fatal(err)
	}
	for range 24 * 60 {
		l.poll(t)
		if _, err := l.balancer.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
		l.now = l.now.Add(time.Minute)
	}
	plans, err := l.balances.Depth(t.Context())
	if alive, dead := l.left(t); err != nil || alive != 1 || plans.Total() != 1 || dead != 0 || !l.halted("read the roster") {
		t.Errorf("after a day %d uploads and %d plans wait, %d are dead", alive, plans.Total(), dead)
	}
	write(t, l.store, actor.RosterKey, []byte(`[{"name":"ada"}]`))
	l.drain(t)
	if _, dead := l.left(t); dead != 0 || evaluated(t, l.store, "ada") == nil {
		t.Errorf("%d dead, or not evaluated", dead)
	}
}
