package worker_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/event"
	"screentest/pkg/ledger"
	"screentest/pkg/run"
	"screentest/pkg/store/storetest"
	"screentest/pkg/sweep"
)

// An actor that came into the roster, and then its images, is evaluated however
// short a time ago the roster was read.
func TestANewActorIsNoStranger(t *testing.T) {
	s := tree(t, 3)
	st := evaluations(t, s, &model{})
	st.send(t, "ada")
	st.poll(t) // which reads the roster
	st.now = st.now.Add(time.Second)
	write(t, s, actor.RosterKey, []byte(`[{"name":"ada"},{"name":"cleo"}]`))
	write(t, s, actor.TrainingKey("cleo", "a.png"), picture(900))
	st.send(t, "cleo")
	st.now = st.now.Add(31 * time.Second) // what the queue delays it by
	if st.poll(t); evaluated(t, s, "cleo") == nil {
		t.Errorf("cleo was dropped: %s", &st.log)
	}
}

// Strangers do not have the roster read for each of their images.
func TestStrangersAreCheap(t *testing.T) {
	s := storetest.NewFaulty(tree(t, 1))
	st := evaluations(t, s, &model{})
	names := make([]actor.Name, 10)
	for i := range names {
		names[i] = actor.Name(fmt.Sprint("stranger", i))
	}
	st.send(t, names...)
	st.now = st.now.Add(31 * time.Second)
	if p := st.poll(t); p.Deleted != 10 || len(s.Ops()) != 1 {
		t.Errorf("%+v, %v", p, s.Ops())
	}
	st.send(t, names...)
	st.now = st.now.Add(31 * time.Second)
	if p := st.poll(t); p.Deleted != 10 || len(s.Ops()) != 2 {
		t.Errorf("%+v, %v", p, s.Ops())
	}
}

// What a worker knows of a sweep is a minute old at most.
func TestAStopIsHeardOfWithinAMinute(t *testing.T) {
	s, m := tree(t, 3), &model{}
	st := evaluations(t, s, m)
	st.mapping.Batch = 1
	begin(t, s, st)
	st.poll(t)
	if _, err := sweep.Stop(t.Context(), s, "r1", st.now); err != nil {
		t.Fatal(err)
	}
	st.now = st.now.Add(61 * time.Second)
	if st.poll(t); m.total() != 3 {
		t.Errorf("%d images asked about, want those of the actor before the stop", m.total())
	}
}

// The balancer too does nothing more for a sweep that was stopped.
func TestAStoppedSweepDeletesNothing(t *testing.T) {
	l := newLoop(t, tree(t, 5))
	l.begin(t)
	l.stage.settle(t)
	if _, err := sweep.Stop(t.Context(), l.store, "x", l.now); err != nil {
		t.Fatal(err)
	}
	l.now = l.now.Add(2 * time.Minute)
	if l.settle(t); l.images(t) != 5 {
		t.Errorf("%d images, want all five", l.images(t))
	}
}

// An actor that has left the roster since a sweep asked for it does not keep the
// sweep from its end.
func TestWhoLeavesTheRosterHasAnEnd(t *testing.T) {
	l := newLoop(t, tree(t, 5))
	l.begin(t)
	l.stage.settle(t)
	write(t, l.store, actor.RosterKey, []byte(`[{"name":"bea"}]`))
	out := l.settle(t)
	if _, dead := l.left(t); !out.Done || out.Failed != 1 || dead != 0 || l.images(t) != 5 {
		t.Errorf("%+v, %d dead, %d images", out, dead, l.images(t))
	}
}

// A message of a later version is kept for that version, unread, and holds up
// nobody; one of an earlier version was never sent.
func TestAMessageOfALaterVersionIsKept(t *testing.T) {
	s := newStage(t)
	m := event.Job{Kind: event.Evaluate, Actor: "ada", Mode: run.DryRun, Cause: "c"}.Message()
	m.Body = strings.Replace(m.Body, `"schema_version":1`, `"schema_version":2`, 1)
	if err := s.queue.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	s.send(t, "ada")
	s.within(t, time.Minute)
	letters, err := s.dead.Receive(t.Context(), 10)
	if err != nil || len(letters) != 1 || letters[0].Body != m.Body || s.times("ada") != 1 || strings.Contains(s.log.String(), `"Malformed":1`) {
		t.Errorf("%+v, %v; did %q", letters, err, s.did)
	}
}

// A set that is another one each time a plan is to be performed comes to an end.
func TestAPlanThatIsAlwaysStaleIsGivenUp(t *testing.T) {
	l := newLoop(t, tree(t, 5))
	l.begin(t)
	for i := range 20 {
		l.stage.settle(t)
		write(t, l.store, actor.TrainingKey("ada", "late.png"), picture(uint64(500+i)))
		if _, err := l.balancer.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
		l.now = l.now.Add(time.Minute)
	}
	book, _ := l.plan(t)
	stale := 0
	for _, p := range book.Proposals() {
		if p.State == ledger.Stale {
			stale++
		}
	}
	if out := l.settle(t); !out.Done || out.Failed != 1 || stale != 4 || l.images(t) != 6 {
		t.Errorf("%+v, %d stale plans, %d images", out, stale, l.images(t))
	}
}
