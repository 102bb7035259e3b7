package page

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"screentest/pkg/actor"
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

// A Work is what there is to do, or was done, to images of an actor.
type Work string

// The works.
const (
	ToDelete   Work = "delete"
	ToGenerate Work = "generate"
	Overruled  Work = "overruled"
)

// Works returns all of them.
func Works() []Work { return []Work{ToDelete, ToGenerate, Overruled} }

// Words returns a work as people read it.
func (w Work) Words() string {
	if w == Overruled {
		return "overruled"
	}
	return "to " + string(w)
}

func (w Work) of(e *album.Entry) int {
	switch w {
	case ToDelete:
		return e.Standing.Delete
	case ToGenerate:
		return e.Standing.Generate.Total()
	}
	return e.Decided
}

// A Filter says which actors an overview shows. The zero Filter shows all.
type Filter struct {
	State  album.State   // "" for any
	Plan   album.Plan    // "" for any, and for none
	Lacks  verdict.Style // of which images are to be generated; "" for any
	Issue  verdict.Issue // that an image has; "" for any
	Work   Work          // that images wait for or have had; "" for any
	Search string        // a part of the name or of what the roster says of the actor
	Sort   Sort
	Page   int // 1 for the first
}

// ParseFilter reads a filter from an address. What cannot be meant is left out.
func ParseFilter(q url.Values) Filter {
	f := Filter{
		State: album.State(q.Get("state")), Plan: album.Plan(q.Get("plan")), Lacks: verdict.Style(q.Get("lacks")), Issue: verdict.Issue(q.Get("issue")), Work: Work(q.Get("work")),
		Search: strings.TrimSpace(q.Get("q")), Sort: Sort(q.Get("sort")),
	}
	if !slices.Contains(album.States(), f.State) {
		f.State = ""
	}
	if !slices.Contains(album.Plans(), f.Plan) {
		f.Plan = ""
	}
	if !f.Lacks.Valid() {
		f.Lacks = ""
	}
	if !f.Issue.Valid() {
		f.Issue = ""
	}
	if !slices.Contains(Works(), f.Work) {
		f.Work = ""
	}
	if f.Sort != ByName && f.Sort != ByChange {
		f.Sort = ByNeed
	}
	f.Page, _ = strconv.Atoi(q.Get("page"))
	f.Page = max(1, f.Page)
	return f
}

// Address returns the filter as the query of an address, "?" included. That of an
// overview that shows all, in its usual order, is "?".
func (f Filter) Address() string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("state", string(f.State))
	set("plan", string(f.Plan))
	set("lacks", string(f.Lacks))
	set("issue", string(f.Issue))
	set("work", string(f.Work))
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
	return f.State != "" || f.Plan != "" || f.Lacks != "" || f.Issue != "" || f.Work != "" || f.Search != ""
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
	f.arrange(matching)
	shown := make([]album.Entry, len(matching))
	for i, e := range matching {
		shown[i] = *e
	}
	return shown
}

func (f Filter) arrange(entries []*album.Entry) {
	order := map[Sort]func(a, b *album.Entry) int{ByNeed: byNeed, ByChange: byChange}[f.Sort]
	if order != nil {
		slices.SortStableFunc(entries, order)
	}
}

// Around returns who stands before and behind n in what the filter shows, "" where
// nobody does.
func (f Filter) Around(entries []album.Entry, n actor.Name) (previous, next actor.Name) {
	matching, at := f.lineup(entries, n)
	if at > 0 {
		previous = matching[at-1].Actor.Name
	}
	if at >= 0 && at+1 < len(matching) {
		next = matching[at+1].Actor.Name
	}
	return previous, next
}

// Onward returns whose plan waits for approval next behind n in what the filter
// shows, and behind the last the first; "" where no other does.
func (f Filter) Onward(entries []album.Entry, n actor.Name) actor.Name {
	matching, at := f.lineup(entries, n)
	for i := range matching {
		e := matching[(at+1+i)%len(matching)]
		if e.Plan == album.PlanProposed && e.Actor.Name != n {
			return e.Actor.Name
		}
	}
	return ""
}

// lineup returns what the filter shows, and where n stands in it, -1 for nowhere.
// Somebody whom the filter showed and who has been dealt with meanwhile still has
// the old place.
func (f Filter) lineup(entries []album.Entry, n actor.Name) (matching []*album.Entry, at int) {
	search := strings.ToLower(f.Search)
	for i := range entries {
		e := &entries[i]
		if e.Actor.Name == n {
			as := *e
			as.State, as.Plan = cmp.Or(f.State, e.State), cmp.Or(f.Plan, e.Plan)
			e = &as
		} else if !f.matches(e, search) {
			continue
		}
		matching = append(matching, e)
	}
	f.arrange(matching)
	return matching, slices.IndexFunc(matching, func(e *album.Entry) bool { return e.Actor.Name == n })
}

func (f Filter) matches(e *album.Entry, search string) bool {
	switch {
	case f.State != "" && e.State != f.State:
	case f.Plan != "" && e.Plan != f.Plan:
	case f.Lacks != "" && e.Lacks(f.Lacks) == 0:
	case f.Issue != "" && e.Issues[f.Issue] == 0:
	case f.Work != "" && f.Work.of(e) == 0:
	default:
		a := e.Actor
		return search == "" || strings.Contains(strings.ToLower(string(a.Name)+" "+a.ID+" "+a.Age+" "+a.Sex+" "+a.Ethnicity), search)
	}
	return false
}

var (
	states = album.States()
	plans  = album.Plans()
)

func byNeed(a, b *album.Entry) int {
	state := func(e *album.Entry) int { return slices.Index(states, e.State) }
	plan := func(e *album.Entry) int { return slices.Index(plans, e.Plan) }
	work := func(e *album.Entry) int { return e.Standing.Delete + e.Standing.Generate.Total() }
	return cmp.Or(cmp.Compare(state(a), state(b)), cmp.Compare(plan(a), plan(b)), cmp.Compare(work(b), work(a)))
}

func byChange(a, b *album.Entry) int { return b.Changed().Compare(a.Changed()) }
