package main

import (
	"fmt"
	"io"
	"sync"

	"github.com/schollz/progressbar/v3"

	"screentest/pkg/cost"
	"screentest/pkg/ledger"
	"screentest/pkg/run"
)

// A meter shows how far long work is: a bar with rate and time left on a
// terminal, and about ten plain lines elsewhere. It is not for concurrent use.
type meter struct {
	out   io.Writer
	verb  string                   // "evaluating"
	noun  string                   // "actors"
	bar   *progressbar.ProgressBar // nil where there is no terminal, and before the first call of at
	shown int                      // tenths printed

	mu           sync.Mutex
	done, failed int
	usage        cost.Usage
}

func newMeter(out io.Writer, verb, noun string) *meter {
	return &meter{out: out, verb: verb, noun: noun}
}

// at shows that done of total are behind us.
func (m *meter) at(done, total int) { m.show(done, total, m.verb) }

// outcome returns a function that shows the outcomes of a run over total actors,
// with failures and dollars.
func (m *meter) outcome(total int) func(run.Outcome) {
	return func(o run.Outcome) {
		if o.State == run.Interrupted {
			return
		}
		m.done++
		m.usage = m.usage.Add(o.Usage)
		if o.State == run.Failed {
			m.failed++
		}
		m.show(m.done, total, fmt.Sprintf("%s, %d failed, $%.4f", m.verb, m.failed, m.usage.USD))
	}
}

// line returns a function that shows the steps of plans as they are taken, of
// total in all. It may be called by several goroutines.
func (m *meter) line(total int) func(ledger.Line) {
	return func(line ledger.Line) {
		m.mu.Lock()
		defer m.mu.Unlock()
		switch line.Act {
		case ledger.Placed, ledger.Trashed:
			m.done++
		}
		m.usage.USD += line.USD
		m.show(min(m.done, total), total, fmt.Sprintf("%s, %d failed, $%.4f", m.verb, m.failed, m.usage.USD))
	}
}

// fails counts an actor that has failed.
func (m *meter) fails(o run.Outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if o.State == run.Failed {
		m.failed++
	}
}

func (m *meter) show(done, total int, what string) {
	if width := terminalWidth(m.out); width >= narrowest {
		m.draw(done, total, what, width)
		return
	}
	if tenths := done * 10 / max(total, 1); tenths > m.shown {
		m.shown = tenths
		fmt.Fprintf(m.out, "%s: %d of %d %s\n", what, done, total, m.noun)
	}
}

// A line of text, counts, rate and times takes up to 80 columns beside the bar;
// without the rate 60. On a narrower terminal it would wrap at every step.
const (
	narrowest = 70
	withRate  = 100
)

// draw moves the bar. A bar that cannot be drawn is no reason to stop the work.
func (m *meter) draw(done, total int, what string, width int) {
	if m.bar == nil {
		options := []progressbar.Option{
			progressbar.OptionSetWriter(m.out),
			progressbar.OptionSetWidth(min(30, max(5, width-90))),
			progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(true),
		}
		if width >= withRate {
			options = append(options, progressbar.OptionShowIts(), progressbar.OptionSetItsString(m.noun))
		}
		m.bar = progressbar.NewOptions(total, options...)
	}
	m.bar.Describe(what)
	_ = m.bar.Set(done)
}

// stop takes the bar away.
func (m *meter) stop() {
	if m.bar != nil {
		_ = m.bar.Clear()
	}
}
