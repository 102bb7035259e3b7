package page

import (
	"fmt"
	"strings"

	"screentest/pkg/album"
	"screentest/pkg/balance"
	"screentest/pkg/decision"
	"screentest/pkg/evaluation"
)

// What a sheet says after an act.
const (
	DoneApprove = "Approved: the next screentest balance performs the plan."
	DoneNext    = "Approved. This is the next plan that waits."
	DoneReject  = "Rejected: the plan is not performed unless somebody approves it."
	DoneRestore = "The image is back in the set. What it was deleted for still holds: the next plan would delete it again unless it is kept."
	DoneAlready = "The image is back in the set already."
)

// awaits ends a notice beside which the plan can be approved.
const awaits = "waits for approval."

// A Decided is what a decision about one image has led to.
type Decided struct {
	decision.Decision
	Before, After evaluation.Evaluation
	Was, Is       album.Plan // how far the plan of before had come, and how far the one of now has
}

// Words says what was recorded and what follows from it, which is no more than what
// the plan of now says.
func (d Decided) Words() string {
	words := d.recorded()
	more, spared := d.moved()
	if len(more) > 0 {
		also := map[bool]string{true: "instead", false: "as well"}[d.Kind == decision.Keep]
		words += " The plan now deletes " + names(more) + " " + also + "."
	}
	if len(spared) > 0 {
		words += " The plan no longer deletes " + names(spared) + "."
	}
	if was, is := d.Before.Plan.Generate.Total(), d.After.Plan.Generate.Total(); was != is {
		words += fmt.Sprintf(" The plan generates %s, not %d.", plural(is, "image"), was)
	}
	return words + d.standing()
}

func (d Decided) recorded() string {
	image, judged := d.image()
	switch {
	case d.Kind == decision.Keep:
		return "Recorded: no plan deletes that image."
	case !judged:
		return "Recorded: the next evaluation follows it."
	case d.Kind == decision.Condemn && !image.Keep:
		return "Recorded: the plan deletes that image."
	case d.Kind == decision.Condemn && len(d.After.Plan.Limited) > 0:
		return "Recorded, but the plan does not delete that image: " + strings.Join(d.After.Plan.Limited, "; ") + "."
	case d.Kind == decision.Condemn:
		return "Recorded, but nothing is planned for the set as it stands."
	case d.Kind == decision.Style:
		return "Recorded: the image counts as " + StyleName(d.Style) + "."
	case image.Keep:
		return "Recorded: it is left to the judge again, and stays."
	}
	return "Recorded: it is left to the judge again, and the plan deletes it."
}

func (d Decided) image() (evaluation.Image, bool) {
	for _, image := range d.After.Images {
		if image.SHA256 == d.SHA256 {
			return image, true
		}
	}
	return evaluation.Image{}, false
}

// moved returns what else the plan deletes now, and what it does not any more.
func (d Decided) moved() (more, spared []string) {
	return d.without(d.After.Plan, d.Before.Plan), d.without(d.Before.Plan, d.After.Plan)
}

// without returns what a deletes and b does not, but for what was decided about.
func (d Decided) without(a, b balance.Plan) []string {
	known := map[string]bool{d.File: true}
	for _, deletion := range b.Delete {
		known[deletion.File] = true
	}
	var files []string
	for _, deletion := range a.Delete {
		if !known[deletion.File] {
			files = append(files, deletion.File)
		}
	}
	return files
}

// standing says what has become of what people had said of the plan of before.
func (d Decided) standing() string {
	switch {
	case d.Before.Plan.ID == d.After.Plan.ID:
		return ""
	case d.Was == album.PlanUnderWay:
		return " The plan that has begun is finished first, and looks at the decision before it deletes."
	case d.Was == album.PlanApproved && d.After.Plan.Empty():
		return " The approval no longer holds: nothing is planned now."
	case d.Was == album.PlanApproved && d.Is == album.PlanProposed:
		return " The approval no longer holds: the plan is another one now, and " + awaits
	case d.Was == album.PlanApproved:
		return " The approval no longer holds: the plan is another one now."
	}
	return ""
}

// names lists files, the first few of many.
func names(files []string) string {
	const most = 3
	if more := len(files) - most; more > 0 {
		return strings.Join(files[:most], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(files, ", ")
}
