package inspect

import (
	"fmt"

	"screentest/pkg/verdict"
)

// A Finding is an issue with the measurement behind it, in words for people.
type Finding struct {
	Issue  verdict.Issue
	Reason string
}

// Thresholds turn measurements into issues. They come from the settings.
type Thresholds struct {
	ShortSide int     `yaml:"short_side"` // shorter side in pixels below which an image is too small
	Sharpness float64 `yaml:"sharpness"`  // Checks.Sharpness below which it is blurred
	Dark      float64 `yaml:"dark"`       // Checks.Highlights below which it is too dark: a night picture has lights
	Bright    float64 `yaml:"bright"`     // Checks.ClippedHigh above which it is too bright, if it has colour and nothing in it is dark
	Symmetry  float64 `yaml:"symmetry"`   // Checks.Symmetry above which it is symmetrical
}

// DefaultThresholds were fitted on rendered photographs and drawings of many
// styles, of 512 and of 1344 pixels, with and without the defect.
var DefaultThresholds = Thresholds{
	ShortSide: 256,
	Sharpness: 0.215,
	Dark:      0.10,
	Bright:    0.45,
	Symmetry:  0.97,
}

// ink is the Checks.Shadows below which a picture on white is a drawing with
// dark lines and not a burnt-out photograph. One in grey may be a pencil drawing
// on white paper, with no dark lines either, so it is never called too bright.
const ink = 0.12

// Issues returns what the measurements say is wrong, most telling first: where
// there is hardly light, the other measurements mean nothing and are not judged.
func Issues(c Checks, t Thresholds) []Finding {
	var found []Finding
	add := func(issue verdict.Issue, format string, args ...any) {
		found = append(found, Finding{issue, fmt.Sprintf(format, args...)})
	}
	if short := min(c.Width, c.Height); short < t.ShortSide {
		add(verdict.TooSmall, "%d × %d pixels; the shorter side should have at least %d", c.Width, c.Height, t.ShortSide)
	}
	if c.Highlights < t.Dark {
		add(verdict.TooDark, "99 %% of the picture is darker than %.0f %% of white; at least %.0f %% is expected even at night",
			100*c.Highlights, 100*t.Dark)
		return found
	}
	if c.ClippedHigh > t.Bright && c.Shadows > ink && !c.Grey {
		add(verdict.TooBright, "%.0f %% of the picture is burnt out to white (limit %.0f %%) and nothing in it is dark",
			100*c.ClippedHigh, 100*t.Bright)
	}
	if c.Sharpness < t.Sharpness {
		add(verdict.Blurred, "the sharpest edges have a sharpness of %.2f; at least %.2f is expected", c.Sharpness, t.Sharpness)
	}
	if c.Symmetry > t.Symmetry {
		add(verdict.Symmetrical, "the left half mirrors the right with a correlation of %.3f (limit %.3f)", c.Symmetry, t.Symmetry)
	}
	return found
}
