package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"maps"
	"net/url"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
	"screentest/pkg/ledger"
	"screentest/pkg/report"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/trash"
	"screentest/pkg/verdict"
)

const ada actor.Name = `0001 Ada%2F <b>?#ü`

func picture(seed uint8) []byte {
	m := image.NewGray(image.Rect(0, 0, 30, 20))
	for i := range m.Pix {
		m.Pix[i] = uint8(i) * seed
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func put(t *testing.T, s store.Store, k store.Key, body []byte) {
	t.Helper()
	if _, err := s.Put(t.Context(), k, body, store.IfAbsent); err != nil {
		t.Fatal(err)
	}
}

// tree has ada with three images, one of which is broken and one missing, and bob,
// who was never evaluated.
func tree(t *testing.T) store.Store {
	s := mem.New()
	roster, err := json.Marshal([]map[string]string{{"name": string(ada)}, {"name": "bob"}})
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, actor.RosterKey, roster)
	put(t, s, actor.TrainingKey("bob", "a.png"), picture(9))
	e := evaluation.Evaluation{SchemaVersion: evaluation.SchemaVersion, Actor: string(ada), Target: balance.DefaultTarget()}
	for i, file := range []string{"=1+1.png", "broken.png", "gone.png"} {
		content := picture(uint8(i + 1))
		sum := sha256.Sum256(content)
		one := evaluation.Image{
			File: file, SHA256: hex.EncodeToString(sum[:]), Style: verdict.Photorealistic, Keep: true, Judged: evaluation.OK,
			Issues: []verdict.Issue{verdict.Blurred, verdict.TooDark}, Reasons: []string{"a", "b"},
			Decision: &decision.Ruling{Fate: decision.Keep, By: "mia", Why: "=cmd|' /C calc'!A0"},
		}
		switch file {
		case "broken.png":
			one.Judged = evaluation.Broken
			content = []byte("text")
			fallthrough
		case "=1+1.png":
			put(t, s, actor.TrainingKey(ada, file), content)
		}
		e.Images = append(e.Images, one)
	}
	e.Plan = balance.Propose(nil, e.Target, balance.Limits{Deletions: -1, Generations: -1, USD: -1}, 0)
	if err := evaluation.Save(t.Context(), s, e, ""); err != nil {
		t.Fatal(err)
	}
	book, sign := ledger.New(s, ada), ledger.Signature{By: "mia", At: time.Unix(5, 0), Why: "too few smiles"}
	if err := errors.Join(book.Propose(t.Context(), e.Plan, nil, sign), book.Reject(t.Context(), e.Plan.ID, sign)); err != nil {
		t.Fatal(err)
	}
	return s
}

// write makes the report of s and returns its files.
func write(t *testing.T, s store.Store) (map[string]string, report.Result) {
	t.Helper()
	files := map[string]string{}
	var mu sync.Mutex
	seen := 0
	result, err := report.Make(t.Context(), report.Config{
		Store: s, Settings: settings.Default(), Now: time.Unix(1e9, 0).UTC(), Seen: func(done, total int) { seen = done },
		Write: func(name string, content []byte) error {
			mu.Lock()
			defer mu.Unlock()
			if _, twice := files[name]; twice {
				t.Errorf("%s is written twice", name)
			}
			files[name] = string(content)
			return nil
		},
	})
	if err != nil || seen != 2 {
		t.Fatalf("%d actors seen, %v", seen, err)
	}
	return files, result
}

func TestEveryLinkLeadsToAFile(t *testing.T) {
	files, result := write(t, tree(t))
	if result.Actors != 1 || result.Images != 3 || result.Thumbnails != 1 || len(result.Unshown) != 1 || !strings.Contains(result.Unshown[0].Where, "gone.png") {
		t.Errorf("%+v", result)
	}
	links := 0
	for name, content := range files {
		if path.Ext(name) != ".html" {
			continue
		}
		root, err := html.Parse(strings.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		for n := range root.Descendants() {
			for _, a := range n.Attr {
				if a.Key != "href" && a.Key != "src" && a.Key != "action" || strings.HasPrefix(a.Val, "#") {
					continue
				}
				links++
				u, err := url.Parse(a.Val)
				to := path.Join(path.Dir(name), u.Path)
				if _, ok := files[to]; err != nil || !ok {
					t.Errorf("%s: %q leads to %q, where nothing is (%v)", name, a.Val, to, err)
				}
			}
		}
	}
	if links < 15 {
		t.Errorf("only %d links found", links)
	}
}

func TestAReportSaysHowFarPlansHaveCome(t *testing.T) {
	files, _ := write(t, tree(t))
	if got := files["index.html"]; !strings.Contains(got, "plan rejected") || !strings.Contains(got, `data-plan="rejected"`) {
		t.Error("the overview does not say it")
	}
	if got := files["actors/"+string(ada)+".html"]; !strings.Contains(got, ">rejected</b> by mia") || !strings.Contains(got, "too few smiles") || !strings.Contains(got, "no longer there") {
		t.Error("the sheet does not say it, or not that an image is gone")
	}
	actors, err := csv.NewReader(strings.NewReader(files["actors.csv"])).ReadAll()
	if err != nil || actors[0][2] != "plan" || actors[1][2] != "rejected" || actors[2][2] != "" {
		t.Errorf("%q, %v", actors, err)
	}
	var document struct{ Actors []report.Row }
	if err := json.Unmarshal([]byte(files["report.json"]), &document); err != nil || document.Actors[0].Plan != "rejected" {
		t.Errorf("%+v, %v", document, err)
	}
}

func TestAReportTellsWhatPeopleDecidedAndWhatLiesInTheTrash(t *testing.T) {
	s := tree(t)
	d := decision.Decision{File: "=1+1.png", SHA256: store.HashOf(picture(1)), Kind: decision.Keep, By: "mia", Why: "her smile", At: time.Unix(6, 0)}
	if err := decision.Add(t.Context(), s, ada, d); err != nil {
		t.Fatal(err)
	}
	key := actor.TrainingKey(ada, "spare.png")
	version, err := s.Put(t.Context(), key, picture(7), store.IfAbsent)
	if err != nil {
		t.Fatal(err)
	}
	receipt := trash.Receipt{Actor: ada, Proposal: "p1", File: "spare.png", SHA256: store.HashOf(picture(7)), Reason: "one too many", By: "mia", At: time.Unix(7, 0)}
	if err := trash.Keep(t.Context(), s, receipt, key, version); err != nil {
		t.Fatal(err)
	}
	files, _ := write(t, s)
	got := files["actors/"+string(ada)+".html"]
	thumbnail := "thumbnails/" + receipt.SHA256 + ".jpg"
	for _, want := range []string{"1 decision by people", "her smile", "spare.png", "one too many", "../" + thumbnail} {
		if !strings.Contains(got, want) {
			t.Errorf("the sheet does not say %q", want)
		}
	}
	if files[thumbnail] == "" || strings.Contains(got, "Restore") {
		t.Error("the picture is not in the report, or a form is")
	}
}

func TestAReportIsTheSameAgain(t *testing.T) {
	s := tree(t)
	first, _ := write(t, s)
	if again, _ := write(t, s); !maps.Equal(first, again) {
		t.Error("a second report differs")
	}
}

func TestTheTablesHoldEveryImageAndNoFormula(t *testing.T) {
	files, _ := write(t, tree(t))
	images, err := csv.NewReader(strings.NewReader(files["images.csv"])).ReadAll()
	if err != nil || len(images) != 4 || images[1][0] != string(ada) || images[1][1] != "'=1+1.png" || images[1][5] != "blurred too_dark" {
		t.Errorf("%q, %v", images, err)
	}
	actors, err := csv.NewReader(strings.NewReader(files["actors.csv"])).ReadAll()
	if err != nil || len(actors) != 3 || actors[2][0] != "bob" || actors[2][1] != "unseen" {
		t.Errorf("%q, %v", actors, err)
	}
	for _, row := range append(images, actors...) {
		for _, cell := range row {
			if strings.HasPrefix(cell, "=") {
				t.Errorf("the cell %q is a formula", cell)
			}
		}
	}
	var document struct{ Actors []report.Row }
	if err := json.Unmarshal([]byte(files["report.json"]), &document); err != nil || len(document.Actors) != 2 || len(document.Actors[0].Verdicts) != 3 {
		t.Errorf("%+v, %v", document, err)
	}
}

func TestWhatCannotBeWrittenIsAnError(t *testing.T) {
	full := errors.New("no space left on device")
	for _, name := range []string{"index.html", "report.json", "images.csv", "assets/style.css", "actors/bob.html"} {
		_, err := report.Make(t.Context(), report.Config{
			Store: tree(t), Settings: settings.Default(), Seen: func(int, int) {},
			Write: func(n string, _ []byte) error {
				if n == name {
					return full
				}
				return nil
			},
		})
		if !errors.Is(err, full) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
