package event

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"screentest/pkg/run"
)

// The ways in which an execution of a state machine ends without having come to
// its end.
const (
	Failed   = "FAILED"
	Aborted  = "ABORTED" // by a person
	TimedOut = "TIMED_OUT"
)

// An Ending tells that an execution of the state machine has ended.
type Ending struct {
	Run    string   // its name
	Mode   run.Mode // what its input says; "" where that is no mode, or was too long to be passed on
	Status string   // Failed, Aborted, TimedOut, or another that has nothing to do with the end of a sweep
	Why    string   // error and cause, if the event has them
	At     time.Time
}

// IsEnding reports whether payload is an event of Step Functions and no call.
func IsEnding(payload []byte) bool {
	var p struct {
		DetailType string `json:"detail-type"`
	}
	return json.Unmarshal(payload, &p) == nil && p.DetailType != ""
}

// DecodeEnding decodes a status change of an execution, as EventBridge tells it.
func DecodeEnding(payload []byte) (Ending, error) {
	var p struct {
		Source     string
		DetailType string `json:"detail-type"`
		Time       time.Time
		Detail     struct {
			Name, Status, Error, Cause string
			Input                      *string
			InputDetails               *struct{ Included bool }
			StopDate                   int64 // in milliseconds
		}
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return Ending{}, fmt.Errorf("an event of Step Functions: %w", err)
	}
	if p.Source != "aws.states" || p.DetailType != "Step Functions Execution Status Change" {
		return Ending{}, fmt.Errorf("an event %q of %q, which is no status change of a state machine", p.DetailType, p.Source)
	}
	d := p.Detail
	if d.Name == "" || d.Status == "" {
		return Ending{}, errors.New("an event of Step Functions that names no execution, or no status")
	}
	e := Ending{Run: d.Name, Status: d.Status, Why: d.Error, At: p.Time}
	if d.StopDate > 0 {
		e.At = time.UnixMilli(d.StopDate).UTC()
	}
	if d.Cause != "" {
		e.Why = cmp.Or(d.Error, d.Status) + ": " + d.Cause
	}
	if d.Input != nil && (d.InputDetails == nil || d.InputDetails.Included) {
		e.Mode = modeOf(*d.Input)
	}
	return e, nil
}

// modeOf is the mode of a sweep with that input, "" if it has none: anybody may
// have started the state machine with anything.
func modeOf(input string) run.Mode {
	in := struct{ Mode run.Mode }{run.DryRun}
	if json.Unmarshal([]byte(input), &in) != nil || in.Mode != run.DryRun && in.Mode != run.Execute {
		return ""
	}
	return in.Mode
}
