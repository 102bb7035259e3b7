package stack_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"screentest/infra/setting"
	"screentest/infra/stack"
)

var functions = []string{"upload", "orchestrator", "evaluator", "balancer", "progress"}

// An assembly is what one stage synthesises to.
type assembly struct {
	dir     string
	storage template // nil where the bucket is the owner's
	app     template
}

// What the tests look at, each synthesised once.
var (
	dev  = sync.OnceValue(func() assembly { return synth("dev", map[string]any{}) })
	prod = sync.OnceValue(func() assembly {
		return synth("prod", map[string]any{"keep": true, "requests_per_minute": 500, "alarm_email": "owner@example.org", "prefix": "studio/one"})
	})
	guest = sync.OnceValue(func() assembly {
		return synth("guest", map[string]any{"bucket": "the-owners-bucket", "prefix": "cast"})
	})
)

// assemblies is the directory of what is synthesised.
var assemblies string

// TestMain finds the Node that npm has installed before any other.
func TestMain(m *testing.M) {
	tools, err := filepath.Abs("../node_modules/.bin")
	if err != nil {
		panic(err)
	}
	os.Setenv("PATH", tools+string(os.PathListSeparator)+os.Getenv("PATH"))
	if _, err := exec.LookPath("node"); err != nil {
		fmt.Println("SKIP the tests of the stacks: they need Node")
		return
	}
	if assemblies, err = os.MkdirTemp("", "assemblies"); err != nil {
		panic(err)
	}
	m.Run()
	jsii.Close()
	os.RemoveAll(assemblies)
}

func synth(stage string, decisions map[string]any) assembly {
	s, err := setting.Parse(stage, map[string]any{stage: decisions})
	if err != nil {
		panic(err)
	}
	out, err := os.MkdirTemp(assemblies, stage)
	if err != nil {
		panic(err)
	}
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(out), AnalyticsReporting: jsii.Bool(false)})
	stack.Build(app, stack.Props{Settings: s, Functions: bootstraps(out)})
	app.Synth(nil)
	return assembly{dir: out, storage: load(out, s.Name("storage")), app: load(out, s.Name("app"))}
}

// bootstraps makes a directory as `make lambda` would; what is in it does not
// matter to the templates.
func bootstraps(dir string) string {
	dir = filepath.Join(dir, "functions")
	for _, name := range functions {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			panic(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "bootstrap"), []byte(name), 0o755); err != nil {
			panic(err)
		}
	}
	return dir
}

// A template maps names of resources to what they are. Every reference in it is
// written out as text, such as "${Evaluations.Arn}".
type template map[string]resource

type resource struct {
	Type                string
	DeletionPolicy      string
	UpdateReplacePolicy string
	Properties          map[string]any
}

func load(dir, name string) template {
	text, err := os.ReadFile(filepath.Join(dir, name+".template.json"))
	if err != nil {
		return nil
	}
	var raw struct{ Resources template }
	if err := json.Unmarshal(text, &raw); err != nil {
		panic(err)
	}
	t := template{}
	for id, r := range raw.Resources {
		r.Properties, _ = written(r.Properties).(map[string]any)
		t[short(id)] = r
	}
	return t
}

// hash is what the CDK adds to a name.
var hash = regexp.MustCompile(`[0-9A-F]{8}`)

func short(id string) string { return hash.ReplaceAllString(id, "") }

// written replaces the functions of CloudFormation in v by text.
func written(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = written(v[i])
		}
		return out
	case map[string]any:
		if text, ok := call(v); ok {
			return text
		}
		out := map[string]any{}
		for key := range v {
			out[key] = written(v[key])
		}
		return out
	}
	return v
}

func call(v map[string]any) (string, bool) {
	if len(v) != 1 {
		return "", false
	}
	if name, ok := v["Ref"].(string); ok {
		return "${" + short(name) + "}", true
	}
	if path, ok := v["Fn::GetAtt"].([]any); ok {
		return fmt.Sprintf("${%s.%s}", short(path[0].(string)), path[1]), true
	}
	if name, ok := v["Fn::ImportValue"].(string); ok {
		return "${" + short(name[strings.LastIndex(name, ":ExportsOutput")+len(":ExportsOutput"):]) + "}", true
	}
	if join, ok := v["Fn::Join"].([]any); ok {
		var parts []string
		for _, part := range join[1].([]any) {
			parts = append(parts, fmt.Sprint(written(part)))
		}
		return strings.Join(parts, join[0].(string)), true
	}
	return "", false
}

// of returns the resources of one type, and fails when there are none.
func (t template) of(test *testing.T, kind string) map[string]resource {
	test.Helper()
	found := map[string]resource{}
	for id, r := range t {
		if r.Type == kind {
			found[id] = r
		}
	}
	if len(found) == 0 {
		test.Fatalf("the template has no %s", kind)
	}
	return found
}

// at follows keys into the properties, "" where a key is missing. Numbers come
// as float64.
func (r resource) at(keys ...string) any {
	var v any = r.Properties
	for _, key := range keys {
		m, ok := v.(map[string]any)
		if !ok {
			return ""
		}
		if v, ok = m[key]; !ok {
			return ""
		}
	}
	return v
}

func (r resource) text(keys ...string) string { return fmt.Sprint(r.at(keys...)) }

func (r resource) number(test *testing.T, keys ...string) float64 {
	test.Helper()
	n, ok := r.at(keys...).(float64)
	if !ok {
		test.Errorf("%s has %v at %v, no number", r.Type, r.at(keys...), keys)
	}
	return n
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
