package dir

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"screentest/pkg/store"
)

// An item is one line of a listing: an object, a prefix, or a refusal.
type item struct {
	name    string      // of a directory with a slash at the end, which puts it in order
	info    fs.FileInfo // of an object
	refusal string
}

// A walk visits what a listing shows, in byte order of the names.
type walk struct {
	ctx   context.Context
	store *Store
	store.ListOptions
}

func (w walk) all(visit func(item) bool) error {
	if _, err := w.store.top.Stat("."); err != nil {
		return err
	}
	w.directory("", func(i item) bool { return i.name <= w.After || visit(i) })
	return w.ctx.Err()
}

// directory visits what lies in dir. It returns false when visit does: then the
// walk is over.
func (w walk) directory(dir string, visit func(item) bool) bool {
	if w.ctx.Err() != nil {
		return false
	}
	items, err := w.items(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true // gone since we saw it
	}
	if err != nil {
		return visit(item{name: dir, refusal: reason(err)})
	}
	for _, i := range items {
		if !w.item(i, visit) {
			return false
		}
	}
	return true
}

func (w walk) item(i item, visit func(item) bool) bool {
	selected := strings.HasPrefix(i.name, w.Prefix)
	switch {
	case i.refusal != "":
		return visit(i)
	case !strings.HasSuffix(i.name, "/"):
		return !selected || visit(i)
	case w.Delimited && selected && i.name != w.Prefix:
		return w.fold(i.name, visit)
	default:
		return w.directory(i.name, visit)
	}
}

// fold visits dir as a prefix, or what is wrong in dir if that hides all its objects.
func (w walk) fold(dir string, visit func(item) bool) bool {
	if dir <= w.After {
		return true
	}
	var refused []item
	found := false
	inside := walk{w.ctx, w.store, store.ListOptions{Prefix: dir}}
	inside.directory(dir, func(i item) bool {
		found = i.refusal == ""
		refused = append(refused, i)
		return !found
	})
	if found {
		return visit(item{name: dir})
	}
	for _, i := range refused {
		if !visit(i) {
			return false
		}
	}
	return true
}

// items describes what lies in a directory, as far as the walk wants it.
func (w walk) items(dir string) ([]item, error) {
	f, err := w.store.folder(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := w.names(f)
	var items []item
	for _, name := range names {
		if name == temporary || !w.wanted(dir+name) {
			continue
		}
		if i, ok := f.describe(name); ok {
			items = append(items, i)
		}
	}
	slices.SortFunc(items, func(a, b item) int { return strings.Compare(a.name, b.name) })
	return items, err
}

// names returns the names in f, or just the one that the prefix goes on with.
func (w walk) names(f folder) ([]string, error) {
	if rest, below := strings.CutPrefix(w.Prefix, f.path); below {
		if name, _, more := strings.Cut(rest, "/"); more {
			return []string{name}, nil
		}
	}
	d, err := f.Open(".")
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Readdirnames(-1)
}

// wanted reports whether an object of that name, or anything below a directory
// of that name, can be in the listing.
func (w walk) wanted(name string) bool {
	dir := name + "/"
	return (strings.HasPrefix(dir, w.Prefix) || strings.HasPrefix(w.Prefix, dir)) &&
		(dir > w.After || strings.HasPrefix(w.After, dir))
}

// describe says what name is; it returns false if it is gone.
func (f folder) describe(name string) (item, bool) {
	key := f.path + name
	if store.Key(key).Validate() != nil {
		return item{name: strings.ToValidUTF8(key, "\uFFFD"), refusal: "its name cannot be a key"}, true
	}
	fi, err := f.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return item{}, false
	case err != nil:
		return item{name: key, refusal: reason(err)}, true
	case fi.Mode()&fs.ModeSymlink != 0:
		return item{name: key, refusal: f.whyNot(name)}, true
	case fi.IsDir():
		return item{name: key + "/"}, true
	case !fi.Mode().IsRegular():
		return item{name: key, refusal: "not a regular file but " + fi.Mode().String()}, true
	}
	return item{name: key, info: fi}, true
}

// whyNot says why a symbolic link is none of the tree's objects or directories.
func (f folder) whyNot(name string) string {
	fi, err := f.top.Stat(f.path + name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "symbolic link that leads nowhere"
	case unnameable(err):
		return "symbolic link that leaves the tree or goes in a circle"
	case err != nil:
		return reason(err)
	case fi.IsDir():
		return "symbolic link to another directory of the tree, whose files would have two keys and be deleted under one; put them here, or mount the directory"
	}
	return "symbolic link; only regular files count"
}

// reason is the bare cause, for a Refusal says the name itself.
func reason(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}
