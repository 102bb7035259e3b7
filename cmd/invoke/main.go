// Command invoke calls one shipped function with one event, as Lambda would, and
// prints what it logs, what it answers, and what it leaves in the queues.
//
// Without AWS it does so in an account of its own, in this process, whose bucket
// "actors" holds a copy of a data tree and whose judge and generator need no key.
// Where SCREENTEST_DATA is set, the function works with that environment instead.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"screentest/pkg/cloudtest"
	"screentest/pkg/lambdatest"
	"screentest/pkg/queue"
	"screentest/pkg/store/s3/s3test"
)

func main() {
	log.SetFlags(0)
	function := flag.String("function", "", "the bootstrap to call")
	event := flag.String("event", "", "the file with the payload")
	data := flag.String("data", "sample-data", "the tree to work on where there is no AWS")
	flag.Parse()
	if err := invoke(*function, *event, *data); err != nil {
		log.Fatal("error: ", err)
	}
}

func invoke(function, event, data string) error {
	payload, err := os.ReadFile(event)
	if err != nil {
		return err
	}
	if !json.Valid(payload) {
		return fmt.Errorf("%s is not JSON, and Lambda passes on nothing else", event)
	}
	f := lambdatest.Function{Path: function, Env: environment(), Log: os.Stderr, Timeout: 15 * time.Minute}
	defer f.Close()
	if os.Getenv("SCREENTEST_DATA") != "" {
		return call(&f, payload)
	}
	cloud, err := account(data)
	if err != nil {
		return err
	}
	defer cloud.Close()
	for name, value := range cloud.Environment() {
		f.Env[name] = value
	}
	f.Env["SCREENTEST_DATA"] = "s3://" + s3test.Bucket
	return errors.Join(call(&f, payload), show(cloud))
}

// environment is ours, as far as a function may see it.
func environment() map[string]string {
	env := map[string]string{}
	for _, line := range os.Environ() {
		if name, value, _ := strings.Cut(line, "="); strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "SCREENTEST_") {
			env[name] = value
		}
	}
	return env
}

// account copies a tree into the bucket of a new account.
func account(data string) (*cloudtest.Cloud, error) {
	cloud := cloudtest.New(0)
	if err := cloud.S3.Upload(os.DirFS(data), ""); err != nil {
		return nil, fmt.Errorf("copy %s: %w; `make sample` makes one", data, err)
	}
	return cloud, cloud.S3.Write("screentest.yaml", []byte("judge: {name: offline}\ngeneration: {name: offline}\nmirror: none\n"))
}

func call(f *lambdatest.Function, payload []byte) error {
	answer, err := f.Invoke(context.Background(), payload)
	var failed *lambdatest.CallError
	if errors.As(err, &failed) {
		fmt.Printf("failed with %s\n", failed)
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Printf("answered %s\n", answer)
	return nil
}

// show prints the messages that were sent.
func show(cloud *cloudtest.Cloud) error {
	for _, q := range []struct {
		name  string
		queue queue.Queue
	}{{"evaluations", cloud.Evaluations}, {"balances", cloud.Balances}} {
		for {
			deliveries, err := q.queue.Receive(context.Background(), 10)
			if err != nil {
				return err
			}
			for _, d := range deliveries {
				fmt.Printf("sent to %s: %s\n", q.name, d.Body)
			}
			if len(deliveries) == 0 {
				break
			}
		}
	}
	return nil
}
