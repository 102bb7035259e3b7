package sample_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"screentest/pkg/sample"
)

// truth is what these tests read of truth.json.
type truth struct {
	Totals struct {
		Roster     int            `json:"actors_in_roster"`
		Detected   int            `json:"actors_detected"`
		Images     int            `json:"images"`
		Migratable int            `json:"migratable"`
		Types      map[string]int `json:"types"`
		Defects    map[string]int `json:"defects"`
		Balanced   []string       `json:"balanced_actors"`
	} `json:"totals"`
	Actors []struct {
		Actor    string         `json:"actor"`
		Metadata string         `json:"metadata"`
		Images   int            `json:"images"`
		Types    map[string]int `json:"types"`
		Missing  []string       `json:"missing"`
		Clashes  []string       `json:"conflicting"`
	} `json:"actors"`
	Images []labelled `json:"images"`
	Decoys []struct {
		Path string `json:"path"`
	} `json:"decoys"`
}

type labelled struct {
	Actor, File, Type string
	Defects           []string
	Width, Height     int
	Decodable         bool
	Bytes             int
	SHA256            string
}

func write(t *testing.T, o sample.Options) (string, sample.Summary) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	s, err := sample.Write(context.Background(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return dir, s
}

func read[T any](t *testing.T, dir, name string) T {
	t.Helper()
	var v T
	body, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// files maps the slash-separated names of all files below dir to their sums.
func files(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	sums := map[string][32]byte{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		sums[name] = sha256.Sum256(body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sums
}

// The whole tree, in small pictures: everything that truth.json says is so.
func TestTheWholeTree(t *testing.T) {
	dir, summary := write(t, sample.Options{Seed: 1, Long: 256})
	tr := read[truth](t, dir, "truth.json")
	if summary.Roster != 40 || summary.Actors != 24 || summary.Images != tr.Totals.Images || summary.Images != len(tr.Images) {
		t.Errorf("summary %+v, totals %+v, %d labels", summary, tr.Totals, len(tr.Images))
	}
	for _, s := range []string{"photorealistic", "bw_stylized", "color_stylized"} {
		if tr.Totals.Types[s] < 40 {
			t.Errorf("only %d images are %s", tr.Totals.Types[s], s)
		}
	}
	for _, d := range []string{"blur", "dark", "bright", "tiny", "exact_duplicate_of", "near_duplicate_of", "mirrored_of",
		"broken:zero_bytes", "broken:truncated_png", "broken:truncated_jpeg", "broken:text_as_png", "broken:huge_png",
		"broken:jpeg_in_png", "broken:png16", "broken:exif_rotated", "broken:grey_jpeg"} {
		if tr.Totals.Defects[d] == 0 {
			t.Errorf("no image has the defect %s", d)
		}
	}
	if len(tr.Totals.Balanced) != 3 {
		t.Errorf("balanced: %v", tr.Totals.Balanced)
	}
	checkDetection(t, dir, tr)
	checkLabels(t, dir, tr)
	checkDistinct(t, dir, tr)
	checkMetadata(t, dir, tr)
}

// checkDetection applies the rule of detection, written once more from its
// words, and expects exactly the labelled images.
func checkDetection(t *testing.T, dir string, tr truth) {
	roster := read[[]struct{ Name string }](t, dir, "actorsData.json")
	if len(roster) != 41 || roster[40].Name != "" {
		t.Fatalf("%d roster entries, want 40 and a nameless one", len(roster))
	}
	var found, want []string
	for _, a := range roster[:40] {
		entries, err := os.ReadDir(filepath.Join(dir, "actors", a.Name, "training_data"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		for _, e := range entries {
			if counted(e) {
				found = append(found, a.Name+"/"+e.Name())
			}
		}
	}
	for _, l := range tr.Images {
		want = append(want, l.Actor+"/"+l.File)
	}
	slices.Sort(found)
	slices.Sort(want)
	if !slices.Equal(found, want) {
		t.Errorf("the rule finds %d images, truth.json labels %d", len(found), len(want))
	}
	for _, d := range tr.Decoys {
		if _, err := os.Stat(filepath.Join(dir, d.Path)); err != nil {
			t.Errorf("decoy: %v", err)
		}
	}
}

func counted(e fs.DirEntry) bool {
	for _, word := range []string{"response", "request", "metadata"} {
		if strings.Contains(e.Name(), word) {
			return false
		}
	}
	ext := strings.ToLower(path.Ext(e.Name()))
	return e.Type().IsRegular() && (ext == ".png" || ext == ".jpg" || ext == ".jpeg")
}

// checkLabels compares each label with the file's bytes.
func checkLabels(t *testing.T, dir string, tr truth) {
	contents := map[string]bool{}
	for _, l := range tr.Images {
		name := l.Actor + "/training_data/" + l.File
		body, err := os.ReadFile(filepath.Join(dir, "actors", name))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(body)
		if hex.EncodeToString(sum[:]) != l.SHA256 || len(body) != l.Bytes {
			t.Errorf("%s: sum or size differ from the label", name)
		}
		contents[l.Actor+"/"+l.SHA256] = true
		if slices.Contains(l.Defects, "broken:huge_png") {
			c, _, err := image.DecodeConfig(bytes.NewReader(body))
			if err != nil || c.Width != 60000 || c.Height != 60000 {
				t.Errorf("%s: header announces %dx%d, %v", name, c.Width, c.Height, err)
			}
			continue // decoding would ask for 10 GB
		}
		m, _, err := image.Decode(bytes.NewReader(body))
		if (err == nil) != l.Decodable || (err == nil && m.Bounds().Max != image.Pt(l.Width, l.Height)) {
			t.Errorf("%s: labelled %+v, decoded with %v", name, l, err)
		}
	}
	// An exact copy shares its content with one image; nothing else shares any.
	if want := len(tr.Images) - tr.Totals.Defects["exact_duplicate_of"]; len(contents) != want {
		t.Errorf("%d different contents, want %d", len(contents), want)
	}
}

func checkMetadata(t *testing.T, dir string, tr truth) {
	kinds := map[string]bool{}
	for _, a := range tr.Actors {
		kinds[a.Metadata] = true
	}
	for _, k := range []string{"none", "prompt_metadata", "response_custom", "response_system", "response_short",
		"response_empty", "both", "both_conflicting", "both_without_images"} {
		if !kinds[k] {
			t.Errorf("no actor has the metadata %s", k)
		}
	}
	for _, a := range tr.Actors {
		if strings.HasPrefix(a.Metadata, "both") && a.Metadata != "both_without_images" {
			checkBoth(t, dir, a.Actor, a.Missing, a.Clashes)
		}
	}
}

// checkBoth looks at an actor with two sources.
func checkBoth(t *testing.T, dir, actor string, missing, clashes []string) {
	at := "actors/" + actor + "/training_data/"
	prompts := read[struct {
		Images map[string]struct {
			URL    string `json:"s3_url"`
			Prompt string
		}
	}](t, dir, at+"prompt_metadata.json").Images
	urls := read[struct {
		Output struct {
			Output struct {
				URLs []string `json:"s3_image_urls"`
			}
		}
	}](t, dir, at+"response.json").Output.Output.URLs
	more, differ := 0, []string{}
	for _, u := range urls {
		p, known := prompts[path.Base(u)]
		if !known {
			more++
		} else if p.URL != u {
			differ = append(differ, path.Base(u))
		}
	}
	if more == 0 || more == len(urls) || !slices.Equal(differ, append([]string{}, clashes...)) {
		t.Errorf("%s: response.json names %d more, disagrees about %v, labelled %v", actor, more, differ, clashes)
	}
	for _, m := range missing {
		if _, err := os.Stat(filepath.Join(dir, at, m)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is labelled missing: %v", m, err)
		}
	}
}

// The whole tree at its usual size must stay below 40 MB; one actor tells.
func TestPicturesAreSmallFiles(t *testing.T) {
	_, s := write(t, sample.Options{Seed: 1, Actors: 1})
	if each := s.Bytes / int64(s.Images); each < 20_000 || each > 80_000 {
		t.Errorf("%d bytes to an image", each)
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	old := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(old)
	one, _ := write(t, sample.Options{Seed: 7, Actors: 2, Long: 160})
	runtime.GOMAXPROCS(5)
	five, _ := write(t, sample.Options{Seed: 7, Actors: 2, Long: 160})
	other, _ := write(t, sample.Options{Seed: 8, Actors: 2, Long: 160})
	a, b, c := files(t, one), files(t, five), files(t, other)
	if len(a) != len(b) {
		t.Fatalf("%d files with one processor, %d with five", len(a), len(b))
	}
	for name, sum := range a {
		if sum != b[name] {
			t.Errorf("%s differs", name)
		}
		if path.Ext(name) == ".jpg" && sum == c[name] {
			t.Errorf("%s does not depend on the seed", name)
		}
	}
}

func TestProgressCountsEveryPicture(t *testing.T) {
	var calls []int
	total := 0
	_, s := write(t, sample.Options{Actors: 1, Long: 96, Progress: func(done, all int) { calls, total = append(calls, done), all }})
	if len(calls) != s.Images || total != s.Images || !slices.IsSorted(calls) || s.Actors != 1 {
		t.Errorf("progress %v of %d, summary %+v", calls, total, s)
	}
}

func TestRefusesADirectoryInUse(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "precious.txt"), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := sample.Write(context.Background(), dir, sample.Options{Actors: 1, Long: 96})
	if err == nil || !strings.Contains(err.Error(), "precious.txt") || !strings.Contains(err.Error(), "empty") {
		t.Errorf("error %v", err)
	}
	if got := files(t, dir); len(got) != 1 {
		t.Errorf("the directory holds %d files now", len(got))
	}
	if _, err := sample.Write(context.Background(), filepath.Join(dir, "precious.txt"), sample.Options{}); err == nil {
		t.Error("a file was taken for a directory")
	}
}

func TestLeavesNothingBehindWhenStopped(t *testing.T) {
	for _, existing := range []bool{true, false} {
		dir := t.TempDir()
		if !existing {
			dir = filepath.Join(dir, "new")
		}
		ctx, cancel := context.WithCancel(context.Background())
		_, err := sample.Write(ctx, dir, sample.Options{Actors: 2, Long: 96, Progress: func(done, _ int) {
			if done == 3 {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v", err)
		}
		entries, err := os.ReadDir(dir)
		if existing != (err == nil) || len(entries) > 0 {
			t.Errorf("directory existing=%v: holds %v, %v", existing, entries, err)
		}
		if _, err := sample.Write(context.Background(), dir, sample.Options{Actors: 1, Long: 96}); err != nil {
			t.Errorf("second attempt: %v", err)
		}
	}
}
