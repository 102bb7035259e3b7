package stack_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func TestBucketsLoseNothing(t *testing.T) {
	for _, a := range []assembly{dev(), prod()} {
		for id, b := range a.storage.of(t, "AWS::S3::Bucket") {
			if b.DeletionPolicy != "Retain" || b.UpdateReplacePolicy != "Retain" {
				t.Errorf("%s goes with its stack", id)
			}
			if b.text("VersioningConfiguration", "Status") != "Enabled" {
				t.Errorf("%s keeps no versions", id)
			}
			if b.at("BucketEncryption") == "" {
				t.Errorf("%s is not encrypted", id)
			}
			for _, block := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
				if b.at("PublicAccessBlockConfiguration", block) != true {
					t.Errorf("%s: %s is not set", id, block)
				}
			}
			rule := resource{Properties: list(b.at("LifecycleConfiguration", "Rules"))[0].(map[string]any)}
			if rule.number(t, "NoncurrentVersionExpiration", "NoncurrentDays") < 1 {
				t.Errorf("%s keeps old versions for ever", id)
			}
		}
		tree := a.storage["Tree"]
		rule := resource{Properties: list(tree.at("LifecycleConfiguration", "Rules"))[0].(map[string]any)}
		if rule.at("ExpirationInDays") != "" {
			t.Error("the tree forgets current objects")
		}
		if rule.number(t, "AbortIncompleteMultipartUpload", "DaysAfterInitiation") < 1 {
			t.Error("broken uploads stay for ever")
		}
		if tree.at("NotificationConfiguration", "EventBridgeConfiguration", "EventBridgeEnabled") != true {
			t.Error("nobody hears of uploads")
		}
	}
}

// Whoever asks, also the account's own administrator.
func TestWhatTheBucketRefuses(t *testing.T) {
	encrypted := func(more map[string]string) map[string]string {
		context := map[string]string{"aws:SecureTransport": "true", "s3:ObjectCreationOperation": "true"}
		for k, v := range more {
			context[k] = v
		}
		return context
	}
	for _, c := range []struct {
		name, key string
		context   map[string]string
		refused   bool
	}{
		{"a manifest over anything", "actors/a/training_data/manifest.json", encrypted(nil), true},
		{"a new manifest", "actors/a/training_data/manifest.json", encrypted(map[string]string{"s3:if-none-match": "*"}), false},
		{"a manifest over the one read", "actors/a/training_data/manifest.json", encrypted(map[string]string{"s3:if-match": `"e"`}), false},
		{"a part of a large one", "actors/a/training_data/manifest.json", map[string]string{"aws:SecureTransport": "true", "s3:ObjectCreationOperation": "false"}, false},
		{"an image", "actors/a/training_data/1.png", encrypted(nil), false},
		{"in the clear", "actors/a/training_data/1.png", map[string]string{"aws:SecureTransport": "false"}, true},
	} {
		for prefix, a := range map[string]assembly{"": dev(), "studio/one/": prod()} {
			policy := statements(a.storage["TreePolicy"].at("PolicyDocument"))
			policy = append(policy, statement{effect: "Allow", actions: []string{"*"}, resources: []string{"*"}})
			r := request{action: "s3:PutObject", on: "${Tree.Arn}/" + prefix + c.key, context: c.context}
			if refused := !allowed(t, policy, r); refused != c.refused {
				t.Errorf("%s, prefix %q: refused is %v", c.name, prefix, refused)
			}
		}
	}
}

// An owner's bucket has a policy, events and lifecycle rules of its own, and
// what we would set would replace them.
func TestAnOwnersBucketIsLeftAlone(t *testing.T) {
	a := guest()
	if a.storage != nil {
		t.Error("there is a storage stack")
	}
	for id, r := range a.app {
		switch r.Type {
		case "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Custom::S3BucketNotifications":
			t.Errorf("%s is a %s", id, r.Type)
		}
	}
}

func TestStagesThatKeep(t *testing.T) {
	for _, c := range []struct {
		stage  string
		a      assembly
		policy string
		keeps  bool
	}{{"dev", dev(), "Delete", false}, {"prod", prod(), "Retain", true}} {
		text, err := os.ReadFile(filepath.Join(c.a.dir, "manifest.json"))
		if err != nil {
			t.Fatal(err)
		}
		var manifest struct {
			Artifacts map[string]struct {
				Properties struct {
					TerminationProtection bool
					Tags                  map[string]string
				}
			}
		}
		if err := json.Unmarshal(text, &manifest); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"storage", "app"} {
			p := manifest.Artifacts["screentest-"+c.stage+"-"+part].Properties
			if p.TerminationProtection != c.keeps {
				t.Errorf("%s %s: termination protection is %v", c.stage, part, p.TerminationProtection)
			}
			if p.Tags["product"] != "screentest" || p.Tags["stage"] != c.stage {
				t.Errorf("%s %s is tagged %v", c.stage, part, p.Tags)
			}
		}
		for _, kind := range []string{"AWS::SQS::Queue", "AWS::Logs::LogGroup", "AWS::SecretsManager::Secret"} {
			for id, r := range c.a.app.of(t, kind) {
				if r.DeletionPolicy != c.policy {
					t.Errorf("%s: %s has deletion policy %s", c.stage, id, r.DeletionPolicy)
				}
			}
		}
	}
}
