package evaluation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/balance"
	"screentest/pkg/cost"
	"screentest/pkg/decision"
	"screentest/pkg/inspect"
	"screentest/pkg/judge"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/verdict"
)

// A Fact is what is known of one training image. Exactly one of these holds: it
// has a verdict and checks, it is broken, or it has an error.
type Fact struct {
	Info    store.Info
	SHA256  string // "" if the image could not be read
	Checks  *inspect.Checks
	Verdict *verdict.Verdict
	Broken  string // why no decoder reads it
	Damaged bool   // it is broken, and was another file when the manifest listed it
	Err     error  // why it has no verdict this time
}

// Facts are all that Build goes by.
type Facts struct {
	Actor    actor.Name
	Images   []Fact // by file name
	Trashed  []Trashed
	Base     *Base
	Judge    judge.ID
	Rulings  decision.Rulings
	Problems []string
	Usage    cost.Usage
	At       time.Time
}

// Build draws the conclusions: issues, copies, also of what is in the trash, mix
// and plan. While an image lacks its verdict nothing is planned, because a plan
// made without it would generate what is there already; and so while images are
// missing rather than bad (see Damage).
func Build(f Facts, s settings.Settings) Evaluation {
	e := Evaluation{
		SchemaVersion: SchemaVersion, Actor: string(f.Actor), Basis: Basis(f.Judge, s), EvaluatedAt: f.At, Judge: f.Judge,
		Decisions: f.Rulings.Digest(), Base: f.Base, Target: s.Target, Problems: f.Problems, Usage: f.Usage, Images: []Image{},
	}
	for _, fact := range f.Images {
		image := newImage(fact, s.Images.Thresholds)
		if ruling, ok := f.Rulings[fact.SHA256]; ok {
			image.obey(ruling)
		}
		e.Images = append(e.Images, image)
	}
	e.markTrashed(f.Trashed)
	set := candidates(e.Images, s.Plan)
	e.markCopies(balance.Copies(set))
	if !slices.Contains(s.Plan.Condemn, verdict.Duplicate) {
		forgetCopies(set)
	}
	e.Fingerprint = balance.Fingerprint(set)
	e.Mix = balance.MixOf(set)
	e.Balanced = len(e.Unjudged()) == 0 && balance.Balanced(set, s.Target)
	e.Plan = propose(e, set, s)
	e.markDeletions(s.Plan)
	return e
}

func newImage(f Fact, t inspect.Thresholds) Image {
	image := Image{
		File: f.Info.Key.Base(), SHA256: f.SHA256, Bytes: f.Info.Size, Version: f.Info.Version, Keep: true,
		Issues: []verdict.Issue{}, Reasons: []string{}, Checks: f.Checks, Judged: OK,
	}
	if f.Checks != nil {
		image.Width, image.Height = f.Checks.Width, f.Checks.Height
		for _, finding := range inspect.Issues(*f.Checks, t) {
			image.add(finding.Issue, finding.Reason)
		}
		if !f.Checks.Matches(image.File) {
			image.Reasons = append(image.Reasons, "the content is "+f.Checks.Format+", whatever the name says")
		}
	}
	switch {
	case f.Broken != "":
		image.Judged, image.Error, image.Damaged = Broken, f.Broken, f.Damaged
		image.add(verdict.Broken, f.Broken)
	case f.Verdict == nil:
		image.Judged, image.Error = Unjudged, f.Err.Error()
	default:
		image.take(*f.Verdict)
	}
	return image
}

func (i *Image) take(v verdict.Verdict) {
	i.Verdict = &v
	i.Style, i.Quality, i.NotJudged = v.Style, v.Quality, v.Unjudged
	i.Observation, i.Text, i.Unsure = v.Observation, v.Text, v.Unsure
	for _, issue := range v.Issues {
		i.add(issue, "the judge reports "+string(issue))
	}
}

// obey puts what a person decided in the place of what the judge said. The issues
// stay for people to read.
func (i *Image) obey(r decision.Ruling) {
	i.Decision = &r
	i.Style = cmp.Or(r.Style, i.Style)
	if i.Judged == Unjudged && r.Settles() {
		i.Judged = OK
	}
	i.Reasons = append(i.Reasons, r.Sentence())
}

// fate returns what a person decided to become of the image, "" for nothing.
func (i Image) fate() decision.Kind {
	if i.Decision == nil {
		return ""
	}
	return i.Decision.Fate
}

func (i *Image) add(issue verdict.Issue, reason string) {
	if !slices.Contains(i.Issues, issue) {
		i.Issues = append(i.Issues, issue)
		i.Reasons = append(i.Reasons, string(issue)+": "+reason)
	}
}

// faults returns why the image cannot stay, in words; none if it is sound.
func (i Image) faults(p settings.Plan) []string {
	var faults []string
	switch i.fate() {
	case decision.Keep:
		return nil
	case decision.Condemn:
		faults = append(faults, i.Decision.Sentence())
	}
	for _, issue := range i.Issues {
		if slices.Contains(p.Condemn, issue) {
			faults = append(faults, i.reason(issue))
		}
	}
	if i.Verdict != nil && i.Quality < p.QualityFloor {
		faults = append(faults, fmt.Sprintf("quality %d below %d", i.Quality, p.QualityFloor))
	}
	return faults
}

// blemishes counts the issues that tell of how good the picture is: what is a
// copy is none the worse for it.
func (i Image) blemishes() int {
	n := len(i.Issues)
	if slices.Contains(i.Issues, verdict.Duplicate) {
		n--
	}
	return n
}

// reason returns the words that came with an issue; in a document that was
// edited there may be none.
func (i Image) reason(issue verdict.Issue) string {
	for _, r := range i.Reasons {
		if strings.HasPrefix(r, string(issue)+": ") {
			return r
		}
	}
	return string(issue)
}

// Condemned reports whether the image goes for a fault of its own, as a copy or by
// a person's decision, and not because there are too many of its style.
func (i Image) Condemned(p settings.Plan) bool { return len(i.faults(p)) > 0 }

// candidates returns the images as the plan sees them, position by position.
func candidates(images []Image, p settings.Plan) []balance.Candidate {
	set := make([]balance.Candidate, len(images))
	for i, image := range images {
		faults := image.faults(p)
		set[i] = balance.Candidate{
			File: image.File, SHA256: image.SHA256, Style: image.Style, Quality: image.Quality,
			Pixels: image.Width * image.Height, Bytes: image.Bytes,
			Condemned: faults, Blemishes: max(0, image.blemishes()-len(faults)), Held: image.fate() == decision.Keep,
		}
	}
	groupCopies(images, set)
	return set
}

// forgetCopies is for owners who let copies stay: they are reported, and nothing
// follows from it.
func forgetCopies(set []balance.Candidate) {
	for i := range set {
		set[i].Copies = ""
	}
}

func (e *Evaluation) markCopies(kept map[string]string) {
	for i := range e.Images {
		image := &e.Images[i]
		if original, ok := kept[image.File]; ok {
			image.DuplicateOf = original
			image.add(verdict.Duplicate, "copy of "+original)
		}
	}
}

func propose(e Evaluation, set []balance.Candidate, s settings.Settings) balance.Plan {
	if n := len(e.Unjudged()); n > 0 {
		return balance.Withheld(set, fmt.Sprintf("nothing is planned: %d of %d images have no verdict", n, len(set)))
	}
	if why := e.Damage(); why != "" {
		return balance.Withheld(set, "nothing is planned: "+why)
	}
	return balance.Propose(set, s.Target, s.Plan.Limits, s.Generation.USDPerImage)
}

// markDeletions tells each image that goes why, if its issues have not said it.
func (e *Evaluation) markDeletions(p settings.Plan) {
	for _, deletion := range e.Plan.Delete {
		i := slices.IndexFunc(e.Images, func(image Image) bool { return image.File == deletion.File })
		image := &e.Images[i]
		image.Keep = false
		why := image.faults(p)
		if len(why) == 0 {
			why = []string{deletion.Reason}
		}
		for _, reason := range why {
			if !slices.Contains(image.Reasons, reason) {
				image.Reasons = append(image.Reasons, reason)
			}
		}
	}
}
