package score

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"screentest/pkg/verdict"
)

// WriteText prints the report as tables for people. Of lists of files it shows
// the first few; JSON has them all.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d images compared\n", r.Images)
	writeList(&b, "labelled but not evaluated", r.NotEvaluated)
	writeList(&b, "evaluated but not labelled", r.NotLabelled)
	r.Styles.writeText(&b)
	r.writeIssues(&b)
	r.Sound.writeText(&b)
	r.People.writeText(&b)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print scores: %w", err)
	}
	return nil
}

func (s Styles) writeText(b *strings.Builder) {
	fmt.Fprintf(b, "\nStyles: %d of %d right (%s), kappa %s\n", s.Right, s.Images, percent(s.Accuracy), figure(s.Kappa))
	t := table(b)
	fmt.Fprint(t, "label \\ judged\t")
	for _, style := range verdict.Styles() {
		fmt.Fprintf(t, "%s\t", style)
	}
	fmt.Fprint(t, "unjudged\t\n")
	for _, row := range s.Confusion {
		fmt.Fprintf(t, "%s\t", row.Label)
		for _, style := range verdict.Styles() {
			fmt.Fprintf(t, "%d\t", row.Judged[style])
		}
		fmt.Fprintf(t, "%d\t\n", row.Unjudged)
	}
	t.Flush()
}

func (r Report) writeIssues(b *strings.Builder) {
	fmt.Fprint(b, "\nIssues\n")
	t := table(b)
	fmt.Fprint(t, "\tfound\timagined\toverlooked\trecall\tprecision\t\n")
	for _, h := range r.Issues {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%s\t%s\t\n", h.Issue, h.TP, h.FP, h.FN, percent(h.Recall), percent(h.Precision))
	}
	for _, f := range r.Copies {
		fmt.Fprintf(t, "- %s\t%d\t\t%d\t%s\t\t\n", f.Kind, f.Found, f.Labelled-f.Found, percent(f.Recall))
	}
	t.Flush()
}

func (s Sound) writeText(b *strings.Builder) {
	fmt.Fprintf(b, "\nSound images: %d, of which %d are surplus\n", s.Images, s.Surplus)
	fmt.Fprintf(b, "%d (%s) condemned: %d for a copy that is kept instead, %d (%s) wrongly\n", s.Condemned,
		percent(s.CondemnedShare), s.Condemned-s.Wrongly, s.Wrongly, percent(s.WronglyShare))
	writeList(b, "wrongly condemned", s.WronglyFiles)
}

func table(w io.Writer) *tabwriter.Writer {
	return tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
}

// writeList names at most five files.
func writeList(b *strings.Builder, what string, files []string) {
	const most = 5
	if len(files) == 0 {
		return
	}
	more := ""
	if len(files) > most {
		more = ", …"
	}
	fmt.Fprintf(b, "%d %s: %s%s\n", len(files), what, strings.Join(files[:min(most, len(files))], ", "), more)
}

func percent(f *float64) string {
	if f == nil {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", *f*100)
}

func figure(f *float64) string {
	if f == nil {
		return "–"
	}
	return fmt.Sprintf("%.3f", *f)
}
