package dir

import (
	"context"
	"strings"

	"screentest/pkg/store"
)

const defaultLimit = 1000

// List implements store.Store. It opens no directory that o leaves out. A
// folded directory is looked into until its first object is found, because one
// without objects is no prefix.
func (s *Store) List(ctx context.Context, o store.ListOptions) (store.Page, error) {
	if i := strings.LastIndexByte(o.Prefix, '/'); i >= 0 && store.Key(o.Prefix[:i]).Validate() != nil {
		return store.Page{}, ctx.Err() // no key begins like this
	}
	if o.Limit <= 0 {
		o.Limit = defaultLimit
	}
	var page store.Page
	last, refused := "", 0
	w := walk{ctx, s, o}
	err := w.all(func(i item) bool {
		switch full := len(page.Objects)+len(page.Prefixes) == o.Limit; {
		case i.refusal != "":
			page.Refused = append(page.Refused, store.Refusal{Name: strings.TrimSuffix(i.name, "/"), Reason: i.refusal})
			return true
		case full:
			page.Next = last
			page.Refused = page.Refused[:refused] // those behind last come with the next page
			return false
		case i.info == nil:
			page.Prefixes = append(page.Prefixes, i.name)
		default:
			page.Objects = append(page.Objects, info(store.Key(i.name), i.info))
		}
		last, refused = i.name, len(page.Refused)
		return true
	})
	if err != nil {
		return store.Page{}, err
	}
	return page, nil
}
