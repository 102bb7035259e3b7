package execution

import (
	"fmt"

	"screentest/pkg/ledger"
)

// unheard says why nothing more is ordered for the plan, nil for no reason: as many
// answers were lost as a picture has tries, or as many orders for one picture were
// cut off. Each may have been billed, and whoever starts the plan again would pay
// for the same once more. A kill now and then cuts off one order here and one there,
// and ends no plan.
func (p *performance) unheard() error {
	lost, worst, usd := 0, 0, 0.0
	of := map[string]int{}
	for _, line := range p.proposal.Lines {
		switch line.Act {
		case ledger.Lost:
			lost++
		case ledger.CutOff:
		default:
			continue
		}
		of[line.Step]++
		worst, usd = max(worst, of[line.Step]), usd+line.USD
	}
	if limit := p.Settings.Generation.Tries; lost < limit && worst < limit {
		return nil
	}
	orders := 0
	for _, n := range of {
		orders += n
	}
	return fmt.Errorf("%w: %d orders brought no answer and may have been billed, $%.2f at most; see to the generator before the plan is approved again", errSpent, orders, usd)
}
