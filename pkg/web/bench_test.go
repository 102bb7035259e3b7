package web_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"screentest/pkg/actor"
	"screentest/pkg/evaluation"
	"screentest/pkg/store/dir"
)

// The overview as it is served from a directory: three listings and the page. The
// evaluations have been read by the visit before.
func BenchmarkServedOverview(b *testing.B) {
	for _, n := range []int{288, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
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
			site := open(b, s, nil)
			site.get("/")
			for b.Loop() {
				site.get("/")
			}
		})
	}
}
