package evaluator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/cost"
	"screentest/pkg/evaluation"
	"screentest/pkg/evaluator"
	"screentest/pkg/judge"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
	"screentest/pkg/verdict"
)

var ada = actor.Actor{Name: "0001 Ada%2F.ü"}

// picture returns a PNG that depends on seed alone.
func picture(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	m := image.NewRGBA(image.Rect(0, 0, 320, 320))
	var tiles [100]color.RGBA
	for i := range tiles {
		tiles[i] = color.RGBA{uint8(r.UintN(256)), uint8(r.UintN(256)), uint8(r.UintN(256)), 255}
	}
	for y := range 320 {
		for x := range 320 {
			m.SetRGBA(x, y, tiles[y/32*10+x/32])
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// tree returns a store with one actor: a base image and n different pictures.
func tree(t *testing.T, n int) *mem.Store {
	s := mem.New()
	put(t, s, "actors/"+store.Key(ada.Name)+"/base_image/base.png", picture(0))
	for i := range n {
		put(t, s, actor.TrainingKey(ada.Name, fmt.Sprintf("a_%02d.png", i)), picture(uint64(i+1)))
	}
	return s
}

func put(t *testing.T, s store.Store, k store.Key, body []byte) {
	t.Helper()
	var old store.Version
	if o, err := s.Get(t.Context(), k); err == nil {
		old = o.Version
		o.Body.Close()
	}
	if _, err := s.Put(t.Context(), k, body, store.IfVersion(old)); err != nil {
		t.Fatal(err)
	}
}

// counting is a judge that costs a dollar an image and counts what it is asked.
type counting struct {
	mu    sync.Mutex
	asked map[string]int // by content
	fail  func(judge.Case) ([]judge.Answer, error)
}

func (*counting) ID() judge.ID     { return judge.ID{Name: "counting", Model: "m", Rubric: "1"} }
func (*counting) PreviewSize() int { return 64 }
func (*counting) BatchSize() int   { return 2 }

func (c *counting) Judge(_ context.Context, k judge.Case) ([]judge.Answer, cost.Usage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		if answers, err := c.fail(k); answers != nil || err != nil {
			return answers, cost.Usage{}, err
		}
	}
	var answers []judge.Answer
	for _, x := range k.Images {
		if _, _, err := image.Decode(bytes.NewReader(x.Preview)); err != nil {
			return nil, cost.Usage{}, fmt.Errorf("preview of %s: %w", x.File, err)
		}
		if c.asked == nil {
			c.asked = map[string]int{}
		}
		c.asked[x.SHA256]++
		answers = append(answers, judge.Answer{SHA256: x.SHA256, Verdict: verdict.Verdict{Style: verdict.Photorealistic, Quality: 7}})
	}
	return answers, cost.Usage{Requests: 1, Images: len(k.Images), USD: float64(len(k.Images))}, nil
}

func (c *counting) total() int {
	n := 0
	for count := range maps.Values(c.asked) {
		n += count
	}
	return n
}

func newEvaluator(s store.Store, j judge.Judge) *evaluator.Evaluator {
	return evaluator.New(evaluator.Config{Store: s, Judge: j, Settings: settings.Default(), Holder: "test", Now: time.Now})
}

// document returns the evaluation on record without what differs between runs.
func document(t *testing.T, s store.Store) string {
	t.Helper()
	e, _, err := evaluation.Load(t.Context(), s, ada.Name)
	if err != nil || e == nil {
		t.Fatalf("evaluation: %v, %v", e, err)
	}
	e.EvaluatedAt, e.Usage, e.Before = time.Time{}, cost.Usage{}, nil
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWhatIsUnchangedIsNeitherReadNorAsked(t *testing.T) {
	s, j := tree(t, 5), &counting{}
	if _, err := newEvaluator(s, j).Evaluate(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	counted := storetest.NewFaulty(s)
	result, err := newEvaluator(counted, j).Evaluate(t.Context(), ada)
	if err != nil || !result.Unchanged || result.Spent != (cost.Usage{}) {
		t.Errorf("second evaluation: %+v, %v", result, err)
	}
	if ops := counted.Ops(); len(ops) != 3 || counted.Count("list") != 1 || counted.Count("get") != 2 {
		t.Errorf("operations: %v, want one list and two gets", ops)
	}
	if j.total() != 5 {
		t.Errorf("%d images asked about, want 5", j.total())
	}
}

func TestOnlyNewContentIsAsked(t *testing.T) {
	s, j := tree(t, 4), &counting{}
	if _, err := newEvaluator(s, j).Evaluate(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	put(t, s, actor.TrainingKey(ada.Name, "a_01.png"), picture(50))        // changed
	put(t, s, actor.TrainingKey(ada.Name, "renamed copy.png"), picture(1)) // known content
	result, err := newEvaluator(s, j).Evaluate(t.Context(), ada)
	if err != nil || result.Spent.USD != 1 || j.total() != 5 {
		t.Errorf("spent %+v, asked %d, %v; want one image more", result.Spent, j.total(), err)
	}
	i := slices.IndexFunc(result.Evaluation.Images, func(i evaluation.Image) bool { return i.File == "renamed copy.png" })
	if got := result.Evaluation.Images[i]; got.DuplicateOf != "a_00.png" || got.Keep {
		t.Errorf("the copy: %+v", got)
	}
}

func TestSettingsChangeThePlanWithoutReadingImages(t *testing.T) {
	s, j := tree(t, 3), &counting{}
	if _, err := newEvaluator(s, j).Evaluate(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	changed := settings.Default()
	changed.Target.Photorealistic = 1
	counted := storetest.NewFaulty(s)
	e := evaluator.New(evaluator.Config{Store: counted, Judge: j, Settings: changed, Holder: "test", Now: time.Now})
	result, err := e.Evaluate(t.Context(), ada)
	for _, op := range counted.Ops() {
		if op.Name == "get" && actor.IsTrainingImage(op.Key.Base()) && !strings.Contains(string(op.Key), "/base_image/") {
			t.Errorf("%s was read again", op.Key)
		}
	}
	if err != nil || result.Unchanged || len(result.Evaluation.Plan.Delete) != 2 || j.total() != 3 {
		t.Errorf("plan %+v, asked %d, %v", result.Evaluation.Plan, j.total(), err)
	}
}

func TestABrokenImageHarmsNobody(t *testing.T) {
	s, j := tree(t, 2), &counting{}
	put(t, s, actor.TrainingKey(ada.Name, "b_text.png"), []byte("not a picture"))
	put(t, s, actor.TrainingKey(ada.Name, "b_zero.png"), nil)
	put(t, s, actor.TrainingKey(ada.Name, "b_cut.png"), picture(9)[:900])
	result, err := newEvaluator(s, j).Evaluate(t.Context(), ada)
	if err != nil || j.total() != 2 {
		t.Fatalf("asked %d, %v", j.total(), err)
	}
	for _, i := range result.Evaluation.Images {
		if broken := strings.HasPrefix(i.File, "b_"); broken != (i.Judged == evaluation.Broken) || broken == i.Keep {
			t.Errorf("%s: %s, keep %v: %s", i.File, i.Judged, i.Keep, i.Error)
		}
	}
}

func TestNothingIsPlannedWhileAnImageLacksItsVerdict(t *testing.T) {
	s := tree(t, 4)
	j := &counting{fail: func(c judge.Case) ([]judge.Answer, error) {
		if c.Images[0].File == "a_02.png" {
			return nil, errors.New("cut off")
		}
		return nil, nil
	}}
	result, err := newEvaluator(s, j).Evaluate(t.Context(), ada)
	if !errors.Is(err, evaluator.ErrUnjudged) || errors.Is(err, evaluator.ErrNotJudgeable) || !strings.Contains(err.Error(), "a_02.png") {
		t.Errorf("error: %v", err)
	}
	if p := result.Evaluation.Plan; !p.Empty() || len(p.Limited) != 1 {
		t.Errorf("plan: %+v", p)
	}
	j.fail = nil
	if result, err = newEvaluator(s, j).Evaluate(t.Context(), ada); err != nil || result.Spent.USD != 2 {
		t.Errorf("second try: spent %+v, %v; want the two open images", result.Spent, err)
	}
}

func TestAHaltKeepsWhatWasPaidFor(t *testing.T) {
	s := tree(t, 4)
	j := &counting{}
	j.fail = func(judge.Case) ([]judge.Answer, error) {
		if len(j.asked) == 2 {
			return nil, fmt.Errorf("%w: key revoked", judge.ErrHalt)
		}
		return nil, nil
	}
	if _, err := newEvaluator(s, j).Evaluate(t.Context(), ada); !errors.Is(err, judge.ErrHalt) {
		t.Fatalf("error: %v", err)
	}
	j.fail = nil
	if _, err := newEvaluator(s, j).Evaluate(t.Context(), ada); err != nil || j.total() != 4 {
		t.Errorf("asked %d, %v; want every image once", j.total(), err)
	}
}

func TestEveryFaultIsRepairedByARerunAndNothingPaidTwice(t *testing.T) {
	quiet := tree(t, 5)
	if _, err := newEvaluator(quiet, &counting{}).Evaluate(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	var j *counting
	storetest.Sweep(t,
		func(t *testing.T) store.Store { j = &counting{}; return tree(t, 5) },
		func(s store.Store) error { _, err := newEvaluator(s, j).Evaluate(t.Context(), ada); return err },
		func(t *testing.T, s store.Store, _ error) {
			if _, err := newEvaluator(s, j).Evaluate(t.Context(), ada); err != nil {
				t.Fatal(err)
			}
			if got, want := stripVersions(document(t, s)), stripVersions(document(t, quiet)); got != want {
				t.Errorf("evaluation differs from an undisturbed one:\n%s\n%s", got, want)
			}
			if j.total() != 5 {
				t.Errorf("%d images asked about, want 5, each once", j.total())
			}
		})
}

// stripVersions removes object versions, which differ from store to store.
func stripVersions(document string) string {
	var tree map[string]any
	if err := json.Unmarshal([]byte(document), &tree); err != nil {
		panic(err)
	}
	for _, i := range append(tree["images"].([]any), tree["base"]) {
		delete(i.(map[string]any), "version")
	}
	text, _ := json.Marshal(tree)
	return string(text)
}

// unwritable refuses to record verdicts.
type unwritable struct{ store.Store }

func (u unwritable) Put(ctx context.Context, k store.Key, body []byte, c store.Condition) (store.Version, error) {
	if k == actor.VerdictsKey(ada.Name) {
		return "", errors.New("no space left on device")
	}
	return u.Store.Put(ctx, k, body, c)
}

func TestAnswersThatCannotBeRecordedStopTheRun(t *testing.T) {
	j := &counting{}
	_, err := newEvaluator(unwritable{tree(t, 6)}, j).Evaluate(t.Context(), ada)
	if !errors.Is(err, judge.ErrHalt) || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("error: %v", err)
	}
	if j.total() != 2 {
		t.Errorf("%d images asked about, want those of one case", j.total())
	}
}

func TestARefusalIsRecordedAndNotAskedAgain(t *testing.T) {
	s := tree(t, 2)
	asked := 0
	j := &counting{fail: func(c judge.Case) ([]judge.Answer, error) {
		asked += len(c.Images)
		var answers []judge.Answer
		for _, image := range c.Images {
			answers = append(answers, judge.Answer{SHA256: image.SHA256, Err: fmt.Errorf("%w: no", judge.ErrRefused)})
		}
		return answers, nil
	}}
	for range 2 {
		result, err := newEvaluator(s, j).Evaluate(t.Context(), ada)
		if !errors.Is(err, evaluator.ErrNotJudgeable) || !strings.Contains(err.Error(), "have a person decide") || !result.Evaluation.Plan.Empty() {
			t.Errorf("%v, plan %+v", err, result.Evaluation.Plan)
		}
	}
	if asked != 2 {
		t.Errorf("%d images asked about, want 2, each once", asked)
	}
}

func TestAHaltInsideAnAnswerStopsTheRun(t *testing.T) {
	s := tree(t, 4)
	j := &counting{fail: func(c judge.Case) ([]judge.Answer, error) {
		return []judge.Answer{
			{SHA256: c.Images[0].SHA256, Verdict: verdict.Verdict{Style: verdict.BWStylized, Quality: 5}},
			{SHA256: c.Images[1].SHA256, Err: fmt.Errorf("%w: key revoked", judge.ErrHalt)},
		}, nil
	}}
	if _, err := newEvaluator(s, j).Evaluate(t.Context(), ada); !errors.Is(err, judge.ErrHalt) {
		t.Errorf("error: %v", err)
	}
	verdicts, _, err := evaluation.LoadVerdicts(t.Context(), s, ada.Name)
	if err != nil || len(verdicts) != 1 {
		t.Errorf("%d verdicts on record, %v; want the one that was given", len(verdicts), err)
	}
}

func TestAFileReplacedWhileItIsReadHasNoVerdict(t *testing.T) {
	s := tree(t, 2)
	key := actor.TrainingKey(ada.Name, "a_00.png")
	racing := replacing{s, key, func() { put(t, s, key, picture(77)) }}
	_, err := newEvaluator(racing, &counting{}).Evaluate(t.Context(), ada)
	if !errors.Is(err, evaluator.ErrUnjudged) || errors.Is(err, evaluator.ErrNotJudgeable) || !strings.Contains(err.Error(), "replaced") {
		t.Errorf("error: %v", err)
	}
}

// replacing calls replace before the object is opened.
type replacing struct {
	store.Store
	key     store.Key
	replace func()
}

func (r replacing) Get(ctx context.Context, k store.Key) (store.Object, error) {
	if k == r.key {
		r.replace()
	}
	return r.Store.Get(ctx, k)
}

func TestANewBaseImageMeansNewVerdicts(t *testing.T) {
	s, j := tree(t, 3), &counting{}
	if _, err := newEvaluator(s, j).Evaluate(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	put(t, s, "actors/"+store.Key(ada.Name)+"/base_image/base.png", picture(99))
	if result, err := newEvaluator(s, j).Evaluate(t.Context(), ada); err != nil || result.Unchanged || j.total() != 6 {
		t.Errorf("asked %d, %v; want every image again", j.total(), err)
	}
}

func TestLoweredLimitsHoldForMeasuredImages(t *testing.T) {
	s, j := tree(t, 2), &counting{}
	if _, err := newEvaluator(s, j).Evaluate(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	lowered := settings.Default()
	lowered.Images.MaxMegapixels = 0.01
	e := evaluator.New(evaluator.Config{Store: s, Judge: j, Settings: lowered, Holder: "test", Now: time.Now})
	if _, err := e.Evaluate(t.Context(), ada); !errors.Is(err, evaluator.ErrUnjudged) {
		t.Errorf("error: %v", err)
	}
}

func TestTwoAtOncePayOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, j := tree(t, 6), &counting{}
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				if _, err := newEvaluator(s, j).Evaluate(t.Context(), ada); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if j.total() != 6 {
			t.Errorf("%d images asked about, want 6, each once", j.total())
		}
	})
}

func TestImagesAndManifestsAreOnlyRead(t *testing.T) {
	s := tree(t, 3)
	put(t, s, actor.ManifestKey(ada.Name), []byte(`{}`))
	counted := storetest.NewFaulty(s)
	if _, err := newEvaluator(counted, &counting{}).Evaluate(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	for _, op := range counted.Ops() {
		writes := op.Name == "put" || op.Name == "copy" || op.Name == "delete"
		if writes && !strings.HasPrefix(string(op.Key), "screentest/") {
			t.Errorf("%s %s", op.Name, op.Key)
		}
	}
}

func TestWithoutABaseImageIdentityIsNotJudged(t *testing.T) {
	for name, base := range map[string][]byte{"absent": nil, "broken": []byte("text")} {
		t.Run(name, func(t *testing.T) {
			s := mem.New()
			put(t, s, actor.TrainingKey(ada.Name, "a.png"), picture(1))
			if base != nil {
				put(t, s, "actors/"+store.Key(ada.Name)+"/base_image/base.png", base)
			}
			result, err := newEvaluator(s, &counting{}).Evaluate(t.Context(), ada)
			if err != nil || len(result.Evaluation.Problems) != 1 {
				t.Errorf("%+v, %v", result.Evaluation.Problems, err)
			}
			if result, err = newEvaluator(s, &counting{}).Evaluate(t.Context(), ada); err != nil || !result.Unchanged {
				t.Errorf("evaluated again: %v", err)
			}
		})
	}
}
