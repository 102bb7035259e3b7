package main

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"

	"screentest/pkg/actor"
	"screentest/pkg/cloudtest"
	"screentest/pkg/event"
	"screentest/pkg/judge/openai/openaitest"
	"screentest/pkg/lambdatest"
	"screentest/pkg/run"
	"screentest/pkg/store"
	"screentest/pkg/store/dir"
)

// An account is AWS and the model, in this process.
type account struct {
	cloud  *cloudtest.Cloud
	model  *openaitest.Handler
	server *httptest.Server
}

func newAccount() (*account, error) {
	a := &account{cloud: cloudtest.New(0), model: openaitest.New(openaitest.Options{})}
	a.server = httptest.NewServer(a.model)
	settings := "judge: {base_url: " + a.server.URL + "/v1, dialect: openai}\n"
	return a, a.write("screentest.yaml", []byte(settings))
}

func (a *account) write(name string, body []byte) error {
	return a.cloud.S3.Write(path.Join(cloudtest.Prefix, name), body)
}

func (a *account) close() {
	a.server.Close()
	a.cloud.Close()
}

// load puts the roster and one actor's objects into the bucket.
func (a *account) load(data string, set actor.Set) error {
	for _, info := range append(append([]store.Info{{Key: actor.RosterKey}}, set.Base...), set.Images...) {
		body, err := os.ReadFile(filepath.Join(data, filepath.FromSlash(string(info.Key))))
		if err == nil {
			err = a.write(string(info.Key), body)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// measureActor evaluates the actor of the tree that has the largest images, out of
// those with about twenty, as one message does, and then again.
func measureActor(bin, data string) error {
	set, err := choose(data)
	if err != nil {
		return err
	}
	a, err := newAccount()
	if err != nil {
		return err
	}
	defer a.close()
	if err := a.load(data, set); err != nil {
		return err
	}
	f := a.function(bin, "evaluator")
	defer f.Close()
	if _, err := a.evaluate(f, "9999_nobody", "warm"); err != nil { // settings, key and roster, once a process
		return err
	}
	first, err := a.evaluate(f, set.Actor.Name, "first")
	if err != nil {
		return err
	}
	asked := a.model.Stats()
	unchanged, err := a.evaluate(f, set.Actor.Name, "unchanged")
	if err != nil {
		return err
	}
	swept, err := a.sweep(bin, f)
	if err != nil {
		return err
	}
	images, size := len(set.Images), int64(0)
	for _, info := range set.Images {
		size += info.Size
	}
	fmt.Printf("\nthe evaluator and %s: %d images, %.1f MB\n", set.Actor.Name, images, float64(size)/1e6)
	fmt.Printf("  S3 requests, first time:      %d = images + %d\n", first, first-images)
	fmt.Printf("  S3 requests, unchanged (≤ 3): %d; in a sweep %d\n", unchanged, swept)
	fmt.Printf("  model requests, first time:   %d; unchanged: %d\n", asked.Requests, a.model.Stats().Requests-asked.Requests)
	fmt.Printf("  peak memory (≤ 256 MB):       %d MB\n", f.Close()>>20)
	return nil
}

// evaluate sends one message and returns how many requests to S3 it took.
func (a *account) evaluate(f *lambdatest.Function, name actor.Name, cause string) (int, error) {
	job := event.Job{Kind: event.Evaluate, Actor: name, Mode: run.DryRun, Cause: cause}
	if err := a.cloud.Evaluations.Send(context.Background(), job.Message()); err != nil {
		return 0, err
	}
	return a.poll(f)
}

// sweep has the orchestrator send the message, and leaves out the request for the
// sweep's header, which a process makes once a minute.
func (a *account) sweep(bin string, f *lambdatest.Function) (int, error) {
	orchestrator := a.function(bin, "orchestrator")
	defer orchestrator.Close()
	page := []byte(`{"run_id": "bench", "mode": "dry-run", "cursor": "", "actors": []}`)
	if _, err := orchestrator.Invoke(context.Background(), page); err != nil {
		return 0, err
	}
	requests, err := a.poll(f)
	return requests - 1, err
}

// poll lets the evaluator do one message, and counts its requests to S3.
func (a *account) poll(f *lambdatest.Function) (int, error) {
	ctx := context.Background()
	a.cloud.S3.Counts()
	mapping := lambdatest.Mapping{Queue: a.cloud.Evaluations, Batch: 5, Invoke: f.Invoke}
	polled, err := mapping.Poll(ctx)
	if err = errors.Join(err, polled.Err); err != nil {
		return 0, err
	}
	if polled.Deleted != 1 {
		return 0, fmt.Errorf("an evaluation did not succeed: %+v", polled)
	}
	requests := 0
	for _, n := range a.cloud.S3.Counts() {
		requests += n
	}
	return requests, nil
}

func choose(data string) (actor.Set, error) {
	ctx := context.Background()
	s, err := dir.Open(data)
	if err != nil {
		return actor.Set{}, err
	}
	roster, err := actor.LoadRoster(ctx, s)
	if err != nil {
		return actor.Set{}, err
	}
	found, err := actor.Detect(ctx, s, roster)
	if err != nil {
		return actor.Set{}, err
	}
	var best actor.Set
	most := int64(0)
	for _, set := range found.Sets {
		size := int64(0)
		for _, info := range set.Images {
			size += info.Size
		}
		if n := len(set.Images); n >= 18 && n <= 22 && size > most {
			best, most = set, size
		}
	}
	if most == 0 {
		return best, fmt.Errorf("no actor in %s has about twenty images", data)
	}
	return best, nil
}
