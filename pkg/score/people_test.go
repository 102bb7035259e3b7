package score_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"screentest/pkg/score"
	"screentest/pkg/verdict"
)

func TestThePeopleAreAskedWhereTheJudgeIsWrong(t *testing.T) {
	photo := score.Judged{Style: verdict.Photorealistic}
	faulty := score.Judged{Style: verdict.Photorealistic, Condemned: true}
	p := score.ComparePeople([]score.Decision{
		{Actor: "a", File: "1", Style: verdict.Photorealistic, Judge: photo},
		{Actor: "a", File: "2", Style: verdict.BWStylized, Kept: true, Judge: photo},
		{Actor: "a", File: "3", Kept: true, Judge: faulty},
		{Actor: "a", File: "4", Condemned: true, Judge: faulty},
		{Actor: "a", File: "0", Condemned: true, Judge: photo},
	})
	got := []int{p.Images, p.Styles, p.StylesAgree, p.Kept, p.KeptAgree, p.Condemned, p.CondemnedToo}
	if !slices.Equal(got, []int{5, 2, 1, 2, 1, 2, 1}) || !slices.Equal(p.Overruled, []string{"a/0", "a/2", "a/3"}) {
		t.Errorf("%+v", p)
	}
	var text bytes.Buffer
	if err := (score.Report{People: p}).WriteText(&text); err != nil || !strings.Contains(text.String(), "agrees on 1 of 2 styles, 1 of 2 kept, 1 of 2 condemned") {
		t.Errorf("%s, %v", text.String(), err)
	}
}
