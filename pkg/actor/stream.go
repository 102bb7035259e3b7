package actor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"screentest/pkg/store"
)

// Stream reads the roster entry by entry, in the order of the file, and keeps
// nothing of it, so that a roster of any size can be searched. Entries that
// cannot be used are passed over: LoadRoster names them. A name that the roster
// has twice comes twice. The error, at most one, comes last.
func Stream(ctx context.Context, s store.Store) iter.Seq2[Actor, error] {
	return func(yield func(Actor, error) bool) {
		if err := stream(ctx, s, yield); err != nil && !errors.Is(err, errEnough) {
			yield(Actor{}, fmt.Errorf("read the roster %s: %w", RosterKey, err))
		}
	}
}

// errEnough: the caller wants no more.
var errEnough = errors.New("enough")

func stream(ctx context.Context, s store.Store, yield func(Actor, error) bool) error {
	o, err := s.Get(ctx, RosterKey)
	if err != nil {
		return err
	}
	defer o.Body.Close()
	body := json.NewDecoder(skipMark(o.Body))
	if first, err := body.Token(); err != nil || first != json.Delim('[') {
		return errors.Join(errors.New("not a JSON list of actors: restore it from the studio's copy"), err)
	}
	for body.More() {
		var entry json.RawMessage
		if err := body.Decode(&entry); err != nil {
			return err
		}
		if a, err := decodeActor(entry); err == nil && !yield(a, nil) {
			return errEnough
		}
	}
	_, err = body.Token()
	return err
}

// skipMark drops the byte order mark that some editors begin a file with.
func skipMark(r io.Reader) io.Reader {
	const mark = "\uFEFF"
	first := make([]byte, len(mark))
	n, err := io.ReadFull(r, first)
	if err == nil && string(first) == mark {
		return r
	}
	return io.MultiReader(bytes.NewReader(first[:n]), r)
}
