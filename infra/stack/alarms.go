package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"screentest/infra/house"
)

// watch rings for what is nobody's own: the sweep, the spending, the standstill.
// Functions and queues come with their alarms.
func (a *application) watch(sweep awsstepfunctions.CfnStateMachine) {
	ended := func(how string) awscloudwatch.IMetric {
		return a.Metric("AWS/States", how, "Sum", 5, map[string]*string{"StateMachineArn": sweep.Ref()})
	}
	a.Ring(house.Alarm{Name: "sweep-failed", Runbook: "sweep-failed", Metric: ended("ExecutionsFailed"), Periods: 1,
		Says: "A sweep ended before all actors were done, or was refused."})
	a.Ring(house.Alarm{Name: "sweep-timed-out", Runbook: "sweep-failed", Metric: ended("ExecutionsTimedOut"), Periods: 1,
		Says: "A sweep ran for 20 days and was ended."})
	// Messages rest for up to two hours meanwhile, and the alarm lasts through a rest.
	a.Ring(house.Alarm{Name: "halted", Runbook: "halted", Metric: a.Own("Halted", "Sum", 5), Periods: 1, Within: 30,
		Says: "The workers can do nothing for anybody: settings, key, quota or the bucket is at fault; the dashboard says which."})
	a.Ring(house.Alarm{Name: "spend", Runbook: "spend", Metric: a.Own("Dollars", "Sum", 24*60), Above: a.Settings.DollarsPerDay, Periods: 1,
		Says: "The models cost more today than the settings expect of a day."})
	a.Ring(house.Alarm{Name: "standstill", Runbook: "standstill", Metric: a.standstill(), Periods: 4,
		Says: "Actors wait in the queues, and none was finished for an hour."})
}

// standstill is 1 while messages wait and nothing is settled. One that failed for
// now counts as in flight until its rest is over, and a small roster may have no
// other.
func (a *application) standstill() awscloudwatch.IMetric {
	least := func(name string, queue *string) awscloudwatch.IMetric {
		return a.Metric("AWS/SQS", name, "Minimum", 15, map[string]*string{"QueueName": queue})
	}
	waiting := func(queue *string) awscloudwatch.IMetric { return least("ApproximateNumberOfMessagesVisible", queue) }
	resting := func(queue *string) awscloudwatch.IMetric {
		return least("ApproximateNumberOfMessagesNotVisible", queue)
	}
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression: jsii.String("IF(evaluations + balances + resting1 + resting2 > 0 AND FILL(completed, 0) + FILL(failed, 0) + FILL(skipped, 0) == 0, 1, 0)"),
		Label:      jsii.String("standstill"),
		Period:     awscdk.Duration_Minutes(jsii.Number(15)),
		UsingMetrics: &map[string]awscloudwatch.IMetric{
			"evaluations": waiting(a.evaluations.QueueName()),
			"balances":    waiting(a.balances.QueueName()),
			"resting1":    resting(a.evaluations.QueueName()),
			"resting2":    resting(a.balances.QueueName()),
			"completed":   a.Own("ActorsCompleted", "Sum", 15),
			"failed":      a.Own("ActorsFailed", "Sum", 15),
			"skipped":     a.Own("ActorsSkipped", "Sum", 15),
		},
	})
}
