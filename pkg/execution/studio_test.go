package execution_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/cost"
	"screentest/pkg/evaluation"
	"screentest/pkg/evaluator"
	"screentest/pkg/execution"
	"screentest/pkg/generate"
	"screentest/pkg/inspect"
	"screentest/pkg/judge"
	"screentest/pkg/ledger"
	"screentest/pkg/manifest"
	"screentest/pkg/mirror"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/trash"
	"screentest/pkg/verdict"
)

// A studio is one actor with all that is needed to balance its set. Pictures are
// blocks of noise; their width tells the judge the style, their height the
// quality.
type studio struct {
	t        testing.TB
	store    store.Store
	actor    actor.Actor
	settings settings.Settings
	judge    *fakeJudge
	camera   *camera
	remote   mirror.Remote
	clock    time.Time
}

const name actor.Name = "0042_black_25_female"

var widths = map[verdict.Style]int{verdict.Photorealistic: 64, verdict.BWStylized: 72, verdict.ColorStylized: 80}

// picture is blocks of noise that depend on the seed, of a style and a quality.
func picture(style verdict.Style, quality int, seed string) []byte {
	h := fnv.New64a()
	h.Write([]byte(seed))
	r := rand.New(rand.NewPCG(h.Sum64(), 1))
	img := image.NewNRGBA(image.Rect(0, 0, widths[style], 64+quality))
	var blocks [16][16]color.NRGBA
	for y := range blocks {
		for x := range blocks[y] {
			blocks[y][x] = color.NRGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256)), 255}
		}
	}
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			img.SetNRGBA(x, y, blocks[y/5%16][x/5%16])
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// fakeJudge reads style and quality off the size. It is paid, and complains when
// it is asked about the same content twice.
type fakeJudge struct {
	t     testing.TB
	mu    sync.Mutex
	asked map[string]int
	err   error // instead of answers
}

func (*fakeJudge) ID() judge.ID     { return judge.ID{Name: "fake", Model: "m", Rubric: "r"} }
func (*fakeJudge) PreviewSize() int { return 32 }
func (*fakeJudge) BatchSize() int   { return 50 }

func (j *fakeJudge) Judge(_ context.Context, c judge.Case) ([]judge.Answer, cost.Usage, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return nil, cost.Usage{}, j.err
	}
	var answers []judge.Answer
	for _, e := range c.Images {
		if j.asked[e.SHA256]++; j.asked[e.SHA256] > 1 {
			j.t.Errorf("%s was judged %d times", e.File, j.asked[e.SHA256])
		}
		v := verdict.Verdict{Quality: e.Checks.Height - 64}
		for style, width := range widths {
			if e.Checks.Width == width {
				v.Style = style
			}
		}
		answers = append(answers, judge.Answer{SHA256: e.SHA256, Verdict: v})
	}
	return answers, cost.Usage{Requests: 1, USD: 0.001}, nil
}

// camera is a generator that costs 6 cents and complains when an order is sent
// twice.
type camera struct {
	t      testing.TB
	mu     sync.Mutex
	orders map[string]int // by seed
	spoil  func(o generate.Order, n int) (*generate.Picture, error)
}

func (*camera) ID() generate.ID {
	return generate.ID{Name: "fake", Model: "camera-1", Parameters: map[string]string{"size": "64"}}
}
func (*camera) Bound() float64 { return 0.1 }

func (c *camera) Generate(_ context.Context, o generate.Order) (generate.Picture, cost.Usage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.orders[o.Seed]++; c.orders[o.Seed] > 1 {
		c.t.Errorf("%s was ordered twice", o.Seed)
	}
	if o.Prompt.Style != o.Style || o.Prompt.Text == "" || len(o.Base) == 0 {
		c.t.Errorf("order %s: prompt %q of %s, base of %d bytes", o.Seed, o.Prompt.Text, o.Prompt.Style, len(o.Base))
	}
	if c.spoil != nil {
		if p, err := c.spoil(o, len(c.orders)); p != nil || err != nil {
			var sent generate.Picture
			if p != nil {
				sent = *p
			}
			return sent, cost.Usage{Requests: 1, USD: 0.06}, err
		}
	}
	return generate.Picture{Data: picture(o.Style, 8, o.Seed), Extension: ".png"}, cost.Usage{Requests: 1, USD: 0.06}, nil
}

// newStudio puts an actor with a set into an empty store: mix sound images of
// each style, and as many condemned ones as bad says.
func newStudio(t testing.TB, s store.Store, mix balance.Mix, bad int) *studio {
	t.Helper()
	st := &studio{
		t: t, store: s, actor: actor.Actor{Name: name, Age: "25", Sex: "female", Description: "25 year old with red hair"},
		settings: settings.Default(), clock: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
		judge:  &fakeJudge{t: t, asked: map[string]int{}},
		camera: &camera{t: t, orders: map[string]int{}},
	}
	st.settings.Images.Thresholds = inspect.Thresholds{Bright: 1, Symmetry: 1}
	st.put("actorsData.json", []byte(`[{"id":42,"name":"0042_black_25_female"}]`))
	st.put(store.Key("actors/"+string(name)+"/base_image/base.png"), picture(verdict.Photorealistic, 9, "base"))
	n := 0
	add := func(style verdict.Style, quality int) {
		n++
		file := fmt.Sprintf("%s_%d.png", name, n)
		st.put(actor.TrainingKey(name, file), picture(style, quality, file))
	}
	for _, style := range verdict.Styles() {
		for i := range mix.Of(style) {
			add(style, 5+i%5)
		}
	}
	for i := range bad {
		add(verdict.Styles()[i%3], 1)
	}
	st.put(store.Key("actors/"+string(name)+"/training_data/prompt_metadata.json"),
		[]byte(`{"images":{"`+string(name)+`_1.png":{"prompt":"a prompt of old","prompt_preview":"a prompt","index":1,"mood":"blue & grey"}}}`))
	return st
}

func (st *studio) put(k store.Key, body []byte) {
	st.t.Helper()
	if _, err := st.store.Put(context.Background(), k, body, store.IfAbsent); err != nil {
		st.t.Fatal(err)
	}
}

// now is a clock that never stands still.
func (st *studio) now() time.Time {
	st.clock = st.clock.Add(time.Second)
	return st.clock
}

func (st *studio) evaluator(s store.Store) *evaluator.Evaluator {
	return evaluator.New(evaluator.Config{Store: s, Judge: st.judge, Settings: st.settings, Holder: "test", Now: st.now})
}

func (st *studio) executor(s store.Store) *execution.Executor {
	return execution.New(execution.Config{
		Store: s, Evaluator: st.evaluator(s), Generator: st.camera, Remote: st.remote,
		Settings: st.settings, By: "ada@studio", Now: st.now,
	})
}

// balance is the whole flow: evaluate, approve, perform, evaluate.
func (st *studio) balance(s store.Store) (execution.Result, error) {
	ctx := context.Background()
	if _, err := st.evaluator(s).Evaluate(ctx, st.actor); err != nil {
		return execution.Result{}, err
	}
	if err := st.approve(s); err != nil {
		return execution.Result{}, err
	}
	return st.finish(s)
}

// finish performs what is approved and evaluates again.
func (st *studio) finish(s store.Store) (execution.Result, error) {
	ctx := context.Background()
	result, err := st.executor(s).Perform(ctx, st.actor)
	if err != nil {
		return result, err
	}
	_, err = st.evaluator(s).Evaluate(ctx, st.actor)
	return result, err
}

func (st *studio) approve(s store.Store) error {
	ctx := context.Background()
	intent, err := execution.IntentOf(ctx, s, name, ledger.Signature{By: "test", At: st.now()})
	if err != nil || !intent.Open() {
		return err
	}
	book, err := ledger.Load(ctx, s, name)
	if err != nil {
		return err
	}
	return book.Approve(ctx, intent.Proposal, ledger.Signature{By: "ada@studio", At: st.now(), Why: "test"})
}

func (st *studio) mustBalance() execution.Result {
	st.t.Helper()
	result, err := st.balance(st.store)
	if err != nil {
		st.t.Fatal(err)
	}
	return result
}

func (st *studio) evaluation() evaluation.Evaluation {
	st.t.Helper()
	e, _, err := evaluation.Load(context.Background(), st.store, name)
	if err != nil || e == nil {
		st.t.Fatal("no evaluation", err)
	}
	return *e
}

// files returns the set as it lies in the store: content by file.
func (st *studio) files() map[string]string {
	st.t.Helper()
	set, err := actor.LoadSet(context.Background(), st.store, st.actor)
	if err != nil {
		st.t.Fatal(err)
	}
	files := map[string]string{}
	for _, info := range set.Images {
		sum, _, err := store.Hash(context.Background(), st.store, info.Key)
		if err != nil {
			st.t.Fatal(err)
		}
		files[info.Key.Base()] = sum
	}
	return files
}

// state is everything that must be the same however often the flow was cut off:
// the set, the manifest and the trash, without times and counters.
func (st *studio) state() string {
	st.t.Helper()
	var b strings.Builder
	fmt.Fprintln(&b, st.files())
	m, _, err := manifest.Load(context.Background(), st.store, name)
	if err != nil {
		st.t.Fatal(err)
	}
	m.Revision, m.CreatedAt, m.UpdatedAt = 0, "", ""
	for i := range m.Generations {
		m.Generations[i].GeneratedAt = ""
	}
	for file, image := range m.Images {
		image.GeneratedAt = ""
		m.Images[file] = image
	}
	b.Write(m.Encode())
	receipts, problems, err := trash.List(context.Background(), st.store, name)
	if err != nil || len(problems) > 0 {
		st.t.Fatal(err, problems)
	}
	for _, r := range receipts {
		r.At = time.Time{}
		text, _ := json.Marshal(r)
		fmt.Fprintf(&b, "\n%s", text)
	}
	return b.String()
}

// acts counts the lines of the ledger by act.
func (st *studio) acts() map[ledger.Act]int {
	st.t.Helper()
	book, err := ledger.Load(context.Background(), st.store, name)
	if err != nil {
		st.t.Fatal(err)
	}
	acts := map[ledger.Act]int{}
	for _, line := range book.Lines {
		acts[line.Act]++
	}
	return acts
}

func (st *studio) latest() ledger.Proposal {
	st.t.Helper()
	book, err := ledger.Load(context.Background(), st.store, name)
	if err != nil {
		st.t.Fatal(err)
	}
	p, _ := book.Latest()
	return p
}

var errBroken = errors.New("broken")
