package web_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/evaluation"
	"screentest/pkg/inspect"
	"screentest/pkg/judge"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
	"screentest/pkg/verdict"
	"screentest/pkg/web"
)

// ada has a name that means something to URLs, HTML and file systems.
const ada actor.Name = `0001 Ada%2F <b>"ü`

func picture(seed uint8) []byte {
	m := image.NewGray(image.Rect(0, 0, 40, 30))
	for i := range m.Pix {
		m.Pix[i] = uint8(i) * seed
	}
	m.SetGray(0, 0, color.Gray{seed})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func sum(content []byte) string {
	hash := sha256.Sum256(content)
	return hex.EncodeToString(hash[:])
}

func put(t testing.TB, s store.Store, k store.Key, body []byte) store.Version {
	t.Helper()
	_, info, _ := store.ReadAll(t.Context(), s, k, 1<<20)
	version, err := s.Put(t.Context(), k, body, store.IfVersion(info.Version))
	if err != nil {
		t.Fatal(err)
	}
	return version
}

// tree has ada with three photographs, of which the first is poor, and bob, who was
// never evaluated.
func tree(t testing.TB) *mem.Store {
	s := mem.New()
	put(t, s, actor.RosterKey, fmt.Appendf(nil, `[{"name":%q,"age":31},{"name":"bob"}]`, ada))
	put(t, s, actor.TrainingKey("bob", "a.png"), picture(9))
	facts := evaluation.Facts{Actor: ada, Judge: judge.ID{Name: "offline"}, At: time.Unix(1e9, 0)}
	for i := range 3 {
		file := fmt.Sprintf("%d <i>.png", i)
		content := picture(uint8(i + 1))
		version := put(t, s, actor.TrainingKey(ada, file), content)
		quality := 1 + 7*min(i, 1)
		facts.Images = append(facts.Images, evaluation.Fact{
			Info:    store.Info{Key: actor.TrainingKey(ada, file), Size: int64(len(content)), Version: version},
			SHA256:  sum(content),
			Checks:  &inspect.Checks{Version: inspect.Version, Format: "png", Width: 1024, Height: 1024, Sharpness: 1, Highlights: 1},
			Verdict: &verdict.Verdict{Style: verdict.Photorealistic, Quality: quality},
		})
	}
	if err := evaluation.Save(t.Context(), s, evaluation.Build(facts, settings.Default()), ""); err != nil {
		t.Fatal(err)
	}
	return s
}

// A setup is what a server is made of, with terms that stay as they are.
type setup struct {
	web.Config
	web.Terms
}

func (c setup) serve(ctx context.Context) *web.Server {
	if c.Config.Terms == nil {
		c.Config.Terms = func(context.Context) (web.Terms, error) { return c.Terms, nil }
	}
	return web.New(ctx, c.Config)
}

// A site is a server and a browser of sorts, which keeps cookies for itself.
type site struct {
	t       testing.TB
	server  *web.Server
	store   store.Store
	cookies []*http.Cookie
}

func open(t testing.TB, s store.Store, change func(*setup)) *site {
	c := setup{
		Config: web.Config{Store: s, By: "mia", Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return time.Unix(2e9, 0) }},
		Terms:  web.Terms{Settings: settings.Default(), NoRunner: "no judge"},
	}
	if change != nil {
		change(&c)
	}
	return &site{t: t, server: c.serve(t.Context()), store: s}
}

func (s *site) do(r *http.Request) *http.Response {
	s.t.Helper()
	for _, c := range s.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	s.server.ServeHTTP(w, r)
	answer := w.Result()
	for _, c := range answer.Cookies() {
		s.cookies = append(slices.DeleteFunc(s.cookies, func(old *http.Cookie) bool { return old.Name == c.Name }), c)
	}
	return answer
}

func request(method, path string, form url.Values) *http.Request {
	r := httptest.NewRequest(method, "http://localhost:8080"+path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

func body(t testing.TB, r *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// get returns the page at path, which must be there.
func (s *site) get(path string) string {
	s.t.Helper()
	answer := s.do(request("GET", path, nil))
	text := body(s.t, answer)
	if answer.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %s\n%s", path, answer.Status, text)
	}
	return text
}

var (
	tokenField = regexp.MustCompile(`name="token" value="([^"]+)"`)
	lineField  = regexp.MustCompile(`name="line" value="([^"]+)"`)
)

// post acts as the forms on the pages do.
func (s *site) post(path string, form url.Values) *http.Response {
	s.t.Helper()
	sheet := s.get(adasPage)
	match := tokenField.FindStringSubmatch(sheet)
	if match == nil {
		s.t.Fatal("no token on the page")
	}
	form.Set("token", match[1])
	if line := lineField.FindStringSubmatch(sheet); line != nil && !form.Has("line") {
		form.Set("line", line[1])
	}
	return s.do(request("POST", path, form))
}

var adasPage = "/actors/" + url.PathEscape(string(ada))

func TestPagesShowWhatIsKnown(t *testing.T) {
	s := open(t, tree(t), nil)
	overview := s.get("/")
	for _, want := range []string{"0001 Ada%2F &lt;b&gt;&#34;ü", adasPage, "bob", "unseen", "−1"} {
		if !strings.Contains(overview, want) {
			t.Errorf("the overview does not say %q", want)
		}
	}
	if sheet := s.get(adasPage); !strings.Contains(sheet, "quality 1 below 2") || !strings.Contains(sheet, "31") {
		t.Error("the sheet does not say why")
	}
	if filtered := s.get("/?state=unseen"); strings.Contains(filtered, adasPage) {
		t.Error("the filter shows ada")
	}
	if sheet := s.get("/actors/bob"); !strings.Contains(sheet, "Not evaluated yet") {
		t.Error("bob's sheet does not say that he was not evaluated")
	}
}

func TestWhatIsNotThereIsSaidSo(t *testing.T) {
	s := open(t, tree(t), nil)
	for path, want := range map[string]int{
		"/actors/nobody": 404, "/x": 404, "/actors/..%2F..%2Fx": 404, "/t/bob/" + strings.Repeat("a", 64) + ".jpg": 404,
		"/t/x/..%2F..%2FactorsData.json.jpg": 404, "/images/bob/": 404, "/images" + strings.TrimPrefix(adasPage, "/actors") + "/x": 404,
		"/images/%2e%2e/x": 404,
	} {
		if got := s.do(request("GET", path, nil)); got.StatusCode != want && got.StatusCode != http.StatusMovedPermanently && got.StatusCode != http.StatusTemporaryRedirect {
			t.Errorf("%s: %s", path, got.Status)
		}
	}
}

func TestReadingWritesThumbnailsOnly(t *testing.T) {
	counted := storetest.NewFaulty(tree(t))
	s := open(t, counted, nil)
	sheet := s.get(adasPage)
	for _, path := range []string{"/", "/progress", "/assets/style.css"} {
		s.get(path)
	}
	thumbnails := regexp.MustCompile(`/t/[^"]+`).FindAllString(sheet, -1)
	if len(thumbnails) != 3 {
		t.Fatalf("thumbnails: %q", thumbnails)
	}
	for _, path := range append(thumbnails, thumbnails...) {
		if got := s.get(path); !strings.HasPrefix(got, "\xff\xd8") {
			t.Errorf("%s is no JPEG", path)
		}
	}
	for _, op := range counted.Ops() {
		if op.Name != "get" && op.Name != "list" && !strings.HasPrefix(string(op.Key), "screentest/thumbnails/") {
			t.Errorf("%s %s", op.Name, op.Key)
		}
	}
	if counted.Count("put") != 3 {
		t.Errorf("%d thumbnails kept, want 3, each once", counted.Count("put"))
	}
}

func TestAnImageIsShownWhileItIsTheOneThatWasJudged(t *testing.T) {
	tree := tree(t)
	s := open(t, tree, nil)
	path := "/images" + strings.TrimPrefix(adasPage, "/actors") + "/" + sum(picture(1))
	answer := s.do(request("GET", path, nil))
	if got := body(t, answer); got != string(picture(1)) || answer.Header.Get("Content-Type") != "image/png" {
		t.Errorf("%s, %d bytes of %s", answer.Status, len(got), answer.Header.Get("Content-Type"))
	}
	put(t, tree, actor.TrainingKey(ada, "0 <i>.png"), picture(200))
	if answer := s.do(request("GET", path, nil)); answer.StatusCode != http.StatusConflict {
		t.Errorf("replaced, yet %s", answer.Status)
	}
}

// A replaced image is told from one that was only copied, whose version is another
// one too.
func TestAReplacedImageIsNoticed(t *testing.T) {
	tree := tree(t)
	key, content := actor.TrainingKey(ada, "0 <i>.png"), picture(1)
	s := open(t, tree, nil)
	path := "/images" + strings.TrimPrefix(adasPage, "/actors") + "/" + sum(content)
	put(t, tree, key, picture(2))
	put(t, tree, key, content) // another version
	if got := s.get(adasPage); strings.Contains(got, "another one by now") || strings.Contains(got, "another image by now") {
		t.Error("a copy is taken for another image")
	}
	if got := s.get(path); got != string(content) {
		t.Error("the copy is not shown")
	}
	other := bytes.Clone(content)
	other[len(other)-1] ^= 1 // of the same size
	put(t, tree, key, other)
	for range 2 {
		if got := s.get(adasPage); !strings.Contains(got, "with 1 image replaced. Evaluate the actor again") || !strings.Contains(got, "another image by now") {
			t.Error("it is not said that an image was replaced")
		}
	}
	put(t, tree, key, append(other, 0))
	if got := s.get(adasPage); !strings.Contains(got, "with 1 image replaced") {
		t.Error("it is not said of one of another size")
	}
}

func TestWhatIsNoPictureIsNotSentAsOne(t *testing.T) {
	tree := tree(t)
	page := []byte("<html><script>alert(1)</script>")
	version := put(t, tree, actor.TrainingKey(ada, "0 <i>.png"), page)
	e, old, err := evaluation.Load(t.Context(), tree, ada)
	if err != nil {
		t.Fatal(err)
	}
	e.Images[0].SHA256, e.Images[0].Version = sum(page), version
	if err := evaluation.Save(t.Context(), tree, *e, old); err != nil {
		t.Fatal(err)
	}
	answer := open(t, tree, nil).do(request("GET", "/images"+strings.TrimPrefix(adasPage, "/actors")+"/"+sum(page), nil))
	if answer.StatusCode != http.StatusNotFound || strings.Contains(body(t, answer), "alert") {
		t.Errorf("%s", answer.Status)
	}
}

func TestADamagedDocumentHidesNothingElse(t *testing.T) {
	tree := tree(t)
	put(t, tree, actor.DecisionsKey(ada), []byte("{"))
	put(t, tree, actor.EvaluationKey("bob"), []byte("{"))
	s := open(t, tree, nil)
	if got := s.get("/"); !strings.Contains(got, "damaged") || !strings.Contains(got, adasPage) {
		t.Error("the overview does not tell of bob, or not of ada")
	}
	if got := s.get("/actors/bob"); !strings.Contains(got, "evaluation is damaged") || !strings.Contains(got, "Evaluate the actor again") || strings.Contains(got, "Not evaluated yet") {
		t.Error("bob's sheet does not say that his evaluation is damaged, and what to do")
	}
	if got := s.get(adasPage); !strings.Contains(got, "repair it or move it away") || !strings.Contains(got, "quality 1 below 2") {
		t.Error("the sheet does not tell of the decisions, or not of the verdicts")
	}
}

func TestAPlanThatCannotBeIsADamagedEvaluation(t *testing.T) {
	for _, n := range []int{-1, 2_000_000} {
		tree := tree(t)
		e, version, err := evaluation.Load(t.Context(), tree, ada)
		if err != nil {
			t.Fatal(err)
		}
		e.Plan.Generate.BWStylized = n
		if err := evaluation.Save(t.Context(), tree, *e, version); err != nil {
			t.Fatal(err)
		}
		if got := open(t, tree, nil).get(adasPage); !strings.Contains(got, "evaluation is damaged") || len(got) > 50_000 {
			t.Errorf("%d to generate: a page of %d bytes", n, len(got))
		}
	}
}

func TestAMissingImageIsSaidInWords(t *testing.T) {
	tree := tree(t)
	key := actor.TrainingKey(ada, "0 <i>.png")
	_, info, err := store.ReadAll(t.Context(), tree, key, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, tree, nil)
	thumbnail := "/t" + strings.TrimPrefix(adasPage, "/actors") + "/" + sum(picture(1)) + ".jpg"
	if err := tree.Delete(t.Context(), key, info.Version); err != nil {
		t.Fatal(err)
	}
	put(t, tree, actor.TrainingKey(ada, "new.png"), picture(60))
	got := s.get(adasPage)
	if !strings.Contains(got, "no longer there") || strings.Contains(got, thumbnail) {
		t.Error("the sheet does not say that an image is gone")
	}
	if !strings.Contains(got, "with 1 image more and 1 image gone") {
		t.Error("the sheet does not say that the set is another one")
	}
	if !strings.Contains(got, "new.png") || !strings.Contains(got, "the next evaluation judges it") {
		t.Error("the sheet does not say that an image is new")
	}
	answer := s.do(request("GET", thumbnail, nil))
	if got := body(t, answer); answer.Header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(got, "no longer there") || answer.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("in its place: %s, %q", answer.Status, got)
	}
	put(t, tree, key, picture(61))
	if got := s.get(thumbnail); !strings.Contains(got, "another image by now") {
		t.Errorf("in the place of one that was replaced: %q", got)
	}
}

func TestVisitsAreToldApart(t *testing.T) {
	tree := tree(t)
	e, version, err := evaluation.Load(t.Context(), tree, ada)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1e9, 0)
	s := open(t, tree, func(c *setup) { c.Now = func() time.Time { return now } })
	if got := s.get("/"); strings.Contains(got, "class=new") {
		t.Error("on the first visit something is new")
	}
	now = now.Add(time.Hour)
	e.Before, e.EvaluatedAt = &evaluation.Standing{Images: 2}, now
	if err := evaluation.Save(t.Context(), tree, *e, version); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	for range 2 {
		if got := s.get("/"); !strings.Contains(got, "class=new") || !strings.Contains(got, "images 2 → 3") {
			t.Error("the change since the first visit is not told")
		}
	}
	now = now.Add(time.Hour)
	if got := s.get("/"); strings.Contains(got, "class=new") {
		t.Error("what was told on the visit before is new again")
	}
}

func TestTheServerEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	began := make(chan struct{})
	c := setup{
		Config: web.Config{Store: tree(t), By: "mia", Log: slog.New(slog.DiscardHandler), Now: time.Now},
		Terms: web.Terms{Settings: settings.Default(), Judge: "fake",
			Runner: &fakeRunner{run: func(ctx context.Context) error { close(began); <-ctx.Done(); return ctx.Err() }}},
	}
	s := &site{t: t, server: c.serve(ctx), store: c.Store}
	s.post("/run", url.Values{"act": {"start"}})
	<-began
	cancel()
	s.server.Wait()
}
