package trash

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/inspect"
	"screentest/pkg/manifest"
	"screentest/pkg/mirror"
	"screentest/pkg/store"
	"screentest/pkg/verdict"
)

// SchemaVersion of the stored receipt. New optional fields keep it.
const SchemaVersion = 1

// maxBytes bounds a receipt. A real one takes 3 kB, most of it the checks.
const maxBytes = 4 << 20

// A Receipt says what one image in the trash was.
type Receipt struct {
	SchemaVersion int             `json:"schema_version"`
	Actor         actor.Name      `json:"actor"`
	Proposal      string          `json:"proposal"` // the plan that deleted it
	File          string          `json:"file"`
	SHA256        string          `json:"sha256"`
	Bytes         int64           `json:"bytes"`
	Style         verdict.Style   `json:"style,omitempty"`
	Reason        string          `json:"reason"`
	By            string          `json:"by"`
	At            time.Time       `json:"at"`
	Entry         json.RawMessage `json:"-"`                 // of the manifest, see EntryOf; nil if it had none
	Checks        *inspect.Checks `json:"checks,omitempty"`  // so that a copy of it is recognised
	Remote        store.Key       `json:"remote,omitempty"`  // where it lay in the mirror; "" if it was not there
	Outside       string          `json:"outside,omitempty"` // its address beyond our reach, where it still lies
}

const root = "screentest/trash/"

// The two kinds of objects in the trash of a plan.
const (
	imagesDir   = "images"
	receiptsDir = "receipts"
)

// Prefix begins the keys of all that a plan of an actor has put into the trash.
func Prefix(n actor.Name, proposal string) string { return root + string(n) + "/" + proposal + "/" }

func (r Receipt) place(kind string) store.Key {
	return store.Key(Prefix(r.Actor, r.Proposal) + kind + "/" + r.File)
}

// ImageKey is where the image of r lies, in the tree and in the mirror alike.
func (r Receipt) ImageKey() store.Key { return r.place(imagesDir) }

// Key is where r itself lies.
func (r Receipt) Key() store.Key { return r.place(receiptsDir) }

// EntryOf writes a manifest entry for a receipt, byte for byte as it stands.
// json.Marshal would lay it out anew.
func EntryOf(i manifest.Image) json.RawMessage {
	text, err := i.Object().MarshalJSON()
	if err != nil {
		panic(err) // it has nothing to fail at
	}
	return text
}

// Image returns the manifest entry of r as it was, unknown members included. For
// an image that had none it is what r itself knows.
func (r Receipt) Image() (manifest.Image, error) {
	if r.Entry == nil {
		return manifest.Image{SHA256: r.SHA256, Bytes: &r.Bytes, Style: string(r.Style), Unnamed: true}, nil
	}
	entry, err := manifest.ParseObject(r.Entry)
	if err != nil {
		return manifest.Image{}, err
	}
	return manifest.NewImage(entry)
}

// validate says why r cannot be a receipt: it is no use, or it would lead to
// something else than a training image and its place in the trash.
func (r Receipt) validate() error {
	if r.SchemaVersion != SchemaVersion {
		return fmt.Errorf("schema version %d, want %d", r.SchemaVersion, SchemaVersion)
	}
	if err := r.Actor.Validate(); err != nil {
		return err
	}
	if err := manifest.CheckFile(r.File); err != nil {
		return err
	}
	proposal := store.Key(r.Proposal)
	switch {
	case proposal.Validate() != nil || proposal.Base() != r.Proposal:
		return fmt.Errorf("%.80q is no id of a plan", r.Proposal)
	case !actor.IsTrainingImage(r.File):
		return fmt.Errorf("%.80q is no name of a training image", r.File)
	case !store.IsHash(r.SHA256):
		return fmt.Errorf("%.80q is no SHA-256", r.SHA256)
	case r.Bytes < 0:
		return fmt.Errorf("the size is %d bytes", r.Bytes)
	case r.At.IsZero():
		return errors.New("it has no time")
	case r.Remote != "" && !mirror.CanHold(r.Actor, r.Remote, r.File):
		return fmt.Errorf("%.80q cannot be the copy in the mirror", string(r.Remote))
	}
	if _, err := r.Image(); err != nil {
		return fmt.Errorf("entry: %w", err)
	}
	return r.Key().Validate()
}

// A document is a receipt as it is stored. There the entry is a string, so that
// its very bytes survive.
type document struct {
	Receipt
	Entry string `json:"entry,omitempty"`
}

// encode writes r, if it is one that decode takes.
func encode(r Receipt) ([]byte, error) {
	r.SchemaVersion = SchemaVersion
	if err := r.validate(); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(document{r, string(r.Entry)}, "", " ")
	if err == nil && len(text) > maxBytes {
		err = fmt.Errorf("%d bytes, limit %d: %w", len(text), maxBytes, store.ErrTooLarge)
	}
	return text, err
}

// decode reads a stored receipt.
func decode(text []byte) (Receipt, error) {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return Receipt{}, err
	}
	if d.Entry != "" {
		d.Receipt.Entry = json.RawMessage(d.Entry)
	}
	return d.Receipt, d.validate()
}

// errUnusable says that what lies where a receipt should be is none.
var errUnusable = errors.New("not a receipt")

// load reads the receipt at k. It fails with errUnusable if that is none.
func load(ctx context.Context, s store.Store, k store.Key) (Receipt, error) {
	text, _, err := store.ReadAll(ctx, s, k, maxBytes)
	if err != nil {
		return Receipt{}, err
	}
	r, err := decode(text)
	if err == nil && r.Key() != k {
		err = fmt.Errorf("it is that of %s", r.Key())
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("%w: %w", errUnusable, err)
	}
	return r, nil
}
