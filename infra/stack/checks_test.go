package stack_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// tool returns the path of a program that npm installs, or skips the test.
func tool(t *testing.T, pkg string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join("../node_modules", pkg)); err != nil {
		t.Skipf("SKIP: %s is not there; make infra-test installs it", pkg)
	}
}

func run(t *testing.T, command *exec.Cmd) {
	t.Helper()
	out, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", strings.Join(command.Args, " "), err, out)
		return
	}
	t.Logf("%s", out)
}

var arns = regexp.MustCompile(`\$\{(\w+)\.Arn\}`)

// rendered is the definition of the state machine as CloudFormation would hand
// it over.
func (a assembly) rendered(t *testing.T) string {
	t.Helper()
	sweep := a.app["Sweep"]
	definition := sweep.text("DefinitionString")
	for name, value := range sweep.at("DefinitionSubstitutions").(map[string]any) {
		definition = strings.ReplaceAll(definition, "${"+name+"}", fmt.Sprint(value))
	}
	definition = strings.ReplaceAll(definition, "${AWS::Partition}", "aws")
	return arns.ReplaceAllString(definition, "arn:aws:lambda:eu-west-1:111122223333:function:$1")
}

func TestTheSweepRunsAsWritten(t *testing.T) {
	tool(t, "aws-local-stepfunctions")
	for _, c := range []struct {
		a      assembly
		bucket string
	}{{dev(), "${RefTree}"}, {guest(), "the-owners-bucket"}} {
		file := filepath.Join(t.TempDir(), "sweep.asl.json")
		if err := os.WriteFile(file, []byte(c.a.rendered(t)), 0o644); err != nil {
			t.Fatal(err)
		}
		command := exec.Command("node", "--test", "--test-timeout=120000", "--test-reporter=spec", "../check/sweep.test.mjs")
		command.Env = append(os.Environ(), "SWEEP_DEFINITION="+file, "SWEEP_BUCKET="+c.bucket, fmt.Sprint("SWEEP_TRIES=", c.a.app.tries(t)))
		run(t, command)
	}
}

// tries is in how many seconds any message has had all its tries, if its worker
// dies each time.
func (t template) tries(test *testing.T) (longest float64) {
	test.Helper()
	for _, q := range t.of(test, "AWS::SQS::Queue") {
		if q.at("RedrivePolicy") != "" {
			longest = max(longest, q.number(test, "VisibilityTimeout")*q.number(test, "RedrivePolicy", "maxReceiveCount"))
		}
	}
	return longest
}

// The record lies where the prefix says.
func TestTheSweepRecordsBelowThePrefix(t *testing.T) {
	for want, a := range map[string]assembly{"'screentest/runs/{}/{}/stopped.json'": dev(), "'cast/screentest/runs/{}/{}/stopped.json'": guest()} {
		if !strings.Contains(a.rendered(t), want) {
			t.Errorf("the definition does not write %s", want)
		}
	}
}

func TestAwsSolutions(t *testing.T) {
	tool(t, "cdk-nag")
	for _, a := range []assembly{dev(), prod()} {
		run(t, exec.Command("node", "../check/nag.mjs", a.dir))
	}
}

// W3005 is about an order of creation that the CDK states twice.
func TestCfnLint(t *testing.T) {
	lint, err := exec.LookPath("cfn-lint")
	if err != nil {
		t.Skip("SKIP: cfn-lint is not there")
	}
	for _, a := range []assembly{dev(), prod(), guest()} {
		templates, err := filepath.Glob(filepath.Join(a.dir, "*.template.json"))
		if err != nil || len(templates) == 0 {
			t.Fatalf("no templates: %v", err)
		}
		run(t, exec.Command(lint, append([]string{"--ignore-checks", "W3005", "--"}, templates...)...))
	}
}
