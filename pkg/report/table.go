package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"screentest/pkg/album"
	"screentest/pkg/balance"
	"screentest/pkg/evaluation"
	"screentest/pkg/verdict"
)

// A Row is one actor in report.json; its images are the rows of images.csv, and
// the rest of it is a row of actors.csv.
type Row struct {
	Actor       string         `json:"actor"`
	State       album.State    `json:"state"`
	Plan        album.Plan     `json:"plan,omitempty"` // how far the plan has come
	EvaluatedAt time.Time      `json:"evaluated_at,omitzero"`
	Images      int            `json:"images"`
	Mix         balance.Mix    `json:"mix"`
	Target      balance.Target `json:"target"`
	Delete      int            `json:"delete"`
	Generate    balance.Target `json:"generate"`
	USD         float64        `json:"usd"`
	Problem     string         `json:"problem,omitempty"`
	Verdicts    []Verdict      `json:"verdicts"`
}

// A Verdict is what the report says of one image.
type Verdict struct {
	File     string            `json:"file"`
	SHA256   string            `json:"sha256"`
	Style    verdict.Style     `json:"style"`
	Quality  int               `json:"quality"`
	Issues   []verdict.Issue   `json:"issues"`
	Keep     bool              `json:"keep"`
	CopyOf   string            `json:"copy_of,omitempty"`
	Judged   evaluation.Judged `json:"judged"`
	Reasons  []string          `json:"reasons"`
	Decision string            `json:"decision,omitempty"` // a person's, in words
}

// newRow makes the row of an actor; e is nil where there is no evaluation.
func newRow(entry album.Entry, e *evaluation.Evaluation) Row {
	s := entry.Standing
	row := Row{
		Actor: string(entry.Actor.Name), State: entry.State, Plan: entry.Plan, EvaluatedAt: s.EvaluatedAt, Images: s.Images, Mix: s.Mix, Target: entry.Target,
		Delete: s.Delete, Generate: s.Generate, USD: entry.USD, Problem: entry.Problem, Verdicts: []Verdict{},
	}
	if e == nil {
		return row
	}
	for _, i := range e.Images {
		v := Verdict{
			File: i.File, SHA256: i.SHA256, Style: i.Style, Quality: i.Quality, Issues: i.Issues,
			Keep: i.Keep, CopyOf: i.DuplicateOf, Judged: i.Judged, Reasons: i.Reasons,
		}
		if i.Decision != nil {
			v.Decision = i.Decision.Sentence()
		}
		row.Verdicts = append(row.Verdicts, v)
	}
	return row
}

// tables writes actors.csv, images.csv and report.json, by name of the actor.
func (w *writer) tables() error {
	slices.SortFunc(w.rows, func(a, b Row) int { return strings.Compare(a.Actor, b.Actor) })
	if err := w.csv("actors.csv", actorTable(w.rows)); err != nil {
		return err
	}
	if err := w.csv("images.csv", imageTable(w.rows)); err != nil {
		return err
	}
	text, err := json.MarshalIndent(map[string]any{"schema_version": 1, "made_at": w.Now, "actors": w.rows}, "", " ")
	if err != nil {
		return fmt.Errorf("write report.json: %w", err)
	}
	return w.write("report.json", text)
}

func actorTable(rows []Row) [][]string {
	table := [][]string{{"actor", "state", "plan", "images", "photorealistic", "bw_stylized", "color_stylized",
		"delete", "generate_photorealistic", "generate_bw_stylized", "generate_color_stylized", "usd", "problem"}}
	for _, r := range rows {
		cells := []any{r.Actor, r.State, r.Plan, r.Images, r.Mix.Photorealistic, r.Mix.BWStylized, r.Mix.ColorStylized,
			r.Delete, r.Generate.Photorealistic, r.Generate.BWStylized, r.Generate.ColorStylized, r.USD, r.Problem}
		table = append(table, texts(cells))
	}
	return table
}

func imageTable(rows []Row) [][]string {
	table := [][]string{{"actor", "file", "sha256", "style", "quality", "issues", "keep", "copy_of", "judged", "decision", "reasons"}}
	for _, r := range rows {
		for _, v := range r.Verdicts {
			var issues []string
			for _, issue := range v.Issues {
				issues = append(issues, string(issue))
			}
			cells := []any{r.Actor, v.File, v.SHA256, v.Style, v.Quality, strings.Join(issues, " "), v.Keep, v.CopyOf, v.Judged, v.Decision, strings.Join(v.Reasons, "; ")}
			table = append(table, texts(cells))
		}
	}
	return table
}

// texts writes cells as text. A spreadsheet would take one that begins like a
// formula for one, and file names come from outside, so those get a quote.
func texts(cells []any) []string {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = fmt.Sprint(cell)
		if strings.ContainsAny(row[i][:min(1, len(row[i]))], "=+-@\t\r") {
			row[i] = "'" + row[i]
		}
	}
	return row
}

func (w *writer) csv(name string, table [][]string) error {
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(table); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return w.write(name, b.Bytes())
}
