package album_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/album"
	"screentest/pkg/balance"
	"screentest/pkg/evaluation"
	"screentest/pkg/ledger"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
	"screentest/pkg/verdict"
)

func put(t *testing.T, s store.Store, k store.Key, body string) {
	t.Helper()
	_, info, _ := store.ReadAll(t.Context(), s, k, 1<<20)
	if _, err := s.Put(t.Context(), k, []byte(body), store.IfVersion(info.Version)); err != nil {
		t.Fatal(err)
	}
}

func save(t *testing.T, s store.Store, e evaluation.Evaluation) {
	t.Helper()
	e.SchemaVersion = evaluation.SchemaVersion
	_, version, err := evaluation.Load(t.Context(), s, actor.Name(e.Actor))
	if err != nil {
		t.Fatal(err)
	}
	if err := evaluation.Save(t.Context(), s, e, version); err != nil {
		t.Fatal(err)
	}
}

// tree has an actor in every state, named after it.
func tree(t *testing.T) store.Store {
	s := mem.New()
	var names []string
	for _, state := range album.States() {
		names = append(names, fmt.Sprintf(`{"name":%q}`, state))
		if state != album.Absent {
			put(t, s, actor.TrainingKey(actor.Name(state), "a.png"), "")
		}
	}
	put(t, s, actor.RosterKey, "["+strings.Join(names, ",")+"]")
	image := evaluation.Image{File: "a.png", SHA256: "sum", Keep: true, Judged: evaluation.OK, Issues: []verdict.Issue{verdict.Blurred}}
	open := image
	open.Judged = evaluation.Unjudged
	put(t, s, actor.EvaluationKey("damaged"), "{")
	save(t, s, evaluation.Evaluation{Actor: "balanced", Balanced: true, Images: []evaluation.Image{image}, Base: &evaluation.Base{File: "b.png", SHA256: "base"}})
	save(t, s, evaluation.Evaluation{Actor: "incomplete", Images: []evaluation.Image{open, image}})
	save(t, s, evaluation.Evaluation{Actor: "limited", Images: []evaluation.Image{image}})
	save(t, s, evaluation.Evaluation{Actor: "unbalanced", Images: []evaluation.Image{image}, Plan: balance.Plan{Generate: balance.Target{BWStylized: 2}}})
	return s
}

func look(t *testing.T, a *album.Album) map[actor.Name]album.Entry {
	t.Helper()
	v, err := a.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	entries := map[actor.Name]album.Entry{}
	for _, e := range v.Entries {
		entries[e.Actor.Name] = e
	}
	return entries
}

func TestEveryActorHasItsState(t *testing.T) {
	entries := look(t, album.New(tree(t)))
	for _, state := range album.States() {
		if e := entries[actor.Name(state)]; e.State != state {
			t.Errorf("%s is %q: %+v", state, e.State, e)
		}
	}
	if e := entries["unbalanced"]; e.Lacks(verdict.BWStylized) != 2 || e.Issues[verdict.Blurred] != 1 || e.Cover.SHA256 != "sum" {
		t.Errorf("%+v", e)
	}
	if e := entries["balanced"]; e.Cover.SHA256 != "base" || !e.Changed().IsZero() {
		t.Errorf("%+v", e)
	}
}

func TestOnlyWhatChangedIsOpened(t *testing.T) { synctest.Test(t, onlyWhatChangedIsOpened) }

func onlyWhatChangedIsOpened(t *testing.T) {
	s := tree(t)
	counted := storetest.NewFaulty(s)
	a := album.New(counted)
	look(t, a)
	first := counted.Count("get")
	look(t, a)
	synctest.Wait()
	if n := counted.Count("get"); n != first || counted.Count("list") != 11 {
		t.Errorf("%d documents opened, then %d; %d listings", first, n-first, counted.Count("list"))
	}
	changed := evaluation.Evaluation{Actor: "limited", Balanced: true, EvaluatedAt: time.Unix(9, 0), Before: &evaluation.Standing{}}
	save(t, s, changed)
	if e := look(t, a)["limited"]; e.State != album.Balanced || !e.Changed().Equal(changed.EvaluatedAt) || counted.Count("get") != first+1 {
		t.Errorf("%+v, %d documents opened", e, counted.Count("get")-first)
	}
	put(t, s, actor.RosterKey, `[{"name":"limited"}]`)
	if n := len(look(t, a)); n != 1 {
		t.Errorf("%d actors in the changed roster", n)
	}
}

func TestADamagedEvaluationIsAProblemOfItsActor(t *testing.T) {
	s := tree(t)
	entries := look(t, album.New(s))
	if e := entries["damaged"]; e.State != album.Unreadable || e.Problem != album.Damaged || len(entries) != len(album.States()) {
		t.Errorf("%+v", e)
	}
}

func TestAnEntrySaysHowFarItsPlanHasCome(t *testing.T) {
	s := tree(t)
	a := album.New(s)
	plan := balance.Propose(nil, balance.DefaultTarget(), balance.Limits{Deletions: -1, Generations: -1, USD: -1}, 0)
	sign := ledger.Signature{By: "mia", At: time.Unix(9, 0)}
	book := ledger.New(s, "unbalanced")
	for _, step := range []struct {
		do   func() error
		want album.Plan
	}{
		{func() error { return nil }, ""},
		{func() error { return book.Propose(t.Context(), plan, nil, sign) }, album.PlanProposed},
		{func() error { return book.Reject(t.Context(), plan.ID, sign) }, album.PlanRejected},
		{func() error { return book.Approve(t.Context(), plan.ID, sign) }, album.PlanApproved},
		{func() error {
			return book.Record(t.Context(), plan.ID, ledger.Line{Act: ledger.Begun, Proposal: plan.ID})
		}, album.PlanUnderWay},
		{func() error { return book.End(t.Context(), plan.ID, ledger.Failed, sign) }, album.PlanFailed},
		{func() error {
			return s.Delete(t.Context(), actor.LedgerKey("unbalanced"), version(t, s, actor.LedgerKey("unbalanced")))
		}, ""},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if e := look(t, a)["unbalanced"]; e.Plan != step.want || e.State != album.Unbalanced || e.Problem != "" {
			t.Errorf("the plan is %q (%s), want %q", e.Plan, e.Problem, step.want)
		}
	}
}

func TestWhatCameOfAPlanIsNotSaidWhereNothingIsPlanned(t *testing.T) {
	s := tree(t)
	sign := ledger.Signature{By: "mia", At: time.Unix(9, 0)}
	for _, act := range []ledger.Act{ledger.Stale, ledger.Done} {
		book, err := ledger.Load(t.Context(), s, "balanced")
		if err != nil {
			t.Fatal(err)
		}
		plan := balance.Propose(nil, balance.DefaultTarget(), balance.Limits{Deletions: -1, Generations: -1, USD: -1}, 0)
		if err := book.Propose(t.Context(), plan, nil, sign); err != nil {
			t.Fatal(err)
		}
		latest, _ := book.Latest()
		if err := book.End(t.Context(), latest.ID, act, sign); err != nil {
			t.Fatal(err)
		}
		want := map[ledger.Act]album.Plan{ledger.Done: album.PlanDone}[act]
		if e := look(t, album.New(s))["balanced"]; e.Plan != want {
			t.Errorf("after %s: %q, want %q", act, e.Plan, want)
		}
	}
}

func TestADamagedRecordIsAProblemOfItsActor(t *testing.T) {
	for key, want := range map[store.Key]string{actor.LedgerKey("limited"): "altered", actor.DecisionsKey("limited"): "decisions"} {
		s := tree(t)
		a := album.New(s)
		put(t, s, key, "{}\n")
		if e := look(t, a)["limited"]; e.State != album.Unreadable || !strings.Contains(e.Problem, want) || e.Standing.Images != 1 {
			t.Errorf("%s: %+v", key, e)
		}
		if err := s.Delete(t.Context(), key, version(t, s, key)); err != nil {
			t.Fatal(err)
		}
		if e := look(t, a)["limited"]; e.State != album.Limited || e.Problem != "" {
			t.Errorf("mended: %+v", e)
		}
	}
}

// A plan does not disappear with the evaluation that it came from.
func TestAPlanOutlivesItsEvaluation(t *testing.T) {
	s := tree(t)
	plan := balance.Propose(nil, balance.DefaultTarget(), balance.Limits{Deletions: -1, Generations: -1, USD: -1}, 0)
	for _, name := range []actor.Name{"damaged", "unseen"} {
		if err := ledger.New(s, name).Propose(t.Context(), plan, nil, ledger.Signature{By: "mia", At: time.Unix(9, 0)}); err != nil {
			t.Fatal(err)
		}
		if e := look(t, album.New(s))[name]; e.Plan != album.PlanProposed || string(e.State) != string(name) {
			t.Errorf("%+v", e)
		}
	}
}

func version(t *testing.T, s store.Store, k store.Key) store.Version {
	t.Helper()
	_, info, err := store.ReadAll(t.Context(), s, k, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return info.Version
}

func TestWhatTheRosterDoesNotNameIsListed(t *testing.T) {
	s := tree(t)
	put(t, s, "actors/stranger/training_data/a.png", "")
	put(t, s, actor.RosterKey, `[{"name":"limited"},{"name":""}]`)
	v, err := album.New(s).Look(t.Context())
	if err != nil || len(v.Problems) != 1 || len(v.Unregistered) != 6 {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestWithoutARosterThereIsNoAlbum(t *testing.T) {
	if _, err := album.New(mem.New()).Look(t.Context()); err == nil {
		t.Error("no error")
	}
}

// What comes into actors/ is told by the second look after it: the first one has it
// listed. A changed roster is compared at once.
func TestDirectoriesAreListedBehind(t *testing.T) { synctest.Test(t, directoriesAreListedBehind) }

func directoriesAreListedBehind(t *testing.T) {
	s := mem.New()
	put(t, s, actor.RosterKey, `[{"name":"ada"}]`)
	a := album.New(s)
	state := func() album.State { return look(t, a)["ada"].State }
	if got := state(); got != album.Absent {
		t.Errorf("without a directory ada is %q", got)
	}
	put(t, s, actor.TrainingKey("ada", "a.png"), "")
	state()
	synctest.Wait()
	if got := state(); got != album.Unseen {
		t.Errorf("with images ada is %q", got)
	}
	synctest.Wait()
	put(t, s, actor.TrainingKey("bob", "a.png"), "")
	put(t, s, actor.RosterKey, `[{"name":"ada"},{"name":"bob"}]`)
	if got := look(t, a)["bob"].State; got != album.Unseen {
		t.Errorf("new in the roster, bob is %q", got)
	}
}

func TestActorsWithoutImagesAreToldFromThoseNotEvaluated(t *testing.T) {
	synctest.Test(t, actorsWithoutImagesAreToldFromThoseNotEvaluated)
}

func actorsWithoutImagesAreToldFromThoseNotEvaluated(t *testing.T) {
	s := mem.New()
	var names []string
	for i := range 40 {
		name := fmt.Sprintf("%02d", i)
		names = append(names, fmt.Sprintf(`{"name":%q}`, name))
		put(t, s, actor.BaseKey(actor.Name(name), "base.png"), "")
		if i%2 == 0 {
			put(t, s, actor.TrainingKey(actor.Name(name), "a.png"), "")
		}
	}
	put(t, s, actor.RosterKey, "["+strings.Join(names, ",")+"]")
	counted := storetest.NewFaulty(s)
	a := album.New(counted)
	for range 2 {
		for name, e := range look(t, a) {
			if want := []album.State{album.Unseen, album.Absent}[(name[1]-'0')%2]; e.State != want {
				t.Errorf("%s is %q, want %q", name, e.State, want)
			}
		}
	}
	synctest.Wait()
	if n := counted.Count("list"); n != 2*5+40 {
		t.Errorf("%d listings, want 5 for each look and one for each actor", n)
	}
}
