package sqs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"screentest/pkg/queue/queuetest"
)

// The suite against an emulator that others wrote. Where it differs from SQS:
//
//	what                                 SQS                    moto 5
//	the ID of a deleted message          remembered 5 minutes   forgotten
//	delaying a delivery that is over     refused                done
//	time                                 passes                 passes, and cannot be moved by a test
func TestConformanceWithMoto(t *testing.T) {
	address := startMoto(t)
	environment(t, address)
	n := 0
	queuetest.Run(t, func(t *testing.T) queuetest.Harness {
		n++
		dead := create(t, address, fmt.Sprintf("dead%d.fifo", n), nil)
		policy := fmt.Sprintf(`{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:dead%d.fifo","maxReceiveCount":2}`, n)
		q := create(t, address, fmt.Sprintf("q%d.fifo", n), map[string]string{"RedrivePolicy": policy})
		return queuetest.Harness{Queue: open(t, q), Dead: open(t, dead), Forgets: true, Revives: true}
	})
}

// startMoto starts the server as a process of its own and waits until it answers.
func startMoto(t *testing.T) (address string) {
	program, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("SKIP: moto_server is not installed (pip install 'moto[server]')")
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = "http://" + free.Addr().String()
	_, port, _ := net.SplitHostPort(free.Addr().String())
	free.Close()
	ctx, stop := context.WithCancel(context.Background())
	server := exec.CommandContext(ctx, program, "-H", "127.0.0.1", "-p", port)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); _ = server.Wait() })
	for range 300 {
		if answer, err := http.Get(address + "/moto-api/"); err == nil {
			answer.Body.Close()
			return address
		}
		<-time.After(100 * time.Millisecond)
	}
	t.Fatal("moto_server does not answer within 30 seconds")
	return ""
}

// create makes a FIFO queue and returns its URL.
func create(t *testing.T, address, name string, attributes map[string]string) string {
	t.Helper()
	all := map[string]string{"FifoQueue": "true"}
	for k, v := range attributes {
		all[k] = v
	}
	body, err := json.Marshal(map[string]any{"QueueName": name, "Attributes": all})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("X-Amz-Target", "AmazonSQS.CreateQueue")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var made struct {
		URL string `json:"QueueUrl"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&made); err != nil || made.URL == "" {
		t.Fatalf("create queue %s: status %d, %v", name, answer.StatusCode, err)
	}
	return made.URL
}
