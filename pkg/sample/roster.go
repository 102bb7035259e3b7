package sample

import (
	"crypto/md5" // the documents have carried this sum from the beginning
	"encoding/hex"
	"fmt"
	"strings"

	"screentest/pkg/sample/picture"
)

// rosterEntry is one element of actorsData.json.
type rosterEntry struct {
	ID          int     `json:"id"`
	Img         string  `json:"img"`
	Age         string  `json:"age"`
	Sex         string  `json:"sex"`
	Ethnicity   string  `json:"ethnicity"`
	FacePrompt  string  `json:"face_prompt"`
	Name        string  `json:"name"`
	Image       string  `json:"image"`
	Outfit      string  `json:"outfit"`
	Description string  `json:"description"`
	URL         string  `json:"url"`
	Posters     posters `json:"poster_frames"`
}

type posters struct {
	Standard    posterFiles `json:"standard"`
	Accelerated posterFiles `json:"accelerated"`
}

type posterFiles struct {
	Small  string `json:"webp_sm"`
	Medium string `json:"webp_md"`
	Large  string `json:"webp_lg"`
	PNG    string `json:"png"`
}

// rosterEntries are the whole cast and one entry that has no name.
func rosterEntries(cast []*actor) []any {
	var entries []any
	for _, a := range cast {
		entries = append(entries, newRosterEntry(a))
	}
	return append(entries, struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
		Note string `json:"description"`
	}{len(cast), "", "an entry somebody began and never finished"})
}

func newRosterEntry(a *actor) rosterEntry {
	face := fmt.Sprintf("%d year old %s %s with %s", a.age, a.ethnicity, a.noun(), a.person.Face())
	const host = ".s3.eu-central-1.amazonaws.com/system_actors/"
	return rosterEntry{
		ID: a.id, Img: a.name + ".webp", Age: fmt.Sprint(a.age), Sex: a.sex(), Ethnicity: a.ethnicity,
		FacePrompt: face, Name: a.name, Image: fmt.Sprintf("image%d", a.id+1), Outfit: a.person.Outfit(),
		Description: "A " + face, URL: "https://example-training-assets" + host + "lora_models/" + a.name + ".safetensors",
		Posters: posters{
			Standard:    newPosterFiles("https://example-training-assets"+host, a.name),
			Accelerated: newPosterFiles("https://example-training-assets.s3-accelerate.amazonaws.com/system_actors/", a.name),
		},
	}
}

func newPosterFiles(root, name string) posterFiles {
	stem := root + "poster_frames/" + name + "_poster"
	return posterFiles{Small: stem + "_sm.webp", Medium: stem + "_md.webp", Large: stem + "_lg.webp", PNG: stem + ".png"}
}

// actorManifest is actor_manifests/{id}_manifest.json.
type actorManifest struct {
	CharacterID   string          `json:"character_id"`
	CharacterName string          `json:"character_name"`
	Metadata      actorMetadata   `json:"metadata"`
	MigratedAt    string          `json:"migration_timestamp"`
	BaseImages    []baseImage     `json:"base_images"`
	SceneImages   []baseImage     `json:"scene_images"`
	Statistics    actorStatistics `json:"statistics"`
	Status        string          `json:"status"`
}

type actorMetadata struct {
	Img        string `json:"img"`
	Age        string `json:"age"`
	Sex        string `json:"sex"`
	Ethnicity  string `json:"ethnicity"`
	FacePrompt string `json:"face_prompt"`
	ID         string `json:"id"`
	Name       string `json:"name"`
	Image      string `json:"image"`
	Outfit     string `json:"outfit"`
}

type baseImage struct {
	RelativePath string `json:"relative_path"`
	SizeBytes    int    `json:"size_bytes"`
	MD5          string `json:"md5_hash"`
}

type actorStatistics struct {
	TotalFiles  int `json:"total_files"`
	TotalBytes  int `json:"total_size_bytes"`
	BaseImages  int `json:"base_images_count"`
	SceneImages int `json:"scene_images_count"`
}

// newActorManifest describes an actor and its base image, nil if it has none.
func newActorManifest(a *actor, base []byte) actorManifest {
	e := newRosterEntry(a)
	id := fmt.Sprintf("%04d", a.id)
	m := actorManifest{CharacterID: id, CharacterName: a.name, MigratedAt: "2025-08-20T10:00:00.000000", Status: "success",
		BaseImages: []baseImage{}, SceneImages: []baseImage{},
		Metadata: actorMetadata{Img: e.Img, Age: e.Age, Sex: e.Sex, Ethnicity: e.Ethnicity, FacePrompt: e.FacePrompt,
			ID: id, Name: e.Name, Image: e.Image, Outfit: e.Outfit}}
	if base != nil {
		sum := md5.Sum(base)
		m.BaseImages = append(m.BaseImages, baseImage{RelativePath: "data/" + a.baseImage(), SizeBytes: len(base), MD5: hex.EncodeToString(sum[:])})
		m.Statistics = actorStatistics{TotalFiles: 1, TotalBytes: len(base), BaseImages: 1}
	}
	return m
}

func (a *actor) baseImage() string { return a.dir() + "/base_image/" + a.name + "_base.jpg" }

// renderBase is the reference portrait: plainly lit, before a backdrop.
func (a *actor) renderBase() ([]byte, error) {
	return encodeJPEG(picture.Render(a.person, picture.Shot{Width: 416, Height: 608, Style: picture.Photo,
		Place: picture.Studio, Framing: picture.Waist, Seed: uint64(a.id) + 1}), 88)
}

// looks are the words by which prompts ask for a way of rendering.
var looks = map[picture.Style]string{
	picture.Photo:      "A candid colour photograph",
	picture.PhotoBW:    "A black-and-white photograph",
	picture.PhotoNight: "A night photograph by street light",
	picture.PenInk:     "A black-and-white pen and ink drawing with cross-hatching",
	picture.Graphite:   "A soft graphite pencil sketch",
	picture.Woodcut:    "A black-and-white woodcut print with bold carved lines",
	picture.MonoVector: "A flat monochrome vector illustration in four greys",
	picture.Halftone:   "A black-and-white halftone newspaper print",
	picture.Comic:      "A comic panel with bold outlines and screen dots",
	picture.FlatVector: "A flat colour vector illustration",
	picture.Watercolor: "A loose watercolour painting on rough paper",
	picture.Poster:     "A screen-printed poster in four inks",
	picture.Gouache:    "A gouache painting in short opaque strokes",
}

// prompt is what the image might have been asked for with.
func (i *trainingImage) prompt() string {
	gaze := "looking off to the left"
	if i.shot.Left {
		gaze = "looking off to the right"
	}
	if i.shot.Away {
		gaze = "seen from behind"
	}
	words := []string{looks[i.shot.Style] + " of the " + i.actor.noun(), i.shot.Place.String(), i.shot.Framing.String(), gaze}
	return strings.Join(words, ", ") + ". Keep face, hair and clothes as in the reference."
}
