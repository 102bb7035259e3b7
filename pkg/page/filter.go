package page

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"screentest/pkg/album"
	"screentest/pkg/verdict"
)

// A Sort is an order of the overview.
type Sort string

// The orders.
const (
	ByNeed   Sort = "need" // those that need a person first, then by how much there is to do
	ByName   Sort = "name"
	ByChange Sort = "change" // what changed last comes first
)

// A Filter says which actors an overview shows. The zero Filter shows all.
type Filter struct {
	State  album.State   // "" for any
	Lacks  verdict.Style // of which images are to be generated; "" for any
	Issue  verdict.Issue // that an image has; "" for any
	Search string        // a part of the name or of what the roster says of the actor
	Sort   Sort
	Page   int // 1 for the first
}

// ParseFilter reads a filter from an address. What cannot be meant is left out.
func ParseFilter(q url.Values) Filter {
	f := Filter{
		State: album.State(q.Get("state")), Lacks: verdict.Style(q.Get("lacks")), Issue: verdict.Issue(q.Get("issue")),
		Search: strings.TrimSpace(q.Get("q")), Sort: Sort(q.Get("sort")),
	}
	if !slices.Contains(album.States(), f.State) {
		f.State = ""
	}
	if !f.Lacks.Valid() {
		f.Lacks = ""
	}
	if !f.Issue.Valid() {
		f.Issue = ""
	}
	if f.Sort != ByName && f.Sort != ByChange {
		f.Sort = ByNeed
	}
	f.Page, _ = strconv.Atoi(q.Get("page"))
	f.Page = max(1, f.Page)
	return f
}

// Address returns the filter as the query of an address, "?" included.
func (f Filter) Address() string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("state", string(f.State))
	set("lacks", string(f.Lacks))
	set("issue", string(f.Issue))
	set("q", f.Search)
	if f.Sort != ByNeed {
		set("sort", string(f.Sort))
	}
	if f.Page > 1 {
		set("page", strconv.Itoa(f.Page))
	}
	return "?" + q.Encode()
}

// Narrows reports whether the filter leaves anybody out.
func (f Filter) Narrows() bool {
	return f.State != "" || f.Lacks != "" || f.Issue != "" || f.Search != ""
}

// Apply returns the entries that the filter shows, in its order, of all pages.
func (f Filter) Apply(entries []album.Entry) []album.Entry {
	var matching []*album.Entry // entries are large, and sorting moves them about
	search := strings.ToLower(f.Search)
	for i := range entries {
		if f.matches(&entries[i], search) {
			matching = append(matching, &entries[i])
		}
	}
	order := map[Sort]func(a, b *album.Entry) int{ByNeed: byNeed, ByChange: byChange}[f.Sort]
	if order != nil {
		slices.SortStableFunc(matching, order)
	}
	shown := make([]album.Entry, len(matching))
	for i, e := range matching {
		shown[i] = *e
	}
	return shown
}

func (f Filter) matches(e *album.Entry, search string) bool {
	switch {
	case f.State != "" && e.State != f.State:
	case f.Lacks != "" && e.Lacks(f.Lacks) == 0:
	case f.Issue != "" && e.Issues[f.Issue] == 0:
	default:
		a := e.Actor
		return search == "" || strings.Contains(strings.ToLower(string(a.Name)+" "+a.ID+" "+a.Age+" "+a.Sex+" "+a.Ethnicity), search)
	}
	return false
}

var states = album.States()

func byNeed(a, b *album.Entry) int {
	state := func(e *album.Entry) int { return slices.Index(states, e.State) }
	work := func(e *album.Entry) int { return e.Standing.Delete + e.Standing.Generate.Total() }
	return cmp.Or(cmp.Compare(state(a), state(b)), cmp.Compare(work(b), work(a)))
}

func byChange(a, b *album.Entry) int { return b.Changed().Compare(a.Changed()) }
