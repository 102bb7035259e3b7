package balance

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"screentest/pkg/verdict"
)

// Limits make a plan smaller. A negative value means no limit, 0 that none is
// allowed.
type Limits struct {
	Deletions   int     `yaml:"deletions" json:"deletions"`     // images deleted of one actor
	Generations int     `yaml:"generations" json:"generations"` // images generated for one actor
	USD         float64 `yaml:"usd" json:"usd"`                 // dollars for generating images for one actor
}

// deleteWithin fills Delete. The limit is spent where it does most good: on
// condemned images, then on copies, then on surplus.
func (p *Plan) deleteWithin(l Limits, sorted triage, t Target) {
	left := unlessNegative(l.Deletions)
	why := fmt.Sprintf("not deleted: plan.limits.deletions is %d", l.Deletions)
	take := func(what string, from []Deletion) {
		n := min(left, len(from))
		p.leftOut(what, len(from)-n, len(from), why)
		p.deleteByName(from[:n])
		left -= n
	}
	take("condemned images", sorted.condemned)
	take("copies", sorted.copies)

	surplus := sorted.surplus(t)
	allowed := share(surplus, left)
	var worst []Deletion
	for _, s := range verdict.Styles() {
		p.leftOut("surplus "+string(s)+" images", surplus.Of(s)-allowed.Of(s), surplus.Of(s), why)
		worst = append(worst, sorted.surplusDeletions(s, allowed.Of(s), t)...)
	}
	p.deleteByName(worst)
}

// generateWithin fills Generate with as much of want as the limits allow.
func (p *Plan) generateWithin(l Limits, price float64, want Target) {
	n := unlessNegative(l.Generations)
	why := fmt.Sprintf("not generated: plan.limits.generations is %d", l.Generations)
	if a := affordable(l.USD, price); a < n {
		n = a
		why = fmt.Sprintf("not generated: plan.limits.usd is %g at %g an image", l.USD, price)
	}
	p.Generate = share(want, n)
	for _, s := range verdict.Styles() {
		p.leftOut(string(s)+" images", want.Of(s)-p.Generate.Of(s), want.Of(s), why)
	}
}

func (p *Plan) deleteByName(ds []Deletion) {
	byName := func(a, b Deletion) int { return cmp.Compare(a.File, b.File) }
	p.Delete = append(p.Delete, slices.SortedFunc(slices.Values(ds), byName)...)
}

// leftOut says what a limit kept out of the plan, if it did.
func (p *Plan) leftOut(what string, n, of int, why string) {
	if n > 0 {
		p.Limited = append(p.Limited, fmt.Sprintf("%d of %d %s %s", n, of, what, why))
	}
}

func unlessNegative(limit int) int {
	if limit < 0 {
		return math.MaxInt
	}
	return limit
}

// affordable returns how many images at price dollars usd pays for: none if usd
// is 0, even where they are free, and none where the arithmetic makes no sense.
func affordable(usd, price float64) int {
	if usd < 0 || usd > 0 && price <= 0 {
		return math.MaxInt
	}
	n := math.Floor(usd/price + 1e-9) // 0.3 / 0.1 is 2.9999999999999996
	switch {
	case usd > 0 && n >= math.MaxInt32:
		return math.MaxInt
	case usd > 0 && n > 0:
		return int(n)
	}
	return 0 // NaN included
}

// share gives n images out to the styles that want them: each to the style that
// lacks most at that moment, of equals to the first, so that what is left out is
// as even as can be.
func share(want Target, n int) Target {
	if n >= want.Total() {
		return want
	}
	var given Target
	for range n {
		neediest := verdict.Styles()[0]
		for _, s := range verdict.Styles() {
			if want.Of(s)-given.Of(s) > want.Of(neediest)-given.Of(neediest) {
				neediest = s
			}
		}
		given.Add(neediest, 1)
	}
	return given
}
