package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"screentest/pkg/judge"
	"screentest/pkg/judge/offline"
	"screentest/pkg/verdict"
)

// report prints how the judge does on held-out actors and, for comparison, in
// one line, on the others.
func report(ctx context.Context, w io.Writer, j *offline.Judge, trees []tree) error {
	fmt.Fprintf(w, "model %s, rubric %s\n", j.ID().Model, j.ID().Rubric)
	for _, t := range trees {
		fitted, heldOut, previews := newFigures(), newFigures(), newFigures()
		for _, s := range t.samples {
			verdicts, err := judgeOne(ctx, j, s)
			if err != nil {
				return err
			}
			if !offline.HeldOut(s.Actor) {
				fitted.add(s, verdicts[0])
				continue
			}
			heldOut.add(s, verdicts[0])
			previews.add(s, verdicts[1])
		}
		fmt.Fprintf(w, "\n%s\nactors fitted on: %s\nactors held out:  %s\ntheir previews:   %s\n",
			t.name, fitted.line(), heldOut.line(), previews.line())
		heldOut.print(w)
	}
	return nil
}

// judgeOne returns the verdicts on the picture and on its preview.
func judgeOne(ctx context.Context, j *offline.Judge, s sample) ([]verdict.Verdict, error) {
	c := judge.Case{Actor: s.Actor}
	for _, checks := range s.checks {
		c.Images = append(c.Images, judge.Exhibit{File: s.File, Checks: checks})
	}
	answers, _, err := j.Judge(ctx, c)
	if err != nil {
		return nil, err
	}
	var verdicts []verdict.Verdict
	for _, a := range answers {
		if a.Err != nil {
			return nil, a.Err
		}
		verdicts = append(verdicts, a.Verdict)
	}
	return verdicts, nil
}

// figures are what the judge said of labelled pictures.
type figures struct {
	images, right       int
	unsure, unsureWrong int
	confusion           map[verdict.Style]map[verdict.Style]int // true style → judged style
	fine                map[string][2]int                       // finer style → judged right, all
	wrong               []string
	quality             map[string]map[string][]int // actor → kind of defect, "" for sound → qualities
}

func newFigures() *figures {
	return &figures{
		confusion: map[verdict.Style]map[verdict.Style]int{},
		fine:      map[string][2]int{},
		quality:   map[string]map[string][]int{},
	}
}

func (f *figures) add(s sample, v verdict.Verdict) {
	f.images++
	fine := f.fine[s.Style]
	fine[1]++
	if v.Style == s.Type {
		f.right++
		fine[0]++
	} else {
		f.wrong = append(f.wrong, fmt.Sprintf("%s (%s %s) judged %s, unsure %t", s.File, s.Style, strings.Join(s.Defects, " "), v.Style, v.Unsure))
	}
	f.fine[s.Style] = fine
	if v.Unsure {
		f.unsure++
		if v.Style != s.Type {
			f.unsureWrong++
		}
	}
	if f.confusion[s.Type] == nil {
		f.confusion[s.Type] = map[verdict.Style]int{}
	}
	f.confusion[s.Type][v.Style]++
	f.addQuality(s, v.Quality)
}

// spoiled are the defects that quality must notice; a copy or an odd encoding is
// as good a picture as its original.
var spoiled = []string{"blur", "bright", "dark", "tiny"}

func (f *figures) addQuality(s sample, quality int) {
	if f.quality[s.Actor] == nil {
		f.quality[s.Actor] = map[string][]int{}
	}
	kind := ""
	for _, d := range s.Defects {
		if slices.Contains(spoiled, d) {
			kind = d
		}
	}
	f.quality[s.Actor][kind] = append(f.quality[s.Actor][kind], quality)
}

func (f *figures) line() string {
	return fmt.Sprintf("%d of %d styles right (%.1f %%); unsure of %d, of which %d wrong",
		f.right, f.images, percent(f.right, f.images), f.unsure, f.unsureWrong)
}

func (f *figures) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "labelled \\ judged\t")
	for _, s := range verdict.Styles() {
		fmt.Fprintf(t, "%s\t", s)
	}
	fmt.Fprintln(t, "recall\t")
	for _, s := range verdict.Styles() {
		all := 0
		fmt.Fprintf(t, "%s\t", s)
		for _, judged := range verdict.Styles() {
			fmt.Fprintf(t, "%d\t", f.confusion[s][judged])
			all += f.confusion[s][judged]
		}
		fmt.Fprintf(t, "%.1f %%\t\n", percent(f.confusion[s][s], all))
	}
	t.Flush()
	for _, fine := range slices.Sorted(maps.Keys(f.fine)) {
		fmt.Fprintf(w, "%s %d/%d  ", fine, f.fine[fine][0], f.fine[fine][1])
	}
	fmt.Fprintln(w)
	for _, line := range f.wrong {
		fmt.Fprintln(w, "wrong:", line)
	}
	f.printQuality(w)
}

// printQuality says which qualities sound pictures get, and how often a spoiled
// picture ranks below a sound one of the same actor, over all such pairs.
func (f *figures) printQuality(w io.Writer) {
	var sound [verdict.BestQuality + 1]int
	for _, kinds := range f.quality {
		for _, q := range kinds[""] {
			sound[q]++
		}
	}
	fmt.Fprintf(w, "sound pictures of quality 1 to 10: %v\n", sound[1:])
	for _, kind := range spoiled {
		below, equal, pairs := 0, 0, 0
		for _, actor := range slices.Sorted(maps.Keys(f.quality)) {
			for _, bad := range f.quality[actor][kind] {
				for _, sound := range f.quality[actor][""] {
					pairs++
					if bad < sound {
						below++
					} else if bad == sound {
						equal++
					}
				}
			}
		}
		fmt.Fprintf(w, "quality of %s: below a sound picture of the actor in %d of %d pairs (%.1f %%), equal in %d\n",
			kind, below, pairs, percent(below, pairs), equal)
	}
}

func percent(part, all int) float64 { return 100 * float64(part) / float64(max(all, 1)) }
