package stack_test

import "testing"

// The command line learns from the state machine which tree the functions work on.
func TestTheSweepSaysWhereItsTreeLies(t *testing.T) {
	for stage, a := range map[string]assembly{"dev": dev(), "prod": prod(), "guest": guest()} {
		var says any
		for _, tag := range list(a.app["Sweep"].at("Tags")) {
			if tag := tag.(map[string]any); tag["Key"] == "screentest:data" {
				says = tag["Value"]
			}
		}
		if works := a.app["Orchestrator"].at("Environment", "Variables", "SCREENTEST_DATA"); says != works {
			t.Errorf("%s: it says %v, the functions work on %v", stage, says, works)
		}
	}
}

// The last look of the largest sweep comes to its end: of a million actors, each with
// an outcome of its evaluation and one of its plan, the outcomes are counted, and
// then read, of which the processor is the bottleneck or S3.
func TestALookHasTimeForTheLargestSweep(t *testing.T) {
	const (
		outcomes  = 2e6
		processor = 0.42e-3 // seconds for one outcome, twice what make bench-lambda measures
		listing   = 0.125   // seconds for a thousand names
		reading   = 0.020   // seconds for one outcome, of which 96 are read at once
		whole     = 1769    // megabytes that come with a processor
	)
	progress := dev().app["Progress"]
	count := outcomes / 1000 * listing
	sum := max(outcomes*processor/(progress.number(t, "MemorySize")/whole), outcomes*reading/96)
	if limit := progress.number(t, "Timeout"); count+sum > 0.9*limit || limit > 900 {
		t.Errorf("counting takes %.0f s and summing up %.0f s, of %v", count, sum, limit)
	}
}

// However the state machine ends, if it is not by itself, the function that keeps
// the record hears of it: of this machine and no other.
func TestEndsOfSweepsReachTheFunction(t *testing.T) {
	for stage, a := range map[string]assembly{"dev": dev(), "prod": prod()} {
		rule := a.app.of(t, "AWS::Events::Rule")["SweepEnded"]
		if got := rule.text("EventPattern", "detail", "status"); got != "[FAILED ABORTED TIMED_OUT]" {
			t.Errorf("%s: the rule lets pass %s", stage, got)
		}
		machine := "[arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:screentest-" + stage + "-sweep]"
		if got := rule.text("EventPattern", "detail", "stateMachineArn"); got != machine {
			t.Errorf("%s: the rule hears of %s", stage, got)
		}
		if got := rule.text("EventPattern", "source") + rule.text("EventPattern", "detail-type"); got != "[aws.states][Step Functions Execution Status Change]" {
			t.Errorf("%s: the rule hears %s", stage, got)
		}
		target := resource{Properties: list(rule.at("Targets"))[0].(map[string]any)}
		if target.text("Arn") != "${Progress.Arn}" || target.text("DeadLetterConfig", "Arn") != "${EventsDead.Arn}" {
			t.Errorf("%s: the rule calls %v", stage, target.Properties)
		}
	}
}
