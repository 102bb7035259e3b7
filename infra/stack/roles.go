package stack

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"

	"screentest/infra/house"
	"screentest/infra/setting"
)

// A tree writes statements about the objects of the tree. They are written by
// hand, because the grants of the library allow more than is needed: deleting
// with writing, and listing everything.
type tree struct {
	settings setting.Settings
	bucket   string
}

func (t tree) arn() string { return "arn:" + *awscdk.Aws_PARTITION() + ":s3:::" + t.bucket }

// address is the tree as --data names it.
func (t tree) address() string { return "s3://" + t.bucket + slashed(t.settings.Prefix) }

func (t tree) objects(paths []string) []string {
	arns := make([]string, len(paths))
	for i, path := range paths {
		arns[i] = t.arn() + "/" + t.settings.Key(path)
	}
	return arns
}

// list allows listing what matches paths.
func (t tree) list(paths ...string) awsiam.PolicyStatement {
	patterns := make([]string, len(paths))
	for i, path := range paths {
		patterns[i] = t.settings.Key(path)
	}
	s := house.Allow([]string{"s3:ListBucket"}, t.arn())
	s.AddCondition(ptr("StringLike"), map[string]any{"s3:prefix": patterns})
	return s
}

// read allows reading what matches paths, and listing it: S3 answers that an
// object is not there only to those who may list it, to others that it is
// forbidden. That it takes the object's key for the prefix then is not documented;
// Ceph does so to do as S3 does (pull request 68577 there). Should it not, the
// store asks a listing about what it was denied (pkg/store/s3).
func (t tree) read(paths ...string) []awsiam.PolicyStatement {
	return []awsiam.PolicyStatement{t.list(paths...), house.Allow([]string{"s3:GetObject"}, t.objects(paths)...)}
}

func (t tree) write(paths ...string) awsiam.PolicyStatement {
	return house.Allow([]string{"s3:PutObject"}, t.objects(paths)...)
}

func (t tree) remove(paths ...string) awsiam.PolicyStatement {
	return house.Allow([]string{"s3:DeleteObject"}, t.objects(paths)...)
}

var changes = []string{"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging"}

// untouchable is what no function changes: what the owner gave us.
var untouchable = []string{
	"actorsData.json", "actor_manifests/*", "screentest.yaml", "actors/*/base_image/*",
	"actors/*/training_data/prompt_metadata.json", "actors/*/training_data/response.json",
}

// keep denies changing paths, and the untouchable ones, whatever else is allowed.
// Old versions can be deleted nowhere, so that everything can be had back.
func (t tree) keep(paths ...string) []awsiam.PolicyStatement {
	return []awsiam.PolicyStatement{
		house.Deny(changes, t.objects(slices.Concat(untouchable, paths))...),
		house.Deny([]string{"s3:DeleteObjectVersion"}, t.arn()+"/*"),
	}
}

const runs = "screentest/runs/*"

// What is written of a sweep: by those who drive it, and by those who work for it.
var (
	headers  = []string{"screentest/runs/*/sweep.json", "screentest/runs/latest-sweep.json"}
	outcomes = []string{"screentest/runs/*/outcomes/*", "screentest/runs/failures/*"}
)

// judgements is what evaluating writes.
var judgements = []string{"screentest/evaluations/*", "screentest/verdicts/*", "screentest/ledger/*"}

// known is what the workers read: the tree but what lies in it of other programs.
var known = []string{"actorsData.json", "screentest.yaml", "actors/*", "screentest/*"}

func (a *application) uploadMay() []awsiam.PolicyStatement {
	return append(a.tree.keep("actors/*"), send(a.evaluations, a.lost))
}

func (a *application) orchestratorMay() []awsiam.PolicyStatement {
	return slices.Concat(a.tree.keep("actors/*"), a.tree.read(append(headers, "actorsData.json")...),
		[]awsiam.PolicyStatement{a.tree.list("actors/*"), a.tree.write(headers...), send(a.evaluations)})
}

func (a *application) progressMay() []awsiam.PolicyStatement {
	return slices.Concat(a.tree.keep("actors/*"), a.tree.read(runs),
		[]awsiam.PolicyStatement{a.tree.write("screentest/runs/*/sweep.json"), send(a.lost)})
}

// The evaluator judges and plans. That it cannot act is said twice: it is
// allowed nothing under actors/, and denied everything there. It deletes nothing
// at all, and what people have decided it can only read.
func (a *application) evaluatorMay() []awsiam.PolicyStatement {
	return slices.Concat(a.tree.keep("actors/*", decisions), a.tree.read(known...), []awsiam.PolicyStatement{
		a.tree.write(slices.Concat(judgements, outcomes)...),
		work(a.evaluations), send(a.evaluations, a.balances),
		a.readKey(),
	})
}

const (
	sets      = "actors/*/training_data/*"
	trash     = "screentest/trash/*"
	generated = "screentest/generated/*"
	leases    = "screentest/leases/*"
	decisions = "screentest/decisions/*"
)

// The balancer is the only one that changes training sets. It deletes what it has
// copied to the trash, from the trash what it has put there in vain, and what it
// has put down for itself: never what is on record.
func (a *application) balancerMay() []awsiam.PolicyStatement {
	return slices.Concat(a.tree.keep(decisions), a.tree.read(known...), []awsiam.PolicyStatement{
		a.tree.write(slices.Concat(judgements, outcomes, []string{sets, trash, generated, leases, "screentest/refused/*"})...),
		a.tree.remove(sets, trash, generated, leases),
		// Trash is made by copying, and a copy takes its tags along.
		house.Allow([]string{"s3:GetObjectTagging"}, a.tree.objects([]string{sets})...),
		house.Allow([]string{"s3:PutObjectTagging"}, a.tree.objects([]string{trash, "screentest/refused/*"})...),
		work(a.balances), send(a.evaluations, a.balances),
		a.readKey(),
	})
}

// work allows taking messages off a queue, and putting off those that cannot be
// settled now.
func work(queue awssqs.Queue) awsiam.PolicyStatement {
	return house.Allow([]string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"}, *queue.QueueArn())
}

func send(queues ...awssqs.Queue) awsiam.PolicyStatement {
	arns := make([]string, len(queues))
	for i, q := range queues {
		arns[i] = *q.QueueArn()
	}
	return house.Allow([]string{"sqs:SendMessage"}, arns...)
}

func (a *application) readKey() awsiam.PolicyStatement {
	return house.Allow([]string{"secretsmanager:GetSecretValue"}, *a.key.Ref())
}

// sweepMay is what the state machine itself may do: call its two functions, see
// whether another sweep runs, and write down why one ended early.
func (a *application) sweepMay(orchestrator, progress string) []awsiam.PolicyStatement {
	return []awsiam.PolicyStatement{
		house.Allow([]string{"lambda:InvokeFunction"}, orchestrator, progress),
		house.Allow([]string{"states:ListExecutions"}, a.sweepARN()),
		a.tree.write("screentest/runs/*/stopped.json"),
		// Delivery of logs to CloudWatch has no resources of its own.
		house.Allow([]string{"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
			"logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"}, "*"),
	}
}

func ptr[T any](v T) *T { return &v }
