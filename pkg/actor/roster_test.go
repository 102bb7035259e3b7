package actor_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"screentest/pkg/actor"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
)

func put(t testing.TB, s store.Store, key store.Key, body string) {
	t.Helper()
	if _, err := s.Put(t.Context(), key, []byte(body), store.IfAbsent); err != nil {
		t.Fatal(err)
	}
}

func TestLoadRosterFails(t *testing.T) {
	tests := []struct {
		name, body, want string
	}{
		{"missing", "", "not found: put actorsData.json at the root of the data tree"},
		{"not JSON", "[{", "actorsData.json is not a JSON list of actors"},
		{"an object", `{"name":"a"}`, "actorsData.json is not a JSON list of actors"},
		{"null", "null", "actorsData.json is null"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := mem.New()
			if test.body != "" {
				put(t, s, actor.RosterKey, test.body)
			}
			_, err := actor.LoadRoster(t.Context(), s)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

func TestLoadRosterSkipsBadEntries(t *testing.T) {
	s := mem.New()
	put(t, s, actor.RosterKey, `[
		{"id": 2, "name": "b", "age": "31", "sex": "male", "ethnicity": "indian", "face_prompt": "a face", "description": "tall", "img": 1},
		{"id": 3},
		{"id": 4, "name": ""},
		{"id": 5, "name": 17},
		{"id": 6, "name": "../x"},
		"c",
		null,
		{"id": 7, "name": "b", "age": "99"},
		{"id": "1", "name": "a", "age": 30, "sex": null, "ethnicity": {}, "Name": "z"}
	]`)
	r, err := actor.LoadRoster(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	want := []actor.Actor{
		{ID: "1", Name: "a", Age: "30"},
		{ID: "2", Name: "b", Age: "31", Sex: "male", Ethnicity: "indian", FacePrompt: "a face", Description: "tall"},
	}
	if !slices.Equal(r.Actors, want) {
		t.Errorf("actors %+v, want %+v", r.Actors, want)
	}
	reasons := []string{"no name", "empty", "no name", "leads out", "not an object", "not an object", "taken by entry 0"}
	if len(r.Problems) != len(reasons) {
		t.Fatalf("problems %+v", r.Problems)
	}
	for i, p := range r.Problems {
		if !strings.Contains(p.Reason, reasons[i]) || !strings.HasPrefix(p.Where, "actorsData.json, entry ") {
			t.Errorf("problem %+v, want %q", p, reasons[i])
		}
	}
	if a, ok := r.Find("b"); !ok || a.ID != "2" {
		t.Errorf("found %+v, %t", a, ok)
	}
	if a, ok := r.Find("../x"); ok {
		t.Errorf("found %+v", a)
	}
}

func FuzzLoadRoster(f *testing.F) {
	f.Add(`[{"name":"a","id":1},{"name":"a"},{"name":"../x"},null]`)
	f.Add(`{}`)
	f.Add(`[[]]`)
	f.Add(`[{"name":"a","age":1e9999}]`)
	f.Fuzz(func(t *testing.T, body string) {
		s := mem.New()
		put(t, s, actor.RosterKey, body)
		r, err := actor.LoadRoster(t.Context(), s)
		if err != nil {
			return
		}
		byName := func(a, b actor.Actor) int { return cmp.Compare(a.Name, b.Name) }
		if !slices.IsSortedFunc(r.Actors, byName) {
			t.Error("not sorted")
		}
		for i, a := range r.Actors {
			if err := a.Name.Validate(); err != nil {
				t.Error(err)
			}
			if i > 0 && r.Actors[i-1].Name == a.Name {
				t.Errorf("%q is there twice", a.Name)
			}
		}
	})
}
