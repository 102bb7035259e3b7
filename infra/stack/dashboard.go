package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
)

// draw makes the dashboard: how far the sweep is, what keeps everybody waiting,
// then what was done, what it cost, and how the machinery is.
func (a *application) draw(sweep awsstepfunctions.CfnStateMachine) {
	dashboard := awscloudwatch.NewDashboard(a.stack, jsii.String("Dashboard"), &awscloudwatch.DashboardProps{
		DashboardName: jsii.String("screentest-" + a.Settings.Stage),
	})
	for _, row := range [][]awscloudwatch.IWidget{a.progressRow(sweep), a.haltRow(), a.workRow(), a.costRow(), a.queueRow(), a.functionRow()} {
		dashboard.AddWidgets(row...)
	}
	awscdk.NewCfnOutput(a.stack, jsii.String("DashboardName"), &awscdk.CfnOutputProps{Value: dashboard.DashboardName()})
}

func (a *application) progressRow(sweep awsstepfunctions.CfnStateMachine) []awscloudwatch.IWidget {
	now := awscloudwatch.NewSingleValueWidget(&awscloudwatch.SingleValueWidgetProps{
		Title: jsii.String("Sweep: actors"), Width: jsii.Number(10), Height: jsii.Number(6),
		Metrics: &[]awscloudwatch.IMetric{
			a.Own("SweepTotal", "Maximum", 5), a.Own("SweepCompleted", "Maximum", 5),
			a.Own("SweepFailed", "Maximum", 5), a.Own("SweepRemaining", "Minimum", 5),
		},
	})
	sweeps := func(how string) awscloudwatch.IMetric {
		return a.Metric("AWS/States", how, "Sum", 5, map[string]*string{"StateMachineArn": sweep.Ref()})
	}
	return []awscloudwatch.IWidget{
		now,
		graph("Sweep: actors that remain", 8, a.Own("SweepRemaining", "Minimum", 5)),
		graph("Sweeps", 6, sweeps("ExecutionsStarted"), sweeps("ExecutionsSucceeded"), sweeps("ExecutionsFailed"), sweeps("ExecutionsAborted")),
	}
}

// haltRow shows whether the workers can do nothing for anybody, and why, in the
// words of their logs: settings that do not validate, a key that is missing or
// revoked, a quota that is used up.
func (a *application) haltRow() []awscloudwatch.IWidget {
	why := awscloudwatch.NewLogQueryWidget(&awscloudwatch.LogQueryWidgetProps{
		Title: jsii.String("Why nothing can be done for anybody"), Width: jsii.Number(16), Height: jsii.Number(6),
		View:          awscloudwatch.LogQueryVisualizationType_TABLE,
		LogGroupNames: jsii.Strings("/aws/lambda/"+a.Settings.Name("evaluator"), "/aws/lambda/"+a.Settings.Name("balancer")),
		QueryLines:    jsii.Strings("fields @timestamp, error", "filter Halted = 1", "sort @timestamp desc", "limit 20"),
	})
	return []awscloudwatch.IWidget{graph("Batches for which nothing could be done", 8, a.sums("Halted")...), why}
}

func (a *application) workRow() []awscloudwatch.IWidget {
	return []awscloudwatch.IWidget{
		graph("Actors", 8, a.sums("ActorsCompleted", "ActorsFailed", "ActorsSkipped")...),
		graph("Images judged", 8, a.sums("ImagesJudged", "ImagesReused", "ImagesCondemned")...),
		graph("Images changed", 8, a.sums("ImagesGenerated", "ImagesDeleted")...),
	}
}

func (a *application) costRow() []awscloudwatch.IWidget {
	return []awscloudwatch.IWidget{
		graph("Dollars", 6, a.sums("Dollars")...),
		graph("Tokens", 6, a.sums("TokensIn", "TokensOut")...),
		graph("Latency of the model, ms", 6, a.Own("ModelLatency", "p50", 5), a.Own("ModelLatency", "p99", 5)),
		graph("Refused, lost races, unreadable", 6, a.sums("ModelThrottled", "Conflicts", "Malformed")...),
	}
}

func (a *application) queueRow() []awscloudwatch.IWidget {
	var depth, age []awscloudwatch.IMetric
	for _, name := range []*string{a.evaluations.QueueName(), a.balances.QueueName()} {
		of := map[string]*string{"QueueName": name}
		depth = append(depth, a.Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", 5, of),
			a.Metric("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "Maximum", 5, of))
		age = append(age, a.Metric("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", 5, of))
	}
	return []awscloudwatch.IWidget{graph("Messages that wait and are worked on", 12, depth...), graph("Oldest message, s", 12, age...)}
}

func (a *application) functionRow() []awscloudwatch.IWidget {
	var errors, durations, throttles []awscloudwatch.IMetric
	for _, name := range functionNames {
		of := map[string]*string{"FunctionName": a.functions[name].FunctionName()}
		errors = append(errors, a.Metric("AWS/Lambda", "Errors", "Sum", 5, of))
		durations = append(durations, a.Metric("AWS/Lambda", "Duration", "Maximum", 5, of))
		throttles = append(throttles, a.Metric("AWS/Lambda", "Throttles", "Sum", 5, of))
	}
	return []awscloudwatch.IWidget{
		graph("Functions: errors", 8, errors...), graph("Functions: duration, ms", 8, durations...), graph("Functions: throttled", 8, throttles...),
	}
}

func (a *application) sums(names ...string) []awscloudwatch.IMetric {
	metrics := make([]awscloudwatch.IMetric, len(names))
	for i, name := range names {
		metrics[i] = a.Own(name, "Sum", 5)
	}
	return metrics
}

// graph draws metrics over time. A row is 24 wide.
func graph(title string, width int, metrics ...awscloudwatch.IMetric) awscloudwatch.IWidget {
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Title: jsii.String(title), Width: jsii.Number(width), Height: jsii.Number(6), Left: &metrics,
	})
}
