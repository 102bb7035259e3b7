package worker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/event"
	"screentest/pkg/judge"
	"screentest/pkg/queue"
	"screentest/pkg/run"
	"screentest/pkg/worker"
)

// sendAs asks for ada in several sweeps, so that no message does for another, and
// notes in which order they are done.
func (s *stage) sendAs(t *testing.T, runs ...string) {
	t.Helper()
	for i, id := range runs {
		j := event.Job{Kind: event.Evaluate, Actor: "ada", Mode: run.DryRun, Run: id, Cause: fmt.Sprint(s.now.UnixNano(), i)}
		if err := s.queue.Send(t.Context(), j.Message()); err != nil {
			t.Fatal(err)
		}
	}
}

// mute is a queue that takes no messages.
type mute struct{ worker.Queue }

func (mute) Send(context.Context, ...queue.Message) error { return errors.New("no answer") }

// within polls until nothing is left, for so long at most.
func (s *stage) within(t *testing.T, limit time.Duration) {
	t.Helper()
	for end := s.now.Add(limit); s.now.Before(end); s.now = s.now.Add(time.Second) {
		if alive, _ := s.left(t); alive == 0 {
			return
		}
		s.poll(t)
	}
	alive, dead := s.left(t)
	t.Errorf("after %s %d messages are left, %d are dead; did %q", limit, alive, dead, s.runs)
}

// A message that comes again brings along those of its actor that were delivered
// with it, as copies: left alone, they would keep the group back for the hour that a
// delivery lasts.
func TestThoseThatFollowComeAgainAfterIt(t *testing.T) {
	s := newStage(t)
	fails := 1
	s.act["ada"] = func(context.Context) error {
		if fails--; fails >= 0 {
			return errors.New("503")
		}
		return nil
	}
	s.sendAs(t, "1", "2", "3")
	if p := s.poll(t); p.Deleted != 2 || len(s.runs) != 1 {
		t.Errorf("%+v, did %q; want one try", p, s.runs)
	}
	s.within(t, 35*time.Second)
	if want := []string{"1", "1", "2", "3"}; !slices.Equal(s.runs, want) {
		t.Errorf("done in the order %q, want %q", s.runs, want)
	}
}

// A dead letter does not hold up its group for another hour, stands for those that
// ask for the same, and takes no others along: each has all its tries.
func TestADeadLetterHoldsUpNobody(t *testing.T) {
	s := newStage(t)
	tried := map[string]int{}
	s.act["ada"] = func(context.Context) error {
		id := s.runs[len(s.runs)-1]
		if tried[id]++; id == "1" || tried[id] < 5 {
			return errors.New("503")
		}
		return nil
	}
	s.sendAs(t, "1", "1", "2", "3")
	s.within(t, 24*time.Minute) // five tries of each, 0.5 + 1 + 2 + 4 minutes apart at most
	if _, dead := s.left(t); dead != 1 || tried["1"] != 5 || tried["2"] != 5 || tried["3"] != 5 {
		t.Errorf("%d dead, tried %v; want the first, and the others done at the fifth try", dead, tried)
	}
	if !slices.Equal(s.gaveUp, []actor.Name{"ada"}) {
		t.Errorf("gave up on %q", s.gaveUp)
	}
}

// What comes in the moment in which another that asks for the same is given up has
// all its tries.
func TestADeadLetterStandsForNobody(t *testing.T) {
	s := newStage(t)
	s.act["ada"] = failing(7, errors.New("503"))
	s.sendAs(t, "1")
	for s.times("ada") < 4 {
		s.poll(t)
		s.now = s.now.Add(time.Second)
	}
	s.sendAs(t, "1")
	s.within(t, 20*time.Minute)
	if _, dead := s.left(t); dead != 1 || s.times("ada") != 8 {
		t.Errorf("%d dead, %d tries", dead, s.times("ada"))
	}
}

// While nothing can be done the whole group rests together, and its copies come
// in the order of the messages.
func TestAGroupWaitsTogether(t *testing.T) {
	s := newStage(t)
	out := true
	s.act["ada"] = func(context.Context) error {
		if out {
			return fmt.Errorf("%w: quota", judge.ErrHalt)
		}
		return nil
	}
	s.sendAs(t, "1", "2", "3")
	for range 24 * 60 {
		s.poll(t)
		s.now = s.now.Add(time.Minute)
	}
	out = false
	s.runs = nil
	s.within(t, 2*time.Hour+time.Minute)
	if _, dead := s.left(t); dead != 0 || !slices.Equal(s.runs, []string{"1", "2", "3"}) {
		t.Errorf("%d dead, did %q", dead, s.runs)
	}
}

// What was cut short is continued at the end of the queue, at once; what could not
// be replaced comes again with all that follow it.
func TestContinuedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.timeout = 40 * time.Millisecond
		cut := 1
		s.act["ada"] = func(ctx context.Context) error {
			if cut--; cut >= 0 {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		s.sendAs(t, "1", "2", "3")
		s.within(t, time.Minute)
		if want := []string{"1", "1", "2", "3"}; !slices.Equal(s.runs, want) {
			t.Errorf("done in the order %q, want %q", s.runs, want)
		}

		cut, s.runs = 1, nil
		s.sendAs(t, "1", "2")
		s.worker.Queue = mute{s.queue}
		s.poll(t)
		s.worker.Queue = s.queue
		s.within(t, 35*time.Second)
		if want := []string{"1", "1", "2"}; !slices.Equal(s.runs, want) {
			t.Errorf("done in the order %q, want %q", s.runs, want)
		}
	})
}
