package lease

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"syscall"
	"time"

	"screentest/pkg/store"
)

// schemaVersion rises when an older program would misread the document. Fields
// that it can do without may be added.
const schemaVersion = 1

// largest is far beyond any document of ours, in bytes.
const largest = 64 << 10

// A document is a claim as it lies in the tree.
type document struct {
	SchemaVersion int       `json:"schema_version"`
	ID            string    `json:"id"`      // of this one acquisition
	Holder        string    `json:"holder"`  // for people
	Host          string    `json:"host"`    // for people: names of hosts are not unique
	Machine       string    `json:"machine"` // see machine
	PID           int       `json:"pid"`     // on that machine
	Until         time.Time `json:"until"`
}

func (d document) encode() []byte {
	body, err := json.Marshal(d)
	if err != nil {
		panic(err) // strings, numbers and a time of this era
	}
	return append(body, '\n')
}

// over reports whether nobody holds the claim any more.
func (d document) over(now time.Time) bool {
	if now.After(d.Until) {
		return true
	}
	here := machine()
	return here != "" && d.Machine == here && errors.Is(syscall.Kill(d.PID, 0), syscall.ESRCH)
}

func read(ctx context.Context, s store.Store, k store.Key) (document, store.Version, error) {
	body, info, err := store.ReadAll(ctx, s, k, largest)
	if err != nil {
		return document{}, "", err
	}
	var d document
	err = json.Unmarshal(body, &d)
	switch {
	case err == nil && d.SchemaVersion > schemaVersion:
		err = fmt.Errorf("schema_version %d is of a newer screentest", d.SchemaVersion)
	case err == nil && (d.SchemaVersion < 1 || d.ID == "" || d.PID < 1 || d.Until.IsZero()):
		err = errors.New("fields are missing")
	}
	if err != nil {
		return document{}, "", fmt.Errorf("%s is not a claim (if nothing is running, delete it): %w", k, err)
	}
	return d, info.Version, nil
}
