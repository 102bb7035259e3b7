package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/ledger"
	"screentest/pkg/note"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
	"screentest/pkg/verdict"
)

const name actor.Name = "0042_black_25_female"

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func sign(why string) ledger.Signature {
	return ledger.Signature{By: "ada@studio", At: noon, Why: why}
}

// planFor makes a plan for n photographs and the set it is for: all but those of
// the target that are missing are generated.
func planFor(n int) (balance.Plan, map[string]string) {
	var set []balance.Candidate
	contents := map[string]string{}
	for i := range n {
		c := balance.Candidate{File: fmt.Sprintf("a_%d.png", i), SHA256: fmt.Sprintf("%064d", i), Style: verdict.Photorealistic, Quality: i%10 + 1}
		set = append(set, c)
		contents[c.File] = c.SHA256
	}
	return balance.Propose(set, balance.DefaultTarget(), balance.Limits{Deletions: -1, Generations: -1, USD: -1}, 0), contents
}

func load(t *testing.T, s store.Store) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Load(t.Context(), s, name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// acts returns the acts on record, in order.
func acts(l *ledger.Ledger) string {
	var all []string
	for _, line := range l.Lines {
		all = append(all, string(line.Act))
	}
	return strings.Join(all, " ")
}

func TestLifeOfPlans(t *testing.T) {
	first, firstSet := planFor(15)
	second, secondSet := planFor(16)
	propose := func(p balance.Plan, set map[string]string) func(context.Context, *ledger.Ledger) error {
		return func(ctx context.Context, l *ledger.Ledger) error { return l.Propose(ctx, p, set, sign("")) }
	}
	one, two := propose(first, firstSet), propose(second, secondSet)
	latest := func(do func(l *ledger.Ledger, ctx context.Context, id string) error) func(context.Context, *ledger.Ledger) error {
		return func(ctx context.Context, l *ledger.Ledger) error {
			p, _ := l.Latest()
			return do(l, ctx, p.ID)
		}
	}
	approve := latest(func(l *ledger.Ledger, ctx context.Context, id string) error { return l.Approve(ctx, id, sign("")) })
	reject := latest(func(l *ledger.Ledger, ctx context.Context, id string) error { return l.Reject(ctx, id, sign("")) })
	withdraw := latest(func(l *ledger.Ledger, ctx context.Context, id string) error { return l.Withdraw(ctx, id, sign("")) })
	end := func(act ledger.Act) func(context.Context, *ledger.Ledger) error {
		return latest(func(l *ledger.Ledger, ctx context.Context, id string) error { return l.End(ctx, id, act, sign("")) })
	}
	step := latest(func(l *ledger.Ledger, ctx context.Context, id string) error {
		p, _ := l.Latest()
		return l.Record(ctx, id, ledger.Line{Act: ledger.Trashed, Proposal: id, Step: p.Steps()[0].Key})
	})
	begin := latest(func(l *ledger.Ledger, ctx context.Context, id string) error {
		return l.Record(ctx, id, ledger.Line{Act: ledger.Begun, Proposal: id})
	})
	refused := func(do func(context.Context, *ledger.Ledger) error) func(context.Context, *ledger.Ledger) error {
		return func(ctx context.Context, l *ledger.Ledger) error {
			if err := do(ctx, l); !errors.Is(err, ledger.ErrState) {
				return fmt.Errorf("got %w, want ErrState", err)
			}
			return nil
		}
	}
	type does = []func(context.Context, *ledger.Ledger) error
	for what, c := range map[string]struct {
		do   does
		acts string
		id   string
	}{
		"proposed twice":               {does{one, one}, "proposed", first.ID},
		"another evaluation":           {does{one, two}, "proposed stale proposed", second.ID},
		"approved twice":               {does{one, approve, approve}, "proposed approved", first.ID},
		"approved, another evaluation": {does{one, approve, two}, "proposed approved stale proposed", second.ID},
		"approved and begun stands":    {does{one, approve, step, two}, "proposed approved trashed", first.ID},
		"withdrawn in the middle":      {does{one, approve, step, withdraw}, "proposed approved trashed rejected", first.ID},
		"withdrawn, and wanted again":  {does{one, approve, step, withdraw, approve}, "proposed approved trashed rejected approved", first.ID},
		"done cannot be withdrawn":     {does{one, approve, end(ledger.Done), refused(withdraw)}, "proposed approved done", first.ID},
		"rejected is not put up again": {does{one, reject, one}, "proposed rejected", first.ID},
		"rejected, another set":        {does{one, reject, two}, "proposed rejected proposed", second.ID},
		"rejected, and back again":     {does{one, reject, two, one}, "proposed rejected proposed stale proposed rejected", first.ID + ".2"},
		"a person changes their mind":  {does{one, reject, approve}, "proposed rejected approved", first.ID},
		"failed is not put up again":   {does{one, approve, end(ledger.Failed), one}, "proposed approved failed", first.ID},
		"failed, a person insists":     {does{one, approve, end(ledger.Failed), approve}, "proposed approved failed proposed approved", first.ID + ".2"},
		"done and wanted again":        {does{one, approve, end(ledger.Done), one}, "proposed approved done proposed", first.ID + ".2"},
		"ended once":                   {does{one, approve, end(ledger.Done), end(ledger.Failed)}, "proposed approved done", first.ID},
		"step of what is not approved": {does{one, refused(step)}, "proposed", first.ID},
		"step of what is done":         {does{one, approve, end(ledger.Done), refused(step)}, "proposed approved done", first.ID},
		"done cannot be approved":      {does{one, approve, end(ledger.Done), refused(approve)}, "proposed approved done", first.ID},
		"begun cannot be rejected":     {does{one, approve, step, refused(reject)}, "proposed approved trashed", first.ID},
		"nor can what is about to":     {does{one, approve, begin, refused(reject)}, "proposed approved begun", first.ID},
	} {
		t.Run(what, func(t *testing.T) {
			s := mem.New()
			for i, do := range c.do {
				if err := do(t.Context(), load(t, s)); err != nil {
					t.Fatalf("act %d: %v", i, err)
				}
			}
			l := load(t, s)
			if got := acts(l); got != c.acts {
				t.Errorf("acts: %s, want %s", got, c.acts)
			}
			if p, _ := l.Latest(); p.ID != c.id {
				t.Errorf("latest: %s, want %s", p.ID, c.id)
			}
		})
	}
}

// A line that does not follow from what is on record is refused: somebody else has
// taken the step over.
func TestFollowing(t *testing.T) {
	plan, set := planFor(15)
	for what, c := range map[string]struct {
		acts []ledger.Line
		ok   bool // of the last
	}{
		"the usual way":                 {[]ledger.Line{{Act: ledger.Ordered, Try: 1}, {Act: ledger.Received, Try: 1}, {Act: ledger.Passed, Try: 1}, {Act: ledger.Placed, Try: 1}}, true},
		"another name":                  {[]ledger.Line{{Act: ledger.Ordered, Try: 1}, {Act: ledger.Received, Try: 1}, {Act: ledger.Passed, Try: 1}, {Act: ledger.Passed, Try: 1}}, true},
		"second try":                    {[]ledger.Line{{Act: ledger.Ordered, Try: 1}, {Act: ledger.Unfit, Try: 1}, {Act: ledger.Ordered, Try: 2}}, true},
		"two orders at once":            {[]ledger.Line{{Act: ledger.Ordered, Try: 1}, {Act: ledger.Ordered, Try: 2}}, false},
		"the same try again":            {[]ledger.Line{{Act: ledger.Ordered, Try: 1}, {Act: ledger.Void, Try: 1}, {Act: ledger.Ordered, Try: 1}}, false},
		"late answer after a new try":   {[]ledger.Line{{Act: ledger.Ordered, Try: 1}, {Act: ledger.CutOff, Try: 1}, {Act: ledger.Ordered, Try: 2}, {Act: ledger.Received, Try: 1}}, false},
		"late answer after it was lost": {[]ledger.Line{{Act: ledger.Ordered, Try: 1}, {Act: ledger.CutOff, Try: 1}, {Act: ledger.Received, Try: 1}}, false},
		"placed twice":                  {[]ledger.Line{{Act: ledger.Ordered, Try: 1}, {Act: ledger.Received, Try: 1}, {Act: ledger.Passed, Try: 1}, {Act: ledger.Placed, Try: 1}, {Act: ledger.Placed, Try: 1}}, false},
		"trashed twice":                 {[]ledger.Line{{Act: ledger.Trashed}, {Act: ledger.Trashed}}, false},
		"received without an order":     {[]ledger.Line{{Act: ledger.Received, Try: 1}}, false},
	} {
		t.Run(what, func(t *testing.T) {
			s := mem.New()
			l := ledger.New(s, name)
			if err := errors.Join(l.Propose(t.Context(), plan, set, sign("")), l.Approve(t.Context(), plan.ID, sign(""))); err != nil {
				t.Fatal(err)
			}
			for i, line := range c.acts {
				line.Proposal, line.Step = plan.ID, plan.ID+"/generate/bw_stylized/1"
				err := l.Record(t.Context(), plan.ID, line)
				if last := i == len(c.acts)-1; (err == nil) != (c.ok || !last) || err != nil && !errors.Is(err, ledger.ErrState) {
					t.Errorf("line %d: %v", i, err)
				}
			}
		})
	}
}

func TestWhatPeopleWriteIsBounded(t *testing.T) {
	plan, set := planFor(3)
	l := ledger.New(mem.New(), name)
	if err := l.Propose(t.Context(), plan, set, sign("")); err != nil {
		t.Fatal(err)
	}
	long := sign(strings.Repeat("x", note.MaxText+1))
	for _, decide := range []func(context.Context, string, ledger.Signature) error{l.Approve, l.Reject} {
		if err := decide(t.Context(), plan.ID, long); !errors.Is(err, note.ErrUnfit) {
			t.Errorf("error %v", err)
		}
	}
	if got := acts(l); got != "proposed" {
		t.Errorf("on record: %s", got)
	}
}

func TestARejectionThatIsRepeatedGrowsNoLonger(t *testing.T) {
	plan, set := planFor(3)
	other, otherSet := planFor(4)
	l := ledger.New(mem.New(), name)
	why := ""
	for i := range 4 {
		if err := l.Propose(t.Context(), plan, set, sign("")); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if err := l.Reject(t.Context(), plan.ID, sign("too few smiles")); err != nil {
				t.Fatal(err)
			}
		}
		latest, _ := l.Latest()
		if why = latest.Last().Why; latest.State != ledger.Rejected {
			t.Fatalf("round %d: %s", i, latest.State)
		}
		if err := l.Propose(t.Context(), other, otherSet, sign("")); err != nil {
			t.Fatal(err)
		}
	}
	if want := "as on 2026-11-22: too few smiles"; why != want {
		t.Errorf("the note is %q, want %q", why, want)
	}
}

func TestEmptyPlanIsNotProposed(t *testing.T) {
	s := mem.New()
	plan, set := planFor(15)
	nothing := balance.Withheld(nil, "nothing")
	if err := ledger.New(s, name).Propose(t.Context(), nothing, nil, sign("")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), actor.LedgerKey(name)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an empty plan made a ledger: %v", err)
	}
	if err := ledger.New(s, name).Propose(t.Context(), plan, set, sign("")); err != nil {
		t.Fatal(err)
	}
	if err := load(t, s).Propose(t.Context(), nothing, nil, sign("")); err != nil {
		t.Fatal(err)
	}
	if got := acts(load(t, s)); got != "proposed stale" {
		t.Errorf("acts: %s", got)
	}
}

// Every run that asks for a plan is on its record once, whoever asked first.
func TestApprovalsByRun(t *testing.T) {
	s := mem.New()
	plan, set := planFor(15)
	if err := ledger.New(s, name).Propose(t.Context(), plan, set, sign("")); err != nil {
		t.Fatal(err)
	}
	for _, run := range []string{"", "monday", "", "monday", "tuesday", "monday"} {
		by := sign("")
		by.Run = run
		if err := load(t, s).Approve(t.Context(), plan.ID, by); err != nil {
			t.Fatal(err)
		}
	}
	if got := acts(load(t, s)); got != "proposed approved approved approved" {
		t.Errorf("acts: %s", got)
	}
	for run, want := range map[string]bool{"monday": true, "tuesday": true, "friday": false, "": false} {
		if p, ok := load(t, s).ApprovedFor(run); ok != want || ok && p.ID != plan.ID {
			t.Errorf("of %q: %s, %t", run, p.ID, ok)
		}
	}
}

func TestStepsGenerateBeforeTheyDelete(t *testing.T) {
	s := mem.New()
	plan, set := planFor(15)
	if err := ledger.New(s, name).Propose(t.Context(), plan, set, sign("")); err != nil {
		t.Fatal(err)
	}
	p, _ := load(t, s).Latest()
	steps := p.Steps()
	if len(steps) != plan.Generate.Total()+len(plan.Delete) || len(plan.Delete) == 0 {
		t.Fatalf("%d steps for %d and %d", len(steps), plan.Generate.Total(), len(plan.Delete))
	}
	keys := map[string]bool{}
	for i, step := range steps {
		keys[step.Key] = true
		if (step.Delete == nil) != (i < plan.Generate.Total()) {
			t.Errorf("step %d is %s", i, step.Key)
		}
	}
	if len(keys) != len(steps) {
		t.Errorf("%d keys for %d steps", len(keys), len(steps))
	}
}

// Whatever is edited in a ledger but its end is noticed, and nothing is written
// over it.
func TestAltered(t *testing.T) {
	s := mem.New()
	plan, set := planFor(15)
	if err := ledger.New(s, name).Propose(t.Context(), plan, set, sign("")); err != nil {
		t.Fatal(err)
	}
	if err := load(t, s).Approve(t.Context(), plan.ID, sign("it is good")); err != nil {
		t.Fatal(err)
	}
	text, info, err := store.ReadAll(t.Context(), s, actor.LedgerKey(name), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	edit := func(old, new string) []byte { return bytes.Replace(text, []byte(old), []byte(new), 1) }
	first, _, _ := bytes.Cut(text, []byte("\n"))
	for what, altered := range map[string][]byte{
		"who proposed":          edit("ada@studio", "eve@studio"),
		"what is deleted":       edit("a_0.png", "a_9.png"),
		"how many":              edit(`"bw_stylized":4`, `"bw_stylized":9`),
		"a line is gone":        text[len(first)+1:],
		"a line is there twice": slices.Concat(text, text[len(first)+1:]),
		"no JSON":               edit("{", "["),
		"cut off":               text[:len(text)-1],
		"emptied":               {},
	} {
		t.Run(what, func(t *testing.T) {
			v, err := s.Put(t.Context(), actor.LedgerKey(name), altered, store.IfVersion(info.Version))
			if err != nil || bytes.Equal(altered, text) {
				t.Fatal("nothing was altered", err)
			}
			info.Version = v
			if _, err := ledger.Load(t.Context(), s, name); !errors.Is(err, ledger.ErrAltered) {
				t.Errorf("got %v, want ErrAltered", err)
			}
			if err := ledger.New(s, name).Propose(t.Context(), plan, set, sign("")); !errors.Is(err, ledger.ErrAltered) {
				t.Errorf("written over: %v", err)
			}
		})
	}
}

// Many writers at once lose no line, and what was written stays as it was.
func TestAppendOnly(t *testing.T) {
	s := mem.New()
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			l := ledger.New(s, name)
			for range 2 {
				line := ledger.Line{Act: ledger.Restored, By: fmt.Sprint(i), At: noon}
				if err := l.Append(t.Context(), func() ([]ledger.Line, error) { return []ledger.Line{line}, nil }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	before, _, err := store.ReadAll(t.Context(), s, actor.LedgerKey(name), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(load(t, s).Lines); n != 16 {
		t.Errorf("%d lines, want 16", n)
	}
	plan, set := planFor(15)
	if err := load(t, s).Propose(t.Context(), plan, set, sign("")); err != nil {
		t.Fatal(err)
	}
	after, _, err := store.ReadAll(t.Context(), s, actor.LedgerKey(name), 1<<20)
	if err != nil || !bytes.HasPrefix(after, before) {
		t.Errorf("earlier lines have changed: %v", err)
	}
}

// After a fault at any operation the same acts again give the same ledger.
func TestSweep(t *testing.T) {
	plan, set := planFor(15)
	flow := func(s store.Store) error {
		l, err := ledger.Load(t.Context(), s, name)
		if err != nil {
			return err
		}
		if err := l.Propose(t.Context(), plan, set, sign("")); err != nil {
			return err
		}
		if p, _ := l.Latest(); p.Ended() {
			return nil
		}
		if err := l.Approve(t.Context(), plan.ID, sign("")); err != nil {
			return err
		}
		return l.End(t.Context(), plan.ID, ledger.Failed, sign(""))
	}
	storetest.Sweep(t, func(*testing.T) store.Store { return mem.New() }, flow, func(t *testing.T, s store.Store, _ error) {
		if err := flow(s); err != nil {
			t.Fatal(err)
		}
		if got := acts(load(t, s)); got != "proposed approved failed" {
			t.Errorf("acts: %s", got)
		}
	})
}

// Names of files are outside input; whatever they hold, a line stays one line.
func TestHostileText(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := mem.New()
		line := ledger.Line{
			Act: ledger.Repaired, At: noon, By: rapid.String().Draw(rt, "by"),
			File: rapid.String().Draw(rt, "file"), Why: rapid.String().Draw(rt, "why"),
		}
		l := ledger.New(s, name)
		for range 2 {
			if err := l.Append(context.Background(), func() ([]ledger.Line, error) { return []ledger.Line{line}, nil }); err != nil {
				rt.Fatal(err)
			}
		}
		back, err := ledger.Load(context.Background(), s, name)
		if err != nil || len(back.Lines) != 2 || back.Lines[0].File != strings.ToValidUTF8(line.File, "\uFFFD") {
			rt.Fatalf("%v, %d lines", err, len(back.Lines))
		}
	})
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte(`{"n":1,"at":"2026-11-22T12:00:00Z","by":"","act":"proposed","prev":""}` + "\n"))
	f.Add([]byte("{}\n{}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s := mem.New()
		if _, err := s.Put(t.Context(), actor.LedgerKey(name), text, store.IfAbsent); err != nil {
			t.Fatal(err)
		}
		l, err := ledger.Load(t.Context(), s, name)
		if err != nil && !errors.Is(err, ledger.ErrAltered) {
			t.Fatal(err)
		}
		if err == nil {
			l.Proposals()
		}
	})
}
