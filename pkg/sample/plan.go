package sample

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"screentest/pkg/sample/picture"
	"screentest/pkg/verdict"
)

// A trainingImage is one training image before it is rendered.
type trainingImage struct {
	actor  *actor
	number int // the number in its name
	file   string
	style  verdict.Style
	shot   picture.Shot
	defect defect
	of     *trainingImage // the image that this one is a copy of
	taken  bool           // whether a defect has claimed it already, as subject or as original
}

func (i *trainingImage) path() string { return i.actor.training(i.file) }

// hard says why a sound image may be hard to judge.
func (i *trainingImage) hard() string {
	switch {
	case i.shot.Style == picture.PhotoBW:
		return "bw_photo"
	case i.shot.Style == picture.PhotoNight:
		return "night"
	case i.shot.Style == picture.Photo && i.shot.Place == picture.Studio:
		return "flat_studio"
	}
	return ""
}

// sizes are the sides of pictures, as shares of the longest side of all.
var sizes = [][2]float64{{1, 0.575}, {0.8, 0.8}, {0.65, 0.95}}

// sides are the width and height of the size, multiples of 8.
func sides(size [2]float64, long int) (width, height int) {
	side := func(share float64) int { return max(int(share*float64(long)/8+0.5), 2) * 8 }
	return side(size[0]), side(size[1])
}

// plan decides what the actor's images show, what is wrong with them, and their
// names.
func (a *actor) plan(long int) {
	r := a.randomness
	var styles []verdict.Style
	for k, s := range verdict.Styles() {
		styles = append(styles, slices.Repeat([]verdict.Style{s}, a.role.mix[k])...)
	}
	r.Shuffle(len(styles), func(i, j int) { styles[i], styles[j] = styles[j], styles[i] })
	view := newViews(r, long)
	for i, s := range styles {
		a.images = append(a.images, &trainingImage{actor: a, style: s, shot: view.next(r, s, i)})
	}
	for _, d := range a.role.words() {
		a.spoil(defect(d))
	}
	for n, i := range a.images {
		i.number = n
		i.file = fmt.Sprintf("%s_%d%s", a.name, n, i.extension())
	}
	a.loseImages()
}

// views hands out pairs of place and framing so that no two pictures of an
// actor show the same.
type views struct {
	long    int
	places  []int
	framing int
	drawn   map[verdict.Style]int // pictures so far, to vary the way of rendering
}

func newViews(r *rand.Rand, long int) *views {
	return &views{long: long, places: r.Perm(picture.Places), framing: r.IntN(picture.Framings), drawn: map[verdict.Style]int{}}
}

func (v *views) next(r *rand.Rand, s verdict.Style, i int) picture.Shot {
	width, height := sides(sizes[r.IntN(len(sizes))], v.long)
	return picture.Shot{
		Width: width, Height: height,
		Style:   v.rendering(r, s),
		Place:   picture.Place(v.places[i%len(v.places)]),
		Framing: picture.Framing((v.framing + 2*i) % picture.Framings),
		Left:    r.IntN(2) == 0,
		Away:    r.IntN(10) == 0,
		Seed:    r.Uint64(),
	}
}

// rendering goes through the ways to draw one after the other; most photographs
// are in colour and by day.
func (v *views) rendering(r *rand.Rand, s verdict.Style) picture.Style {
	n := v.drawn[s]
	v.drawn[s]++
	all := picture.Styles(s)
	if s != verdict.Photorealistic {
		return all[(n+v.framing)%len(all)]
	}
	if r.IntN(6) > 0 {
		return picture.Photo
	}
	return all[1+r.IntN(2)]
}

// extension follows the actor's naming and what the defect needs.
func (i *trainingImage) extension() string {
	png := i.wantsPNG()
	if i.actor.role.files == capitals {
		if png {
			return ".PNG"
		}
		return ".JPEG"
	}
	if png {
		return ".png"
	}
	return ".jpg"
}

func (i *trainingImage) wantsPNG() bool {
	switch i.defect {
	case truncatedPNG, textAsPNG, hugePNG, png16, jpegInPNG:
		return true
	case truncatedJPEG, near, crop, mirror, exifRotated, greyJPEG:
		return false
	case exact:
		return i.of.wantsPNG()
	}
	if i.actor.role.files == jpgs {
		return false
	}
	return i.style != verdict.Photorealistic || i.shot.Seed%16 == 0
}

// spoil gives the actor one image with the defect: a copy or a broken file is
// one more, any other defect befalls an image that is there.
func (a *actor) spoil(d defect) {
	i := a.take(func(i *trainingImage) bool {
		photo := i.style == verdict.Photorealistic
		switch d {
		case png16:
			return !photo // a 16-bit photograph would be a megabyte of grain
		case exifRotated, greyJPEG, jpegInPNG, bright:
			return photo
		}
		return true
	})
	switch {
	case d.copies():
		a.images = append(a.images, &trainingImage{actor: a, style: i.style, shot: i.shot, defect: d, of: i, taken: true})
	case d.undecodable():
		a.images = append(a.images, &trainingImage{actor: a, shot: i.shot, defect: d, taken: true})
	default:
		i.defect = d
		switch d {
		case greyJPEG:
			i.shot.Style = picture.PhotoBW
		case blur:
			i.shot.Defocus = max(i.shot.Width, i.shot.Height) / 80
		}
	}
}

// take claims the first image that fits and no other defect has claimed.
func (a *actor) take(fits func(*trainingImage) bool) *trainingImage {
	for _, i := range a.images {
		if !i.taken && fits(i) {
			i.taken = true
			return i
		}
	}
	panic("sample: the role of " + a.name + " has more defects than images that can bear them")
}
