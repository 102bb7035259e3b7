package stack_test

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the reviewed copy of the roles")

var ids = map[string]string{
	"upload": "Upload", "orchestrator": "Orchestrator", "evaluator": "Evaluator", "balancer": "Balancer", "progress": "Progress", "sweep": "Sweep",
}

// Who may do what to which object: everybody who is not named may not.
func TestWhoMayTouchWhat(t *testing.T) {
	const image, base = "actors/0001_ann_25_female/training_data/a_3.png", "actors/0001_ann_25_female/base_image/b.png"
	for _, c := range []struct{ action, key, may string }{
		{"s3:GetObject", image, "balancer evaluator"},
		{"s3:GetObject", base, "balancer evaluator"},
		{"s3:PutObject", image, "balancer"},
		{"s3:DeleteObject", image, "balancer"},
		{"s3:DeleteObjectVersion", image, ""},
		{"s3:PutObjectAcl", image, ""},
		{"s3:PutObjectTagging", image, ""},
		{"s3:GetObjectTagging", image, "balancer"},
		{"s3:PutObjectTagging", base, ""},
		{"s3:PutObject", base, ""},
		{"s3:DeleteObject", base, ""},
		{"s3:PutObject", "actors/0001_ann_25_female/training_data/manifest.json", "balancer"},
		{"s3:PutObject", "actors/0001_ann_25_female/training_data/prompt_metadata.json", ""},
		{"s3:DeleteObject", "actors/0001_ann_25_female/training_data/response.json", ""},
		{"s3:GetObject", "actorsData.json", "balancer evaluator orchestrator"},
		{"s3:PutObject", "actorsData.json", ""},
		{"s3:DeleteObject", "actorsData.json", ""},
		{"s3:GetObject", "actor_manifests/1_manifest.json", ""},
		{"s3:PutObject", "actor_manifests/1_manifest.json", ""},
		{"s3:DeleteObject", "actor_manifests/1_manifest.json", ""},
		{"s3:GetObject", "screentest.yaml", "balancer evaluator"},
		{"s3:PutObject", "screentest.yaml", ""},
		{"s3:PutObject", "screentest/evaluations/a.json", "balancer evaluator"},
		{"s3:PutObject", "screentest/verdicts/a.json", "balancer evaluator"},
		{"s3:PutObject", "screentest/ledger/a.json", "balancer evaluator"},
		{"s3:PutObject", "screentest/decisions/a.json", ""},
		{"s3:DeleteObject", "screentest/decisions/a.json", ""},
		{"s3:GetObject", "screentest/decisions/a.json", "balancer evaluator"},
		{"s3:DeleteObject", "screentest/verdicts/a.json", ""},
		{"s3:DeleteObject", "screentest/ledger/a.jsonl", ""},
		{"s3:PutObject", "screentest/generated/a/p1-1.json", "balancer"},
		{"s3:DeleteObject", "screentest/generated/a/p1-1.json", "balancer"},
		{"s3:PutObject", "screentest/refused/a/manifest-1.json", "balancer"},
		{"s3:DeleteObject", "screentest/refused/a/manifest-1.json", ""},
		{"s3:PutObjectTagging", "screentest/trash/a.png", "balancer"},
		{"s3:GetObjectTagging", "screentest/trash/a.png", ""},
		{"s3:PutObject", "screentest/thumbnails/1.jpg", ""},
		{"s3:PutObject", "screentest/trash/a.png", "balancer"},
		{"s3:DeleteObject", "screentest/trash/a.png", "balancer"},
		{"s3:DeleteObject", "screentest/evaluations/a.json", ""},
		{"s3:PutObject", "screentest/leases/a.json", "balancer"},
		{"s3:DeleteObject", "screentest/leases/a.json", "balancer"},
		{"s3:GetObject", "screentest/runs/dry-run/1/sweep.json", "balancer evaluator orchestrator progress"},
		{"s3:PutObject", "screentest/runs/dry-run/1/sweep.json", "orchestrator progress"},
		{"s3:PutObject", "screentest/runs/latest-sweep.json", "orchestrator"},
		{"s3:GetObject", "screentest/runs/dry-run/1/outcomes/a/failed.json", "balancer evaluator progress"},
		{"s3:PutObject", "screentest/runs/dry-run/1/outcomes/a/failed.json", "balancer evaluator"},
		{"s3:PutObject", "screentest/runs/failures/a.json", "balancer evaluator"},
		{"s3:DeleteObject", "screentest/runs/failures/a.json", ""},
		{"s3:PutObject", "screentest/runs/dry-run/1/run.json", ""},
		{"s3:PutObject", "screentest/runs/execute/1/stopped.json", "sweep"},
		{"s3:PutObject", "something/else.txt", ""},
		{"s3:DeleteObject", "something/else.txt", ""},
	} {
		for stage, a := range map[string]assembly{"dev": dev(), "guest": guest()} {
			bucket, prefix := "arn:${AWS::Partition}:s3:::${RefTree}/", ""
			if stage == "guest" {
				bucket, prefix = "arn:${AWS::Partition}:s3:::the-owners-bucket/", "cast/"
			}
			if got := a.app.whoMay(t, request{action: c.action, on: bucket + prefix + c.key}); got != c.may {
				t.Errorf("%s: %s %s: may %q, want %q", stage, c.action, c.key, got, c.may)
			}
			if got := a.app.whoMay(t, request{action: c.action, on: "arn:${AWS::Partition}:s3:::another/" + c.key}); got != "" {
				t.Errorf("%s: %s may touch another bucket", stage, got)
			}
			if got := a.app.whoMay(t, request{action: c.action, on: bucket + "elsewhere/" + c.key}); stage == "guest" && got != "" {
				t.Errorf("%s: %s may touch what lies outside the prefix", stage, got)
			}
		}
	}
}

func (t template) whoMay(test *testing.T, r request) string {
	test.Helper()
	var who []string
	for _, name := range sorted(ids) {
		if allowed(test, t.roleOf(test, ids[name]), r) {
			who = append(who, name)
		}
	}
	return strings.Join(who, " ")
}

func TestWhoMayUseTheRest(t *testing.T) {
	app := dev().app
	for _, c := range []struct{ action, on, may string }{
		{"sqs:SendMessage", "${Evaluations.Arn}", "balancer evaluator orchestrator upload"},
		{"sqs:SendMessage", "${Balances.Arn}", "balancer evaluator"},
		{"sqs:ReceiveMessage", "${Evaluations.Arn}", "evaluator"},
		{"sqs:ReceiveMessage", "${Balances.Arn}", "balancer"},
		{"sqs:DeleteMessage", "${EvaluationsDead.Arn}", ""},
		{"sqs:PurgeQueue", "${Evaluations.Arn}", ""},
		{"secretsmanager:GetSecretValue", "${ModelKey}", "balancer evaluator"},
		{"secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:1:secret:another", ""},
		{"lambda:InvokeFunction", "${Orchestrator.Arn}", "sweep"},
		{"lambda:InvokeFunction", "${Progress.Arn}", "sweep"},
		{"lambda:InvokeFunction", "${Balancer.Arn}", ""},
		{"states:StartExecution", "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:screentest-dev-sweep", ""},
		{"states:ListExecutions", "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:screentest-dev-sweep", "sweep"},
	} {
		if got := app.whoMay(t, request{action: c.action, on: c.on}); got != c.may {
			t.Errorf("%s %s: may %q, want %q", c.action, c.on, got, c.may)
		}
	}
}

// S3 answers "not found" only to those who may list the key; to others a
// document that is not there yet would look like one that is forbidden.
func TestWhatMayBeReadMayBeListed(t *testing.T) {
	app := dev().app
	const bucket = "arn:${AWS::Partition}:s3:::${RefTree}"
	for _, key := range []string{"screentest.yaml", "actorsData.json", "screentest/runs/dry-run/1/sweep.json",
		"screentest/evaluations/a.json", "actors/a/training_data/manifest.json"} {
		readers := app.whoMay(t, request{action: "s3:GetObject", on: bucket + "/" + key})
		listers := app.whoMay(t, request{action: "s3:ListBucket", on: bucket, context: map[string]string{"s3:prefix": key}})
		for _, reader := range strings.Fields(readers) {
			if !slices.Contains(strings.Fields(listers), reader) {
				t.Errorf("the %s may read %s, but is not told when it is not there", reader, key)
			}
		}
	}
	if who := app.whoMay(t, request{action: "s3:ListBucket", on: bucket}); who != "" {
		t.Errorf("%s may list without saying what", who)
	}
	for prefix, want := range map[string]string{"actors/": "balancer evaluator orchestrator", "screentest/runs/": "balancer evaluator progress"} {
		if who := app.whoMay(t, request{action: "s3:ListBucket", on: bucket, context: map[string]string{"s3:prefix": prefix}}); who != want {
			t.Errorf("%s: may be listed by %q, want %q", prefix, who, want)
		}
	}
}

func TestRolesAreOurOwn(t *testing.T) {
	for _, a := range []assembly{dev(), prod(), guest()} {
		for id, role := range a.app.of(t, "AWS::IAM::Role") {
			if managed := role.text("ManagedPolicyArns"); managed != "" {
				t.Errorf("%s has managed policies: %s", id, managed)
			}
		}
		for id, r := range a.app {
			if r.Type == "AWS::IAM::Policy" || r.Type == "AWS::IAM::ManagedPolicy" {
				t.Errorf("%s adds to a role what roles.go does not say", id)
			}
		}
	}
}

// Only the delivery of logs, which has no resources, may name them all.
func TestNothingIsAllowedOnEverything(t *testing.T) {
	for name, id := range ids {
		for _, s := range dev().app.roleOf(t, id) {
			for _, action := range s.actions {
				if strings.Contains(action, "*") {
					t.Errorf("the %s may do %s", name, action)
				}
				if slices.Contains(s.resources, "*") && s.effect == "Allow" && !strings.HasPrefix(action, "logs:") {
					t.Errorf("the %s may do %s to everything", name, action)
				}
			}
		}
	}
}

// The reviewed copy: a change of what anybody may do is seen in review. Rewrite
// it with go test ./stack -run TestRolesAsReviewed -update.
func TestRolesAsReviewed(t *testing.T) {
	roles := map[string]any{}
	for id, role := range guest().app.of(t, "AWS::IAM::Role") {
		roles[id] = map[string]any{"for": role.at("AssumeRolePolicyDocument"), "may": role.at("Policies")}
	}
	text, err := json.MarshalIndent(roles, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	const golden = "testdata/roles.json"
	if *update {
		if err := os.WriteFile(golden, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	reviewed, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(reviewed) != string(text) {
		t.Errorf("the roles are not those of %s; see what changed, then rewrite it with -update", golden)
	}
}
