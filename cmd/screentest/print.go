package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// printJSON writes v as one indented document.
func (a *app) printJSON(v any) error {
	encoder := json.NewEncoder(a.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

func (a *app) printf(format string, args ...any) {
	fmt.Fprintf(a.stdout, format, args...)
}

// newTable returns a table without frames whose numeric columns are aligned to
// the right. It is cut to the width of the terminal, if there is one.
func (a *app) newTable(header ...any) table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options = table.OptionsNoBordersAndSeparators
	t.Style().Format.Header = text.FormatUpper
	t.Style().Box.PaddingLeft = ""
	t.Style().Box.PaddingRight = "  "
	t.AppendHeader(table.Row(header))
	if width := terminalWidth(a.stdout); width > 0 {
		t.Style().Size.WidthMax = width
		// One long name must not push the figures of all others over the edge.
		t.SetColumnConfigs([]table.ColumnConfig{{Number: 1, WidthMax: max(16, width/2), WidthMaxEnforcer: text.Trim}})
	}
	return t
}

// render prints t without the blanks that pad its last column.
func (a *app) render(t table.Writer) {
	for line := range strings.Lines(t.Render() + "\n") {
		a.printf("%s\n", strings.TrimRight(line, " \n"))
	}
}

// terminalWidth returns the columns of w, 0 if w is no terminal.
func terminalWidth(w io.Writer) int {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// printable makes text from outside harmless to a terminal and keeps it in its
// line: what is no graphic character is shown as U+FFFD.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

// printableLines is printable for text of several lines.
func printableLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = printable(line)
	}
	return strings.Join(lines, "\n")
}

// plural returns "1 image" or "3 images".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
