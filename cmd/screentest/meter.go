package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"screentest/pkg/cost"
	"screentest/pkg/ledger"
	"screentest/pkg/run"
)

// A meter shows how far long work is: a bar with rate and time left on a
// terminal, and about ten plain lines elsewhere. It is not for concurrent use.
type meter struct {
	out   io.Writer
	verb  string // "evaluating"
	noun  string // "actors"
	begun time.Time
	drawn time.Time // when the bar was last drawn
	long  int       // columns that it took, 0 if there is none
	shown int       // tenths printed

	mu           sync.Mutex
	done, failed int
	usage        cost.Usage
}

func newMeter(out io.Writer, verb, noun string) *meter {
	return &meter{out: out, verb: verb, noun: noun, begun: time.Now()}
}

// at shows that done of total are behind us.
func (m *meter) at(done, total int) { m.show(done, total, false) }

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
		m.show(m.done, total, true)
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
		m.show(min(m.done, total), total, true)
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

// show tells how far it is; spends says that failures and dollars are counted.
func (m *meter) show(done, total int, spends bool) {
	if width := terminalWidth(m.out); width >= narrowest {
		m.draw(gauge{
			verb: m.verb, noun: m.noun, done: done, total: total, elapsed: time.Since(m.begun), spends: spends, failed: m.failed, usd: m.usage.USD,
		}, width-1)
		return
	}
	tenths := done * 10 / max(total, 1)
	if tenths <= m.shown {
		return
	}
	m.shown = tenths
	what := m.verb
	if spends {
		what = fmt.Sprintf("%s, %d failed, $%.4f", m.verb, m.failed, m.usage.USD)
	}
	fmt.Fprintf(m.out, "%s: %d of %d %s\n", what, done, total, m.noun)
}

// On a terminal narrower than this a bar says nothing that plain lines do not.
const narrowest = 20

// drawEvery keeps a bar that moves fast from flickering.
const drawEvery = 100 * time.Millisecond

// draw writes the bar over the one before. A bar that cannot be drawn is no reason
// to stop the work.
func (m *meter) draw(g gauge, width int) {
	if time.Since(m.drawn) < drawEvery && g.done < g.total {
		return
	}
	m.drawn = time.Now()
	m.over(g.line(width))
}

func (m *meter) over(line string) {
	columns := utf8.RuneCountInString(line)
	fmt.Fprint(m.out, "\r"+line+strings.Repeat(" ", max(0, m.long-columns)))
	m.long = columns
}

// stop takes the bar away.
func (m *meter) stop() {
	if m.long > 0 {
		m.over("")
		fmt.Fprint(m.out, "\r")
	}
}
