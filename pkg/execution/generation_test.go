package execution_test

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/execution"
	"screentest/pkg/generate"
	"screentest/pkg/judge"
	"screentest/pkg/ledger"
	"screentest/pkg/store"
	"screentest/pkg/verdict"
)

// What the generator can do wrong, and what follows.
func TestGenerator(t *testing.T) {
	failing := func(err error, first int) func(generate.Order, int) (*generate.Picture, error) {
		return func(_ generate.Order, n int) (*generate.Picture, error) {
			if n <= first {
				return nil, err
			}
			return nil, nil
		}
	}
	wrongStyle := func(first int) func(generate.Order, int) (*generate.Picture, error) {
		return func(o generate.Order, n int) (*generate.Picture, error) {
			if n <= first {
				return &generate.Picture{Data: picture(verdict.Photorealistic, 8, o.Seed), Extension: ".png"}, nil
			}
			return nil, nil
		}
	}
	noImage := func(o generate.Order, n int) (*generate.Picture, error) {
		return &generate.Picture{Data: []byte("<html>" + o.Seed), Extension: ".png"}, nil
	}
	for what, c := range map[string]struct {
		spoil    func(generate.Order, int) (*generate.Picture, error)
		want     error // of the first performance
		says     string
		acts     map[ledger.Act]int
		orders   int
		balanced bool
		then     error // of the second, where the plan is still approved
	}{
		"wrong style at first":      {wrongStyle(1), nil, "", map[ledger.Act]int{ledger.Unfit: 1, ledger.Placed: 1}, 2, true, nil},
		"never the right style":     {wrongStyle(9), execution.ErrFailed, "it is photorealistic, ordered was bw_stylized", map[ledger.Act]int{ledger.Unfit: 3, ledger.Failed: 1}, 3, false, nil},
		"no image":                  {noImage, execution.ErrFailed, "broken", map[ledger.Act]int{ledger.Unfit: 3, ledger.Failed: 1}, 3, false, nil},
		"refused for safety":        {failing(generate.ErrRefused, 1), execution.ErrFailed, "refused", map[ledger.Act]int{ledger.Refused: 1, ledger.Failed: 1}, 1, false, nil},
		"answer lost":               {failing(generate.ErrLost, 1), nil, "", map[ledger.Act]int{ledger.Lost: 1, ledger.Placed: 1}, 2, true, nil},
		"every answer lost":         {failing(generate.ErrLost, 3), judge.ErrHalt, "3 answers in a row", map[ledger.Act]int{ledger.Lost: 3, ledger.Failed: 0}, 3, false, execution.ErrFailed},
		"useless answer":            {failing(generate.ErrUnusable, 1), nil, "", map[ledger.Act]int{ledger.Unfit: 1, ledger.Placed: 1}, 2, true, nil},
		"not carried out":           {failing(errBroken, 1), errBroken, "broken", map[ledger.Act]int{ledger.Void: 1, ledger.Failed: 0}, 1, false, nil},
		"no further order possible": {failing(judge.ErrHalt, 1), judge.ErrHalt, "", map[ledger.Act]int{ledger.Void: 1, ledger.Failed: 0}, 1, false, nil},
	} {
		t.Run(what, func(t *testing.T) {
			st := newStudio(t, memory(), short, 0)
			before := st.files()
			st.camera.spoil = c.spoil
			_, err := st.balance(st.store)
			if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %v with %q", err, c.want, c.says)
			}
			acts := st.acts()
			for act, n := range c.acts {
				if acts[act] != n {
					t.Errorf("%s: %d lines, want %d", act, acts[act], n)
				}
			}
			if len(st.camera.orders) != c.orders {
				t.Errorf("%d orders, want %d", len(st.camera.orders), c.orders)
			}
			if err != nil && !maps.Equal(before, st.files()) {
				t.Error("the set has changed")
			}
			if st.latest().State == ledger.Approved { // it goes on where it stopped
				if _, err := st.finish(st.store); !errors.Is(err, c.then) {
					t.Errorf("then %v, want %v", err, c.then)
				}
			} else if e := st.evaluation(); e.Balanced != c.balanced {
				t.Errorf("balanced %t: %+v", e.Balanced, e.Mix)
			}
		})
	}
}

// A ledger that is lost knew of a picture that was paid for. It is neither paid for
// again nor taken for another one.
func TestALostLedgerPaysForNothingTwice(t *testing.T) {
	for what, spoil := range map[string]func(*studio, store.Key){
		"the answer": func(*studio, store.Key) {},
		"something else in its place": func(st *studio, k store.Key) {
			st.take(k)
			st.put(k, []byte("{}"))
		},
	} {
		t.Run(what, func(t *testing.T) {
			st := newStudio(t, memory(), short, 0)
			if _, err := st.balance(st.killed(moment{"after", "put", "/generate/"})); err == nil {
				t.Fatal("it was not killed")
			}
			answer := slices.Collect(maps.Keys(listing(t, st.store, actor.GeneratedPrefix(name))))
			if len(answer) != 1 || len(st.camera.orders) != 1 {
				t.Fatalf("%q stored after %d orders", answer, len(st.camera.orders))
			}
			spoil(st, answer[0])
			st.take(actor.LedgerKey(name))
			st.mustBalance()
			orders := 1
			if what != "the answer" {
				orders = 2
			}
			if e := st.evaluation(); !e.Balanced || len(st.camera.orders) != orders || len(st.placed()) != 1 {
				t.Errorf("balanced %t, %d orders, want %d: %v", e.Balanced, len(st.camera.orders), orders, st.acts())
			}
		})
	}
}

// An order that costs nothing and was cut off is sent again as it was.
func TestFreeOrdersAreRepeated(t *testing.T) {
	mix := balance.Mix{Photorealistic: 13, BWStylized: 3, ColorStylized: 2}
	quiet := newStudio(t, memory(), mix, 0)
	quiet.camera.free = true
	quiet.mustBalance()

	st := newStudio(t, memory(), mix, 0)
	st.camera.free = true
	st.camera.spoil = func(o generate.Order, n int) (*generate.Picture, error) {
		if n == 1 {
			panic("killed")
		}
		return nil, nil
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = st.balance(st.store)
	}()
	st.camera.orders = map[string]int{}
	st.camera.spoil = nil
	st.mustBalance()
	if st.state() != quiet.state() || st.acts()[ledger.CutOff] > 0 {
		t.Errorf("the state differs from that of a quiet run; ledger %v", st.acts())
	}
}

// Where an answer could not be stored, nothing is ordered.
func TestNoRoom(t *testing.T) {
	st := newStudio(t, memory(), short, 0)
	_, err := st.balance(&hook{Store: st.store, before: func(_ string, k store.Key) error {
		if k.Base() == "room" {
			return errBroken
		}
		return nil
	}})
	if !errors.Is(err, judge.ErrHalt) || !strings.Contains(err.Error(), "make room") {
		t.Errorf("got %v", err)
	}
	if len(st.camera.orders) > 0 || st.latest().State != ledger.Approved {
		t.Errorf("%d orders, the plan is %s", len(st.camera.orders), st.latest().State)
	}
	st.mustBalance()
}

// Least-used prompts come first, and one that was refused never again, though all
// the others are used a second time.
func TestPrompts(t *testing.T) {
	used := func(st *studio) map[string]int {
		used := map[string]int{}
		for _, line := range st.lines() {
			if line.Act == ledger.Ordered {
				used[line.Prompt]++
			}
		}
		return used
	}
	st := newStudio(t, memory(), balance.Mix{BWStylized: 4, ColorStylized: 3}, 0)
	st.mustBalance()
	if once := used(st); len(once) != 13 || slices.Max(slices.Collect(maps.Values(once))) != 1 {
		t.Errorf("prompts for 13 pictures: %v", once)
	}

	st = newStudio(t, memory(), short, 0)
	st.settings.Target.BWStylized = 30
	refused := ""
	st.camera.spoil = func(o generate.Order, n int) (*generate.Picture, error) {
		if n == 1 {
			refused = o.Prompt.ID
			return nil, generate.ErrRefused
		}
		return nil, nil
	}
	if _, err := st.balance(st.store); !errors.Is(err, execution.ErrFailed) {
		t.Fatal(err)
	}
	all := used(st)
	if all[refused] != 1 || slices.Max(slices.Collect(maps.Values(all))) < 2 {
		t.Errorf("refused was %s; prompts used: %v", refused, all)
	}
}

// An order that was not carried out takes nothing from what the run may order, and
// its prompt is still the next one.
func TestVoidOrder(t *testing.T) {
	st := newStudio(t, memory(), short, 0)
	st.mustApprove()
	x := st.executor(st.store)
	x.Allowance = execution.NewAllowance(-1, 1)
	var prompts []string
	st.camera.spoil = func(o generate.Order, n int) (*generate.Picture, error) {
		prompts = append(prompts, o.Prompt.ID)
		if n == 1 {
			return nil, errBroken
		}
		return nil, nil
	}
	if _, err := x.Perform(t.Context(), st.actor); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
	if _, err := x.Perform(t.Context(), st.actor); err != nil {
		t.Error(err)
	}
	if len(prompts) != 2 || prompts[0] != prompts[1] {
		t.Errorf("prompts: %q", prompts)
	}
}

// A generator that bills for what is no picture is not paid for a whole roster.
func TestUselessAnswersStopTheRun(t *testing.T) {
	st := newStudio(t, memory(), balance.Mix{Photorealistic: 9, BWStylized: 4, ColorStylized: 3}, 0)
	st.camera.spoil = func(generate.Order, int) (*generate.Picture, error) { return nil, generate.ErrUnusable }
	if _, err := st.balance(st.store); !errors.Is(err, judge.ErrHalt) || !strings.Contains(err.Error(), "6 answers in a row") {
		t.Errorf("got %v", err)
	}
	if len(st.camera.orders) != 6 || st.acts()[ledger.Unfit] != 6 {
		t.Errorf("%d orders, ledger %v", len(st.camera.orders), st.acts())
	}
}

// Only answers lost one after the other stop the run.
func TestLostNowAndThen(t *testing.T) {
	st := newStudio(t, memory(), balance.Mix{Photorealistic: 13, BWStylized: 1, ColorStylized: 3}, 0)
	st.settings.Generation.Tries = 4 // so that the plan has not lost too many
	st.camera.spoil = func(_ generate.Order, n int) (*generate.Picture, error) {
		if n%2 == 1 {
			return nil, generate.ErrLost
		}
		return nil, nil
	}
	st.mustBalance()
	if acts := st.acts(); acts[ledger.Lost] != 3 || acts[ledger.Placed] != 3 {
		t.Errorf("ledger: %v", acts)
	}
}

// One Ctrl-C while an order is under way: its answer is awaited and kept, nothing
// more is ordered, and the next run goes on from there.
func TestStoppedWhileGenerating(t *testing.T) {
	st := newStudio(t, memory(), balance.Mix{Photorealistic: 13, BWStylized: 2, ColorStylized: 3}, 0)
	st.mustApprove()
	ctx, stop := context.WithCancel(t.Context())
	st.camera.spoil = func(generate.Order, int) (*generate.Picture, error) {
		stop()
		return nil, nil
	}
	if _, err := st.executor(st.store).Perform(ctx, st.actor); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if acts := st.acts(); len(st.camera.orders) != 1 || acts[ledger.Received] != 1 {
		t.Errorf("%d orders, ledger %v", len(st.camera.orders), acts)
	}
	st.camera.spoil = nil
	if _, err := st.finish(st.store); err != nil || len(st.camera.orders) != 2 || st.acts()[ledger.CutOff] > 0 {
		t.Errorf("%v, %d orders, ledger %v", err, len(st.camera.orders), st.acts())
	}
}

// A stored answer that was altered is not taken for what was judged.
func TestAlteredAnswer(t *testing.T) {
	st := newStudio(t, memory(), short, 0)
	if _, err := st.balance(st.killed(moment{"before", "put", "_20.png"})); err == nil {
		t.Fatal("nothing was cut off")
	}
	var answers []store.Key
	for k := range listing(t, st.store, "screentest/generated/") {
		answers = append(answers, k)
	}
	if len(answers) != 1 || st.acts()[ledger.Passed] != 1 {
		t.Fatal(answers, st.acts())
	}
	data := regexp.MustCompile(`"data":"[^"]*"`)
	err := store.Update(t.Context(), st.store, answers[0], func(old []byte) ([]byte, error) {
		return data.ReplaceAll(old, []byte(`"data":"b3RoZXI="`)), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.finish(st.store); err != nil {
		t.Errorf("got %v", err)
	}
	if acts := st.acts(); acts[ledger.Unfit] != 1 || acts[ledger.Ordered] != 2 || acts[ledger.Placed] != 1 {
		t.Errorf("ledger %v", acts)
	}
	if slices.Contains(slices.Collect(maps.Values(st.files())), store.HashOf([]byte("other"))) {
		t.Error("it has entered the set")
	}
	st.clean()
}

// A stored answer that somebody has removed keeps nobody from finishing the plan.
func TestRemovedAnswer(t *testing.T) {
	for _, cut := range []string{"before", "after"} {
		st := newStudio(t, memory(), short, 0)
		if _, err := st.balance(st.killed(moment{cut, "put", "_20.png"})); err == nil {
			t.Fatal("nothing was cut off")
		}
		for k := range listing(t, st.store, "screentest/generated/") {
			st.take(k)
		}
		if _, err := st.finish(st.store); err != nil {
			t.Errorf("%s: %v", cut, err)
		}
		if placed := st.placed(); len(placed) != 1 || st.acts()[ledger.Unfit] != 1 {
			t.Errorf("%s: placed %+v, ledger %v", cut, placed, st.acts())
		}
		st.clean()
	}
}

// A process that sleeps while another takes its work over finds, on waking, that
// the step is no longer its own: one missing image is replaced by one.
func TestTakenOver(t *testing.T) {
	for what, orders := range map[string]int{"the other is under way": 1, "the other is done": -1} {
		t.Run(what, func(t *testing.T) {
			st := newStudio(t, memory(), balance.Mix{Photorealistic: 13, BWStylized: 2, ColorStylized: 3}, 0)
			st.mustApprove()
			other := st.executor(st.store)
			other.Generator = &camera{t: t, orders: map[string]int{}}
			other.Allowance = execution.NewAllowance(-1, orders)
			st.camera.spoil = func(generate.Order, int) (*generate.Picture, error) {
				st.take(actor.LeaseKey(name))
				if _, err := other.Perform(context.Background(), st.actor); err != nil && !errors.Is(err, judge.ErrHalt) {
					t.Error(err)
				}
				return nil, nil
			}
			if _, err := st.executor(st.store).Perform(t.Context(), st.actor); !errors.Is(err, ledger.ErrState) {
				t.Errorf("got %v, want ErrState", err)
			}
			st.camera = &camera{t: t, orders: map[string]int{}}
			if _, err := st.finish(st.store); err != nil {
				t.Fatal(err)
			}
			acts := st.acts()
			if e := st.evaluation(); e.Mix != target || acts[ledger.CutOff] != 1 || acts[ledger.Placed] != 2 {
				t.Errorf("mix %+v, ledger %v", e.Mix, acts)
			}
			st.clean()
		})
	}
}

func TestBaseImage(t *testing.T) {
	key := store.Key("actors/" + string(name) + "/base_image/base.png")
	for what, content := range map[string][]byte{"missing": nil, "broken": []byte("no picture")} {
		t.Run(what, func(t *testing.T) {
			st := newStudio(t, memory(), short, 0)
			_, info, err := store.Hash(t.Context(), st.store, key)
			if err != nil {
				t.Fatal(err)
			}
			if err := st.store.Delete(t.Context(), key, info.Version); err != nil {
				t.Fatal(err)
			}
			if content != nil {
				st.put(key, content)
			}
			before := st.files()
			if _, err := st.balance(st.store); !errors.Is(err, execution.ErrNoBase) {
				t.Errorf("got %v", err)
			}
			if len(st.camera.orders) > 0 || !maps.Equal(before, st.files()) {
				t.Error("something was done all the same")
			}
		})
	}
}
