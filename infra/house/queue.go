package house

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// retention is the longest that SQS keeps a message: what nobody has taken must
// outlast a long weekend and a slow sweep.
const retention = 14

// A Queue is a FIFO queue with the actor as message group, and who works on it.
type Queue struct {
	// Name is that of the queue without ".fifo".
	Name string
	// Delay in seconds before a message is seen, so that a burst of uploads of one
	// actor is settled by the first message.
	Delay float64
	// WorkerMinutes is the time limit of the function that works on the queue.
	WorkerMinutes float64
}

// Queue makes the queue with its dead-letter queue and their alarms. A message
// that fails five times is set aside; until then it stays invisible for six
// times the worker's time limit, as Lambda asks for.
func (h *House) Queue(q Queue) awssqs.Queue {
	dead := h.fifo(q.Name+"-dead", &awssqs.QueueProps{})
	queue := h.fifo(q.Name, &awssqs.QueueProps{
		DeliveryDelay:     awscdk.Duration_Seconds(jsii.Number(q.Delay)),
		VisibilityTimeout: awscdk.Duration_Minutes(jsii.Number(6 * q.WorkerMinutes)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: dead, MaxReceiveCount: jsii.Number(5)},
	})
	h.WatchDead(q.Name+"-dead", dead)
	h.Ring(Alarm{Name: q.Name + "-oldest", Runbook: "oldest-message", Above: 24 * 3600, Periods: 1,
		Metric: h.queueMetric(queue, "ApproximateAgeOfOldestMessage", "Maximum"),
		Says:   "A message has been in the queue " + q.Name + " for a day."})
	return queue
}

// Dead makes a queue for events that could not be delivered to a function, with
// its alarm.
func (h *House) Dead(name string) awssqs.Queue {
	queue := awssqs.NewQueue(h.Scope, jsii.String(Title(name)), h.care(name, &awssqs.QueueProps{}))
	h.WatchDead(name, queue)
	return queue
}

// WatchDead rings when something lies in a queue that should be empty.
func (h *House) WatchDead(name string, queue awssqs.Queue) {
	h.Ring(Alarm{Name: name, Runbook: "dead-letters", Periods: 1,
		Metric: h.queueMetric(queue, "ApproximateNumberOfMessagesVisible", "Maximum"),
		Says:   "Messages were given up and lie in the queue " + name + "."})
}

// fifo makes a FIFO queue in high-throughput mode: order and deduplication are
// wanted for one actor, never across actors.
func (h *House) fifo(name string, p *awssqs.QueueProps) awssqs.Queue {
	p.Fifo = jsii.Bool(true)
	p.ContentBasedDeduplication = jsii.Bool(false)
	p.DeduplicationScope = awssqs.DeduplicationScope_MESSAGE_GROUP
	p.FifoThroughputLimit = awssqs.FifoThroughputLimit_PER_MESSAGE_GROUP_ID
	return awssqs.NewQueue(h.Scope, jsii.String(Title(name)), h.care(name+".fifo", p))
}

func (h *House) care(name string, p *awssqs.QueueProps) *awssqs.QueueProps {
	p.QueueName = jsii.String(h.Settings.Name(name))
	p.Encryption = awssqs.QueueEncryption_SQS_MANAGED
	p.EnforceSSL = jsii.Bool(true)
	p.RetentionPeriod = awscdk.Duration_Days(jsii.Number(retention))
	p.RemovalPolicy = Removal(h.Settings)
	return p
}

func (h *House) queueMetric(queue awssqs.Queue, name, statistic string) awscloudwatch.IMetric {
	return h.Metric("AWS/SQS", name, statistic, 5, map[string]*string{"QueueName": queue.QueueName()})
}

// Feed lets function work on queue, batch messages at a time, with at most
// workers at once. A batch may fail in part.
func (h *House) Feed(function awslambda.Function, queue awssqs.Queue, batch, workers int) {
	awslambda.NewEventSourceMapping(h.Scope, jsii.String(*function.Node().Id()+"Feed"), &awslambda.EventSourceMappingProps{
		Target:                  function,
		EventSourceArn:          queue.QueueArn(),
		BatchSize:               jsii.Number(batch),
		MaxConcurrency:          jsii.Number(workers),
		ReportBatchItemFailures: jsii.Bool(true),
	})
}
