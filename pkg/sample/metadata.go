package sample

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// promptMetadata is prompt_metadata.json.
type promptMetadata struct {
	Images map[string]promptEntry `json:"images,omitempty"`
}

type promptEntry struct {
	Prompt      string `json:"prompt"`
	Preview     string `json:"prompt_preview"`
	GeneratedAt string `json:"generated_at"` // local time without a zone, as it was once written
	URL         string `json:"s3_url"`
	Index       int    `json:"index"`
}

// response is response.json in all its shapes; a shape leaves out what it lacks.
type response struct {
	DelayTime     int    `json:"delayTime,omitempty"`
	ExecutionTime int    `json:"executionTime,omitempty"`
	ID            string `json:"id,omitempty"`
	Output        struct {
		Output responseOutput `json:"output"`
		Status string         `json:"status,omitempty"`
	} `json:"output"`
	Status string `json:"status,omitempty"`
	Worker string `json:"workerId,omitempty"`
}

type responseOutput struct {
	ActorID     string   `json:"actor_id,omitempty"`
	CharacterID string   `json:"character_id,omitempty"`
	JobID       string   `json:"job_id,omitempty"`
	URLs        []string `json:"s3_image_urls"`
	Type        string   `json:"type,omitempty"`
	UserID      string   `json:"user_id,omitempty"`
}

// nobody is the user of every actor.
const nobody = "00000000-0000-0000-0000-000000000000"

// metadata writes what is known about an actor, beside its images and apart.
func (w *writer) metadata(a *actor) error {
	var base []byte
	if len(a.images) > 0 {
		var err error
		if base, err = a.renderBase(); err != nil {
			return fmt.Errorf("render base image of %s: %w", a.name, err)
		}
		if err := w.file(a.baseImage(), base); err != nil {
			return err
		}
	}
	if err := w.json(fmt.Sprintf("actor_manifests/%04d_manifest.json", a.id), newActorManifest(a, base)); err != nil {
		return err
	}
	return w.legacy(a)
}

// legacy writes the metadata of the two kinds that came before manifests.
func (w *writer) legacy(a *actor) error {
	if p := a.prompted(); len(p) > 0 || a.role.legacy == hollow {
		if err := w.json(a.training("prompt_metadata.json"), a.promptMetadata(p)); err != nil {
			return err
		}
	}
	if r := a.answered(); len(r) > 0 || a.role.legacy == empty {
		return w.json(a.training("response.json"), a.response(r))
	}
	return nil
}

// prompted are the files that prompt_metadata.json names.
func (a *actor) prompted() []string {
	switch a.role.legacy {
	case prompts:
		return a.files(0, len(a.images))
	case both, conflicting:
		return a.files(len(a.images)/2, len(a.images))
	}
	return nil
}

// answered are the files that response.json names: of two sources, it has the
// older half, a few that the other has too, and a few that are gone.
func (a *actor) answered() []string {
	switch a.role.legacy {
	case custom, system, short, hollow:
		return a.files(0, len(a.images))
	case both, conflicting:
		return append(a.files(1, len(a.images)/2+3), a.missing...)
	}
	return nil
}

// namedFiles are all files that metadata names.
func (a *actor) namedFiles() []string {
	names := append(a.prompted(), a.answered()...)
	slices.Sort(names)
	return slices.Compact(names)
}

// clashing are the files for which the two sources give different URLs.
func (a *actor) clashing() []string {
	if a.role.legacy != conflicting {
		return nil
	}
	return a.files(len(a.images)/2, len(a.images)/2+2)
}

// files are the names of the images from one number up to another.
func (a *actor) files(from, to int) []string {
	var names []string
	for _, i := range a.images[from:to] {
		names = append(names, i.file)
	}
	return names
}

// loseImages has two sources name three images that are not there.
func (a *actor) loseImages() {
	if a.role.legacy != both && a.role.legacy != conflicting {
		return
	}
	for n := range 3 {
		a.missing = append(a.missing, fmt.Sprintf("%s_%d.png", a.name, len(a.images)+n))
	}
}

func (a *actor) promptMetadata(files []string) promptMetadata {
	m := promptMetadata{Images: map[string]promptEntry{}}
	for _, i := range a.images {
		if !slices.Contains(files, i.file) {
			continue
		}
		text := i.prompt()
		at := time.Date(2025, 9, 1+a.id%28, 9, 0, 0, 0, time.UTC).Add(time.Duration(i.number) * 97 * time.Second)
		m.Images[i.file] = promptEntry{Prompt: text, Preview: preview(text), Index: i.number, URL: a.url(i.file, system),
			GeneratedAt: at.Format("2006-01-02T15:04:05.") + fmt.Sprintf("%06d", i.shot.Seed%1000000)}
	}
	return m
}

// preview is the beginning of a prompt.
func preview(text string) string {
	if r := []rune(text); len(r) > 100 {
		return string(r[:100]) + "..."
	}
	return text
}

func (a *actor) response(files []string) response {
	var r response
	shape := a.role.legacy
	r.Output.Output.URLs = []string{}
	for _, f := range files {
		bucket := system
		if shape == custom || slices.Contains(a.clashing(), f) {
			bucket = custom
		}
		r.Output.Output.URLs = append(r.Output.Output.URLs, a.url(f, bucket))
	}
	if shape == short {
		return r
	}
	r.DelayTime, r.ExecutionTime = 200+a.id*31, 240000+a.id*1009
	r.ID, r.Worker, r.Status = a.token(1)+"-e1", "sample"+a.token(2)[:8], "COMPLETED"
	r.Output.Status = "success"
	out := &r.Output.Output
	out.JobID, out.UserID = a.token(3), nobody
	if shape == system {
		out.ActorID, out.Type = a.name, "system"
	} else {
		out.CharacterID = a.name
	}
	return r
}

// token looks like a UUID, another for each n.
func (a *actor) token(n int) string {
	sum := sha256.Sum256(fmt.Append(nil, a.name, n))
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}

// url names an object of one of two buckets, in one of the dialects in which
// such URLs are written.
func (a *actor) url(file string, bucket legacy) string {
	name, key := "example-training-assets", "system_actors/training_data/"+a.name+"/"+file
	if bucket == custom {
		name, key = "example-user-files", nobody+"/custom_actor/"+a.name+"/training_data/"+file
	}
	switch a.id % 10 {
	case 3:
		return "https://" + name + ".s3-accelerate.amazonaws.com/" + key
	case 5:
		return "https://s3.eu-central-1.amazonaws.com/" + name + "/" + key
	case 8:
		return "s3://" + name + "/" + key
	}
	return "https://" + name + ".s3.eu-central-1.amazonaws.com/" + key
}
