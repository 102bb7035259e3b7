package execution_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/evaluation"
	"screentest/pkg/evaluator"
	"screentest/pkg/execution"
	"screentest/pkg/inspect"
	"screentest/pkg/ledger"
	"screentest/pkg/manifest"
	"screentest/pkg/mirror"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
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

// short is a set that lacks one picture, which will be _20.png.
var short = balance.Mix{Photorealistic: 13, BWStylized: 3, ColorStylized: 3}

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

// mirror gives the set a second place, and returns that.
func (st *studio) mirror() store.Store {
	st.t.Helper()
	m := mem.New()
	st.remote.Mirror = &mirror.Mirror{Store: m, At: mirror.Location{Bucket: "bucket", Prefix: "tree/"}}
	for file := range st.files() {
		key := actor.TrainingKey(name, file)
		body, _, err := store.ReadAll(context.Background(), st.store, key, 1<<20)
		if err == nil {
			_, err = m.Put(context.Background(), key, body, store.IfAbsent)
		}
		if err != nil {
			st.t.Fatal(err)
		}
	}
	return m
}

func (st *studio) put(k store.Key, body []byte) {
	st.t.Helper()
	if _, err := st.store.Put(context.Background(), k, body, store.IfAbsent); err != nil {
		st.t.Fatal(err)
	}
}

// take deletes an object by hand.
func (st *studio) take(k store.Key) {
	st.t.Helper()
	_, info, err := store.Hash(context.Background(), st.store, k)
	if err == nil {
		err = st.store.Delete(context.Background(), k, info.Version)
	}
	if err != nil {
		st.t.Fatal(err)
	}
}

// remove deletes an image of the set by hand.
func (st *studio) remove(file string) {
	st.t.Helper()
	st.take(actor.TrainingKey(name, file))
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

// mustApprove evaluates, and approves the plan that follows.
func (st *studio) mustApprove() {
	st.t.Helper()
	if _, err := st.evaluator(st.store).Evaluate(context.Background(), st.actor); err != nil {
		st.t.Fatal(err)
	}
	if err := st.approve(st.store); err != nil {
		st.t.Fatal(err)
	}
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
// the set, the manifest, the trash and the mirror, without times and counters.
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
	for _, r := range st.trashed() {
		r.At = time.Time{}
		text, _ := json.Marshal(r)
		fmt.Fprintf(&b, "\n%s", text)
	}
	if st.remote.Mirror != nil {
		fmt.Fprintln(&b, listing(st.t, st.remote.Mirror.Store, ""))
	}
	return b.String()
}

// listing returns the contents of a store by key, below a prefix.
func listing(t testing.TB, s store.Store, prefix string) map[store.Key]string {
	t.Helper()
	all := map[store.Key]string{}
	for page, err := range store.All(context.Background(), s, store.ListOptions{Prefix: prefix}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range page.Objects {
			sum, _, err := store.Hash(context.Background(), s, info.Key)
			if err != nil {
				t.Fatal(err)
			}
			all[info.Key] = sum
		}
	}
	return all
}

// everything returns what the manifest or a receipt says of each file, and the
// contents that are in the set or in the trash.
func (st *studio) everything() (entries map[string]string, contents map[string]bool) {
	st.t.Helper()
	entries, contents = map[string]string{}, map[string]bool{}
	for _, r := range st.trashed() {
		entries[r.File] = string(r.Entry)
		if _, err := trash.Find(context.Background(), st.store, r); err == nil {
			contents[r.SHA256] = true
		}
	}
	if m, _, err := manifest.Load(context.Background(), st.store, name); err == nil {
		for file, image := range m.Images {
			entries[file] = string(trash.EntryOf(image))
		}
	}
	for _, sum := range st.files() {
		contents[sum] = true
	}
	return entries, contents
}

// placed returns the lines about the pictures that have entered the set.
func (st *studio) placed() []ledger.Line {
	st.t.Helper()
	return slices.DeleteFunc(st.lines(), func(l ledger.Line) bool { return l.Act != ledger.Placed })
}

func (st *studio) trashed() []trash.Receipt {
	st.t.Helper()
	receipts, problems, err := trash.List(context.Background(), st.store, name)
	if err != nil || len(problems) > 0 {
		st.t.Fatal(err, problems)
	}
	return receipts
}

func (st *studio) lines() []ledger.Line {
	st.t.Helper()
	book, err := ledger.Load(context.Background(), st.store, name)
	if err != nil {
		st.t.Fatal(err)
	}
	return book.Lines
}

// acts counts the lines of the ledger by act.
func (st *studio) acts() map[ledger.Act]int {
	st.t.Helper()
	acts := map[ledger.Act]int{}
	for _, line := range st.lines() {
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

// A hook lets a test step in before and after each change of a store.
type hook struct {
	store.Store
	before, after func(op string, k store.Key) error
}

func (h *hook) do(op string, k store.Key, change func() error) error {
	if h.before != nil {
		if err := h.before(op, k); err != nil {
			return err
		}
	}
	err := change()
	if err == nil && h.after != nil {
		err = h.after(op, k)
	}
	return err
}

func (h *hook) Put(ctx context.Context, k store.Key, body []byte, c store.Condition) (v store.Version, err error) {
	err = h.do("put", k, func() error { v, err = h.Store.Put(ctx, k, body, c); return err })
	return v, err
}

func (h *hook) Copy(ctx context.Context, src store.Key, from store.Version, dst store.Key) (v store.Version, err error) {
	err = h.do("copy", dst, func() error { v, err = h.Store.Copy(ctx, src, from, dst); return err })
	return v, err
}

func (h *hook) Delete(ctx context.Context, k store.Key, v store.Version) error {
	return h.do("delete", k, func() error { return h.Store.Delete(ctx, k, v) })
}

// A moment is when a program is killed: before or after the first operation of
// that name on a key that holds part.
type moment struct{ when, op, part string }

// killed returns a store that cannot be changed any more from a moment on, but
// that the claim is given up, as that of a dead process is.
func (st *studio) killed(m moment) store.Store {
	var dead atomic.Bool
	die := func(when string) func(string, store.Key) error {
		return func(op string, k store.Key) error {
			if when == m.when && op == m.op && strings.Contains(string(k), m.part) {
				dead.Store(true)
			}
			if when == "before" && dead.Load() && k != actor.LeaseKey(name) {
				return errBroken
			}
			return nil
		}
	}
	return &hook{Store: st.store, before: die("before"), after: die("after")}
}
