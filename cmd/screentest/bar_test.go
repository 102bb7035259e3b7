package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestTheBarFitsAndSaysWhatMatters(t *testing.T) {
	for _, g := range []gauge{
		{verb: "evaluating", noun: "actors", done: 51, total: 113, elapsed: 10 * time.Second, spends: true, failed: 2, usd: 0.0012},
		{verb: "evaluating", noun: "actors", done: 1051, total: 1253, elapsed: 3 * time.Hour, spends: true, failed: 123, usd: 12.3456},
	} {
		for width := range 130 {
			line := g.line(width)
			if n := utf8.RuneCountInString(line); n > width {
				t.Errorf("%d columns for %q, which takes %d", width, line, n)
			}
		}
		for width, wanted := range map[int][]string{
			120: {"evaluating", "█", "░", "%", "actors", "/min", " left", "failed", "$"},
			80:  {"evaluating", "█", "░", "%", "/min", " left", "failed", "$"},
			60:  {"%", "/min", " left", "failed", "$"},
			50:  {"/min", "failed", "$"},
			40:  {"/min", "failed", "$"},
		} {
			for _, want := range wanted {
				if line := g.line(width); !strings.Contains(line, want) {
					t.Errorf("%d columns: %q does not say %q", width, line, want)
				}
			}
		}
	}
}

func TestTheBarAtItsEnds(t *testing.T) {
	g := gauge{verb: "verifying", noun: "actors"}
	if got := g.line(60); strings.Contains(got, "left") || strings.Contains(got, "failed") {
		t.Errorf("of nothing it says %q", got)
	}
	g.done, g.total, g.elapsed = 300, 300, 2*time.Second
	if got := g.line(79); got != "verifying "+strings.Repeat("█", 30)+" 100% 300/300 actors · 150/s · 0s left" {
		t.Errorf("at the end it says %q", got)
	}
	for d, want := range map[time.Duration]string{12400 * time.Millisecond: "12s", 190 * time.Second: "3m10s", 125 * time.Minute: "2h05m"} {
		if got := brief(d); got != want {
			t.Errorf("%s is written %q", d, got)
		}
	}
}
