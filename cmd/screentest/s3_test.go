package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"screentest/pkg/actor"
	"screentest/pkg/evaluator"
	"screentest/pkg/judge/offline"
	"screentest/pkg/settings"
	"screentest/pkg/store/s3"
	"screentest/pkg/store/s3/s3test"
	"screentest/pkg/store/storetest"
)

type bucketKey struct{}

// startBucket gives a script an S3 server, which the program finds through the
// environment.
func startBucket(t *testing.T, e *testscript.Env) {
	server := s3test.New(t)
	e.Values[bucketKey{}] = server
	for name, value := range server.Environment() {
		e.Setenv(name, value)
	}
}

// upload: upload DIR PREFIX puts a tree into the bucket.
func upload(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: upload DIR PREFIX")
	}
	ts.Check(ts.Value(bucketKey{}).(*s3test.Server).Upload(os.DirFS(ts.MkAbs(args[0])), args[1]))
}

// sameEvaluations: sameevaluations DIR PREFIX asserts that the evaluations of two
// trees are the same, apart from times and the versions of objects.
func sameEvaluations(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: sameevaluations DIR PREFIX")
	}
	files, err := filepath.Glob(ts.MkAbs(args[0]) + "/screentest/evaluations/*.json")
	if err != nil || len(files) < 9 {
		ts.Fatalf("found only %d evaluations, error %v", len(files), err)
	}
	for _, file := range files {
		inDirectory, err := os.ReadFile(file)
		ts.Check(err)
		name := path.Join(args[1], "screentest/evaluations", filepath.Base(file))
		inBucket, err := ts.Value(bucketKey{}).(*s3test.Server).Read(name)
		ts.Check(err)
		if !reflect.DeepEqual(lasting(ts, inDirectory), lasting(ts, inBucket)) {
			ts.Fatalf("%s: in the directory\n%s\nin the bucket\n%s", name, inDirectory, inBucket)
		}
	}
}

// sameImages: sameimages DIR PREFIX asserts that the training images of a tree in a
// directory lie in the bucket too, and no others.
func sameImages(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: sameimages DIR PREFIX")
	}
	server := ts.Value(bucketKey{}).(*s3test.Server)
	names, err := server.Names(args[1] + "/actors/")
	ts.Check(err)
	there := map[string]bool{}
	for _, name := range names {
		if path.Base(path.Dir(name)) == "training_data" && actor.IsTrainingImage(path.Base(name)) {
			there[name] = true
		}
	}
	files, err := filepath.Glob(ts.MkAbs(args[0]) + "/actors/*/training_data/*")
	ts.Check(err)
	for _, file := range files {
		key, err := filepath.Rel(ts.MkAbs(args[0]), file)
		ts.Check(err)
		info, err := os.Lstat(file)
		ts.Check(err)
		if !actor.IsTrainingImage(filepath.Base(file)) || !info.Mode().IsRegular() || strings.Contains(key, "visiting") {
			continue
		}
		content, err := os.ReadFile(file)
		ts.Check(err)
		second, err := server.Read(path.Join(args[1], key))
		if err != nil || !bytes.Equal(content, second) {
			ts.Fatalf("%s is not the same in the bucket: %v", key, err)
		}
		delete(there, path.Join(args[1], key))
	}
	for key := range there {
		if !strings.Contains(key, "visiting") {
			ts.Fatalf("only in the bucket: %s", key)
		}
	}
}

// forget: forget KEY removes an object of the bucket.
func forget(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: forget KEY")
	}
	ts.Check(ts.Value(bucketKey{}).(*s3test.Server).Remove(args[0]))
}

// lasting is an evaluation without what differs from one tree to another.
func lasting(ts *testscript.TestScript, document []byte) map[string]any {
	var e map[string]any
	ts.Check(json.Unmarshal(document, &e))
	described := append([]any{e["base"]}, e["images"].([]any)...)
	for _, d := range described {
		if object, ok := d.(map[string]any); ok {
			delete(object, "version")
		}
	}
	delete(e, "evaluated_at")
	return e
}

// costsFewRequests measures what an evaluation costs on S3: a get for each image
// and for the base image, a few for the record; if nothing has changed, three.
func costsFewRequests(t *testing.T, tree string) {
	server := s3test.New(t)
	if err := server.Upload(os.DirFS(tree), "tree"); err != nil {
		t.Fatal(err)
	}
	for name, value := range server.Environment() {
		t.Setenv(name, value)
	}
	bucket, err := s3.Open(t.Context(), "s3://"+s3test.Bucket+"/tree")
	if err != nil {
		t.Fatal(err)
	}
	counted := storetest.NewFaulty(bucket)
	e := evaluator.New(evaluator.Config{
		Store: counted, Judge: offline.New(), Settings: settings.Default(), Holder: "test", Now: time.Now,
	})
	roster, err := actor.LoadRoster(t.Context(), bucket)
	if err != nil {
		t.Fatal(err)
	}
	found, err := actor.Detect(t.Context(), bucket, roster)
	if err != nil || len(found.Sets) < 9 {
		t.Fatalf("%d sets, %v", len(found.Sets), err)
	}
	// requests returns how many there were, which must be as many as operations.
	requests := func(member actor.Actor, unchanged bool) int {
		server.Counts()
		before := len(counted.Ops())
		result, err := e.Evaluate(t.Context(), member)
		if err != nil || result.Unchanged != unchanged {
			t.Fatalf("%s: unchanged %t, error %v", member.Name, result.Unchanged, err)
		}
		counts, sum := server.Counts(), 0
		for _, n := range counts {
			sum += n
		}
		if operations := len(counted.Ops()) - before; sum != operations {
			t.Errorf("%s: %d operations took %d requests: %v", member.Name, operations, sum, counts)
		}
		t.Logf("%s, %d images: %d requests: %v", member.Name, len(result.Evaluation.Images), sum, counts)
		return sum
	}
	for _, set := range found.Sets {
		images := len(set.Images)
		if n := requests(set.Actor, false); n > images+firstEvaluation {
			t.Errorf("%s: %d requests for %d images, more than %d besides", set.Actor.Name, n, images, firstEvaluation)
		}
		if n := requests(set.Actor, true); n > 3 {
			t.Errorf("%s: unchanged, and %d requests", set.Actor.Name, n)
		}
	}
}

// firstEvaluation is what the first evaluation of a set costs in requests beside
// one for each image: the decisions, the list and the evaluation before the claim
// and the latter two again after it, the base image, claiming and releasing, the
// ledger, the plan put forward, the evaluation written.
const firstEvaluation = 11
