package main

import (
	"testing"
	"time"

	"github.com/spf13/pflag"

	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
)

// The page goes by the settings as they are when it asks, under the flags that the
// command was started with.
func TestTheDeskReadsTheSettingsEachTime(t *testing.T) {
	s := mem.New()
	var flags serveFlags
	set := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	flags.register(set)
	if err := set.Parse([]string{"--judge", "offline"}); err != nil {
		t.Fatal(err)
	}
	d := desk{app: &app{now: time.Now}, flags: &flags, store: s, by: "mia"}
	for _, test := range []struct {
		text, mirror string
		deletions    int
	}{
		{"", "", -1},
		{"judge: {name: openai}\nplan: {limits: {deletions: 3}}\nmirror: none\n", "none", 3},
		{"plan: {limits: {deletions: 0}}\n", "", 0},
	} {
		_, info, _ := store.ReadAll(t.Context(), s, settings.File, 1000)
		if _, err := s.Put(t.Context(), settings.File, []byte(test.text), store.IfVersion(info.Version)); err != nil {
			t.Fatal(err)
		}
		terms, err := d.terms(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := terms.Settings.Plan.Limits.Deletions; got != test.deletions || terms.Judge != "offline" || terms.Restorer.(restorer).mirror != test.mirror {
			t.Errorf("%q: %d deletions, judge %s, %+v", test.text, got, terms.Judge, terms.Restorer)
		}
	}
}
