package main

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// A gauge is how far long work has come.
type gauge struct {
	verb, noun  string // "evaluating", "actors"
	done, total int
	elapsed     time.Duration
	spends      bool // failures and dollars are counted
	failed      int
	usd         float64
}

// The length of a bar. Where a shorter one would have to do, there is none.
const (
	shortestBar = 6
	longestBar  = 30
)

// line tells all of it in at most width columns: what it is, a bar, the share, the
// count, the rate, the time left, failures and dollars. The narrower, the less is
// said in words; rate, time, failures and dollars go last.
func (g gauge) line(width int) string {
	share := fmt.Sprintf("%d%% ", g.done*100/max(g.total, 1))
	count := fmt.Sprintf("%d/%d", g.done, g.total)
	long, short := g.facts()
	for _, c := range []struct{ head, tail string }{
		{g.verb + " ", " " + share + strings.Join(append([]string{count + " " + g.noun}, long...), " · ")},
		{g.verb + " ", " " + share + strings.Join(append([]string{count}, long...), " · ")},
		{"", share + strings.Join(append([]string{count}, long...), " · ")},
		{"", strings.Join(append([]string{count}, short...), " ")},
		{"", strings.Join(short, " ")},
	} {
		room := width - utf8.RuneCountInString(c.head) - utf8.RuneCountInString(c.tail)
		switch {
		case c.head != "" && room >= shortestBar:
			return c.head + g.bar(min(room, longestBar)) + c.tail
		case c.head == "" && room >= 0:
			return c.tail
		}
	}
	return count[:min(len(count), max(0, width))]
}

// facts returns rate, time left, failures and dollars, as far as they are known, in
// words and in as few characters as can be understood.
func (g gauge) facts() (long, short []string) {
	add := func(value, unit string) {
		long, short = append(long, value+unit), append(short, value)
	}
	if perSecond := float64(g.done) / g.elapsed.Seconds(); g.done > 0 && g.elapsed > 0 {
		rate := fmt.Sprintf("%.0f/min", perSecond*60)
		if perSecond >= 10 {
			rate = fmt.Sprintf("%.0f/s", perSecond)
		}
		add(rate, "")
		add(brief(time.Duration(float64(g.total-g.done)/perSecond*float64(time.Second))), " left")
	}
	if g.spends {
		long = append(long, fmt.Sprintf("%d failed", g.failed), fmt.Sprintf("$%.4f", g.usd))
		short = append(short, fmt.Sprintf("%d failed", g.failed), fmt.Sprintf("$%.2f", g.usd))
	}
	return long, short
}

// brief writes a time without more than anybody plans with: 12s, 3m10s, 2h05m.
func brief(d time.Duration) string {
	if d < time.Hour {
		return d.Round(time.Second).String()
	}
	minutes := int(d.Round(time.Minute).Minutes())
	return fmt.Sprintf("%dh%02dm", minutes/60, minutes%60)
}

func (g gauge) bar(length int) string {
	full := length * g.done / max(g.total, 1)
	return strings.Repeat("█", full) + strings.Repeat("░", length-full)
}
