package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/queue"
	"screentest/pkg/run"
)

// jobVersion is the schema of a Job. A message of another version is not
// understood, so a change of meaning must wait until the queues are empty. New
// members that may be absent keep it.
const jobVersion = 1

// ErrNewer says that a message was written by a later version of the program: it
// means something, to that one.
var ErrNewer = errors.New("a message of a later version")

// A Kind says what is to be done with an actor.
type Kind string

// The kinds.
const (
	Evaluate Kind = "evaluate"
	Balance  Kind = "balance" // perform the plan that is approved
)

// A Job is the body of a message: one actor, and what is to be done.
type Job struct {
	SchemaVersion int        `json:"schema_version"`
	Kind          Kind       `json:"kind"`
	Actor         actor.Name `json:"actor"`
	Mode          run.Mode   `json:"mode"`
	Run           string     `json:"run,omitempty"` // the sweep that asks; "" where an event does
	Set           string     `json:"set,omitempty"` // the mark of the set as the sweep has listed it; "" where nobody has
	Cause         string     `json:"cause"`         // what tells this request apart from any other for the actor
	History
	Sent time.Time `json:"-"` // when the message was, zero where that is not known
}

// A History is what has become of a request so far, one number for each kind of
// trouble, so that none uses up what is allowed for another. What only fails is
// counted by the queue.
type History struct {
	Turn      int       `json:"turn,omitempty"`      // how often it took the place of an older message
	Tries     int       `json:"tries,omitempty"`     // invocations that were too short for it
	Stale     int       `json:"stale,omitempty"`     // plans whose set had changed before they were performed
	Rests     int       `json:"rests,omitempty"`     // while nothing could be done for anybody
	Waited    int       `json:"waited,omitempty"`    // seconds of rest, where the request itself may have been at fault
	NotBefore time.Time `json:"not_before,omitzero"` // it rests until then
}

// Request is j without what does not matter to what is asked for: two jobs with
// the same are done by doing either.
func (j Job) Request() Job {
	j.Cause, j.History, j.Sent = "", History{}, time.Time{}
	return j
}

// Message is j as it is sent. Jobs for one actor are a group; those of another kind
// are on another queue, which hands them out meanwhile.
// The ID holds the cause, so that a request that is made twice counts once and
// two requests never pass for one.
func (j Job) Message() queue.Message {
	j.SchemaVersion = jobVersion
	body, err := json.Marshal(j)
	if err != nil {
		panic(err) // strings and numbers only
	}
	return queue.Message{
		Group: queue.Token(string(j.Actor)),
		ID:    queue.Token(string(j.Kind), string(j.Actor), string(j.Mode), j.Run, j.Cause, fmt.Sprint(j.Turn)),
		Body:  string(body),
	}
}

// DecodeJob reads a body and checks everything in it. It fails with ErrNewer before
// it looks at what a later version may have given another meaning.
func DecodeJob(body string) (Job, error) {
	var version struct {
		SchemaVersion int `json:"schema_version"`
	}
	if json.Unmarshal([]byte(body), &version) == nil && version.SchemaVersion > jobVersion {
		return Job{}, fmt.Errorf("%w: schema version %d, this program knows %d", ErrNewer, version.SchemaVersion, jobVersion)
	}
	var j Job
	if err := json.Unmarshal([]byte(body), &j); err != nil {
		return Job{}, fmt.Errorf("decode the message: %w", err)
	}
	if j.SchemaVersion != jobVersion {
		return Job{}, fmt.Errorf("decode the message: schema version %d, this program knows %d", j.SchemaVersion, jobVersion)
	}
	if err := j.validate(); err != nil {
		return Job{}, fmt.Errorf("decode the message: %w", err)
	}
	return j, nil
}

func (j Job) validate() error {
	switch {
	case j.Kind != Evaluate && j.Kind != Balance:
		return fmt.Errorf("unknown kind %q", j.Kind)
	case j.Mode != run.DryRun && j.Mode != run.Execute:
		return fmt.Errorf("unknown mode %q", j.Mode)
	case j.Run != "" && !IsRunID(j.Run):
		return fmt.Errorf("run %q: no name for a run", j.Run)
	case j.Cause == "" || min(j.Tries, j.Turn, j.Stale, j.Rests, j.Waited) < 0:
		return errors.New("no cause, or a negative number")
	}
	return j.Actor.Validate()
}

// IsRunID reports whether s can name a run: what the name of an execution of a
// state machine can be, and the name of an object too.
func IsRunID(s string) bool { return runID.MatchString(s) }

var runID = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}$`)
