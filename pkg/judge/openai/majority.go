package openai

import (
	"slices"

	"screentest/pkg/verdict"
)

// majority merges three verdicts on one image field by field. An issue on which
// all three differ is unknown; a style on which they do is the first one's, and
// stays unsure. The score is the median. The words are those of a verdict that
// says what the majority says.
func majority(votes ...verdict.Verdict) verdict.Verdict {
	style, agreed := most(votes, func(v verdict.Verdict) verdict.Style { return v.Style })
	merged := verdict.Verdict{Style: style, Unsure: !agreed}
	for _, issue := range verdict.Seen() {
		found, agreed := most(votes, func(v verdict.Verdict) finding { return findingIn(v, issue) })
		if !agreed {
			found = unknown
		}
		record(&merged, issue, found)
	}
	scores := make([]int, len(votes))
	for i, v := range votes {
		scores[i] = v.Quality
	}
	slices.Sort(scores)
	merged.Quality = scores[len(scores)/2]
	witness := spokesman(votes, merged)
	merged.Observation, merged.Text = witness.Observation, witness.Text
	return merged
}

// most returns what more than half of the votes say, or the first vote.
func most[T comparable](votes []verdict.Verdict, of func(verdict.Verdict) T) (T, bool) {
	count := map[T]int{}
	for _, v := range votes {
		count[of(v)]++
		if count[of(v)] > len(votes)/2 {
			return of(v), true
		}
	}
	return of(votes[0]), false
}

func findingIn(v verdict.Verdict, issue verdict.Issue) finding {
	switch {
	case slices.Contains(v.Issues, issue):
		return present
	case slices.Contains(v.Unjudged, issue):
		return unknown
	}
	return absent
}

// spokesman is the first vote that agrees with merged, or the first of its
// style, or the first.
func spokesman(votes []verdict.Verdict, merged verdict.Verdict) verdict.Verdict {
	alike := func(v verdict.Verdict) bool {
		return v.Style == merged.Style && slices.Equal(v.Issues, merged.Issues)
	}
	if i := slices.IndexFunc(votes, alike); i >= 0 {
		return votes[i]
	}
	return votes[max(0, slices.IndexFunc(votes, func(v verdict.Verdict) bool { return v.Style == merged.Style }))]
}
