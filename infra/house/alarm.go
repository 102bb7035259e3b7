package house

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/jsii-runtime-go"
)

// An Alarm is a condition that somebody has to do something about.
type Alarm struct {
	// Name is unique in the stack, such as "evaluator-errors".
	Name string
	// Runbook is the heading of docs/runbooks.md that says what to do.
	Runbook string
	// Says tells what has happened to a reader who does not know the name.
	Says string

	Metric awscloudwatch.IMetric
	// Above is the value that must be exceeded, in every one of Periods periods, or
	// in as many of the last Within.
	Above   float64
	Periods int
	Within  int // 0 for Periods
}

// Ring makes the alarm: it rings the stage's topic when the condition begins and
// when it ends. Missing data is good news: a stage that does nothing is well.
func (h *House) Ring(a Alarm) awscloudwatch.Alarm {
	alarm := awscloudwatch.NewAlarm(h.Scope, jsii.String(Title(a.Name)+"Alarm"), &awscloudwatch.AlarmProps{
		AlarmName:          jsii.String(h.Settings.Name(a.Name)),
		AlarmDescription:   jsii.String(a.Says + " What to do: " + h.Settings.Runbooks + "#" + a.Runbook),
		Metric:             a.Metric,
		Threshold:          jsii.Number(a.Above),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_THRESHOLD,
		EvaluationPeriods:  jsii.Number(max(a.Periods, a.Within)),
		DatapointsToAlarm:  jsii.Number(a.Periods),
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
	})
	ring := awscloudwatchactions.NewSnsAction(h.Bells)
	alarm.AddAlarmAction(ring)
	alarm.AddOkAction(ring)
	return alarm
}

// Own is one of the program's own metrics (docs/functions.md), of this stage,
// summed or else over a period of minutes.
func (h *House) Own(name, statistic string, minutes float64) awscloudwatch.IMetric {
	return h.Metric("screentest", name, statistic, minutes, map[string]*string{"Stage": jsii.String(h.Settings.Stage)})
}

// Metric is any metric, over a period of minutes.
func (h *House) Metric(namespace, name, statistic string, minutes float64, dimensions map[string]*string) awscloudwatch.IMetric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace:     jsii.String(namespace),
		MetricName:    jsii.String(name),
		Statistic:     jsii.String(statistic),
		Period:        awscdk.Duration_Minutes(jsii.Number(minutes)),
		DimensionsMap: &dimensions,
	})
}
