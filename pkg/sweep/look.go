package sweep

import (
	"context"
	"errors"
	"math"
	"time"

	"screentest/pkg/run"
	"screentest/pkg/store"
)

// A LookInput is what the state machine calls with.
type LookInput struct {
	RunID string   `json:"run_id"`
	Mode  run.Mode `json:"mode"`
	Waits int      `json:"waits"` // before this look
}

// A LookOutput is how far the sweep is. The last one is its result.
type LookOutput struct {
	RunID string `json:"run_id"`
	Tally
	Remaining   int      `json:"remaining"`
	Total       int      `json:"total"`
	Done        bool     `json:"done"`
	WaitSeconds int      `json:"wait_seconds"`
	End         End      `json:"end,omitempty"`     // when done
	Summary     *Summary `json:"summary,omitempty"` // likewise
}

// Look counts. When every actor is settled, or the sweep was stopped, it sums up
// and ends the sweep; after that it answers the same.
func Look(ctx context.Context, s store.Store, in LookInput, now time.Time) (LookOutput, error) {
	h, err := Load(ctx, s, in.Mode, in.RunID)
	if errors.Is(err, store.ErrNotFound) {
		return LookOutput{}, Invalid{"there is no sweep " + in.RunID + ", or its record was reset"}
	}
	if err != nil {
		return LookOutput{}, err
	}
	out, err := h.look(ctx, s)
	if err != nil {
		return out, err
	}
	out.WaitSeconds = wait(in.Waits)
	if h.Listed && out.Remaining == 0 || !h.StoppedAt.IsZero() {
		return h.close(ctx, s, out, Stopped, "", now)
	}
	return out, nil
}

// The wait between two looks grows by an eighth from 10 seconds to a quarter of
// an hour: a sweep of minutes is watched closely, and one of weeks costs few steps.
const (
	firstWait   = 10
	longestWait = 900
)

func wait(waits int) int {
	return int(min(firstWait*math.Pow(1.125, float64(max(0, waits))), longestWait))
}
