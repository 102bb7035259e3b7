package offline

import (
	"screentest/pkg/inspect"
	"screentest/pkg/verdict"
)

// observe says in one sentence what the picture looked like. It speaks of
// texture only: that is all this judge sees.
func observe(c inspect.Checks, style, other verdict.Style, unsure bool) string {
	if unsure {
		return "Close call: looks like " + kind(c, style) + ", but might be " + kind(c, other) + "."
	}
	return "Looks like " + kind(c, style) + ": " + signs[style] + "."
}

func kind(c inspect.Checks, style verdict.Style) string {
	switch style {
	case verdict.BWStylized:
		return "a drawing in black and white"
	case verdict.ColorStylized:
		return "a drawing or painting in colour"
	}
	if c.Grey {
		return "a black-and-white photograph"
	}
	return "a photograph"
}

// signs are what by and large speaks for a style.
var signs = map[verdict.Style]string{
	verdict.Photorealistic: "tones that run smoothly, little line work",
	verdict.BWStylized:     "lines or hard steps between tones, no colour",
	verdict.ColorStylized:  "laid colours, flat or in strokes",
}
