package stack_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sourceOf returns the queue that a mapping takes messages from, and the
// function that it calls.
func (t template) sourceOf(m resource) (queue, function resource) {
	name := func(reference string) string {
		return strings.TrimSuffix(strings.TrimPrefix(reference, "${"), "}")
	}
	return t[strings.TrimSuffix(name(m.text("EventSourceArn")), ".Arn")], t[name(m.text("FunctionName"))]
}

func TestQueuesKeepOrderAndLoseNothing(t *testing.T) {
	app := dev().app
	for id, q := range app.of(t, "AWS::SQS::Queue") {
		if q.number(t, "MessageRetentionPeriod") != 14*24*3600 {
			t.Errorf("%s forgets before 14 days", id)
		}
		if q.at("SqsManagedSseEnabled") != true {
			t.Errorf("%s is not encrypted", id)
		}
		if id == "EventsDead" {
			continue
		}
		if q.at("FifoQueue") != true || !strings.HasSuffix(q.text("QueueName"), ".fifo") {
			t.Errorf("%s keeps no order", id)
		}
		if q.at("ContentBasedDeduplication") != false {
			t.Errorf("%s would take a second upload of an actor for the first", id)
		}
		if q.text("DeduplicationScope") != "messageGroup" || q.text("FifoThroughputLimit") != "perMessageGroupId" {
			t.Errorf("%s makes actors wait for each other", id)
		}
		if strings.HasSuffix(id, "Dead") {
			continue
		}
		dead := app[id+"Dead"]
		if want := "${" + id + "Dead.Arn}"; q.text("RedrivePolicy", "deadLetterTargetArn") != want || dead.at("FifoQueue") != true {
			t.Errorf("the dead letters of %s go to %s", id, q.text("RedrivePolicy", "deadLetterTargetArn"))
		}
		if q.number(t, "RedrivePolicy", "maxReceiveCount") < 5 {
			t.Errorf("%s gives up too early", id)
		}
	}
	if app["Evaluations"].number(t, "DelaySeconds") != 30 {
		t.Error("a burst of uploads is not awaited")
	}
}

func TestMappingsFitTheirFunctions(t *testing.T) {
	for stage, c := range map[string]struct {
		a       assembly
		allowed float64 // requests a minute, of six seconds each
	}{"dev": {dev(), 60}, "prod": {prod(), 500}} {
		underWay := 0.0
		mappings := c.a.app.of(t, "AWS::Lambda::EventSourceMapping")
		if len(mappings) != 2 {
			t.Errorf("%s has %d mappings", stage, len(mappings))
		}
		for id, m := range mappings {
			queue, function := c.a.app.sourceOf(m)
			if queue.number(t, "VisibilityTimeout") < 6*function.number(t, "Timeout") {
				t.Errorf("%s: messages come back while they are worked on", id)
			}
			if !slices.Contains(texts(m.at("FunctionResponseTypes")), "ReportBatchItemFailures") {
				t.Errorf("%s: one bad message fails its batch", id)
			}
			if n := m.number(t, "BatchSize"); n < 1 || n > 10 {
				t.Errorf("%s takes %v messages; a FIFO queue gives 10 at most", id, n)
			}
			// Each message is of another actor at most, and has one request under way; the
			// function holds all of them to what its environment says.
			each := m.number(t, "BatchSize")
			if most, err := strconv.ParseFloat(function.text("Environment", "Variables", "SCREENTEST_REQUESTS_AT_ONCE"), 64); err == nil {
				each = min(each, most)
			}
			underWay += each * m.number(t, "ScalingConfig", "MaximumConcurrency")
			if function.at("ReservedConcurrentExecutions") != "" {
				t.Errorf("%s has reserved concurrency: refused messages would be dead letters", id)
			}
		}
		if asked := underWay * 60 / 6; asked > c.allowed || asked < c.allowed*0.9 {
			t.Errorf("%s: all workers together ask %v times a minute, of %v allowed", stage, asked, c.allowed)
		}
	}
}

func TestFunctionsAreAlike(t *testing.T) {
	app := dev().app
	roles, groups := map[string]bool{}, map[string]bool{}
	for id, f := range app.of(t, "AWS::Lambda::Function") {
		if f.text("Runtime") != "provided.al2023" || f.text("Architectures") != "[arm64]" || f.text("Handler") != "bootstrap" {
			t.Errorf("%s runs on %s %s %s", id, f.text("Runtime"), f.text("Architectures"), f.text("Handler"))
		}
		if f.number(t, "Timeout") > 900 {
			t.Errorf("%s may take longer than Lambda allows", id)
		}
		roles[f.text("Role")] = true
		group := f.text("LoggingConfig", "LogGroup")
		groups[group] = true
		if app[strings.Trim(group, "${}")].Type != "AWS::Logs::LogGroup" {
			t.Errorf("%s writes to %s", id, group)
		}
		if f.text("LoggingConfig", "LogFormat") != "JSON" {
			t.Errorf("%s does not log JSON", id)
		}
	}
	if len(roles) != len(functions) || len(groups) != len(functions) {
		t.Errorf("%d functions have %d roles and %d log groups", len(functions), len(roles), len(groups))
	}
	for id, g := range app.of(t, "AWS::Logs::LogGroup") {
		if g.number(t, "RetentionInDays") < 1 {
			t.Errorf("%s keeps logs for ever", id)
		}
	}
}

// The environment is what the page says that both sides go by.
func TestEnvironmentIsAsWritten(t *testing.T) {
	columns, rows := table(t, "../../docs/functions.md", "| variable |")
	for _, name := range functions {
		var want []string
		column := slices.Index(columns, name)
		for _, row := range rows {
			if row[column] == "yes" {
				want = append(want, strings.Trim(row[0], "`"))
			}
		}
		slices.Sort(want)
		variables := guest().app[ids[name]].at("Environment", "Variables").(map[string]any)
		if have := sorted(variables); !slices.Equal(have, want) {
			t.Errorf("%s finds %v, the page says %v", name, have, want)
		}
		for variable, value := range map[string]string{
			"SCREENTEST_STAGE": "guest", "SCREENTEST_DATA": "s3://the-owners-bucket/cast", "SCREENTEST_UPLOAD_MODE": "dry-run",
			"SCREENTEST_EVALUATIONS_QUEUE": "${Evaluations}", "SCREENTEST_BALANCES_QUEUE": "${Balances}", "SCREENTEST_SECRET": "${ModelKey}",
			"SCREENTEST_REQUESTS_AT_ONCE": "2",
		} {
			if have, ok := variables[variable]; ok && have != value {
				t.Errorf("%s: %s is %v, want %s", name, variable, have, value)
			}
		}
	}
}

// table reads the rows of the table of a page whose head begins with start.
func table(t *testing.T, page, start string) (head []string, rows [][]string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n"+start)
	if !found {
		t.Fatalf("%s has no table that begins with %q", page, start)
	}
	cells := func(line string) []string {
		var out []string
		for _, cell := range strings.Split(strings.Trim(line, "|"), "|") {
			out = append(out, strings.TrimSpace(cell))
		}
		return out
	}
	for i, line := range strings.Split(start+rest, "\n") {
		switch {
		case !strings.HasPrefix(line, "|"):
			return head, rows
		case i == 0:
			head = cells(line)
		case i > 1:
			rows = append(rows, cells(line))
		}
	}
	return head, rows
}

// The key is put in by the owner, so that it is in no template.
func TestNoSecretIsWritten(t *testing.T) {
	for _, a := range []assembly{dev(), prod(), guest()} {
		for id, s := range a.app.of(t, "AWS::SecretsManager::Secret") {
			if s.at("SecretString") != "" || s.at("GenerateSecretString") != "" {
				t.Errorf("%s has a value", id)
			}
		}
		for id, f := range a.app.of(t, "AWS::Lambda::Function") {
			if text := fmt.Sprint(f.Properties); strings.Contains(text, "{{resolve:") {
				t.Errorf("%s has the secret in its environment", id)
			}
		}
	}
}

func TestImageEventsReachTheFunction(t *testing.T) {
	for prefix, a := range map[string]assembly{"": dev(), "studio/one/": prod()} {
		rule := a.app.of(t, "AWS::Events::Rule")["ImagesChanged"]
		var patterns []string
		for _, p := range list(rule.at("EventPattern", "detail", "object", "key")) {
			patterns = append(patterns, fmt.Sprint(p.(map[string]any)["wildcard"]))
		}
		for key, passes := range map[string]bool{
			"actors/a/training_data/1.png":                true,
			"actors/a/training_data/with space +%20é.JPG": true,
			"actors/a/base_image/b.jpeg":                  true,
			"actors/a/training_data/manifest.json":        false,
			"screentest/trash/a/1.png":                    false,
			"screentest.yaml":                             false,
			"more/actors/a/training_data/1.png":           false,
		} {
			if got := matchesAny(patterns, prefix+key); got != passes {
				t.Errorf("%s%s passes: %v", prefix, key, got)
			}
		}
		if kinds := rule.text("EventPattern", "detail-type"); kinds != "[Object Created Object Deleted]" {
			t.Errorf("the rule lets pass %s", kinds)
		}
		target := list(rule.at("Targets"))[0].(map[string]any)
		if target["Arn"] != "${Upload.Arn}" || (resource{Properties: target}).text("DeadLetterConfig", "Arn") != "${EventsDead.Arn}" {
			t.Errorf("the rule calls %v", target)
		}
	}
}

// Nothing that calls a function for an event is lost when it fails.
func TestEventsThatFailAreKept(t *testing.T) {
	app := dev().app
	for id, rule := range app.of(t, "AWS::Events::Rule") {
		target := resource{Properties: list(rule.at("Targets"))[0].(map[string]any)}
		function := strings.TrimSuffix(strings.TrimPrefix(target.text("Arn"), "${"), ".Arn}")
		if to := app[function+"GivesUp"].text("DestinationConfig", "OnFailure", "Destination"); to != "${EventsDead.Arn}" {
			t.Errorf("%s: what %s fails on goes to %s", id, function, to)
		}
		if !allowed(t, app.roleOf(t, function), request{action: "sqs:SendMessage", on: "${EventsDead.Arn}"}) {
			t.Errorf("%s: %s may not put it there", id, function)
		}
	}
}

// Permissions to call a function name who may, and for what.
func TestOnlyTheirRulesMayCallFunctions(t *testing.T) {
	for id, p := range dev().app.of(t, "AWS::Lambda::Permission") {
		calls := p.text("SourceArn") + " " + p.text("FunctionName")
		allowed := []string{"${ImagesChanged.Arn} ${Upload.Arn}", "${SweepEnded.Arn} ${Progress.Arn}"}
		if p.text("Principal") != "events.amazonaws.com" || !slices.Contains(allowed, calls) {
			t.Errorf("%s lets %s call %s", id, p.text("Principal"), calls)
		}
	}
}
