package house

import (
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
)

// A Function is what one directory of functions/ needs to run.
type Function struct {
	// Name is that of the directory.
	Name string
	// Does is one sentence for people who meet it in a list.
	Does string
	// Minutes is how long one invocation may take, at most 15.
	Minutes float64
	// Megabytes of memory; a processor to itself comes with 1769.
	Megabytes   float64
	Environment map[string]*string
	May         []awsiam.PolicyStatement
}

// Function makes a function with a role, a log group and three alarms of its
// own. Its role may do what f.May says and write to its log, and nothing else.
func (h *House) Function(f Function) awslambda.Function {
	id, name := Title(f.Name), h.Settings.Name(f.Name)
	logs := h.Logs(id, "/aws/lambda/"+name)
	role := h.Role(id, "lambda.amazonaws.com", append(f.May, h.WriteLog(name))...)
	function := awslambda.NewFunction(h.Scope, jsii.String(id), &awslambda.FunctionProps{
		FunctionName:  jsii.String(name),
		Description:   jsii.String(f.Does),
		Runtime:       awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:  awslambda.Architecture_ARM_64(),
		Handler:       jsii.String("bootstrap"),
		Code:          awslambda.Code_FromAsset(jsii.String(filepath.Join(h.functions, f.Name)), nil),
		Timeout:       awscdk.Duration_Minutes(jsii.Number(f.Minutes)),
		MemorySize:    jsii.Number(f.Megabytes),
		Environment:   &f.Environment,
		Role:          role.WithoutPolicyUpdates(nil),
		LogGroup:      logs,
		LoggingFormat: awslambda.LoggingFormat_JSON,
	})
	h.watchFunction(f, function)
	return function
}

// WriteLog allows writing to the log group of the function called name.
func (h *House) WriteLog(name string) awsiam.PolicyStatement {
	return Allow([]string{"logs:CreateLogStream", "logs:PutLogEvents"},
		h.ARN("logs", "log-group:/aws/lambda/"+name+":*"))
}

// ARN names a resource of this account and region, by service and the rest.
func (h *House) ARN(service, resource string) string {
	return "arn:" + *awscdk.Aws_PARTITION() + ":" + service + ":" + *awscdk.Aws_REGION() + ":" + *awscdk.Aws_ACCOUNT_ID() + ":" + resource
}

func (h *House) watchFunction(f Function, function awslambda.Function) {
	measure := func(name, statistic string) awscloudwatch.IMetric {
		return h.Metric("AWS/Lambda", name, statistic, 5, map[string]*string{"FunctionName": function.FunctionName()})
	}
	h.Ring(Alarm{Name: f.Name + "-errors", Runbook: "function-errors", Metric: measure("Errors", "Sum"), Periods: 1,
		Says: "The function " + f.Name + " failed as a whole."})
	h.Ring(Alarm{Name: f.Name + "-throttles", Runbook: "function-throttles", Metric: measure("Throttles", "Sum"), Periods: 3,
		Says: "The function " + f.Name + " was refused by Lambda for a quarter of an hour."})
	h.Ring(Alarm{Name: f.Name + "-duration", Runbook: "function-duration", Metric: measure("Duration", "Maximum"),
		Above: f.Minutes * 60_000 * 0.95, Periods: 1,
		Says: "The function " + f.Name + " came within a twentieth of its time limit."})
}
