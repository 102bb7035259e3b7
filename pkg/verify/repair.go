package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"screentest/pkg/actor"
	"screentest/pkg/lease"
	"screentest/pkg/ledger"
)

// Repair mends of one actor what has one right answer, and looks again: what is
// gone then is reported as mended, what is left as findings. Where nothing is to
// be mended it writes nothing. Repairing again changes nothing.
//
// Each repair is in the ledger before it is made, so one that was cut short and
// made again is there twice. It stops at the first that fails; the report then
// says how things stand, and the error why.
func Repair(ctx context.Context, c Config, a actor.Actor) (Report, error) {
	x, err := examine(ctx, c, a)
	if err != nil {
		return Report{}, err
	}
	report := x.report
	if len(x.mends) == 0 {
		return report, nil
	}
	err = lease.Hold(ctx, c.Store, actor.LeaseKey(a.Name), c.By, func(ctx context.Context) error {
		var err error
		report, err = repair(ctx, c, a)
		return err
	})
	return report, err
}

// repair looks again, for others may have been at it before the lease was ours.
func repair(ctx context.Context, c Config, a actor.Actor) (Report, error) {
	x, err := examine(ctx, c, a)
	if err != nil || len(x.mends) == 0 {
		return x.standing(), err
	}
	if err := x.enter(ctx); err != nil {
		return x.report, err
	}
	failed := x.mendAll(ctx)
	after, err := examine(ctx, c, a)
	if err != nil {
		return x.report, errors.Join(failed, err)
	}
	for _, f := range x.report.Findings {
		if f.Repair != "" && !slices.ContainsFunc(after.report.Findings, f.same) {
			after.report.Mended = append(after.report.Mended, f)
		}
	}
	return after.report, failed
}

// standing is the report, also of an examination that failed.
func (x *examination) standing() Report {
	if x == nil {
		return Report{}
	}
	return x.report
}

// same reports whether g is what f is about.
func (f Finding) same(g Finding) bool { return f.Kind == g.Kind && f.File == g.File }

// enter writes into the ledger what is about to be mended.
func (x *examination) enter(ctx context.Context) error {
	var lines []ledger.Line
	for _, f := range x.report.Findings {
		if f.Repair != "" {
			why := fmt.Sprintf("%s: %s: %s", f.Kind, f.Detail, f.Repair)
			lines = append(lines, ledger.Line{At: x.Now(), By: x.By, Act: ledger.Repaired, File: f.File, SHA256: f.SHA256, Why: why})
		}
	}
	return x.record.Append(ctx, func() ([]ledger.Line, error) { return lines, nil })
}

func (x *examination) mendAll(ctx context.Context) error {
	for _, mend := range x.mends {
		if err := mend(ctx); err != nil {
			return fmt.Errorf("repair %s: %w", x.actor.Name, err)
		}
	}
	return nil
}
