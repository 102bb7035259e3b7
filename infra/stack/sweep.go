package stack

import (
	_ "embed"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
)

// sweepDefinition is the state machine, in its own language. Its tests run the
// definition that the template carries.
//
//go:embed sweep.asl.json
var sweepDefinition string

func (a *application) sweepName() string { return a.Settings.Name("sweep") }

// sweepARN is made from the name, because the role has to name the state
// machine before it exists.
func (a *application) sweepARN() string { return a.ARN("states", "stateMachine:"+a.sweepName()) }

func (a *application) newSweep() awsstepfunctions.CfnStateMachine {
	orchestrator, progress := a.functions["orchestrator"].FunctionArn(), a.functions["progress"].FunctionArn()
	role := a.Role("Sweep", "states.amazonaws.com", a.sweepMay(*orchestrator, *progress)...)
	logs := a.Logs("Sweep", "/aws/vendedlogs/states/"+a.sweepName())
	sweep := awsstepfunctions.NewCfnStateMachine(a.stack, jsii.String("Sweep"), &awsstepfunctions.CfnStateMachineProps{
		StateMachineName: jsii.String(a.sweepName()),
		StateMachineType: jsii.String("STANDARD"),
		RoleArn:          role.RoleArn(),
		DefinitionString: jsii.String(sweepDefinition),
		DefinitionSubstitutions: &map[string]any{
			"Orchestrator":   orchestrator,
			"Progress":       progress,
			"ListExecutions": "arn:" + *awscdk.Aws_PARTITION() + ":states:::aws-sdk:sfn:listExecutions",
			"PutObject":      "arn:" + *awscdk.Aws_PARTITION() + ":states:::aws-sdk:s3:putObject",
			"Bucket":         a.tree.bucket,
			"StoppedKey":     "States.Format('" + a.Settings.Key("screentest/runs/{}/{}/stopped.json") + "', $.mode, $.run_id)",
		},
		// The command line reads where the tree lies from here.
		Tags: &[]*awsstepfunctions.CfnStateMachine_TagsEntryProperty{{
			Key: jsii.String("screentest:data"), Value: jsii.String(a.tree.address()),
		}},
		LoggingConfiguration: a.allEvents("log-group:" + *logs.LogGroupName() + ":*"),
	})
	return sweep
}

// allEvents logs everything that happens in a sweep, but not what is passed on:
// that is in the history.
func (a *application) allEvents(group string) *awsstepfunctions.CfnStateMachine_LoggingConfigurationProperty {
	return &awsstepfunctions.CfnStateMachine_LoggingConfigurationProperty{
		Level:                jsii.String("ALL"),
		IncludeExecutionData: false,
		Destinations: []any{&awsstepfunctions.CfnStateMachine_LogDestinationProperty{
			CloudWatchLogsLogGroup: &awsstepfunctions.CfnStateMachine_CloudWatchLogsLogGroupProperty{LogGroupArn: jsii.String(a.ARN("logs", group))},
		}},
	}
}
