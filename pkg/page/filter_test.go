package page_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/album"
	"screentest/pkg/balance"
	"screentest/pkg/evaluation"
	"screentest/pkg/page"
	"screentest/pkg/verdict"
)

var cast = []album.Entry{
	{Actor: actor.Actor{Name: "ada", Ethnicity: "Nordic"}, State: album.Balanced, Standing: evaluation.Standing{EvaluatedAt: time.Unix(9, 0)}, Before: &evaluation.Standing{}},
	{Actor: actor.Actor{Name: "bob"}, State: album.Unbalanced, Plan: album.PlanRejected, Standing: evaluation.Standing{Delete: 9}},
	{Actor: actor.Actor{Name: "cyd"}, State: album.Incomplete, Decided: 2, Issues: map[verdict.Issue]int{verdict.Blurred: 1}},
	{Actor: actor.Actor{Name: "dan"}, State: album.Unbalanced, Plan: album.PlanProposed, Standing: evaluation.Standing{Delete: 1, Generate: balance.Target{BWStylized: 2}}},
}

func TestFilters(t *testing.T) {
	for query, want := range map[string]string{
		"":                              "cyd dan bob ada",
		"sort=name":                     "ada bob cyd dan",
		"sort=change":                   "ada bob cyd dan",
		"state=unbalanced":              "dan bob",
		"plan=proposed":                 "dan",
		"plan=rejected":                 "bob",
		"plan=burnt":                    "cyd dan bob ada",
		"lacks=bw_stylized":             "dan",
		"work=delete":                   "dan bob",
		"work=generate":                 "dan",
		"work=overruled":                "cyd",
		"work=burn":                     "cyd dan bob ada",
		"issue=blurred":                 "cyd",
		"q=NORD":                        "ada",
		"q=+a+&sort=name":               "ada dan",
		"state=unbalanced&q=o":          "bob",
		"q=nobody":                      "",
		"state=x&lacks=y&issue=z&page=": "cyd dan bob ada",
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		f := page.ParseFilter(q)
		var names []string
		for _, e := range f.Apply(cast) {
			names = append(names, string(e.Actor.Name))
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%q shows %q, want %q", query, got, want)
		}
		again, err := url.ParseQuery(strings.TrimPrefix(f.Address(), "?"))
		if err != nil || page.ParseFilter(again) != f {
			t.Errorf("%q: the address %q is another filter, %v", query, f.Address(), err)
		}
	}
}

func TestTheWayLeadsOnThroughWhatTheFilterShows(t *testing.T) {
	proposed := func(name string, deletions int) album.Entry {
		return album.Entry{
			Actor: actor.Actor{Name: actor.Name(name)}, State: album.Unbalanced, Plan: album.PlanProposed, Standing: evaluation.Standing{Delete: deletions},
		}
	}
	entries := []album.Entry{proposed("ada", 1), proposed("bob", 3), proposed("cyd", 2), {Actor: actor.Actor{Name: "dan"}, State: album.Balanced}}
	f := page.ParseFilter(url.Values{"plan": {"proposed"}})
	if previous, next := f.Around(entries, "cyd"); previous != "bob" || next != "ada" {
		t.Errorf("around cyd are %q and %q", previous, next)
	}
	entries[2].Plan = album.PlanApproved
	if previous, next := f.Around(entries, "cyd"); previous != "bob" || next != "ada" {
		t.Errorf("once approved, around cyd are %q and %q", previous, next)
	}
	if previous, next := f.Around(entries, "nobody"); previous != "" || next != "" {
		t.Errorf("around nobody are %q and %q", previous, next)
	}
}

func TestTheWayLeadsOnToThePlansThatWait(t *testing.T) {
	entry := func(name string, plan album.Plan) album.Entry {
		return album.Entry{Actor: actor.Actor{Name: actor.Name(name)}, State: album.Unbalanced, Plan: plan}
	}
	entries := []album.Entry{entry("ada", album.PlanProposed), entry("bob", album.PlanApproved), entry("cyd", album.PlanProposed), entry("dan", album.PlanDone)}
	for _, query := range []string{"", "plan=proposed", "sort=name"} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		f := page.ParseFilter(q)
		for from, want := range map[actor.Name]actor.Name{"ada": "cyd", "cyd": "ada"} {
			if got := f.Onward(entries, from); got != want {
				t.Errorf("%q: from %s the way leads on to %q", query, from, got)
			}
		}
		if got := f.Onward(entries[:2], "ada"); got != "" {
			t.Errorf("%q: nothing waits but ada, yet the way leads on to %q", query, got)
		}
	}
	if got := page.ParseFilter(nil).Onward(nil, "ada"); got != "" {
		t.Errorf("of nobody the way leads on to %q", got)
	}
}

func FuzzFilter(f *testing.F) {
	f.Add("state=unbalanced&page=2&q=a")
	f.Add("page=99999999999999999999&sort=x")
	f.Fuzz(func(t *testing.T, query string) {
		q, _ := url.ParseQuery(query)
		filter := page.ParseFilter(q)
		again, err := url.ParseQuery(strings.TrimPrefix(filter.Address(), "?"))
		if err != nil || page.ParseFilter(again) != filter {
			t.Errorf("%+v became %+v, %v", filter, page.ParseFilter(again), err)
		}
		o := page.NewOverview(page.Site{Live: true}, album.View{Entries: cast}, filter, 2, balance.DefaultTarget())
		if len(o.Shown()) > 2 {
			t.Errorf("a page shows %d", len(o.Shown()))
		}
	})
}
