package page_test

import (
	"strings"
	"testing"
	"time"

	"screentest/pkg/album"
	"screentest/pkg/balance"
	"screentest/pkg/evaluation"
	"screentest/pkg/page"
)

// Who was here before is told in one line what has changed since, and who was not is
// told what changed last.
func TestNewsAreSinceTheLastVisit(t *testing.T) {
	all := entries(40)
	for i := range all {
		all[i].Before = &evaluation.Standing{Images: 3}
		all[i].Standing = evaluation.Standing{Images: 20, Balanced: i%4 == 0, EvaluatedAt: time.Unix(int64(100*i), 0)}
	}
	o := page.NewOverview(page.Site{Live: true}, album.View{Entries: all}, page.ParseFilter(nil), 10, balance.DefaultTarget())
	for since, want := range map[int64]page.News{
		0:    {Title: "What changed last", More: 28},
		1950: {Title: "20 actors changed since 1 January 1970 00:32 UTC, 5 balanced now", More: 8},
		3899: {Title: "1 actor changed since 1 January 1970 01:04 UTC"},
	} {
		o.Since = time.Unix(since, 0)
		if since == 0 {
			o.Since = time.Time{}
		}
		got := o.News()
		if got == nil || got.Title != want.Title || got.More != want.More || !got.Changes[0].At.Equal(time.Unix(3900, 0)) {
			t.Errorf("since %d: %+v", since, got)
		}
		if document := render(t, o); !strings.Contains(document, want.Title) || strings.Contains(document, `class="changes" open`) {
			t.Errorf("since %d: the overview does not say it, or at length", since)
		}
	}
	o.Since = time.Unix(3900, 0)
	if got := o.News(); got != nil {
		t.Errorf("nothing has changed, yet %+v", got)
	}
}
