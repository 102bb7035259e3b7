package main

import (
	"fmt"
	"strings"

	"screentest/pkg/balance"
	"screentest/pkg/execution"
)

// preview says what will be done, where a person reads it: beside the document if
// one is wanted.
func (b *balancing) preview() {
	a := *b.app
	if a.json {
		a.stdout = a.stderr
	}
	for _, f := range b.broken {
		a.printf("failed: %s: %s\n", printable(string(f.Actor)), printable(f.Reason))
	}
	for _, i := range b.closed {
		a.printf("left: %s: plan %s is %s: %s; `screentest balance` performs it if the actor is named\n",
			printable(string(i.Actor)), i.Proposal, i.State, printable(i.Why))
	}
	if len(b.intents) == 0 {
		a.printf("No plan is waiting.\n")
		return
	}
	t := a.newTable("actor", "state", "delete", "generate")
	for _, i := range b.intents {
		t.AppendRow([]any{printable(string(i.Actor)), string(i.State), dash(len(i.Delete)), dashMix(i.Generate)})
	}
	a.render(t)
	b.previewDeletions(&a)
	b.previewNarrowed(&a)
	a.printf("\n%s: move %s to the trash, generate %s (%s) by %s, for about $%.2f%s.\n",
		plural(len(b.intents), "actor"), plural(b.deletions(), "image"), plural(b.missing().Total(), "picture"), mix(b.missing()),
		b.settings.Generation.Name, float64(b.missing().Total())*source(b.settings, b.app.data, nil).PicturePrice(), b.limits())
	if b.generator != nil && b.generator.Bound() > 0 {
		tries := b.settings.Generation.Tries
		a.printf("A picture that does not pass is made again, up to %d times in all: $%.2f at most, and a little for judging.\n",
			tries, float64(b.missing().Total()*tries)*b.generator.Bound())
	}
}

// listed is how many deletions are named one by one.
const listed = 40

// previewDeletions names what would go, and why.
func (b *balancing) previewDeletions(a *app) {
	if n := b.deletions(); n == 0 || n > listed {
		return
	}
	a.printf("\n")
	for _, i := range b.intents {
		for _, d := range i.Delete {
			a.printf("delete %s: %s\n", printable(d.File), printable(d.Reason))
		}
	}
}

// previewNarrowed names the plans that go beyond what the settings allow by now.
func (b *balancing) previewNarrowed(a *app) {
	limits := b.settings.Plan.Limits
	beyond := func(i execution.Intent, doing, name string, n, limit int) {
		if limit >= 0 && n > limit {
			a.printf("note: %s: the plan %s %d and was made before plan.limits.%s was %d; performed, it goes beyond that. Evaluate again for a plan within it.\n",
				printable(string(i.Actor)), doing, n, name, limit)
		}
	}
	for _, i := range b.intents {
		beyond(i, "deletes", "deletions", len(i.Delete), limits.Deletions)
		beyond(i, "generates", "generations", i.Generate.Total(), limits.Generations)
	}
}

// limits says within which limits of the run the plans are performed.
func (b *balancing) limits() string {
	r := b.settings.Run
	var all []string
	if r.MaxCost >= 0 {
		all = append(all, fmt.Sprintf("$%.2f", r.MaxCost))
	}
	if r.MaxDeletions >= 0 {
		all = append(all, plural(r.MaxDeletions, "deletion"))
	}
	if r.MaxGenerations >= 0 {
		all = append(all, plural(r.MaxGenerations, "picture"))
	}
	if all == nil {
		return ""
	}
	return ", stopping at the limits of this run: " + strings.Join(all, ", ")
}

func dashMix(t balance.Target) string {
	if t.Total() == 0 {
		return "-"
	}
	return mix(t)
}
