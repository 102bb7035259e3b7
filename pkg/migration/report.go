package migration

import (
	"cmp"
	"encoding/json"
	"slices"

	"screentest/pkg/actor"
)

// An Outcome is how the migration of one actor ended.
type Outcome string

// The outcomes.
const (
	Migrated        Outcome = "migrated"
	Already         Outcome = "already"          // the manifest is one of ours
	WithoutMetadata Outcome = "without_metadata" // images that no metadata names: no manifest is made
	Skipped         Outcome = "skipped"          // nothing to migrate, see the reason
	Failed          Outcome = "failed"           // nothing was written, see the reason
)

// noImages is why most actors of a roster are skipped.
const noImages = "no training images"

// A Report says what a run did, or in a dry run would do. Every actor looked at
// is counted under exactly one outcome. Lists are sorted and never nil.
type Report struct {
	Migrated        int             `json:"migrated"`
	Already         int             `json:"already"`
	WithoutMetadata int             `json:"without_metadata"`
	Skipped         int             `json:"skipped"`
	Failed          int             `json:"failed"`
	Images          int             `json:"images"`    // in the manifests made
	Recovered       int             `json:"recovered"` // see ActorReport
	Missing         int             `json:"missing"`   // see ActorReport
	Conflicts       []Conflict      `json:"conflicts"`
	Problems        []actor.Problem `json:"problems"`
	Failures        []Failure       `json:"failures"`
	Actors          []ActorReport   `json:"actors"`
}

// A Conflict is a field of which two sources say different things.
type Conflict struct {
	Actor  actor.Name                 `json:"actor"`
	File   string                     `json:"file"`
	Field  string                     `json:"field"`
	Values map[string]json.RawMessage `json:"values"` // by source
}

// A Failure is an actor that could not be migrated.
type Failure struct {
	Actor  actor.Name `json:"actor"`
	Reason string     `json:"reason"`
}

// An ActorReport is the outcome of one actor.
type ActorReport struct {
	Actor   actor.Name `json:"actor"`
	Outcome Outcome    `json:"outcome"`
	Reason  string     `json:"reason"` // of Skipped and Failed, else ""
	Images  int        `json:"images"` // training images that are there
	// Recovered counts images, there or missing, that only response.json names
	// while prompt_metadata.json names others: the earlier migration, made by
	// hand, lost them.
	Recovered int `json:"recovered"`
	Missing   int `json:"missing"` // images that metadata names and that are not there
}

// A result is what one actor adds to the report.
type result struct {
	ActorReport
	conflicts []Conflict
	problems  []actor.Problem
}

func newReport() Report {
	return Report{Conflicts: []Conflict{}, Problems: []actor.Problem{}, Failures: []Failure{}, Actors: []ActorReport{}}
}

func (r *Report) add(one result) {
	switch one.Outcome {
	case Migrated:
		r.Migrated++
		r.Images += one.Images
		r.Recovered += one.Recovered
		r.Missing += one.Missing
	case Already:
		r.Already++
	case WithoutMetadata:
		r.WithoutMetadata++
	case Skipped:
		r.Skipped++
	case Failed:
		r.Failed++
		r.Failures = append(r.Failures, Failure{Actor: one.Actor, Reason: one.Reason})
	}
	r.Conflicts = append(r.Conflicts, one.conflicts...)
	r.Problems = append(r.Problems, one.problems...)
	r.Actors = append(r.Actors, one.ActorReport)
}

// sort makes the report the same however the actors were interleaved.
func (r *Report) sort() {
	slices.SortStableFunc(r.Conflicts, func(a, b Conflict) int { return cmp.Compare(a.Actor, b.Actor) })
	slices.SortStableFunc(r.Problems, func(a, b actor.Problem) int { return cmp.Compare(a.Where, b.Where) })
	slices.SortFunc(r.Failures, func(a, b Failure) int { return cmp.Compare(a.Actor, b.Actor) })
	slices.SortFunc(r.Actors, func(a, b ActorReport) int { return cmp.Compare(a.Actor, b.Actor) })
}
