package sample

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"image"
	"slices"
	"strings"

	"screentest/pkg/verdict"
)

// truth is truth.json: what every image is, so that judges can be scored.
type truth struct {
	Seed   uint64       `json:"seed"`
	Totals totals       `json:"totals"`
	Actors []actorTruth `json:"actors"`
	Broken []brokenFile `json:"broken"`
	Images []label      `json:"images"`
	Decoys []decoy      `json:"decoys"`
}

type totals struct {
	Roster           int                   `json:"actors_in_roster"`
	Detected         int                   `json:"actors_detected"`
	Images           int                   `json:"images"`
	Migratable       int                   `json:"migratable"`         // actors whose metadata names an image
	ImagesInMetadata int                   `json:"images_in_metadata"` // also those that are not there
	Undecodable      int                   `json:"undecodable"`
	Types            map[verdict.Style]int `json:"types"`
	Styles           map[string]int        `json:"styles"`
	Defects          map[string]int        `json:"defects"`
	WithoutDefect    int                   `json:"images_without_defect"`
	Balanced         []string              `json:"balanced_actors"`
	Unregistered     []string              `json:"unregistered"` // actor directories outside the roster
}

type actorTruth struct {
	Actor    string                `json:"actor"`
	Metadata legacy                `json:"metadata"`
	Images   int                   `json:"images"`
	Types    map[verdict.Style]int `json:"types"`
	Missing  []string              `json:"missing,omitempty"`     // named by metadata, not there
	Clashes  []string              `json:"conflicting,omitempty"` // named with two URLs
}

type brokenFile struct {
	Actor string `json:"actor"`
	File  string `json:"file"`
	Kind  defect `json:"kind"`
}

// label is what one image is. Width and height are as stored, before the EXIF
// orientation; both are 0 and Type is "" where nothing can be decoded.
type label struct {
	Actor     string        `json:"actor"`
	File      string        `json:"file"`
	Type      verdict.Style `json:"type"`
	Style     string        `json:"style"`
	Hard      string        `json:"hard,omitempty"`
	Defects   []string      `json:"defects"`
	Width     int           `json:"width"`
	Height    int           `json:"height"`
	Decodable bool          `json:"decodable"`
	Bytes     int           `json:"bytes"`
	SHA256    string        `json:"sha256"`
}

func newLabel(i *trainingImage, body []byte, size image.Point) label {
	sum := sha256.Sum256(body)
	l := label{Actor: i.actor.name, File: i.file, Defects: i.words(), Bytes: len(body), SHA256: hex.EncodeToString(sum[:])}
	if !i.defect.undecodable() {
		l.Decodable, l.Width, l.Height = true, size.X, size.Y
		l.Type, l.Style, l.Hard = i.style, string(i.shot.Style), i.hard()
	}
	return l
}

// add notes one image; the order of calls does not matter.
func (t *truth) add(i *trainingImage, l label) {
	t.Images = append(t.Images, l)
	if slices.ContainsFunc(l.Defects, func(d string) bool { return strings.HasPrefix(d, "broken:") }) {
		t.Broken = append(t.Broken, brokenFile{l.Actor, l.File, i.defect})
	}
}

// complete sorts what was added and sums it up.
func (t *truth) complete(seed uint64, cast []*actor) {
	t.Seed = seed
	slices.SortFunc(t.Images, func(a, b label) int { return strings.Compare(a.Actor+"/"+a.File, b.Actor+"/"+b.File) })
	slices.SortFunc(t.Broken, func(a, b brokenFile) int { return strings.Compare(a.Actor+"/"+a.File, b.Actor+"/"+b.File) })
	t.Totals = totals{Roster: len(cast), Images: len(t.Images), Types: map[verdict.Style]int{}, Styles: map[string]int{},
		Defects: map[string]int{}, Balanced: []string{}, Unregistered: []string{strangerName}}
	for _, a := range cast {
		if len(a.images) > 0 {
			t.sumActor(a)
		}
	}
	for _, l := range t.Images {
		t.Totals.sumImage(l)
	}
}

func (t *truth) sumActor(a *actor) {
	at := actorTruth{Actor: a.name, Metadata: a.role.legacy, Images: len(a.images), Types: map[verdict.Style]int{},
		Missing: a.missing, Clashes: a.clashing()}
	for _, i := range a.images {
		if i.style != "" {
			at.Types[i.style]++
		}
	}
	t.Actors = append(t.Actors, at)
	t.Totals.Detected++
	if names := a.namedFiles(); len(names) > 0 {
		t.Totals.Migratable++
		t.Totals.ImagesInMetadata += len(names)
	}
	if a.role.defects == "" && a.role.mix == [3]int{13, 4, 3} {
		t.Totals.Balanced = append(t.Totals.Balanced, a.name)
	}
}

func (t *totals) sumImage(l label) {
	if l.Decodable {
		t.Types[l.Type]++
		t.Styles[l.Style]++
	} else {
		t.Undecodable++
	}
	for _, d := range l.Defects {
		kind, _, of := strings.Cut(d, "_of:")
		if of {
			kind += "_of"
		}
		t.Defects[kind]++
	}
	if len(l.Defects) == 0 {
		t.WithoutDefect++
	}
}

func (t *truth) summary() Summary {
	s := Summary{Roster: t.Totals.Roster, Actors: t.Totals.Detected, Images: t.Totals.Images, Undecodable: t.Totals.Undecodable}
	for _, l := range t.Images {
		s.Bytes += int64(l.Bytes)
	}
	return s
}

// json writes a document of the tree, indented by two.
func (w *writer) json(name string, document any) error {
	body, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return err
	}
	return w.file(name, append(body, '\n'))
}
