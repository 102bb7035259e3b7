// Package house has the constructs that every deployed thing is made with, so
// that each function has its own role, log group and alarms and each queue its
// dead letters, without anybody remembering to. It stands between setting and
// stack: the stack says what there is, the house how such things are built.
//
// It promises that nothing is granted that is not written down: no construct
// here adds a statement to a role, and none makes a role on its own account.
package house

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"screentest/infra/setting"
)

// A House builds constructs into one stack, all with the same settings.
type House struct {
	Scope    constructs.Construct
	Settings setting.Settings
	// Bells is the topic that every alarm rings.
	Bells awssns.Topic

	functions string
}

// New begins a house in scope. The argument functions is the directory that has,
// for each function, a directory with its bootstrap.
func New(scope constructs.Construct, s setting.Settings, functions string) *House {
	bells := awssns.NewTopic(scope, jsii.String("Bells"), &awssns.TopicProps{
		TopicName:  jsii.String(s.Name("alarms")),
		EnforceSSL: jsii.Bool(true),
	})
	bells.AddToResourcePolicy(mayRing(*bells.TopicArn()))
	if s.AlarmEmail != "" {
		bells.AddSubscription(awssnssubscriptions.NewEmailSubscription(jsii.String(s.AlarmEmail), nil))
	}
	return &House{Scope: scope, Settings: s, Bells: bells, functions: functions}
}

// mayRing lets the alarms of this account publish. A topic with a policy of its
// own has lost the one it came with, which let them.
func mayRing(topic string) awsiam.PolicyStatement {
	s := Allow([]string{"sns:Publish"}, topic)
	s.AddServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)
	s.AddCondition(jsii.String("StringEquals"), map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()})
	return s
}

// Allow is one statement that allows actions on resources.
func Allow(actions []string, resources ...string) awsiam.PolicyStatement {
	return statement(awsiam.Effect_ALLOW, actions, resources)
}

// Deny is one statement that denies actions on resources, whatever else allows them.
func Deny(actions []string, resources ...string) awsiam.PolicyStatement {
	return statement(awsiam.Effect_DENY, actions, resources)
}

func statement(effect awsiam.Effect, actions, resources []string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Effect:    effect,
		Actions:   jsii.Strings(actions...),
		Resources: jsii.Strings(resources...),
	})
}

// Role makes a role that one service takes on and that may do what the
// statements say and no more.
func (h *House) Role(id, service string, statements ...awsiam.PolicyStatement) awsiam.Role {
	return awsiam.NewRole(h.Scope, jsii.String(id+"Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String(service), nil),
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"own": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements}),
		},
	})
}

// Logs makes a log group that forgets after the stage's time.
func (h *House) Logs(id, name string) awslogs.ILogGroup {
	group := awslogs.NewCfnLogGroup(h.Scope, jsii.String(id+"Logs"), &awslogs.CfnLogGroupProps{
		LogGroupName:    jsii.String(name),
		RetentionInDays: jsii.Number(h.Settings.LogDays),
	})
	group.ApplyRemovalPolicy(Removal(h.Settings), nil)
	return awslogs.LogGroup_FromLogGroupName(h.Scope, jsii.String(id+"LogsByName"), group.Ref())
}

// Removal says what becomes of a stage's things when the stack is deleted. The
// bucket is kept in every stage, see stack.NewStorage.
func Removal(s setting.Settings) awscdk.RemovalPolicy {
	if s.Keep {
		return awscdk.RemovalPolicy_RETAIN
	}
	return awscdk.RemovalPolicy_DESTROY
}

// Title turns a name such as "evaluations-dead" into a construct id.
func Title(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}
