// Package score holds the judge against labels: how many styles are right, how
// many faults are found and how many are imagined, and how many sound images
// would be thrown away. It reads labels, is given the judgements by the caller,
// and does no other I/O. Its figures are for people who choose a judge or tune
// thresholds; nothing in the pipeline depends on them.
package score

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"screentest/pkg/verdict"
)

// maxTruth is the size in bytes above which labels are not read: about two
// hundred times what a roster of 1,250 images needs.
const maxTruth = 64 << 20

// A Truth is the labels of many images.
type Truth struct {
	Images []Label
}

// A Label is what is known for certain of one image.
type Label struct {
	Actor  string
	File   string
	Style  verdict.Style   // "" if no decoder reads the image
	Issues []verdict.Issue // of those that pixels show, without Duplicate
	CopyOf []Copy
}

// Sound reports whether nothing is wrong with the image.
func (l Label) Sound() bool { return len(l.Issues) == 0 && len(l.CopyOf) == 0 }

// A Copy says that an image was made from another one of the same actor.
type Copy struct {
	Kind CopyKind
	File string // the original
}

// A CopyKind is how a copy was made.
type CopyKind string

// The kinds of copies, from the easiest to find to the hardest.
const (
	Exact    CopyKind = "exact"    // the same bytes
	Near     CopyKind = "near"     // re-encoded, or cropped by a few pixels
	Mirrored CopyKind = "mirrored" // left and right swapped
)

// CopyKinds returns the kinds in their order.
func CopyKinds() []CopyKind { return []CopyKind{Exact, Near, Mirrored} }

// rawLabel is a label as it is written; other fields are ignored.
type rawLabel struct {
	Actor     string   `json:"actor"`
	File      string   `json:"file"`
	Type      string   `json:"type"`
	Defects   []string `json:"defects"`
	Decodable *bool    `json:"decodable"` // absent means true
}

// ReadTruth reads labels of the form
//
//	{"images":[{"actor","file","type","defects":[…],"decodable"}]}
//
// with the defects blur, tiny, dark, bright, broken:KIND and
// exact_duplicate_of:FILE, near_duplicate_of:FILE, mirrored_of:FILE. An image is
// broken if decodable is false; broken:KIND of a decodable one names a curiosity
// of the file that is no fault. Other fields are ignored, other defects are an
// error, and so is more than 64 MiB.
func ReadTruth(r io.Reader) (Truth, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxTruth+1))
	if err != nil {
		return Truth{}, fmt.Errorf("read labels: %w", err)
	}
	if len(body) > maxTruth {
		return Truth{}, fmt.Errorf("read labels: more than %d MiB", maxTruth>>20)
	}
	var raw struct {
		Images []rawLabel `json:"images"`
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		return Truth{}, fmt.Errorf("read labels: %w", err)
	}
	if raw.Images == nil {
		return Truth{}, errors.New(`read labels: there is no list "images"`)
	}
	return truthOf(raw.Images)
}

func truthOf(raw []rawLabel) (Truth, error) {
	t := Truth{Images: make([]Label, 0, len(raw))}
	seen := map[imageKey]bool{}
	for i, r := range raw {
		l, err := r.label()
		if err != nil {
			return Truth{}, fmt.Errorf("label %d (%s/%s): %w", i+1, r.Actor, r.File, err)
		}
		key := imageKey{l.Actor, l.File}
		if seen[key] {
			return Truth{}, fmt.Errorf("label %d (%s): the image is labelled twice", i+1, key)
		}
		seen[key] = true
		t.Images = append(t.Images, l)
	}
	return t, nil
}

func (r rawLabel) label() (Label, error) {
	l := Label{Actor: r.Actor, File: r.File, Style: verdict.Style(r.Type)}
	decodable := r.Decodable == nil || *r.Decodable
	switch {
	case r.Actor == "" || r.File == "":
		return l, errors.New("actor and file must be named")
	case !decodable:
		l.Style = ""
		l.Issues = append(l.Issues, verdict.Broken)
	case !l.Style.Valid():
		return l, fmt.Errorf("type %q is none of %v", r.Type, verdict.Styles())
	}
	for _, d := range r.Defects {
		if err := l.addDefect(d); err != nil {
			return l, err
		}
	}
	return l, nil
}

func (l *Label) addDefect(defect string) error {
	name, of, _ := strings.Cut(defect, ":")
	switch name {
	case "blur":
		l.Issues = append(l.Issues, verdict.Blurred)
	case "tiny":
		l.Issues = append(l.Issues, verdict.TooSmall)
	case "dark":
		l.Issues = append(l.Issues, verdict.TooDark)
	case "bright":
		l.Issues = append(l.Issues, verdict.TooBright)
	case "broken":
		// Decodable says whether it is.
	case "exact_duplicate_of":
		return l.addCopy(Exact, of)
	case "near_duplicate_of":
		return l.addCopy(Near, of)
	case "mirrored_of":
		return l.addCopy(Mirrored, of)
	default:
		return fmt.Errorf("unknown defect %q: known are blur, tiny, dark, bright, broken:KIND, "+
			"exact_duplicate_of:FILE, near_duplicate_of:FILE, mirrored_of:FILE", defect)
	}
	return nil
}

func (l *Label) addCopy(kind CopyKind, original string) error {
	if original == "" || original == l.File {
		return fmt.Errorf("a %s copy must name another file, not %q", kind, original)
	}
	l.CopyOf = append(l.CopyOf, Copy{kind, original})
	return nil
}

// An imageKey names an image of the roster.
type imageKey struct{ actor, file string }

func (k imageKey) String() string { return k.actor + "/" + k.file }
