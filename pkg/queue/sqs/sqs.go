// Package sqs is the driver of the queue port for a FIFO queue of Amazon SQS, or
// of a server that speaks its JSON protocol. How long a delivery lasts, how often
// a message may come and where it then goes are attributes of the queue, set
// where the queue is made.
package sqs

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"screentest/pkg/queue"
)

// batch is how many messages a request holds at most.
const batch = 10

// Queue is a FIFO queue of SQS.
type Queue struct {
	client *sqs.Client
	url    string
}

var _ queue.Queue = (*Queue)(nil)

// Open returns the queue at address, its URL. Region, credentials and endpoint
// come from where the AWS tools look for them. Open does not ask whether the
// queue exists.
func Open(ctx context.Context, address string) (*Queue, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || !strings.HasSuffix(u.Path, ".fifo") {
		return nil, fmt.Errorf("%q is no URL of a FIFO queue; it looks like https://sqs.eu-west-1.amazonaws.com/123456789012/evaluations.fifo", address)
	}
	client, err := connect(ctx, address)
	if err != nil {
		return nil, err
	}
	return &Queue{client, address}, nil
}

// Find returns the queue of that name in the account and region at hand.
func Find(ctx context.Context, name string) (*Queue, error) {
	client, err := connect(ctx, name)
	if err != nil {
		return nil, err
	}
	out, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		return nil, fmt.Errorf("find the queue %s: %w", name, kind(err, "sqs:GetQueueUrl"))
	}
	return &Queue{client, aws.ToString(out.QueueUrl)}, nil
}

func connect(ctx context.Context, queue string) (*sqs.Client, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRetryMode(aws.RetryModeAdaptive))
	if err != nil {
		return nil, fmt.Errorf("read the AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return nil, fmt.Errorf("no AWS region: set AWS_REGION to that of the queue %s", queue)
	}
	return sqs.NewFromConfig(cfg), nil
}

// Send implements queue.Queue, ten messages to a request.
func (q *Queue) Send(ctx context.Context, messages ...queue.Message) error {
	for _, m := range messages {
		if err := m.Validate(); err != nil {
			return fmt.Errorf("send: %w", err)
		}
	}
	for len(messages) > 0 {
		n := fitting(messages)
		if err := q.send(ctx, messages[:n]); err != nil {
			return fmt.Errorf("send to %s: %w", q.url, kind(err, "sqs:SendMessage"))
		}
		messages = messages[n:]
	}
	return nil
}

// fitting returns how many messages a request can hold, whose size is limited
// like that of one message.
func fitting(messages []queue.Message) int {
	size := 0
	for n, m := range messages {
		if size += len(m.Body); n == batch || n > 0 && size > queue.MaxBody {
			return n
		}
	}
	return len(messages)
}

func (q *Queue) send(ctx context.Context, messages []queue.Message) error {
	in := &sqs.SendMessageBatchInput{QueueUrl: &q.url}
	for i, m := range messages {
		in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), MessageBody: &m.Body, MessageGroupId: &m.Group, MessageDeduplicationId: &m.ID,
		})
	}
	out, err := q.client.SendMessageBatch(ctx, in)
	if err != nil {
		return err
	}
	if len(out.Failed) > 0 {
		first := out.Failed[0]
		return fmt.Errorf("%d of %d messages were not taken, the first with %s: %s",
			len(out.Failed), len(messages), aws.ToString(first.Code), aws.ToString(first.Message))
	}
	return nil
}

// Receive implements queue.Queue. It waits, because only who waits is told what all
// servers of the queue have; who does not hears from some of them.
func (q *Queue) Receive(ctx context.Context, most int) ([]queue.Delivery, error) {
	out, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &q.url, MaxNumberOfMessages: int32(min(most, batch)), WaitTimeSeconds: 1,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{
			types.MessageSystemAttributeNameMessageGroupId,
			types.MessageSystemAttributeNameMessageDeduplicationId,
			types.MessageSystemAttributeNameApproximateReceiveCount,
			types.MessageSystemAttributeNameSentTimestamp,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("receive from %s: %w", q.url, kind(err, "sqs:ReceiveMessage"))
	}
	var deliveries []queue.Delivery
	for _, m := range out.Messages {
		receives, err := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
		if err != nil {
			return nil, fmt.Errorf("receive from %s: receive count: %w", q.url, err)
		}
		deliveries = append(deliveries, queue.Delivery{
			Message: queue.Message{
				Group: m.Attributes["MessageGroupId"], ID: m.Attributes["MessageDeduplicationId"], Body: aws.ToString(m.Body),
			},
			Receipt: aws.ToString(m.ReceiptHandle), Receives: receives, Sent: queue.Milliseconds(m.Attributes["SentTimestamp"]),
		})
	}
	return deliveries, nil
}

// Delete implements queue.Queue.
func (q *Queue) Delete(ctx context.Context, receipt string) error {
	_, err := q.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &q.url, ReceiptHandle: &receipt})
	if err != nil {
		return fmt.Errorf("delete from %s: %w", q.url, kind(err, "sqs:DeleteMessage"))
	}
	return nil
}

// Delay implements queue.Queue.
func (q *Queue) Delay(ctx context.Context, receipt string, d time.Duration) error {
	_, err := q.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &q.url, ReceiptHandle: &receipt, VisibilityTimeout: int32(d.Seconds()),
	})
	if err != nil {
		return fmt.Errorf("delay in %s: %w", q.url, kind(err, "sqs:ChangeMessageVisibility"))
	}
	return nil
}

// Depth implements queue.Queue. SQS counts roughly.
func (q *Queue) Depth(ctx context.Context) (queue.Depth, error) {
	out, err := q.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &q.url,
		AttributeNames: []types.QueueAttributeName{
			types.QueueAttributeNameApproximateNumberOfMessages,
			types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
			types.QueueAttributeNameApproximateNumberOfMessagesDelayed,
		},
	})
	if err != nil {
		return queue.Depth{}, fmt.Errorf("count %s: %w", q.url, kind(err, "sqs:GetQueueAttributes"))
	}
	count := func(name types.QueueAttributeName) int {
		n, countErr := strconv.Atoi(out.Attributes[string(name)])
		err = errors.Join(err, countErr)
		return n
	}
	d := queue.Depth{
		Waiting: count(types.QueueAttributeNameApproximateNumberOfMessages),
		Flying:  count(types.QueueAttributeNameApproximateNumberOfMessagesNotVisible),
		Delayed: count(types.QueueAttributeNameApproximateNumberOfMessagesDelayed),
	}
	return d, err
}

// kind tells ErrReceipt apart, and says what to do about what the owner can mend.
func kind(err error, action string) error {
	var answer smithy.APIError
	if !errors.As(err, &answer) {
		return err
	}
	switch code := answer.ErrorCode(); {
	case strings.Contains(code, "ReceiptHandleIsInvalid"), strings.Contains(code, "MessageNotInflight"),
		strings.Contains(code, "InvalidParameterValue") && strings.HasPrefix(action, "sqs:ChangeMessageVisibility"):
		return fmt.Errorf("%w: %w", queue.ErrReceipt, err)
	case strings.Contains(code, "NonExistentQueue"), strings.Contains(code, "QueueDoesNotExist"):
		return fmt.Errorf("there is no such queue: check its name, and AWS_REGION: %w", err)
	case strings.Contains(code, "AccessDenied"):
		return fmt.Errorf("not allowed: the role needs %s: %w", action, err)
	}
	return err
}
