package web_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/evaluation"
	"screentest/pkg/store/dir"
)

// The overview as it is served from a directory, to somebody who comes back at once
// and to somebody who comes back after a minute. The evaluations have been read by
// the visit before.
func BenchmarkServedOverview(b *testing.B) {
	for _, n := range []int{288, 10_000} {
		for name, later := range map[string]time.Duration{"known": 0, "anew": time.Minute} {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) { benchOverview(b, n, later) })
		}
	}
}

func benchOverview(b *testing.B, n int, later time.Duration) {
	now := time.Unix(2e9, 0)
	s, err := dir.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	e, _, err := evaluation.Load(b.Context(), tree(b), ada)
	if err != nil {
		b.Fatal(err)
	}
	var roster []map[string]string
	for i := range n {
		name := fmt.Sprintf("%05d_south_american_40_female", i)
		roster = append(roster, map[string]string{"name": name})
		if e.Actor = name; i%2 == 0 && i < 2000 {
			put(b, s, actor.TrainingKey(actor.Name(name), "a.png"), nil)
			if err := evaluation.Save(b.Context(), s, *e, ""); err != nil {
				b.Fatal(err)
			}
		}
	}
	text, err := json.Marshal(roster)
	if err != nil {
		b.Fatal(err)
	}
	put(b, s, actor.RosterKey, text)
	site := open(b, s, func(c *setup) { c.Now = func() time.Time { return now } })
	site.get("/")
	for b.Loop() {
		if later > 0 {
			b.StopTimer()
			time.Sleep(200 * time.Millisecond) // what goes on behind the page is over by then
			b.StartTimer()
		}
		now = now.Add(later)
		site.get("/")
	}
}
