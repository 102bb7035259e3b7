package generate

import (
	"slices"
	"strings"

	"screentest/pkg/verdict"
)

// Catalogue returns all prompts in the order of their ids. An id is written into
// the record of every picture, so its prompt may be worded better but must go on
// to mean the same, and is never removed. The words must suit any age.
func Catalogue() []Prompt {
	all := slices.Concat(photographs, inBlackAndWhite, inColour)
	slices.SortFunc(all, func(a, b Prompt) int { return strings.Compare(a.ID, b.ID) })
	return all
}

func photo(id, text string) Prompt {
	return Prompt{id, verdict.Photorealistic, "Make a photograph with natural skin, true light and the depth of field of a real lens. " + text}
}

// photographs vary framing, angle, light, place and action.
var photographs = []Prompt{
	photo("photo-01", "Half-length, three-quarter view from the left, in a kitchen in the morning: pouring tea, eyes on the cup, soft window light from the side."),
	photo("photo-02", "Head and shoulders in profile at a train window, gazing out at passing fields; cool daylight on the face, the seat dark behind."),
	photo("photo-03", "Full figure from a low angle, walking along a tree-lined street in autumn, looking up into the leaves at one side; warm backlight."),
	photo("photo-04", "Half-length from slightly above, reading at a library table, eyes on the page; a desk lamp on one side, rows of shelves out of focus."),
	photo("photo-05", "Full figure at a distance in the right third, crossing a wide beach in wind, face turned to the sea; bright overcast sky."),
	photo("photo-06", "Close view of the face in three-quarter view from the right, laughing at something out of frame; late sun from behind, a park blurred beyond."),
	photo("photo-07", "From the thighs up at a market stall, choosing apples, looking down at them; dappled light through an awning."),
	photo("photo-08", "Over the shoulder from behind, face in lost profile, looking across a city from a rooftop at dusk; blue air and distant lamps."),
	photo("photo-09", "Seated sideways on stone steps, full figure from the side, tying a shoe, eyes on the hands; hard noon light and short shadows."),
	photo("photo-10", "Half-length in a workshop, sanding a piece of wood, concentrated on the work; dust in a shaft of light from a high window."),
	photo("photo-11", "From the knees up in light rain under an umbrella held to one side, glancing along a wet street at night; shop lights reflected on the ground."),
	photo("photo-12", "Close view from a low angle, chin lifted, watching clouds; plain sky in the left two thirds, clear side light."),
	photo("photo-13", "Full figure from above, kneeling in a meadow, studying a flower; even light of an overcast day."),
	photo("photo-14", "Half-length at a piano seen from its side, eyes on the keys; a single warm lamp, the room around in shadow."),
	photo("photo-15", "From the waist up, feeding a horse over a fence, turned to the animal; low golden sun across the frame."),
	photo("photo-16", "Full figure in the left third of a museum hall, head tilted up to something high outside the frame; cool light from above."),
	photo("photo-17", "Three-quarter figure on a bicycle standing still, one foot on the ground, looking back over the shoulder down a country road; hazy morning."),
	photo("photo-18", "Head and shoulders in a snowy wood, three-quarter view, following a bird with the eyes; pale winter light, breath in the air."),
}

func bw(id, text string) Prompt {
	return Prompt{id, verdict.BWStylized, "Make a drawing in black and white only, plainly drawn by hand and no photograph. " + text}
}

// inBlackAndWhite vary the technique first.
var inBlackAndWhite = []Prompt{
	bw("bw-01", "Pen and ink with fine cross-hatching on white paper: half-length, three-quarter view from the left, writing a letter, eyes on the page."),
	bw("bw-02", "Graphite pencil with soft shading and visible strokes: head and shoulders in profile to the right, gazing into the distance."),
	bw("bw-03", "Charcoal on rough paper with smudged shadows and wiped-out lights: seated on a stool seen from one side, looking down at folded hands."),
	bw("bw-04", "Woodcut with bold carved lines and solid blacks: from the waist up in wind, face turned aside to far hills."),
	bw("bw-05", "Manga page art with clean contours, screentone and speed lines: running across the frame, full figure on a slant, eyes on the way ahead."),
	bw("bw-06", "Brush and ink with a few broad strokes and much empty paper: walking away along a path, head turned to one side."),
	bw("bw-07", "Scratchboard, white lines scraped out of black: face and shoulders in three-quarter view, lit by a candle at one side, eyes on the flame."),
	bw("bw-08", "Etching with dense fine lines and a grey plate tone: leaning on a balcony in the right third, looking down on rooftops."),
	bw("bw-09", "Stippling with thousands of small ink dots: close view of the face from below, following a kite in the sky."),
	bw("bw-10", "Flat monochrome vector art in black, white and two greys: full figure stepping off a tram, seen from the side, looking along the street."),
	bw("bw-11", "Newspaper halftone illustration with coarse dots and heavy outlines: half-length, holding a telephone, glancing out of frame to the left."),
	bw("bw-12", "Ballpoint sketch with loose searching lines: sitting on the floor with crossed legs, seen from above at an angle, mending a toy, eyes on the work."),
	bw("bw-13", "Linocut with chunky shapes and no greys: from the thighs up, carrying a basket, turned half away to a garden."),
}

func colour(id, text string) Prompt {
	return Prompt{id, verdict.ColorStylized, "Make a picture in colour that is plainly drawn or painted and no photograph. " + text}
}

// inColour vary the technique first.
var inColour = []Prompt{
	colour("color-01", "Comic art with black outlines and flat bright colours: half-length from a low angle, pointing out of frame and looking where the finger points."),
	colour("color-02", "Watercolour with wet edges, thin washes and white paper left open: by a harbour in three-quarter view, watching the boats."),
	colour("color-03", "Gouache with opaque matt shapes: at a café table in the left third, stirring a cup, eyes on the spoon."),
	colour("color-04", "Oil painting with thick visible brushwork: head and shoulders in profile, warm light of a fire from one side, looking into it."),
	colour("color-05", "Screen-printed poster in four flat colours: full figure climbing a hill on a diagonal, gaze on the summit."),
	colour("color-06", "Flat vector illustration with simple shapes and no outlines: watering plants on a window sill, seen from the side, eyes on the leaves."),
	colour("color-07", "Pastel chalk on toned paper with broken strokes: seated on a bench in three-quarter view from the right, looking at the evening sky."),
	colour("color-08", "Hand-painted animation art with soft backgrounds and clean lines: running through tall grass in wind, face turned aside and laughing."),
	colour("color-09", "Coloured pencil with layered hatching: close view in three-quarter view from above, bent over a book, eyes on the page."),
	colour("color-10", "Ink drawing with loose washes of colour: from behind at an easel, face in lost profile, looking at the canvas."),
	colour("color-11", "Cut-paper collage with layered coloured sheets and small shadows: from the waist up, holding a lantern to one side, looking into its light."),
}
