package execution

import (
	"fmt"
	"sync"

	"screentest/pkg/judge"
)

// An Allowance is how many images one run may still delete and generate, shared
// by its workers. Dollars are kept by cost.Budget.
type Allowance struct {
	mu                     sync.Mutex
	deletions, generations int // negative: no limit
}

// NewAllowance returns an allowance; a negative number means no limit.
func NewAllowance(deletions, generations int) *Allowance {
	return &Allowance{deletions: deletions, generations: generations}
}

// deletion takes one deletion, or fails with judge.ErrHalt.
func (a *Allowance) deletion() error { return a.take(&a.deletions, "run.max_deletions") }

// generation takes one order, or fails with judge.ErrHalt.
func (a *Allowance) generation() error { return a.take(&a.generations, "run.max_generations") }

func (a *Allowance) take(left *int, setting string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if *left == 0 {
		return fmt.Errorf("%w: the limit %s is reached", judge.ErrHalt, setting)
	}
	if *left > 0 {
		*left--
	}
	return nil
}
