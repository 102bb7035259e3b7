package evaluation

import (
	"screentest/pkg/balance"
	"screentest/pkg/inspect"
)

// groupCopies marks candidates that are copies of one picture, also where A is a
// copy of B and B of C but A and C are too far apart to tell. A group is named
// after the file of its first member.
func groupCopies(images []Image, set []balance.Candidate) {
	var prints []inspect.Print
	var places []int
	for i, image := range images {
		if image.Checks != nil {
			prints = append(prints, inspect.Print{SHA256: image.SHA256, Checks: *image.Checks})
			places = append(places, i)
		}
	}
	all := newGroups(len(prints))
	for match := range inspect.Copies(prints) {
		all.join(match.A, match.B)
	}
	for i, place := range places {
		if first := all.first(i); first != i {
			name := set[places[first]].File
			set[place].Copies, set[places[first]].Copies = name, name
		}
	}
}

// groups are disjoint: each place leads to an earlier one of its group, the first
// to itself.
type groups []int

func newGroups(n int) groups {
	g := make(groups, n)
	for i := range g {
		g[i] = i
	}
	return g
}

// first returns the first place of the group of i, and shortens the way there.
func (g groups) first(i int) int {
	for g[i] != i {
		g[i] = g[g[i]]
		i = g[i]
	}
	return i
}

func (g groups) join(i, j int) {
	a, b := g.first(i), g.first(j)
	g[max(a, b)] = min(a, b)
}
