package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"screentest/pkg/settings"
	"screentest/pkg/store"
)

// overrides are the settings that a command line can change.
type overrides struct {
	judge       string
	model       string
	concurrency int
	maxCost     float64
	flags       *pflag.FlagSet
}

func (o *overrides) register(flags *pflag.FlagSet) {
	o.flags = flags
	flags.StringVar(&o.judge, "judge", "", "who judges: openai or offline")
	flags.StringVar(&o.model, "model", "", "the vision model of the judge openai")
	flags.IntVar(&o.concurrency, "concurrency", 0, "model requests under way at once")
	flags.Float64Var(&o.maxCost, "max-cost", 0, "dollars that this command may spend; negative for no limit")
}

// Where the value of a setting comes from.
const (
	fromDefault     = "default"
	fromFlag        = "command line"
	fromEnvironment = "OPENAI_BASE_URL"
)

// load returns the settings in force, validated, and where those that are not
// defaults come from, by name.
func (o *overrides) load(ctx context.Context, s store.Store) (settings.Settings, map[string]string, error) {
	set, named, err := settings.Load(ctx, s)
	if err != nil {
		return set, nil, usageError{err}
	}
	origin := map[string]string{}
	for name := range named {
		origin[name] = string(settings.File)
	}
	if url := os.Getenv("OPENAI_BASE_URL"); url != "" {
		set.Judge.BaseURL, origin["judge.base_url"] = url, fromEnvironment
		set.Generation.BaseURL, origin["generation.base_url"] = url, fromEnvironment
	}
	apply := func(flag, name string, assign func()) {
		if o.flags.Changed(flag) {
			assign()
			origin[name] = fromFlag
		}
	}
	apply("judge", "judge.name", func() { set.Judge.Name = o.judge })
	apply("model", "judge.model", func() { set.Judge.Model = o.model })
	apply("concurrency", "run.concurrency", func() { set.Run.Concurrency = o.concurrency })
	apply("max-cost", "run.max_cost", func() { set.Run.MaxCost = o.maxCost })
	if err := set.Validate(); err != nil {
		return set, nil, usageError{fmt.Errorf("%w\n(settings come from %s, the command line and the defaults)", err, settings.File)}
	}
	return set, origin, nil
}

func (a *app) configCommand() *cobra.Command {
	var o overrides
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show the settings in force and where each comes from",
		Long: `Show every setting, its value, and where it comes from: the default, the file
screentest.yaml in the data tree, the environment, or the command line. The
name in the first column is the path in the file. The key of the model is read
from OPENAI_API_KEY and never shown.`,
		Example: "  screentest --data ./data config\n  screentest --data ./data config --judge offline --json",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.open(cmd.Context())
			if err != nil {
				return err
			}
			set, origin, err := o.load(cmd.Context(), s)
			if err != nil {
				return err
			}
			return a.printConfig(set, origin)
		},
	}
	o.register(cmd.Flags())
	return a.reports(cmd)
}

type configLine struct {
	settings.Value
	From string `json:"from"`
}

func (a *app) printConfig(set settings.Settings, origin map[string]string) error {
	values, err := set.Values()
	if err != nil {
		return err
	}
	lines := make([]configLine, len(values))
	for i, value := range values {
		lines[i] = configLine{value, fromDefault}
		if strings.HasSuffix(value.Name, ".base_url") {
			lines[i].Value.Value = withoutPassword(fmt.Sprint(value.Value))
		}
		if from, ok := origin[value.Name]; ok {
			lines[i].From = from
		}
	}
	if a.json {
		return a.printJSON(map[string]any{"settings": lines, "openai_api_key": keyState()})
	}
	t := a.newTable("setting", "from", "value")
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 3, WidthMax: 40, WidthMaxEnforcer: text.WrapSoft}})
	for _, line := range lines {
		t.AppendRow([]any{line.Name, line.From, printable(fmt.Sprint(line.Value.Value))})
	}
	a.render(t)
	a.printf("\nOPENAI_API_KEY is %s.\n", keyState())
	return nil
}

func keyState() string {
	if os.Getenv("OPENAI_API_KEY") == "" {
		return "not set"
	}
	return "set"
}

// withoutPassword leaves out all of an address that may be a secret.
func withoutPassword(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(not an address)"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}
