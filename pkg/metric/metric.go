// Package metric writes the figures that the dashboard and the alarms go by, as
// log lines in the embedded metric format of CloudWatch, which takes them out of
// the log. Nothing is sent, so nothing is waited for and nothing can fail.
//
// Every metric has one dimension, the stage. What there are many of, such as
// actors and runs, are properties of a line: a dimension would make, and bill, a
// metric for each.
package metric

import (
	"encoding/json"
	"io"
	"maps"
	"slices"
	"sync"
	"time"
)

// Namespace is that of every metric.
const Namespace = "screentest"

// A Name is that of a metric.
type Name string

// The metrics: what became of actors and images, what the model took, what stood
// in the way, and how far a sweep is.
const (
	ActorsCompleted Name = "ActorsCompleted"
	ActorsFailed    Name = "ActorsFailed"
	ActorsSkipped   Name = "ActorsSkipped"
	ImagesJudged    Name = "ImagesJudged"
	ImagesReused    Name = "ImagesReused"
	ImagesCondemned Name = "ImagesCondemned"
	ImagesGenerated Name = "ImagesGenerated"
	ImagesDeleted   Name = "ImagesDeleted"
	TokensIn        Name = "TokensIn"
	TokensOut       Name = "TokensOut"
	Dollars         Name = "Dollars"
	ModelLatency    Name = "ModelLatency"
	ModelThrottled  Name = "ModelThrottled"
	Conflicts       Name = "Conflicts"
	Malformed       Name = "Malformed"
	Halted          Name = "Halted"
	SweepTotal      Name = "SweepTotal"
	SweepCompleted  Name = "SweepCompleted"
	SweepFailed     Name = "SweepFailed"
	SweepRemaining  Name = "SweepRemaining"
)

// units is "Count" for all that are not named here.
var units = map[Name]string{Dollars: "None", ModelLatency: "Milliseconds"}

// Values are the figures of one line.
type Values map[Name]float64

// A Log writes lines. It is safe for concurrent use.
type Log struct {
	out   io.Writer
	stage string
	now   func() time.Time
	mu    sync.Mutex
}

// New returns a log of a stage that writes to out.
func New(out io.Writer, stage string, now func() time.Time) *Log {
	return &Log{out: out, stage: stage, now: now}
}

type definition struct {
	Name Name
	Unit string
}

type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []definition
}

type metadata struct {
	Timestamp         int64
	CloudWatchMetrics []directive
}

// Write writes one line: the figures, and properties for people to search by. No
// figures make no line.
func (l *Log) Write(values Values, properties map[string]any) {
	if len(values) == 0 {
		return
	}
	line := map[string]any{"Stage": l.stage}
	maps.Copy(line, properties)
	d := directive{Namespace: Namespace, Dimensions: [][]string{{"Stage"}}}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		unit, ok := units[name]
		if !ok {
			unit = "Count"
		}
		d.Metrics = append(d.Metrics, definition{name, unit})
		line[string(name)] = values[name]
	}
	line["_aws"] = metadata{Timestamp: l.now().UnixMilli(), CloudWatchMetrics: []directive{d}}
	text, err := json.Marshal(line)
	if err != nil {
		return // a figure that is no number; the work it is about goes on
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.out.Write(append(text, '\n')) // nobody is there to be told
}
