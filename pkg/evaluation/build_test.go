package evaluation_test

import (
	"encoding/base64"
	"errors"
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
	"screentest/pkg/verdict"
)

// fact is a sound image of a style, whose content is its name.
func fact(file string, style verdict.Style, quality int, issues ...verdict.Issue) evaluation.Fact {
	return evaluation.Fact{
		Info:    store.Info{Key: actor.TrainingKey("ada", file), Version: "1"},
		SHA256:  file,
		Checks:  &inspect.Checks{Version: inspect.Version, Format: "png", Width: 1024, Height: 1024, Sharpness: 1, Highlights: 1, Grey: true},
		Verdict: &verdict.Verdict{Style: style, Quality: quality, Issues: issues},
	}
}

func build(facts ...evaluation.Fact) evaluation.Evaluation {
	return evaluation.Build(evaluation.Facts{Actor: "ada", Images: facts}, settings.Default())
}

func find(t *testing.T, e evaluation.Evaluation, file string) evaluation.Image {
	t.Helper()
	i := slices.IndexFunc(e.Images, func(i evaluation.Image) bool { return i.File == file })
	if i < 0 {
		t.Fatalf("no image %s", file)
	}
	return e.Images[i]
}

func TestIssuesCondemnAsTheSettingsSay(t *testing.T) {
	e := build(
		fact("distorted.png", verdict.Photorealistic, 8, verdict.Distorted),
		fact("lettered.png", verdict.Photorealistic, 8, verdict.VisibleText),
		fact("poor.png", verdict.Photorealistic, 1),
		fact("sound.png", verdict.Photorealistic, 8),
	)
	for file, keep := range map[string]bool{"distorted.png": false, "lettered.png": true, "poor.png": false, "sound.png": true} {
		image := find(t, e, file)
		if image.Keep != keep {
			t.Errorf("%s: keep %v, want %v", file, image.Keep, keep)
		}
		if !keep && len(image.Reasons) != 1 {
			t.Errorf("%s goes for %q, want one reason", file, image.Reasons)
		}
		if image.Condemned(settings.Default().Plan) == keep {
			t.Errorf("%s: condemned %v", file, !keep)
		}
	}
}

func TestAWrongExtensionIsSaidAndCondemnsNothing(t *testing.T) {
	e := build(fact("photo.jpg", verdict.Photorealistic, 8))
	image := find(t, e, "photo.jpg")
	if !image.Keep || len(image.Issues) > 0 || len(image.Reasons) != 1 || !strings.Contains(image.Reasons[0], "png") {
		t.Errorf("%+v", image)
	}
}

// print is the fingerprint of some picture.
var print = base64.StdEncoding.EncodeToString(make([]byte, 384))

func TestExactCopiesKeepOne(t *testing.T) {
	a, b := fact("a.png", verdict.Photorealistic, 7), fact("b.png", verdict.Photorealistic, 7)
	b.SHA256 = a.SHA256
	a.Checks.Print, b.Checks.Print = print, print
	e := build(a, b)
	if got := find(t, e, "b.png"); got.Keep || got.DuplicateOf != "a.png" || !slices.Contains(got.Issues, verdict.Duplicate) {
		t.Errorf("copy: %+v", got)
	}
	if got := find(t, e, "a.png"); !got.Keep || got.DuplicateOf != "" || len(got.Issues) > 0 {
		t.Errorf("original: %+v", got)
	}
}

func TestWhatIsNotJudgedStopsThePlan(t *testing.T) {
	open := fact("open.png", "", 0)
	open.Verdict, open.Err = nil, errors.New("the model was busy")
	e := build(fact("bad.png", verdict.Photorealistic, 1), open)
	if !e.Plan.Empty() || len(e.Plan.Limited) != 1 || e.Balanced {
		t.Errorf("plan %+v", e.Plan)
	}
	if got := find(t, e, "open.png"); got.Judged != evaluation.Unjudged || got.Error != "the model was busy" || !got.Keep {
		t.Errorf("%+v", got)
	}
}

func TestTheBasisChangesWithWhatDecides(t *testing.T) {
	id := judge.ID{Name: "offline", Model: "1", Rubric: "1"}
	base := evaluation.Basis(id, settings.Default())
	for name, change := range map[string]func(*judge.ID, *settings.Settings){
		"model":     func(id *judge.ID, _ *settings.Settings) { id.Model = "2" },
		"rubric":    func(id *judge.ID, _ *settings.Settings) { id.Rubric = "2" },
		"target":    func(_ *judge.ID, s *settings.Settings) { s.Target.BWStylized++ },
		"condemn":   func(_ *judge.ID, s *settings.Settings) { s.Plan.Condemn = nil },
		"threshold": func(_ *judge.ID, s *settings.Settings) { s.Images.Thresholds.ShortSide++ },
	} {
		changedID, changed := id, settings.Default()
		change(&changedID, &changed)
		if evaluation.Basis(changedID, changed) == base {
			t.Errorf("%s changes and the basis does not", name)
		}
	}
	other := settings.Default()
	other.Run.Concurrency++
	if evaluation.Basis(id, other) != base {
		t.Error("the concurrency decides nothing, yet the basis changes")
	}
}

func TestCurrentComparesVersions(t *testing.T) {
	e := build(fact("a.png", verdict.Photorealistic, 8))
	set := actor.Set{Images: []store.Info{{Key: actor.TrainingKey("ada", "a.png"), Version: "1"}}}
	if !e.Current(set, e.Basis) {
		t.Error("unchanged, yet not current")
	}
	if e.Current(set, "other") {
		t.Error("current on another basis")
	}
	set.Images[0].Version = "2"
	if e.Current(set, e.Basis) {
		t.Error("current with another version")
	}
	set.Images = append(set.Images, set.Images[0])
	if e.Current(set, e.Basis) {
		t.Error("current with another image")
	}
	if (*evaluation.Evaluation)(nil).Current(actor.Set{}, "") {
		t.Error("none is current")
	}
}

func TestADamagedEvaluationIsNone(t *testing.T) {
	for _, text := range []string{"", "{", `{"schema_version": 99, "actor": "ada"}`, `{"schema_version": 1, "actor": "bob"}`} {
		s := mem.New()
		version, err := s.Put(t.Context(), actor.EvaluationKey("ada"), []byte(text), store.IfAbsent)
		if err != nil {
			t.Fatal(err)
		}
		e, v, err := evaluation.Load(t.Context(), s, "ada")
		if e != nil || v != version || err != nil {
			t.Errorf("%q: %v, %v, %v", text, e, v, err)
		}
	}
}

func TestDamagedVerdictsAreAnErrorAndNotOverwritten(t *testing.T) {
	for _, text := range []string{"{", `{"schema_version": 99}`, `{"schema_version": 1, "verdicts": [{"sha256": "x", "verdict": {"style": "cubist"}}]}`} {
		s := mem.New()
		if _, err := s.Put(t.Context(), actor.VerdictsKey("ada"), []byte(text), store.IfAbsent); err != nil {
			t.Fatal(err)
		}
		if _, _, err := evaluation.LoadVerdicts(t.Context(), s, "ada"); err == nil {
			t.Errorf("%q is read", text)
		}
		added := evaluation.Judgement{Verdict: verdict.Verdict{Style: verdict.BWStylized}, JudgedAt: time.Unix(0, 0)}
		if _, err := evaluation.AddVerdicts(t.Context(), s, "ada", evaluation.Verdicts{}, "", []evaluation.Judgement{added}); err == nil {
			t.Errorf("%q is overwritten", text)
		}
		after, _, err := store.ReadAll(t.Context(), s, actor.VerdictsKey("ada"), 1000)
		if err != nil || string(after) != text {
			t.Errorf("%q became %q, %v", text, after, err)
		}
	}
}
