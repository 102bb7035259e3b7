package stack_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// A request is what IAM is asked about.
type request struct {
	action, on string
	context    map[string]string
}

// A statement of a policy, every part a list.
type statement struct {
	effect             string
	actions, resources []string
	conditions         map[string]any
}

func statements(document any) []statement {
	var all []statement
	for _, raw := range list(document.(map[string]any)["Statement"]) {
		s := raw.(map[string]any)
		conditions, _ := s["Condition"].(map[string]any)
		all = append(all, statement{fmt.Sprint(s["Effect"]), texts(s["Action"]), texts(s["Resource"]), conditions})
	}
	return all
}

func list(v any) []any {
	if many, ok := v.([]any); ok {
		return many
	}
	return []any{v}
}

func texts(v any) []string {
	var out []string
	for _, one := range list(v) {
		out = append(out, fmt.Sprint(one))
	}
	return out
}

// allowed decides as IAM does: a statement that allows and none that denies.
func allowed(t *testing.T, policy []statement, r request) bool {
	t.Helper()
	allowed := false
	for _, s := range policy {
		if !matchesAny(s.actions, r.action) || !matchesAny(s.resources, r.on) || !s.holds(t, r.context) {
			continue
		}
		if s.effect == "Deny" {
			return false
		}
		allowed = true
	}
	return allowed
}

// matchesAny says whether one of the patterns matches text.
func matchesAny(patterns []string, text string) bool {
	for _, p := range patterns {
		if like(p, text) {
			return true
		}
	}
	return false
}

func like(pattern, text string) bool {
	expression := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `.*`)
	return regexp.MustCompile("^" + expression + "$").MatchString(text)
}

// holds evaluates the operators that our policies use; another one fails the
// test. An operator on a key that the request does not have does not hold.
func (s statement) holds(t *testing.T, context map[string]string) bool {
	t.Helper()
	for operator, keys := range s.conditions {
		for key, want := range keys.(map[string]any) {
			have, present := context[key]
			switch operator {
			case "Null":
				if fmt.Sprint(want) != fmt.Sprint(!present) {
					return false
				}
			case "Bool", "StringEquals", "StringLike":
				if !present || !matchesAny(texts(want), have) {
					return false
				}
			default:
				t.Fatalf("these tests do not know the operator %s", operator)
			}
		}
	}
	return true
}

// roleOf returns what the role of a function or state machine allows and denies.
func (t template) roleOf(test *testing.T, id string) []statement {
	test.Helper()
	arn := t[id].text("Role") + t[id].text("RoleArn")
	role := t[strings.TrimSuffix(strings.TrimPrefix(arn, "${"), ".Arn}")]
	if role.Type != "AWS::IAM::Role" {
		test.Fatalf("%s has the role %q", id, arn)
	}
	policies := list(role.at("Policies"))
	if len(policies) != 1 {
		test.Fatalf("%s has %d policies in its role", id, len(policies))
	}
	return statements(policies[0].(map[string]any)["PolicyDocument"])
}
