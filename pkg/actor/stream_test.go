package actor_test

import (
	"slices"
	"strings"
	"testing"

	"screentest/pkg/actor"
	"screentest/pkg/actor/rostertest"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
)

func rosterOf(t *testing.T, text string) store.Store {
	s := mem.New()
	if _, err := s.Put(t.Context(), actor.RosterKey, []byte(text), store.IfAbsent); err != nil {
		t.Fatal(err)
	}
	return s
}

func streamed(t *testing.T, s store.Store) (names []actor.Name, err error) {
	for a, e := range actor.Stream(t.Context(), s) {
		if err != nil {
			t.Errorf("%q after the error", a.Name)
		}
		if err = e; e == nil {
			names = append(names, a.Name)
		}
	}
	return names, err
}

func TestStream(t *testing.T) {
	tests := map[string]struct {
		roster string
		want   []actor.Name
		fails  string
	}{
		"in the order of the file": {`[{"name":"b"},{"name":"a","id":7}]`, []actor.Name{"b", "a"}, ""},
		"bad entries":              {`[{"name":"a"},3,{},{"name":".."},{"name":"b"}]`, []actor.Name{"a", "b"}, ""},
		"byte order mark":          {"\uFEFF[{\"name\":\"a\"}]", []actor.Name{"a"}, ""},
		"empty":                    {`[]`, nil, ""},
		"an object":                {`{"name":"a"}`, nil, "not a JSON list"},
		"nothing":                  {``, nil, "not a JSON list"},
		"null":                     {`null`, nil, "not a JSON list"},
		"cut off":                  {`[{"name":"a"},{"na`, []actor.Name{"a"}, "unexpected EOF"},
		"cut off between entries":  {`[{"name":"a"}`, []actor.Name{"a"}, "EOF"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := streamed(t, rosterOf(t, test.roster))
			if !slices.Equal(got, test.want) {
				t.Errorf("names %q, want %q", got, test.want)
			}
			if (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
				t.Errorf("error %v, want %q", err, test.fails)
			}
		})
	}
}

func TestStreamEndsWhenNoMoreIsWanted(t *testing.T) {
	for a, err := range actor.Stream(t.Context(), rosterOf(t, `[{"name":"a"},{"name":"b"}]`)) {
		if a.Name != "a" || err != nil {
			t.Errorf("%q, %v", a.Name, err)
		}
		break
	}
}

// The real roster, streamed, is the roster loaded.
func TestStreamAgreesWithLoadRoster(t *testing.T) {
	s := mem.New()
	rostertest.Put(t, s, rostertest.Archive(t, "legacy.tar.gz"), "data/")
	roster, err := actor.LoadRoster(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	names, err := streamed(t, s)
	slices.Sort(names)
	if err != nil || len(names) != len(roster.Actors) || len(names) == 0 {
		t.Fatalf("%d streamed, %d loaded, %v", len(names), len(roster.Actors), err)
	}
	for i, a := range roster.Actors {
		if names[i] != a.Name {
			t.Errorf("%q, want %q", names[i], a.Name)
		}
	}
}

func TestOwner(t *testing.T) {
	tests := map[store.Key]actor.Name{ // "" for nobody
		"actors/ada/training_data/a.png":              "ada",
		"actors/ada/training_data/a b+%2F.JPEG":       "ada",
		"actors/演員 ü/training_data/1.jpg":             "演員 ü",
		"actors/ada/base_image/base.png":              "ada",
		"actors/ada/base_image/response.png":          "ada",
		"actors/ada/base_image/notes.txt":             "",
		"actors/ada/training_data/response.png":       "",
		"actors/ada/training_data/manifest.json":      "",
		"actors/ada/training_data/deep/a.png":         "",
		"actors/ada/a.png":                            "",
		"actors/../training_data/a.png":               "",
		"actors//training_data/a.png":                 "",
		"actors/ada":                                  "",
		"actors/ada/training_data/":                   "",
		"actors/ada/training_data/a.png/b/c/d/e.jpeg": "",
		"screentest/trash/ada/training_data/a.png":    "",
		"screentest/actors/ada/training_data/a.png":   "",
		"prefix/actors/ada/training_data/a.png":       "",
	}
	for key, want := range tests {
		if name, owned := actor.Owner(key); owned != (want != "") || owned && name != want {
			t.Errorf("%s: %q, %t, want %q", key, name, owned, want)
		}
	}
}
