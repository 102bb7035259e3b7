package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// built is what becomes of the app with some context: the names of its stacks.
func built(t *testing.T, context map[string]any) ([]string, error) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("SKIP: Node is not there")
	}
	functions := t.TempDir()
	for _, name := range []string{"upload", "orchestrator", "evaluator", "balancer", "progress"} {
		if err := os.Mkdir(filepath.Join(functions, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	context["functions"] = functions
	app := awscdk.NewApp(&awscdk.AppProps{Context: &context, Outdir: jsii.String(t.TempDir())})
	if err := build(app, environment("111122223333", "eu-west-1")); err != nil {
		return nil, err
	}
	var names []string
	for _, s := range *app.Synth(nil).Stacks() {
		names = append(names, *s.StackName()+" in "+*s.Environment().Region)
	}
	return names, nil
}

func TestTheContextDecides(t *testing.T) {
	stages := map[string]any{"dev": map[string]any{}, "guest": map[string]any{"bucket": "the-owners-bucket"}}
	for stage, want := range map[string]string{
		"":      "screentest-dev-storage in eu-west-1, screentest-dev-app in eu-west-1",
		"guest": "screentest-guest-app in eu-west-1",
	} {
		context := map[string]any{"stages": stages}
		if stage != "" {
			context["stage"] = stage
		}
		names, err := built(t, context)
		if got := strings.Join(names, ", "); err != nil || got != want {
			t.Errorf("stage %q: %s, %v; want %s", stage, got, err, want)
		}
	}
	if _, err := built(t, map[string]any{"stages": stages, "stage": "moon"}); err == nil || !strings.Contains(err.Error(), `"moon"`) {
		t.Errorf("a stage that is not there: %v", err)
	}
}

func TestWithoutAnAccountItCanGoAnywhere(t *testing.T) {
	if environment("", "eu-west-1") != nil || environment("111122223333", "") != nil {
		t.Error("half an environment was taken for one")
	}
}

// Functions for another machine, such as `make lambda GOARCH=amd64` leaves, are never
// what is deployed: everything is built again, for the processor of the template.
func TestWhatIsDeployedIsForTheProcessorOfTheTemplate(t *testing.T) {
	for _, target := range []string{"synth", "deploy"} {
		said, err := exec.Command("make", "-C", "..", "-n", target, "GOARCH=amd64", "OUT=elsewhere").CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		if text := string(said); !strings.Contains(text, "GOARCH=arm64") || strings.Contains(text, "amd64") || strings.Contains(text, "elsewhere") {
			t.Errorf("make %s GOARCH=amd64 does: %s", target, said)
		}
	}
}
