package stack

import (
	"maps"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"screentest/infra/house"
	"screentest/infra/setting"
)

// How long one invocation may take, in minutes. A worker keeps what is done and
// hands the rest on before that.
const (
	uploadMinutes   = 1
	pageMinutes     = 5
	lookMinutes     = 15
	evaluateMinutes = 10
	balanceMinutes  = 15
)

// An application is the application stack while it is put together.
type application struct {
	*house.House
	stack awscdk.Stack
	tree  tree

	key                   awssecretsmanager.CfnSecret
	evaluations, balances awssqs.Queue
	lost                  awssqs.Queue // events that could not be handled
	functions             map[string]awslambda.Function
}

func newApplication(app awscdk.App, p Props, bucket string) {
	stack := newStack(app, p, "app", "judges and balances training sets.")
	a := &application{
		House:     house.New(stack, p.Settings, p.Functions),
		stack:     stack,
		tree:      tree{p.Settings, bucket},
		functions: map[string]awslambda.Function{},
	}
	a.key = a.newKey()
	a.evaluations = a.Queue(house.Queue{Name: "evaluations", Delay: 30, WorkerMinutes: evaluateMinutes})
	a.balances = a.Queue(house.Queue{Name: "balances", WorkerMinutes: balanceMinutes})
	a.lost = a.Dead("events-dead")
	a.addFunctions()
	workers := p.Settings.Workers()
	a.Feed(a.functions["evaluator"], a.evaluations, setting.Batch, workers.Evaluators)
	a.Feed(a.functions["balancer"], a.balances, 1, workers.Balancers)
	sweep := a.newSweep()
	a.listen()
	a.giveUp("upload")
	a.giveUp("progress")
	a.watch(sweep)
	a.draw(sweep)
}

// newKey makes the secret without a value. The owner puts the key in, once, and
// it is in no template; until then the workers say at start that it is missing.
func (a *application) newKey() awssecretsmanager.CfnSecret {
	name := a.Settings.Name("model-key")
	key := awssecretsmanager.NewCfnSecret(a.stack, jsii.String("ModelKey"), &awssecretsmanager.CfnSecretProps{
		Name:        jsii.String(name),
		Description: jsii.String("The API key of the model, as plain text, or two: {\"judge\": KEY, \"generator\": KEY}."),
	})
	key.ApplyRemovalPolicy(house.Removal(a.Settings), nil)
	awscdk.NewCfnOutput(a.stack, jsii.String("PutKey"), &awscdk.CfnOutputProps{
		Value:       jsii.String("aws secretsmanager put-secret-value --secret-id " + name + " --secret-string file://KEYFILE"),
		Description: jsii.String("How the model's key gets in."),
	})
	return key
}

func (a *application) addFunctions() {
	evaluations := map[string]*string{"SCREENTEST_EVALUATIONS_QUEUE": a.evaluations.QueueUrl()}
	balances := map[string]*string{"SCREENTEST_BALANCES_QUEUE": a.balances.QueueUrl()}
	key := map[string]*string{"SCREENTEST_SECRET": a.key.Ref()}
	rate := map[string]*string{"SCREENTEST_REQUESTS_AT_ONCE": jsii.String(strconv.Itoa(a.Settings.Workers().AtOnce))}
	mode := map[string]*string{"SCREENTEST_UPLOAD_MODE": jsii.String(a.Settings.UploadMode)}

	a.add(house.Function{Name: "upload", Does: "Asks for an evaluation of the actor whose images have changed.",
		Minutes: uploadMinutes, Megabytes: 256, May: a.uploadMay()}, evaluations, mode)
	a.add(house.Function{Name: "orchestrator", Does: "Asks for evaluations of a page of the roster, for a sweep.",
		Minutes: pageMinutes, Megabytes: 512, May: a.orchestratorMay()}, evaluations)
	// An actor of ordinary images takes a quarter of these megabytes; the rest is
	// for an image at the limit of the settings. More would be paid for while
	// waiting for the model, see docs/cost.md.
	a.add(house.Function{Name: "evaluator", Does: "Judges an actor's images and plans what its set lacks.",
		Minutes: evaluateMinutes, Megabytes: 1024, May: a.evaluatorMay()}, evaluations, balances, key, rate)
	a.add(house.Function{Name: "balancer", Does: "Performs approved plans: new images in, surplus to trash.",
		Minutes: balanceMinutes, Megabytes: 1024, May: a.balancerMay()}, evaluations, balances, key)
	// Two processors, nearly, for the last look, which reads every outcome: see
	// docs/cost.md for how many those may be.
	a.add(house.Function{Name: "progress", Does: "Counts what a sweep has done.",
		Minutes: lookMinutes, Megabytes: 3008, May: a.progressMay()})
}

// add makes f with the environment that every function gets, and its own.
func (a *application) add(f house.Function, own ...map[string]*string) {
	f.Environment = map[string]*string{
		"SCREENTEST_STAGE": jsii.String(a.Settings.Stage),
		"SCREENTEST_DATA":  jsii.String(a.tree.address()),
	}
	for _, e := range own {
		maps.Copy(f.Environment, e)
	}
	a.functions[f.Name] = a.Function(f)
}

// listen hands image events to the upload function, and the ends of sweeps that
// did not come to their own to the function that closes their record. The filter
// for images is coarse: it leaves out what is not below actors/ or ends unlike an
// image, and the function applies the rule of detection. Extensions in mixed case
// wait for a sweep.
func (a *application) listen() {
	a.hear("images-changed", "Images of actors that came or went.", "upload", &awsevents.EventPattern{
		Source:     jsii.Strings("aws.s3"),
		DetailType: jsii.Strings("Object Created", "Object Deleted"),
		Detail: &map[string]any{
			"bucket": map[string]any{"name": []string{a.tree.bucket}},
			"object": map[string]any{"key": a.imageKeys()},
		},
	})
	a.hear("sweep-ended", "Sweeps that were aborted, failed or ran out of time.", "progress", &awsevents.EventPattern{
		Source:     jsii.Strings("aws.states"),
		DetailType: jsii.Strings("Step Functions Execution Status Change"),
		Detail: &map[string]any{
			"stateMachineArn": []string{a.sweepARN()},
			"status":          []string{"FAILED", "ABORTED", "TIMED_OUT"},
		},
	})
}

// hear calls function with the events of a pattern.
func (a *application) hear(name, what, function string, pattern *awsevents.EventPattern) {
	rule := awsevents.NewRule(a.stack, jsii.String(house.Title(name)), &awsevents.RuleProps{
		RuleName: jsii.String(a.Settings.Name(name)), Description: jsii.String(what), EventPattern: pattern,
	})
	rule.AddTarget(awseventstargets.NewLambdaFunction(a.functions[function], &awseventstargets.LambdaFunctionProps{DeadLetterQueue: a.lost}))
}

func (a *application) imageKeys() []any {
	var keys []any
	for _, suffix := range []string{".png", ".PNG", ".jpg", ".JPG", ".jpeg", ".JPEG"} {
		keys = append(keys, map[string]any{"wildcard": a.Settings.Key("actors/*" + suffix)})
	}
	return keys
}

// giveUp keeps an event that a function has failed on three times, beside those
// that never reached it.
func (a *application) giveUp(function string) {
	awslambda.NewCfnEventInvokeConfig(a.stack, jsii.String(house.Title(function)+"GivesUp"), &awslambda.CfnEventInvokeConfigProps{
		FunctionName:         a.functions[function].FunctionName(),
		Qualifier:            jsii.String("$LATEST"),
		MaximumRetryAttempts: jsii.Number(2),
		DestinationConfig: &awslambda.CfnEventInvokeConfig_DestinationConfigProperty{
			OnFailure: &awslambda.CfnEventInvokeConfig_OnFailureProperty{Destination: a.lost.QueueArn()},
		},
	})
}

// functionNames in the order of the flow.
var functionNames = []string{"upload", "orchestrator", "evaluator", "balancer", "progress"}
