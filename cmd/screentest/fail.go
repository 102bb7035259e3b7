package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// A hinted error says what to do about it, apart from what went wrong.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }

// hint adds to err what to do about it.
func hint(err error, format string, args ...any) error {
	return hinted{err, fmt.Sprintf(format, args...)}
}

// printFailure tells what went wrong and then, line by line, what to do about it.
func printFailure(w io.Writer, err error) {
	fmt.Fprintf(w, "%s %s\n", paint(w, text.FgRed, "error:"), printableLines(err.Error()))
	for {
		var h hinted
		if !errors.As(err, &h) {
			return
		}
		for line := range strings.SplitSeq(h.hint, "\n") {
			fmt.Fprintf(w, "%s %s\n", paint(w, text.FgCyan, "hint:"), printable(line))
		}
		err = h.error
	}
}

// paint colours a word where w is a terminal, unless NO_COLOR is set to anything
// (see no-color.org) or the terminal can do nothing.
func paint(w io.Writer, colour text.Color, word string) string {
	if terminalWidth(w) == 0 || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return word
	}
	return text.Colors{colour, text.Bold}.EscapeSeq() + word + text.Reset.EscapeSeq()
}
