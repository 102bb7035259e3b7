package page

import (
	"fmt"
	"html/template"
	"strings"

	"screentest/pkg/balance"
	"screentest/pkg/verdict"
)

// A Bar shows a mix against its target: for each style a frame as wide as the
// target, filled as far as the set goes.
type Bar struct {
	Has    balance.Mix
	Target balance.Target
}

// Label says what the bar shows, for those who do not see it.
func (b Bar) Label() string {
	var parts []string
	for i, s := range verdict.Styles() {
		parts = append(parts, fmt.Sprintf("%s %d/%d", []string{"photorealistic", "b/w", "colour"}[i], b.Has.Of(s), b.Target.Of(s)))
	}
	return strings.Join(parts, ", ")
}

// bar draws b as SVG. It is numbers only, so it is safe as it is; there is one on
// every card of the overview, so it is terse.
func bar(b Bar) template.HTML {
	const gap = 0.6
	var svg strings.Builder
	width := float64(b.Target.Total()) + 2*gap
	fmt.Fprintf(&svg, `<svg class=mix viewBox="0 0 %.4g 2" preserveAspectRatio=none role=img aria-label="%s">`, width, b.Label())
	x := 0.0
	for i, s := range verdict.Styles() {
		want := b.Target.Of(s)
		has := min(b.Has.Of(s), want)
		if has < want {
			fmt.Fprintf(&svg, `<rect class=o x=%.4g width=%d />`, x+float64(has), want-has)
		}
		if has > 0 {
			fmt.Fprintf(&svg, `<rect class=%c x=%.4g width=%d />`, "pbc"[i], x, has)
		}
		x += float64(want) + gap
	}
	svg.WriteString(`</svg>`)
	return template.HTML(svg.String())
}
