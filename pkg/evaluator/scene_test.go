package evaluator_test

import (
	"bytes"
	"context"
	"hash/fnv"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/cost"
	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
	"screentest/pkg/evaluator"
	"screentest/pkg/execution"
	"screentest/pkg/generate"
	"screentest/pkg/inspect"
	"screentest/pkg/ledger"
	"screentest/pkg/mirror"
	"screentest/pkg/restore"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/trash"
)

// small is 64 tiles of 8 × 8 pixels, as JPEG has them: encoded again it is hardly
// changed, and it is quickly measured.
func small(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	m := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for tile := range 64 {
		c := color.RGBA{uint8(r.UintN(256)), uint8(r.UintN(256)), uint8(r.UintN(256)), 255}
		draw.Draw(m, image.Rect(0, 0, 8, 8).Add(image.Pt(tile%8, tile/8).Mul(8)), image.NewUniform(c), image.Point{}, draw.Src)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// encodedAgain is the same picture as a JPEG, turned left to right if mirrored.
func encodedAgain(data []byte, mirrored bool) []byte {
	m, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		panic(err)
	}
	out := image.NewRGBA(m.Bounds())
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			from := x
			if mirrored {
				from = out.Rect.Dx() - 1 - x
			}
			out.Set(x, y, m.At(from, y))
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, out, &jpeg.Options{Quality: 90}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// camera generates the same picture for every order, or each time a new one if it
// has none.
type camera struct{ picture []byte }

func (camera) ID() generate.ID { return generate.ID{Name: "fake", Model: "camera"} }
func (camera) Bound() float64  { return 0 }

func (c camera) Generate(_ context.Context, o generate.Order) (generate.Picture, cost.Usage, error) {
	h := fnv.New64a()
	h.Write([]byte(o.Seed))
	if c.picture == nil {
		c.picture = small(h.Sum64())
	}
	return generate.Picture{Data: c.picture, Extension: ".png"}, cost.Usage{}, nil
}

// A scene is one actor whose plans are approved and performed. Its set is to have
// three images.
type scene struct {
	t        *testing.T
	store    store.Store
	settings settings.Settings
	camera   camera
	clock    time.Time
}

func (s *scene) now() time.Time {
	s.clock = s.clock.Add(time.Second)
	return s.clock
}

func newScene(t *testing.T, images map[string][]byte) *scene {
	s := &scene{t: t, store: mem.New(), settings: settings.Default(), clock: time.Unix(1e9, 0)}
	s.settings.Target = balance.Target{Photorealistic: 3}
	s.settings.Images.Thresholds = inspect.Thresholds{Bright: 1, Symmetry: 1}
	put(t, s.store, actor.BaseKey(ada.Name, "base.png"), small(0))
	for file, data := range images {
		s.put(file, data)
	}
	return s
}

func (s *scene) put(file string, data []byte) {
	put(s.t, s.store, actor.TrainingKey(ada.Name, file), data)
}

func (s *scene) evaluator(on store.Store, fresh bool) *evaluator.Evaluator {
	return evaluator.New(evaluator.Config{
		Store: on, Judge: &counting{}, Settings: s.settings, Holder: "test", Now: s.now, Fresh: fresh,
	})
}

func (s *scene) evaluate(fresh bool) evaluation.Evaluation {
	s.t.Helper()
	result, err := s.evaluator(s.store, fresh).Evaluate(s.t.Context(), ada)
	if err != nil {
		s.t.Fatal(err)
	}
	return result.Evaluation
}

func (s *scene) book() *ledger.Ledger {
	s.t.Helper()
	book, err := ledger.Load(s.t.Context(), s.store, ada.Name)
	if err != nil {
		s.t.Fatal(err)
	}
	return book
}

// perform approves and performs the plan that was put forward.
func (s *scene) perform() {
	s.t.Helper()
	book := s.book()
	latest, _ := book.Latest()
	if err := book.Approve(s.t.Context(), latest.ID, ledger.Signature{By: "ada", At: s.now()}); err != nil {
		s.t.Fatal(err)
	}
	executor := execution.New(execution.Config{
		Store: s.store, Evaluator: s.evaluator(s.store, false), Generator: s.camera, Settings: s.settings, By: "ada", Now: s.now,
	})
	if _, err := executor.Perform(s.t.Context(), ada); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) trash() []trash.Receipt {
	s.t.Helper()
	receipts, problems, err := trash.List(s.t.Context(), s.store, ada.Name)
	if err != nil || len(problems) > 0 {
		s.t.Fatal(problems, err)
	}
	return receipts
}

func (s *scene) restore(file string) {
	s.t.Helper()
	c := restore.Config{Store: s.store, By: "ada", Now: s.now, Remote: mirror.Remote{Waived: true}}
	report, err := c.Restore(s.t.Context(), ada.Name, restore.Selection{Files: []string{file}})
	if err != nil || len(report.Images) == 0 {
		s.t.Fatal(report, err)
	}
}

// told returns the images that are told to be copies of some in the trash.
func told(e evaluation.Evaluation) []string {
	var files []string
	for _, i := range e.Images {
		if slices.ContainsFunc(i.Reasons, func(r string) bool { return strings.Contains(r, "in the trash") }) {
			files = append(files, i.File)
		}
	}
	return files
}

func (s *scene) decide(sum string, kind decision.Kind) {
	s.t.Helper()
	d := decision.Decision{SHA256: sum, Kind: kind, By: "ada", At: s.now()}
	if err := decision.Add(s.t.Context(), s.store, ada.Name, d); err != nil {
		s.t.Fatal(err)
	}
}

func imageOf(t *testing.T, e evaluation.Evaluation, file string) evaluation.Image {
	t.Helper()
	i := slices.IndexFunc(e.Images, func(i evaluation.Image) bool { return i.File == file })
	if i < 0 {
		t.Fatalf("no image %s", file)
	}
	return e.Images[i]
}

// find returns the content and the state of an image of the set.
func (s *scene) find(file string) (sum string, v store.Version) {
	s.t.Helper()
	sum, info, err := store.Hash(s.t.Context(), s.store, actor.TrainingKey(ada.Name, file))
	if err != nil {
		s.t.Fatal(err)
	}
	return sum, info.Version
}
