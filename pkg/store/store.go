// Package store is the port between the product and the place where its tree
// lies: a directory, a bucket, or memory. Every other package names objects by
// Key and never sees a path or a URL.
//
// The contract is that of an object store with conditional writes, because that
// is the weaker of the two worlds: no append, no rename, no directories, and
// never a blind overwrite. A document shared by several writers is replaced by
// compare-and-swap (see Update). The drivers pass one conformance suite,
// storetest.Run.
package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// The kinds of failure that callers act on; match them with errors.Is. Every
// other error means that the outcome is unknown: a Put, Copy or Delete may have
// happened, so read again before repeating it.
var (
	// ErrNotFound: no object lies under the key.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the object is not in the state that the condition named. The
	// object is untouched; read it again.
	ErrConflict = errors.New("changed in the meantime")
	// ErrInvalidKey: the key cannot name an object, or leads out of the tree.
	ErrInvalidKey = errors.New("invalid key")
	// ErrTooLarge: the object is larger than the caller allowed.
	ErrTooLarge = errors.New("too large")
)

// A Key names an object: slash-separated, relative to the root of the tree,
// UTF-8, without empty, "." or ".." segments and without control characters, at
// most 1024 bytes long with segments of at most 255. Spaces, dots, "%2F" and
// Unicode are ordinary characters and are kept as they are.
//
// No object lies below another (a/b below a). A bucket could hold both and a
// directory cannot, so do not write such keys; a driver that notices refuses
// the second with ErrInvalidKey.
type Key string

// Validate says why k cannot name an object, with ErrInvalidKey, or returns nil.
// Every driver calls it before anything else.
func (k Key) Validate() error {
	if k == "" || len(k) > 1024 || !utf8.ValidString(string(k)) {
		return fmt.Errorf("%w: %q", ErrInvalidKey, string(k))
	}
	for segment := range strings.SplitSeq(string(k), "/") {
		if segment == "" || segment == "." || segment == ".." || len(segment) > 255 || strings.ContainsFunc(segment, isControl) {
			return fmt.Errorf("%w: %q", ErrInvalidKey, string(k))
		}
	}
	return nil
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

// Base returns the last segment of k.
func (k Key) Base() string { return string(k[strings.LastIndexByte(string(k), '/')+1:]) }

// A Version tells states of one object apart: two equal versions of one key
// mean equal bytes. It is opaque, and worthless for any other key or store. It
// comes from List, Get, Put and Copy, which all agree, and goes into a Condition.
type Version string

// Info describes an object without its content.
type Info struct {
	Key      Key
	Size     int64 // bytes
	Version  Version
	Modified time.Time
}

// An Object is an open object. The caller closes Body; what Body yields is the
// content of Info.Version, even when the object is replaced while it is read.
type Object struct {
	Info
	Body io.ReadCloser
}

// A Condition is the state an object must be in for a Put to take place. There
// is no unconditional Put.
type Condition struct {
	version Version // "" means absent
}

// IfAbsent allows a Put only where no object lies.
var IfAbsent = Condition{}

// IfVersion allows a Put only over the very state v. The empty version is that
// of an object that does not exist, so IfVersion("") equals IfAbsent.
func IfVersion(v Version) Condition { return Condition{version: v} }

// Version returns the state that the condition asks for, "" for absent.
func (c Condition) Version() Version { return c.version }

// ListOptions selects a part of the tree.
type ListOptions struct {
	// Prefix is the beginning of the keys wanted, "" for all. Unlike a Key it
	// may end in a slash or in the middle of a segment.
	Prefix string
	// Delimited folds keys that have a further "/" behind Prefix into Page.Prefixes.
	Delimited bool
	// After is the Page.Next of the page before, "" for the first.
	After string
	// Limit is the largest number of objects and prefixes in a page; 0 leaves
	// it to the driver (1000).
	Limit int
}

// A Page is a part of a listing. Keys come in byte order.
type Page struct {
	Objects  []Info
	Prefixes []string  // each ends in "/"; only of a delimited listing
	Refused  []Refusal // what lies there but is not an object of the tree
	Next     string    // ListOptions.After for the next page; "" on the last
}

// A Refusal is something that a listing met and left out, such as a symbolic
// link that leaves the tree or a directory that cannot be read. A directory is
// no refusal: it is the prefix of its objects.
type Refusal struct {
	Name   string // as far as it can be told, relative to the root
	Reason string
}

// Store is the port. Implementations are safe for concurrent use by goroutines
// and, as far as the medium is shared, by processes.
type Store interface {
	// List returns one page. Objects that come or go during a listing of
	// several pages may or may not be seen; the others are seen exactly once.
	List(ctx context.Context, o ListOptions) (Page, error)
	// Get opens an object, or fails with ErrNotFound.
	Get(ctx context.Context, k Key) (Object, error)
	// Put writes the whole object if the condition holds and returns its new
	// version; otherwise it fails with ErrConflict. When it returns nil the
	// bytes are durable. Readers see the old bytes or the new, never a part.
	Put(ctx context.Context, k Key, body []byte, c Condition) (Version, error)
	// Copy makes dst a copy of the very state v of src. It fails with
	// ErrConflict if src has changed or dst exists, with ErrNotFound if src is gone.
	Copy(ctx context.Context, src Key, v Version, dst Key) (Version, error)
	// Delete removes the very state v of an object. It fails with ErrConflict
	// if the object has changed and with ErrNotFound if it is gone.
	Delete(ctx context.Context, k Key, v Version) error
}
