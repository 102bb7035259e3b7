package sample

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"screentest/pkg/sample/picture"
)

// rosterSize is the number of good entries in the roster.
const rosterSize = 40

// An actor of the sample.
type actor struct {
	id         int
	name       string
	age        int
	female     bool
	ethnicity  string
	person     picture.Person
	role       role             // zero for an actor without images
	images     []*trainingImage // in the order of their numbers; the base image is none of them
	missing    []string         // files that the metadata names but that are not there
	randomness *rand.Rand
}

func (a *actor) noun() string {
	if a.female {
		return "woman"
	}
	return "man"
}

func (a *actor) sex() string {
	if a.female {
		return "female"
	}
	return "male"
}

func (a *actor) dir() string { return "actors/" + a.name }

func (a *actor) training(file string) string { return a.dir() + "/training_data/" + file }

// legacy is the kind of metadata that an actor has from before.
type legacy string

const (
	none        legacy = "none"
	prompts     legacy = "prompt_metadata"
	custom      legacy = "response_custom"     // response.json of a user's actor: character_id
	system      legacy = "response_system"     // response.json of a house actor: actor_id and type
	short       legacy = "response_short"      // response.json with nothing but the URLs
	empty       legacy = "response_empty"      // response.json with an empty list
	both        legacy = "both"                // each names images that the other lacks
	conflicting legacy = "both_conflicting"    // and they disagree about two URLs
	hollow      legacy = "both_without_images" // prompt_metadata.json has no images, response.json has
)

// A role is what the table below gives one actor with images.
type role struct {
	legacy  legacy
	mix     [3]int // pictures of each style, in the order of verdict.Styles
	files   naming
	defects string // words; see defect.go
}

// naming is how an actor's files end.
type naming int

const (
	mixed    naming = iota // photographs .jpg, drawings .png, a few photographs .png
	jpgs                   // all .jpg
	capitals               // .PNG and .JPEG
)

// roles holds the actors with images, the most varied first, so that a small
// sample shows most of it.
var roles = []role{
	{prompts, [3]int{13, 4, 3}, jpgs, ""},
	{conflicting, [3]int{11, 2, 2}, mixed, "blur exact near zero_bytes"},
	{custom, [3]int{10, 1, 3}, mixed, "dark mirror crop truncated_png"},
	{none, [3]int{9, 3, 2}, capitals, "tiny bright text_as_png"},
	{short, [3]int{12, 0, 2}, mixed, "huge_png exif_rotated near"},
	{both, [3]int{8, 4, 4}, jpgs, "truncated_jpeg grey_jpeg blur"},
	{system, [3]int{13, 4, 3}, mixed, ""},
	{empty, [3]int{11, 3, 1}, mixed, "png16 jpeg_in_png exact"},
	{hollow, [3]int{10, 2, 3}, mixed, "crop crop blur"},
	{prompts, [3]int{14, 1, 1}, jpgs, "dark near"},
	{custom, [3]int{5, 6, 5}, mixed, "zero_bytes mirror"},
	{none, [3]int{16, 0, 0}, jpgs, "blur near crop"},
	{both, [3]int{9, 3, 3}, mixed, "exact tiny"},
	{system, [3]int{12, 2, 2}, jpgs, "bright blur"},
	{none, [3]int{13, 4, 3}, mixed, ""},
	{custom, [3]int{10, 4, 0}, mixed, "truncated_png crop"},
	{prompts, [3]int{7, 2, 5}, jpgs, "mirror exact dark"},
	{short, [3]int{11, 4, 3}, mixed, "near"},
	{custom, [3]int{15, 1, 2}, jpgs, "exif_rotated blur tiny"},
	{both, [3]int{12, 3, 2}, mixed, "text_as_png near"},
	{system, [3]int{8, 2, 6}, mixed, "crop bright"},
	{custom, [3]int{13, 3, 3}, jpgs, "truncated_jpeg"},
	{prompts, [3]int{12, 5, 3}, jpgs, "grey_jpeg exact"},
	{none, [3]int{9, 3, 2}, mixed, "huge_png dark mirror"},
}

// people gives names their middle, with the complexion that picture.NewPerson
// wants.
var people = []struct {
	ethnicity  string
	complexion int
}{
	{"nordic", 0}, {"andean", 2}, {"sahelian", 5}, {"korean", 1}, {"iberian", 1}, {"bengali", 3}, {"levantine", 2},
	{"caribbean", 4}, {"celtic", 0}, {"maori", 3}, {"ethiopian", 4}, {"slavic", 0},
}

// newCast draws the roster and plans the images of those that have any.
func newCast(o Options) []*actor {
	with, long := o.Actors, o.Long
	if with <= 0 || with > len(roles) {
		with = len(roles)
	}
	if long <= 0 {
		long = 640
	}
	cast := make([]*actor, rosterSize)
	next := 0
	for i := range cast {
		cast[i] = newActor(o.Seed, i)
		if i%5 == 2 || i%5 == 4 || next == with {
			continue // an actor without images
		}
		cast[i].role = roles[next]
		cast[i].plan(long)
		next++
	}
	return cast
}

func newActor(seed uint64, id int) *actor {
	p := people[id*5%len(people)]
	a := &actor{id: id, age: 21 + id*17%49, female: id*7%4 < 2, ethnicity: p.ethnicity,
		randomness: rand.New(rand.NewPCG(seed, uint64(id)))}
	a.name = fmt.Sprintf("%04d_%s_%d_%s", id, a.ethnicity, a.age, a.sex())
	a.person = picture.NewPerson(a.randomness, a.female, a.age, p.complexion)
	return a
}

// words are the defects, one by one.
func (r role) words() []string { return strings.Fields(r.defects) }
